package workflow

// loopRef names an edge: a node by its index in Nodes and one of its edges.
type loopRef struct{ node, edge int }

// loop is a loop edge with its body.
type loop struct {
	loopRef
	body nodeSet
}

// nodeSet is a set of node indexes, one bit each.
type nodeSet []uint64

func (s nodeSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s nodeSet) add(i int)      { s[i/64] |= 1 << (i % 64) }

// isLoopEdge reports whether an edge is one at which a cycle is cut.
func (d *Definition) isLoopEdge(node, edge int) bool {
	for _, l := range d.loops {
		if l.node == node && l.edge == edge {
			return true
		}
	}
	return false
}

// loopsEntered returns the loop edges whose count of rounds starts anew when a token moves between two
// nodes: those whose body it enters from outside.
func (d *Definition) loopsEntered(from, to int) []loopRef {
	var out []loopRef
	for _, l := range d.loops {
		if l.body.has(to) && !l.body.has(from) {
			out = append(out, l.loopRef)
		}
	}
	return out
}
