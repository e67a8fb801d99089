package workflow

import (
	"fmt"

	"github.com/weirflow/weir/eventstore/event"
)

// child reads the name of the workflow that a node runs. That it is not saved is no error: workflows that call each
// other are saved one after the other.
func (p *parser) child(n *node, t *trail) string {
	name, ok := p.text(n, t, "the name of a workflow")
	if !ok {
		return name
	}
	p.def.calls = true
	before := len(p.list.all)
	p.checkName(name, "a workflow", n.at, t)
	if p.opts.Checker == nil || p.opts.Saved || len(p.list.all) > before || name == p.def.Name {
		return name
	}
	if known, others := p.opts.Checker.Workflow(name); !known {
		hint := "save it before a run comes here"
		if near := p.near(name, others); near != "" {
			hint = didYouMean(near)
		}
		p.warn(n.at, t, CodeUnknownWorkflow, "no workflow "+quote(name)+" is saved yet", hint)
	}
	return name
}

// selfCalls warns of a workflow whose every run starts another: a node that runs the workflow itself, and that no
// choice keeps a run from coming to.
func (p *parser) selfCalls(g *graph) {
	start := p.def.Start
	if start.Expression != nil || start.Node == "" || start.Node == End {
		return
	}
	from := p.find(start.Node)
	seen := map[int]bool{}
	for todo := []int{from}; len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i < 0 || seen[i] {
			continue
		}
		seen[i] = true
		n := &p.def.Nodes[i]
		if n.Kind == KindChild && n.Workflow == p.def.Name {
			p.warn(placeAt(n.Position), under(under(nil, "nodes"), n.Name), CodeEndlessCalls,
				fmt.Sprintf("every run of %s starts another: no choice keeps a run from the node %s", quote(p.def.Name), quote(n.Name)),
				"lead to the node by an edge with `when`")
			return
		}
		for _, a := range g.out[i] {
			if arc := g.arcs[a]; n.certainly(arc.edge, arc.via) {
				todo = append(todo, arc.to)
			}
		}
	}
}

// certainly reports whether every completed visit takes an edge.
func (n *Node) certainly(edge int, via string) bool {
	return via == event.ViaEdge && (n.FanOut || edge == 0 && n.Edges[0].When == nil && n.Edges[0].Max == 0)
}
