package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Dialect B: nodes is an array of names and tools, edges an array of conditions in order.

const listTools = "classic.list."

// sampleTools are the nodes of the sample, in the order they run; each is named as its tool.
var sampleTools = []string{"extract_functions", "check_complexity", "detect_basic_issues", "suggest_improvements", "evaluate_quality"}

// sampleDraft is the code review that the engine of dialect B came with.
func sampleDraft() *draft {
	d := &draft{start: sampleTools[0], labels: []label{{labelDialect, string(dialectList)}}}
	for i, name := range sampleTools {
		d.nodes = append(d.nodes, draftNode{name: name, tool: listTools + name})
		if i > 0 {
			d.edges = append(d.edges, draftEdges{from: sampleTools[i-1], choices: []draftChoice{{to: name}}})
		}
	}
	again := draftChoice{when: condition("quality_ok", "eq", document.Bool(false)), to: sampleTools[0]}
	d.edges = append(d.edges, draftEdges{from: sampleTools[len(sampleTools)-1], choices: []draftChoice{again}})
	return d
}

func (s *Server) draftList(body document.Value) (*draft, error) {
	f := &fields{}
	d := &draft{labels: []label{{labelDialect, string(dialectList)}}}
	nodes, _ := body.Get("nodes")
	edges, _ := body.Get("edges")
	if !f.few("body.nodes", nodes.Len(), workflow.NodesMax) || !f.few("body.edges", edges.Len(), workflow.EdgesMax) {
		return nil, f.problem()
	}
	for i, node := range nodes.Items() {
		s.listNode(f, d, "body.nodes["+itoa(i)+"]", node)
	}
	if nodes.Len() == 0 {
		f.bad("body.nodes", document.Null, "a graph needs at least one node")
	}
	if !edges.IsNull() && edges.Kind() != document.KindArray {
		f.bad("body.edges", edges, "expected a list of edges, not %s", edges.Kind())
		edges = document.Null
	}
	for i, edge := range edges.Items() {
		d.listEdge(f, "body.edges["+itoa(i)+"]", edge)
	}
	start, ok := f.text(body, "body", "start_node")
	misplaced := ok && !d.has(start)
	if misplaced {
		f.bad("body.start_node", document.String(start), "start_node %q is not among the nodes", start)
	}
	if p := f.problem(); p != nil {
		if misplaced {
			p.Type, p.Title, p.Status = kindBadRequest.address(), kindBadRequest.title, http.StatusBadRequest
		}
		return nil, p
	}
	d.start = start
	if !d.reaches(start) {
		// The engine did not mind nodes that no edge leads to. A start that is an expression may be any
		// node, and so none is out of reach.
		d.start = "${" + literal(start) + "}"
	}
	return d, nil
}

func (d *draft) has(name string) bool {
	return slices.ContainsFunc(d.nodes, func(n draftNode) bool { return n.name == name })
}

func (s *Server) listNode(f *fields, d *draft, location string, node document.Value) {
	if node.Kind() != document.KindObject {
		f.bad(location, node, `expected {"name": …, "tool": …}, not %s`, node.Kind())
		return
	}
	name, named := f.text(node, location, "name")
	tool, ok := f.text(node, location, "tool")
	if named && d.has(name) {
		f.bad(location+".name", document.String(name), "another node is named %q, too", name)
		return
	}
	if ok {
		if _, known := s.system.Tools().Lookup(listTools + tool); !known {
			s.unknownTool(f, location+".tool", listTools, tool, name)
		}
	}
	if named {
		f.nodeName(location+".name", name)
		d.nodes = append(d.nodes, draftNode{name: name, tool: listTools + tool, at: location})
	}
}

