package workflow

import "github.com/weirflow/weir/eventstore/event"

// analyse finds the loop edges. Every cycle is cut: at the edges that say so by max or loop, and for the
// cycles that are left at each arc back to a node that dominates its source. A cycle that can be entered at
// several nodes and has no such arc stays uncut, which a workflow of one token does not mind.
func (d *Definition) analyse() {
	g := graphOf(d, func(target string) int {
		if i, ok := d.index[target]; ok {
			return i
		}
		return -1
	})
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
	for a, arc := range g.arcs {
		back := cyclic(a) && rest[arc.node] == rest[arc.to] && dominated(arc.node, arc.to)
		if !marked(a) && !back {
			continue
		}
		body := g.reach([]int{arc.to}, arc.node, false, cyclic)
		for i, word := range g.reach([]int{arc.node}, arc.to, true, cyclic) {
			body[i] &= word
		}
		d.loops = append(d.loops, loop{loopRef: arc.loopRef, body: body})
	}
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
