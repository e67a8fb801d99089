package api

import (
	"slices"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// Dialect A: nodes is an object from name to tool, edges an object from name to name.

const mapTools = "classic.map."

// mapStart takes the first node from the input; what Python counts as false ends the run at once.
const mapStart = "${input.start || null}"

// The loop that was built into the engine of dialect A, between nodes of these names.
const (
	loopFrom = "suggest"
	loopTo   = "issues"
)

// loopCondition holds while the score is below the threshold, either taken as 100 when absent or null, as
// the tool that suggests takes them. Two integers that are the same double are told apart by their digits.
const loopCondition = `(state.quality_score ?? 100) < (state.threshold ?? 100)` +
	` || state.quality_score === state.threshold && Math.abs(state.threshold) >= 2 ** 53` +
	` && (` + exactFunction + `)(state.quality_score, "/quality_score") < (` + exactFunction + `)(state.threshold, "/threshold")`

func (s *Server) draftMap(body document.Value) (*draft, error) {
	f := &fields{}
	d := &draft{start: mapStart, labels: []label{{labelDialect, string(dialectMap)}}}
	nodes, _ := body.Get("nodes")
	edges, _ := body.Get("edges")
	if !f.few("body.nodes", nodes.Len(), workflow.NodesMax) || !f.few("body.edges", edges.Len(), workflow.EdgesMax) {
		return nil, f.problem()
	}
	names := map[string]bool{}
	for name, v := range nodes.Members() {
		names[name] = true
		location := "body.nodes." + name
		f.nodeName(location, name)
		d.nodes = append(d.nodes, draftNode{name: name, tool: s.mapTool(f, name, v), at: location})
	}
	if len(d.nodes) == 0 {
		f.bad("body.nodes", document.Null, "a graph needs at least one node")
	}
	if !edges.IsNull() && edges.Kind() != document.KindObject {
		f.bad("body.edges", edges, `expected {"from": "to"}, not %s`, edges.Kind())
		edges = document.Null
	}
	for from, v := range edges.Members() {
		location := "body.edges." + from
		to, ok := v.AsString()
		switch {
		case !ok:
			f.bad(location, v, "expected the name of a node, not %s", v.Kind())
		case !names[from]:
			f.bad(location, document.Null, "there is no node %q", from)
		case !names[to]:
			f.bad(location, v, "there is no node %q", to)
		}
		d.edges = append(d.edges, draftEdges{from: from, choices: []draftChoice{{to: to, at: location}}})
	}
	if p := f.problem(); p != nil {
		return nil, p
	}
	if names[loopFrom] && names[loopTo] {
		d.loopBack()
	}
	return d, nil
}

// loopBack puts the engine's own edge before those of the request.
func (d *draft) loopBack() {
	back := draftChoice{when: loopCondition, to: loopTo, at: "body.nodes." + loopFrom}
	for i := range d.edges {
		if d.edges[i].from == loopFrom {
			d.edges[i].choices = slices.Insert(d.edges[i].choices, 0, back)
			return
		}
	}
	d.edges = append(d.edges, draftEdges{from: loopFrom, choices: []draftChoice{back}})
}

// mapTool finds a node's tool: by the node's name, as the engine did, else by the name that is given.
func (s *Server) mapTool(f *fields, name string, v document.Value) string {
	given, ok := v.AsString()
	if !ok {
		f.bad("body.nodes."+name, v, "expected the name of a tool, not %s", v.Kind())
		return ""
	}
	for _, each := range []string{name, given} {
		if _, ok := s.system.Tools().Lookup(mapTools + each); ok {
			return mapTools + each
		}
	}
	s.unknownTool(f, "body.nodes."+name, mapTools, given, name)
	return ""
}

// unknownTool says which tools there are, and which one was probably meant.
func (s *Server) unknownTool(f *fields, location, set, tool, node string) {
	f.bad(location, document.String(tool), "unknown tool %q of node %q", tool, node)
	var known []string
	for _, t := range s.system.Tools().All() {
		if name, ok := strings.CutPrefix(t.Name, set); ok {
			known = append(known, name)
		}
	}
	hint := "the tools are " + strings.Join(known, ", ")
	if near, ok := strings.CutPrefix(s.system.Tools().Near(set+tool), set); ok {
		hint = "did you mean " + near + "? " + hint
	}
	f.errors[len(f.errors)-1].Hint = hint
}

// appendMapState writes what GET /graph/state shows of a run.
func appendMapState(dst []byte, t *story) []byte {
	status := "running"
	if t.ended != "" {
		status = "finished"
	}
	dst = appendString(append(dst, `{"run_id":`...), t.run)
	dst = appendString(appendMember(dst, "status"), status)
	dst = t.state.AppendJSON(appendMember(dst, "state"))
	dst = append(appendMember(dst, "logs"), '[')
	for i := range t.steps {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMapStep(dst, &t.steps[i])
	}
	if node, message := t.trouble(); message != "" {
		if len(t.steps) > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '{')
		if node != "" {
			dst = append(appendString(appendMember(dst, "node"), node), ',')
		}
		dst = appendString(append(dst, `"error":`...), message)
		dst = append(dst, '}')
	}
	return append(dst, ']', '}')
}

func appendMapStep(dst []byte, s *step) []byte {
	dst = appendString(append(dst, `{"node":`...), s.node)
	dst = s.state.AppendJSON(appendMember(dst, "state"))
	return append(dst, '}')
}

// appendMapStarted answers a start.
func appendMapStarted(dst []byte, run string) []byte {
	dst = appendString(append(dst, `{"run_id":`...), run)
	return append(dst, `,"status":"started"}`...)
}
