package workflow

import (
	"iter"
	"math/bits"
	"slices"

	"github.com/weirflow/weir/eventstore/event"
)

// loopRef names an arc by the node it leaves, its place in the node's list of edges (or catches), and the
// way it is taken, one of the event.Via constants.
type loopRef struct {
	node, edge int
	via        string
}

// loop is a loop edge, at which a cycle is cut, with its body: the nodes of one round, which are those on a
// way from the edge's target to its source that neither returns to the target nor passes the source before
// its end. The count of an edge's max starts anew when a token enters the body from outside.
//
// The region is wider: all rounds of all loops that share the head, whatever turns they take. before are the nodes
// from which a token can still come to the edge without going around a loop that the edge lies in.
type loop struct {
	loopRef
	to     int // the head
	body   nodeSet
	region nodeSet
	before nodeSet
}

// nodeSet is a set of node indexes, one bit each.
type nodeSet []uint64

func newNodeSet(n int) nodeSet   { return make(nodeSet, (n+63)/64) }
func (s nodeSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s nodeSet) add(i int)      { s[i/64] |= 1 << (i % 64) }

// all yields the set's members in order.
func (s nodeSet) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s {
			for ; word != 0; word &= word - 1 {
				if !yield(i*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

func (s nodeSet) addAll(o nodeSet) {
	for i, word := range o {
		s[i] |= word
	}
}

func (s nodeSet) intersect(o nodeSet) {
	for i, word := range o {
		s[i] &= word
	}
}

// isLoop reports whether an arc is one at which a cycle is cut.
func (d *Definition) isLoop(ref loopRef) bool {
	return slices.ContainsFunc(d.loops, func(l loop) bool { return l.loopRef == ref })
}

// takesLoop reports whether a token went over an arc at which a cycle is cut.
func (d *Definition) takesLoop(b event.EdgeTaken) bool {
	return len(d.loops) > 0 && d.isLoop(loopRef{node: d.position(b.From), edge: b.Edge, via: b.Via})
}

// inLoopOf reports whether a node is in a loop with that head.
func (d *Definition) inLoopOf(head, node int) bool {
	return slices.ContainsFunc(d.loops, func(l loop) bool { return l.to == head && l.region.has(node) })
}

// loopsEntered returns the loop edges whose count of rounds starts anew when a token moves between two
// nodes, by whatever edge: those whose body it enters from outside.
func (d *Definition) loopsEntered(from, to int) []loopRef {
	var out []loopRef
	for _, l := range d.loops {
		if l.via == event.ViaEdge && l.body.has(to) && !l.body.has(from) {
			out = append(out, l.loopRef)
		}
	}
	return out
}

// arc is one way from a node to another: an edge, what follows when it is exhausted, or a catch.
type arc struct {
	loopRef
	to int
}

// graph is a definition's nodes and arcs, without those that lead to $end and $fail.
type graph struct {
	arcs    []arc
	out, in [][]int // by node, indexes of arcs
}

// graphOf returns a definition's graph. The index of a target comes from find, -1 for none.
func graphOf(d *Definition, find func(target string) int) *graph {
	g := &graph{out: make([][]int, len(d.Nodes)), in: make([][]int, len(d.Nodes))}
	add := func(node, edge int, via, target string) {
		if to := find(target); to >= 0 {
			g.out[node] = append(g.out[node], len(g.arcs))
			g.in[to] = append(g.in[to], len(g.arcs))
			g.arcs = append(g.arcs, arc{loopRef{node, edge, via}, to})
		}
	}
	for i := range d.Nodes {
		for k, e := range d.Nodes[i].Edges {
			add(i, k, event.ViaEdge, e.To)
			add(i, k, event.ViaExhausted, e.Exhausted)
		}
		for k, c := range d.Nodes[i].Catch {
			add(i, k, event.ViaCatch, c.To)
		}
	}
	return g
}

// reach marks the nodes that can be reached from some, themselves included, over the allowed arcs, led
// forward or back. It does not go on from the node stop (-1 for none).
func (g *graph) reach(from []int, stop int, back bool, allowed func(arc int) bool) nodeSet {
	seen := newNodeSet(len(g.out))
	todo := append([]int(nil), from...)
	for _, n := range from {
		seen.add(n)
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n == stop {
			continue
		}
		arcs := g.out[n]
		if back {
			arcs = g.in[n]
		}
		for _, a := range arcs {
			next := g.arcs[a].to
			if back {
				next = g.arcs[a].node
			}
			if allowed(a) && !seen.has(next) {
				seen.add(next)
				todo = append(todo, next)
			}
		}
	}
	return seen
}

func every(int) bool { return true }

// components numbers the strongly connected components over the allowed arcs (Tarjan). Two nodes are on a
// common cycle exactly if they have the same number, and an arc is on a cycle if its ends do. A component's
// number is higher than those of the components behind it.
func (g *graph) components(allowed func(arc int) bool) []int {
	n := len(g.out)
	order, low, component := make([]int, n), make([]int, n), make([]int, n) // 0 is not yet
	var open []int
	visited, found := 0, 0
	var visit func(node int)
	visit = func(node int) {
		visited++
		order[node], low[node] = visited, visited
		open = append(open, node)
		for _, a := range g.out[node] {
			to := g.arcs[a].to
			switch {
			case !allowed(a) || component[to] != 0:
			case order[to] == 0:
				visit(to)
				low[node] = min(low[node], low[to])
			default:
				low[node] = min(low[node], order[to])
			}
		}
		if low[node] < order[node] {
			return
		}
		found++
		for top := -1; top != node; {
			top = open[len(open)-1]
			open = open[:len(open)-1]
			component[top] = found
		}
	}
	for node := range n {
		if order[node] == 0 {
			visit(node)
		}
	}
	return component
}
