package api

import (
	"errors"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Classic clients are told of what they sent, by their own names. The workflow that a graph becomes is none
// of their concern: neither its lines nor its words.

// comparedBytesMax and comparedDepthMax bound what an edge compares: a condition is a script.
const (
	comparedBytesMax = 32 << 10
	comparedDepthMax = 100
)

// few refuses more nodes or edges than a workflow may have, before anything looks at each.
func (f *fields) few(location string, n, most int) bool {
	if n > most {
		f.bad(location, document.Null, "%d are more than a graph may have: at most %d", n, most)
	}
	return n <= most
}

// nodeName refuses a name that cannot travel in subjects and paths.
func (f *fields) nodeName(location, name string) {
	if !event.ValidID(name) {
		f.bad(location, document.String(name), "%q cannot be the name of a node: names are 1 to 64 of the characters A-Z a-z 0-9 _ -", name)
	}
}

// compared refuses a comparison that is too much for a condition.
func (f *fields) compared(location, key string, value document.Value) {
	if size := document.String(key).Size() + value.Size(); size > comparedBytesMax {
		f.bad(location, document.Null, "condition_key and value have %d bytes together, and at most %d can be compared", size, comparedBytesMax)
	} else if depth := value.Depth(); depth > comparedDepthMax {
		f.bad(location+".value", document.Null, "it nests %d deep, and at most %d levels can be compared", depth, comparedDepthMax)
	}
}

// refused is what a client sees of what keeps its graph from being saved.
func (d *draft) refused(ps workflow.Problems) *problem {
	f := &fields{}
	for _, p := range ps.Errors() {
		message := p.Message
		if p.Code == workflow.CodeTooLarge {
			message = "this makes the graph too large to be kept; make several of it"
		}
		f.bad(d.place(p.Path), document.Null, "%s", message)
	}
	return f.problem()
}

// place is the place in the request that a place in the workflow was made from.
func (d *draft) place(path string) string {
	for _, n := range d.nodes {
		if under(path, "nodes."+n.name) {
			return n.at
		}
	}
	for _, e := range d.edges {
		for i, c := range e.choices {
			if under(path, "edges."+e.from+"["+itoa(i)+"]") {
				return c.at
			}
		}
	}
	for _, part := range []string{"nodes", "edges"} {
		if under(path, part) {
			return "body." + part
		}
	}
	return "body"
}

// under reports whether a path leads to a place or into it.
func under(path, place string) bool {
	rest, ok := strings.CutPrefix(path, place)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// unusable is the error for a graph of which the engine lacks something now; other errors stay as they are.
func unusable(graph string, err error) error {
	ps := workflow.Problems(nil)
	if !errors.As(err, &ps) {
		return err
	}
	var texts []string
	names := strings.NewReplacer(mapTools, "", listTools, "") // of tools, as clients write them
	for _, p := range ps.Errors() {
		texts = append(texts, names.Replace(p.Message))
	}
	return newProblem(kindInvalidWorkflow, "graph %s cannot be used by this server: %s", graph, strings.Join(texts, "; "))
}
