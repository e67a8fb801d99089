package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// join is a node's join as it is written. Its count is known once the graph is.
type join struct {
	at    place
	all   bool
	count int
}

func (p *parser) join(out *Node, n *node, t *trail) {
	j := join{at: n.at}
	const want = "any, all or a number of tokens"
	switch {
	case n.kind == document.KindNumber:
		count, ok := p.integer(n, t, EdgesMax)
		if j.count = count; !ok {
			return
		}
	case n.kind != document.KindString:
		p.wrongType(n, t, want, "")
		return
	case n.text == "any":
		out.Join = JoinAny
	case n.text == "all":
		j.all = true
	default:
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, want, quote(n.text)),
			"remove it to join every branch that can still come")
		return
	}
	if p.joins == nil {
		p.joins = map[int]join{}
	}
	p.joins[p.def.index[out.Name]] = j
}

// parallel checks what matters where branches run side by side.
func (p *parser) parallel(g *graph) {
	if start := p.def.Start; start.Expression == nil && p.def.position(start.Node) < 0 && start.Node != End {
		return // without a start nothing is known of the loops, either
	}
	if cycle, last := p.def.analyse(); cycle != nil {
		p.tellCycle(cycle, last, p.error, CodeUncutCycle,
			"no edge of the cycle %s is known to begin its next round, which must be clear where branches run side by side",
			"mark the edge that leads back with loop: true, or give it max")
		return
	}
	for i := range p.def.Nodes {
		if j, ok := p.joins[i]; ok {
			p.count(g, i, j)
		}
	}
	if p.def.parallel {
		p.multiplying(g)
		p.collisions()
	}
}

// count sets how many tokens a node joins.
func (p *parser) count(g *graph, i int, j join) {
	n := &p.def.Nodes[i]
	t := under(under(under(nil, "nodes"), n.Name), "join")
	if !p.def.parallel {
		p.warn(j.at, t, CodeNoEffect, "`join` does nothing here: no branches run side by side", "remove it, or lead a node to several: [first, second]")
		n.Join = 0
		return
	}
	var sources []int
	for _, a := range g.in[i] {
		if arc := g.arcs[a]; !p.def.isLoop(arc.loopRef) && !slices.Contains(sources, arc.node) {
			sources = append(sources, arc.node)
		}
	}
	ways := len(sources)
	if p.def.Start.Node == n.Name {
		ways++
	}
	switch {
	case ways < 2 && j.count < 2:
		p.warn(j.at, t, CodeNoEffect, "`join` does nothing here: only one way leads to the node", "remove it")
		n.Join = 0
	case j.count > ways:
		p.error(j.at, t, CodeInvalidValue, fmt.Sprintf("%s waits for %d tokens, but only %d can come: so many nodes lead to %s", t, j.count, ways, quote(n.Name)),
			fmt.Sprintf("write %d or less, or remove it to join every branch that can still come", ways))
	case j.all:
		n.Join = ways
	case j.count > 0:
		n.Join = j.count
	}
}

// multiplying warns of a fan-out that sends a token around a cycle whatever happens: each round begins another one.
func (p *parser) multiplying(g *graph) {
	always := func(a int) bool {
		arc := g.arcs[a]
		n := &p.def.Nodes[arc.node]
		return arc.via == event.ViaEdge && (n.FanOut || arc.edge == 0 && n.Edges[0].When == nil && n.Edges[0].Max == 0)
	}
	component := g.components(always)
	told := map[int]bool{}
	for i := range p.def.Nodes {
		if !p.def.Nodes[i].FanOut || told[component[i]] {
			continue
		}
		if cycle, last := g.cycle(i, func(a int) bool { return always(a) && component[g.arcs[a].to] == component[g.arcs[a].node] }); cycle != nil {
			told[component[i]] = true
			p.tellCycle(cycle, g.arcs[last], p.warn, CodeEndlessCycle,
				fmt.Sprintf("the cycle %%s never ends but by the limit of %s steps: its branches are always taken", grouped(p.def.Limits.Steps)),
				"lead back by a choice: a list of {when: …, to: …}")
		}
	}
}

// collisions warns of keys that nodes of two branches write, as far as the definition tells.
func (p *parser) collisions() {
	for f := range p.def.Nodes {
		n := &p.def.Nodes[f]
		if !n.FanOut {
			continue
		}
		branch := p.branchOf(n)
		first := map[string]int{} // by key, the first node of a branch that writes it
		for i := range p.def.Nodes {
			if branch[i] <= 0 {
				continue
			}
			for _, key := range p.def.Nodes[i].writes() {
				other, ok := first[key]
				switch {
				case !p.def.Reducers[key].exclusive():
				case !ok:
					first[key] = i
				case branch[other] != branch[i]:
					p.tellCollision(other, i, key)
				}
			}
		}
	}
}

// branchOf returns for each node the branch of a fan-out that leads to it, counted from 1: 0 for none, -1 for several.
func (p *parser) branchOf(n *Node) []int {
	branch := make([]int, len(p.def.Nodes))
	for k, e := range n.Edges {
		to := p.def.position(e.To)
		if to < 0 {
			continue
		}
		for i := range branch {
			if i != to && !p.def.ahead[to].has(i) {
				continue
			}
			if branch[i] == 0 {
				branch[i] = k + 1
			} else {
				branch[i] = -1
			}
		}
	}
	return branch
}

// writes returns the keys that a node is known to write before it runs.
func (n *Node) writes() []string {
	if n.Into != "" {
		return []string{n.Into}
	}
	if n.Set == nil {
		return nil
	}
	set, _ := n.Set.Outline()
	var keys []string
	for key := range set.Members() {
		keys = append(keys, key)
	}
	return keys
}

func (p *parser) tellCollision(first, second int, key string) {
	a, b := &p.def.Nodes[first], &p.def.Nodes[second]
	p.warn(placeAt(b.Position), under(under(nil, "nodes"), b.Name), CodeConcurrentWrite,
		fmt.Sprintf("%s and %s write state.%s in branches that run side by side: a run in which their values differ fails", quote(a.Name), quote(b.Name), key),
		fmt.Sprintf("let each write a key of its own, or give it a reducer, such as state: {%s: append}", key))
}

// tellCycle reports a cycle at the edge that closes it. The message has a %s for it.
func (p *parser) tellCycle(cycle []int, last arc, tell func(place, *trail, string, string, string), code, message, hint string) {
	const most = 8
	var names []string
	for _, i := range cycle[:min(len(cycle), most)] {
		names = append(names, p.nodeNames[i])
	}
	if len(cycle) > most {
		names = append(names, "…")
	}
	names = append(names, p.nodeNames[cycle[0]])
	n := &p.def.Nodes[last.node]
	at, t := n.Position, under(under(nil, "nodes"), n.Name)
	if last.via != event.ViaCatch {
		at, t = n.Edges[last.edge].Position, under(under(nil, "edges"), n.Name)
	}
	tell(placeAt(at), t, code, fmt.Sprintf(message, strings.Join(names, " → ")), hint)
}