// listEdge adds an edge to the choices of the node it leaves.
func (d *draft) listEdge(f *fields, location string, edge document.Value) {
	if edge.Kind() != document.KindObject {
		f.bad(location, edge, `expected {"from_node": …, "to_node": …}, not %s`, edge.Kind())
		return
	}
	from, okFrom := f.text(edge, location, "from_node")
	to, okTo := f.text(edge, location, "to_node")
	if okFrom && !d.has(from) {
		f.bad(location+".from_node", document.String(from), "there is no node %q", from)
	}
	if okTo && !d.has(to) {
		f.bad(location+".to_node", document.String(to), "there is no node %q", to)
	}
	choice := draftChoice{to: to, at: location}
	operator := strings.ToLower(f.optional(edge, location, "operator"))
	if _, known := operators[operator]; operator != "" && !known {
		f.bad(location+".operator", document.String(operator), "expected eq, ne, lt, gt, lte or gte")
	} else if key := f.optional(edge, location, "condition_key"); key != "" {
		value, _ := edge.Get("value")
		f.compared(location, key, value)
		choice.when = condition(key, operator, value)
	}
	for i := range d.edges {
		if d.edges[i].from == from {
			d.edges[i].choices = append(d.edges[i].choices, choice)
			return
		}
	}
	d.edges = append(d.edges, draftEdges{from: from, choices: []draftChoice{choice}})
}

// reaches reports whether every node can be reached from the start.
func (d *draft) reaches(start string) bool {
	seen := map[string]bool{start: true}
	for todo := []string{start}; len(todo) > 0; {
		node := todo[0]
		todo = todo[1:]
		for _, e := range d.edges {
			if e.from != node {
				continue
			}
			for _, c := range e.choices {
				if !seen[c.to] {
					seen[c.to] = true
					todo = append(todo, c.to)
				}
			}
		}
	}
	return len(seen) == len(d.nodes)
}

// listStatus is a run's status in dialect B's words.
func (t *story) listStatus() string {
	switch {
	case t.ended == event.TypeRunCompleted:
		return "COMPLETED"
	case t.ended != "":
		return "FAILED"
	case t.entered:
		return "RUNNING"
	}
	return "PENDING"
}

// listError is why a run failed, null unless it did.
func appendListError(dst []byte, t *story) []byte {
	node, message := t.trouble()
	if message == "" {
		return append(dst, "null"...)
	}
	if node != "" {
		message = node + ": " + message
	}
	return appendString(dst, message)
}

// appendListResult writes what /graph/run answers with.
func appendListResult(dst []byte, t *story) []byte {
	dst = appendString(append(dst, `{"run_id":`...), t.run)
	dst = t.state.AppendJSON(appendMember(dst, "final_state"))
	dst = appendString(appendMember(dst, "status"), t.listStatus())
	dst = appendListLog(appendMember(dst, "log"), t)
	dst = appendListError(appendMember(dst, "error"), t)
	return append(dst, '}')
}

// appendListState writes what GET /graph/state shows of a run.
func appendListState(dst []byte, t *story) []byte {
	dst = appendString(append(dst, `{"run_id":`...), t.run)
	dst = appendString(appendMember(dst, "graph_id"), t.graph)
	dst = appendString(appendMember(dst, "status"), t.listStatus())
	dst = appendMember(dst, "current_node")
	if t.current == "" {
		dst = append(dst, "null"...)
	} else {
		dst = appendString(dst, t.current)
	}
	dst = t.state.AppendJSON(appendMember(dst, "state"))
	dst = appendListLog(appendMember(dst, "log"), t)
	dst = appendListError(appendMember(dst, "error"), t)
	return append(dst, '}')
}

func appendListLog(dst []byte, t *story) []byte {
	dst = append(dst, '[')
	for i := range t.steps {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendListStep(dst, &t.steps[i]), '}')
	}
	return append(dst, ']')
}

// appendListStep begins a log entry; the caller ends it.
func appendListStep(dst []byte, s *step) []byte {
	dst = appendString(append(dst, `{"node":`...), s.node)
	return s.state.AppendJSON(appendMember(dst, "state_snapshot"))
}

// appendListStarted answers a start that does not wait.
func appendListStarted(dst []byte, run, status string) []byte {
	dst = appendString(append(dst, `{"run_id":`...), run)
	dst = appendString(appendMember(dst, "status"), status)
	return append(dst, '}')
}
