package workflow

import (
	"slices"

	"github.com/weirflow/weir/eventstore/event"
)

// analyse finds the loop edges. Every cycle is cut: at the edges that say so by max or loop, and at each arc back to a
// node that dominates its source. A cycle that can be entered at several nodes and has no such arc stays uncut and is
// returned, with the arc that closes it: a workflow of one token does not mind, but where branches run side by side
// nobody could tell what is still to come.
func (d *Definition) analyse() (uncut []int, last arc) {
	g := graphOf(d, d.position)
	component := g.components(every)
	c := &cutting{
		g: g, cut: make([]bool, len(g.arcs)), natural: map[int]nodeSet{}, dominated: g.dominated(d.entries()),
		cyclic: func(a int) bool { return component[g.arcs[a].node] == component[g.arcs[a].to] },
	}
	for a, arc := range g.arcs {
		if e := d.edge(arc.loopRef); c.cyclic(a) && e != nil && (e.Max > 0 || e.Loop) {
			c.cut[a] = true
		}
		if c.cyclic(a) && c.dominated(arc.node, arc.to) {
			c.back(a)
		}
	}
	for a := range g.arcs {
		if c.cut[a] {
			d.loops = append(d.loops, c.loop(a))
		}
	}
	if !slices.ContainsFunc(d.Nodes, func(n Node) bool { return n.FanOut }) {
		return nil, arc{}
	}
	if uncut, last := g.uncut(c.whole); uncut != nil {
		return uncut, last
	}
	d.lookAhead(g)
	return nil, arc{}
}

// cutting is a graph whose cycles are being cut.
type cutting struct {
	g         *graph
	cyclic    func(arc int) bool      // it is on a cycle
	dominated func(node, by int) bool // every way to a node passes another
	cut       []bool                  // by arc
	natural   map[int]nodeSet         // by head, the nodes from which a token comes back to it over arcs that it dominates
}

// whole reports whether an arc is not cut.
func (c *cutting) whole(arc int) bool { return !c.cut[arc] }

// back cuts an arc to a node that dominates its source.
func (c *cutting) back(arc int) {
	c.cut[arc] = true
	from, head := c.g.arcs[arc].node, c.g.arcs[arc].to
	if c.natural[head] == nil {
		c.natural[head] = newNodeSet(len(c.g.out))
		c.natural[head].add(head)
	}
	c.natural[head].addAll(c.g.reach([]int{from}, head, true, c.cyclic))
}

// loop returns the loop of an arc that is cut.
func (c *cutting) loop(a int) loop {
	arc := c.g.arcs[a]
	l := loop{loopRef: arc.loopRef, to: arc.to, body: c.g.reach([]int{arc.to}, arc.node, false, c.cyclic)}
	around := func() nodeSet { return c.g.reach([]int{arc.node}, arc.to, true, c.cyclic) }
	switch inner := c.natural[arc.node]; {
	case c.dominated(arc.node, arc.to):
		l.body.intersect(around())
		l.region = c.natural[arc.to]
	case inner != nil && inner.has(arc.to): // the way in, from a head that decides
		l.body.intersect(inner)
		l.region = inner
	default:
		l.body.intersect(around())
		l.region = c.g.reach([]int{arc.to}, -1, false, c.whole)
		l.region.intersect(c.g.reach([]int{arc.node}, -1, true, c.whole))
	}
	return l
}

// edge returns the edge that an arc is taken by, nil for other ways.
func (d *Definition) edge(ref loopRef) *Edge {
	if ref.via != event.ViaEdge {
		return nil
	}
	return &d.Nodes[ref.node].Edges[ref.edge]
}

// uncut returns a cycle among the arcs that are not cut, with the arc that closes it.
func (g *graph) uncut(whole func(arc int) bool) (cycle []int, last arc) {
	component := g.components(whole)
	for a, arc := range g.arcs {
		if inside := func(a int) bool { return whole(a) && component[g.arcs[a].node] == component[g.arcs[a].to] }; inside(a) {
			cycle, last := g.cycle(arc.node, inside)
			return cycle, g.arcs[last]
		}
	}
	return nil, arc{}
}

// lookAhead finds what a token can still come to from each node: what it reaches without going around a loop that the
// target lies in. What comes after a loop is so ahead of all of the loop, though the way there may lead through its
// head, and the next round of a loop is not.
func (d *Definition) lookAhead(g *graph) {
	n := len(d.Nodes)
	d.parallel, d.ahead, d.incoming = true, make([]nodeSet, n), make([]int, n)
	loops := make([]*loop, len(g.arcs)) // by arc
	for a, arc := range g.arcs {
		if i := slices.IndexFunc(d.loops, func(l loop) bool { return l.loopRef == arc.loopRef }); i >= 0 {
			loops[a] = &d.loops[i]
		}
	}
	for i := range n {
		d.ahead[i] = newNodeSet(n)
	}
	for to := range n {
		outside := func(a int) bool { return loops[a] == nil || !loops[a].region.has(to) }
		from := g.reach([]int{to}, -1, true, outside)
		for i := range n {
			if i != to && from.has(i) {
				d.ahead[i].add(to)
			}
		}
		d.incoming[to] = len(g.in[to])
	}
	for i := range d.loops {
		l := &d.loops[i]
		l.before = g.reach([]int{l.node}, -1, true, func(a int) bool {
			return loops[a] == nil || !loops[a].region.has(l.node) || !loops[a].region.has(l.to)
		})
	}
	for _, i := range d.entries() {
		d.incoming[i]++
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
