package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/event"
)

// find returns the node that a target means: the one of that name, or else the one that it most likely
// misspells, so that a typo is not said to make nodes unreachable as well. It is -1 for others.
func (p *parser) find(target string) int {
	if i, ok := p.def.index[target]; ok {
		return i
	}
	if target == "" || target == End || target == Fail {
		return -1
	}
	if i, ok := p.def.index[p.near(target, p.nodeNames)]; ok {
		return i
	}
	return -1
}

// chooseStart takes the one node that nothing leads to but itself.
func (p *parser) chooseStart(at place) {
	if len(p.def.Nodes) == 0 {
		return
	}
	t := under(nil, "start")
	g := graphOf(p.def, p.find)
	var candidates []string
	for i, arcs := range g.in {
		if !slices.ContainsFunc(arcs, func(a int) bool { return g.arcs[a].node != i }) {
			candidates = append(candidates, p.nodeNames[i])
		}
	}
	switch len(candidates) {
	case 1:
		p.def.Start.Node = candidates[0]
	case 0:
		p.error(at, t, CodeStart, "it is not clear where runs begin: an edge leads to every node", "add start: and a node's name")
	default:
		p.error(at, t, CodeStart, "it is not clear where runs begin: no edge leads to "+listed(candidates), "add start: and one of them, or an edge to the others")
	}
}

// listed writes names as a sentence has them, the first few of many.
func listed(names []string) string {
	const most = 5
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// validate checks the graph as a whole.
func (p *parser) validate() {
	if len(p.def.Nodes) == 0 || p.edgesSeen > EdgesMax {
		return
	}
	p.checkCalls()
	g := graphOf(p.def, p.find)
	p.reachable(g)
	if !p.list.has(CodeUnknownNode) { // with guessed targets the cycles are guesses too
		p.pointless(g)
		p.endless(g)
		p.selfCalls(g)
		p.parallel(g)
	}
}

// reachable reports nodes that no run can come to. Where the input chooses the start, it may be any node.
func (p *parser) reachable(g *graph) {
	start := p.def.Start
	if start.Expression != nil || start.Node == "" {
		return
	}
	if start.Node == End {
		n := p.def.Nodes[0]
		p.warn(placeAt(n.Position), under(nil, "start"), CodeUnreachableNode, "no node is ever visited: start is $end", "start at a node")
		return
	}
	from := p.find(start.Node)
	if from < 0 {
		return
	}
	seen := g.reach([]int{from}, -1, false, every)
	for i := range p.def.Nodes {
		n := &p.def.Nodes[i]
		if !seen.has(i) {
			p.error(placeAt(n.Position), under(under(nil, "nodes"), n.Name), CodeUnreachableNode,
				fmt.Sprintf("the node %s is never reached: no way leads to it from %s", quote(n.Name), quote(start.Node)),
				"add an edge to it, or remove it")
		}
	}
}

func placeAt(at Position) place { return place{line: at.Line, column: at.Column} }

// pointless warns of loop options on edges that are not part of a cycle.
func (p *parser) pointless(g *graph) {
	component := g.components(every)
	for _, a := range g.arcs {
		if a.via != event.ViaEdge || component[a.node] == component[a.to] {
			continue
		}
		n := &p.def.Nodes[a.node]
		if e := n.Edges[a.edge]; e.Max > 0 || e.Loop {
			option := "loop"
			if e.Max > 0 {
				option = "max"
			}
			p.warn(placeAt(e.Position), under(under(nil, "edges"), n.Name), CodeNoEffect,
				fmt.Sprintf("`%s` does nothing here: no way leads from %s back to %s", option, quote(e.To), quote(n.Name)), "remove it")
		}
	}
}

// endless warns of cycles that a run never leaves: whatever the conditions say, no way out of them leads to
// an end. A node that can fail into a catch outside of the cycle is a way out.
func (p *parser) endless(g *graph) {
	taken := make([]bool, len(g.arcs)) // arcs that a token can take
	var ends []int
	for i := range p.def.Nodes {
		if p.leaves(i, g, taken) {
			ends = append(ends, i)
		}
	}
	live := func(a int) bool { return taken[a] }
	canEnd := g.reach(ends, -1, true, live)
	component := g.components(live)
	inside := func(a int) bool { return live(a) && component[g.arcs[a].node] == component[g.arcs[a].to] }
	told := map[int]bool{} // components that are told, or that lead on to another, which will be
	for a := range g.arcs {
		if live(a) && !inside(a) {
			told[component[g.arcs[a].node]] = true
		}
	}
	for i := range p.def.Nodes {
		if canEnd.has(i) || told[component[i]] {
			continue
		}
		if cycle, last := g.cycle(i, inside); cycle != nil {
			told[component[i]] = true
			p.tellCycle(cycle, g.arcs[last], p.warn, CodeEndlessCycle,
				fmt.Sprintf("the cycle %%s never ends but by the limit of %s steps: it has no bound, and no condition that leads out", grouped(p.def.Limits.Steps)),
				"give an edge of it `max`, or a `when` that leads to $end")
		}
	}
}

// leaves marks the arcs out of a node that can be taken, and reports whether a branch can end there.
func (p *parser) leaves(i int, g *graph, taken []bool) bool {
	n := &p.def.Nodes[i]
	last, ends := len(n.Edges), true
	if !n.FanOut {
		if k := slices.IndexFunc(n.Edges, func(e Edge) bool { return e.certain() }); k >= 0 {
			last, ends = k+1, false
		}
	} else {
		ends = false
	}
	known := func(target string) bool { return target == "" || p.find(target) >= 0 }
	for _, e := range n.Edges[:last] {
		ends = ends || !known(e.To) || !known(e.Exhausted)
	}
	for _, c := range n.Catch {
		ends = ends || !known(c.To)
	}
	for _, a := range g.out[i] {
		taken[a] = g.arcs[a].via == event.ViaCatch || g.arcs[a].edge < last
	}
	return ends
}

// cycle returns a shortest cycle through a node, in its order, and the arc that closes it.
func (g *graph) cycle(node int, allowed func(arc int) bool) (cycle []int, last int) {
	came := map[int]int{} // by node, the arc it was reached by
	for todo := []int{node}; len(todo) > 0; todo = todo[1:] {
		for _, a := range g.out[todo[0]] {
			to := g.arcs[a].to
			if !allowed(a) {
				continue
			}
			if to == node {
				for n := todo[0]; n != node; n = g.arcs[came[n]].node {
					cycle = append(cycle, n)
				}
				cycle = append(cycle, node)
				slices.Reverse(cycle)
				return cycle, a
			}
			if _, ok := came[to]; !ok {
				came[to] = a
				todo = append(todo, to)
			}
		}
	}
	return nil, -1
}
