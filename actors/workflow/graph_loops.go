package workflow

import (
	"slices"

	"github.com/weirflow/weir/eventstore/event"
)

// analyse finds the loop edges. Every cycle is cut: at the edges that say so by max or loop, and for the
// cycles that are left at each arc back to a node that dominates its source. A cycle that can be entered at
// several nodes and has no such arc stays uncut and is returned, with the arc that closes it: a workflow of one
// token does not mind, but where branches run side by side nobody could tell what is still to come.
func (d *Definition) analyse() (uncut []int, last arc) {
	g := graphOf(d, d.position)
	component := g.components(every)
	cyclic := func(a int) bool { return component[g.arcs[a].node] == component[g.arcs[a].to] }
	marked := func(a int) bool {
		if g.arcs[a].via != event.ViaEdge || !cyclic(a) {
			return false
		}
		e := &d.Nodes[g.arcs[a].node].Edges[g.arcs[a].edge]
		return e.Max > 0 || e.Loop
	}
	rest := g.components(func(a int) bool { return !marked(a) })
	dominated := g.dominated(d.entries())
	cut := make([]bool, len(g.arcs))
	for a, arc := range g.arcs {
		back := cyclic(a) && rest[arc.node] == rest[arc.to] && dominated(arc.node, arc.to)
		if !marked(a) && !back {
			continue
		}
		cut[a] = true
		body := g.reach([]int{arc.to}, arc.node, false, cyclic)
		for i, word := range g.reach([]int{arc.node}, arc.to, true, cyclic) {
			body[i] &= word
		}
		d.loops = append(d.loops, loop{loopRef: arc.loopRef, to: arc.to, body: body})
	}
	if !slices.ContainsFunc(d.Nodes, func(n Node) bool { return n.FanOut }) {
		return nil, arc{}
	}
	return d.lookAhead(g, func(a int) bool { return !cut[a] })
}

// lookAhead finds what a token can still come to from each node over the arcs that are not cut, or a cycle among them.
func (d *Definition) lookAhead(g *graph, whole func(arc int) bool) (uncut []int, last arc) {
	n := len(d.Nodes)
	d.parallel, d.ahead, d.incoming = true, make([]nodeSet, n), make([]int, n)
	component := g.components(whole)
	order := make([]int, n) // those behind others come first
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return component[a] - component[b] })
	for _, i := range order {
		d.ahead[i] = newNodeSet(n)
		for _, a := range g.out[i] {
			to := g.arcs[a].to
			if !whole(a) {
				continue
			}
			if component[to] == component[i] {
				cycle, last := g.cycle(i, func(a int) bool { return whole(a) && component[g.arcs[a].to] == component[i] })
				return cycle, g.arcs[last]
			}
			d.ahead[i].add(to)
			d.ahead[i].addAll(d.ahead[to])
		}
	}
	for i := range d.incoming {
		d.incoming[i] = len(g.in[i])
	}
	for _, i := range d.entries() {
		d.incoming[i]++
	}
	return nil, arc{}
}

// entries returns the nodes at which runs can begin: all of them where that is told by the input.
func (d *Definition) entries() []int {
	if i, ok := d.index[d.Start.Node]; ok && d.Start.Expression == nil {
		return []int{i}
	}
	all := make([]int, len(d.Nodes))
	for i := range all {
		all[i] = i
	}
	return all
}

// dominated returns whether every way from the entries to a node passes another. It remembers the nodes
// that a way can reach without passing one, so that many questions about few nodes are cheap.
func (g *graph) dominated(entries []int) func(node, by int) bool {
	around := map[int]nodeSet{}
	return func(node, by int) bool {
		seen, ok := around[by]
		if !ok {
			var from []int
			for _, e := range entries {
				if e != by {
					from = append(from, e)
				}
			}
			seen = g.reach(from, by, false, every)
			around[by] = seen
		}
		return node == by || !seen.has(node)
	}
}
