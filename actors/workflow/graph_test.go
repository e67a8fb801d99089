package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/eventstore/event"
)

// graphDefinition builds a definition from lines "from: to, to…". A target may have marks: a! has a max,
// a? a condition, a^ is a loop edge by its author; a*, a catch; a>b has a max and is exhausted to b.
func graphDefinition(t testing.TB, start, lines string) *Definition {
	t.Helper()
	var nodes, edges []string
	for line := range strings.SplitSeq(lines, "\n") {
		from, targets, _ := strings.Cut(line, ":")
		var choices, catches []string
		for target := range strings.SplitSeq(targets, ",") {
			target = strings.TrimSpace(target)
			name := strings.TrimRight(target, "!?^*")
			name, exhausted, isBounded := strings.Cut(name, ">")
			choice := "to: " + name
			switch {
			case target == "":
				continue
			case strings.HasSuffix(target, "*"):
				catches = append(catches, "{to: "+name+"}")
				continue
			case isBounded:
				choice += ", when: x, max: 3, exhausted: " + exhausted
			case strings.HasSuffix(target, "!"):
				choice += ", when: x, max: 3"
			case strings.HasSuffix(target, "?"):
				choice += ", when: x"
			case strings.HasSuffix(target, "^"):
				choice += ", loop: true"
			}
			choices = append(choices, "{"+choice+"}")
		}
		node := fmt.Sprintf("  %s: {tool: t", from)
		if len(catches) > 0 {
			node += ", catch: [" + strings.Join(catches, ", ") + "]"
		}
		nodes = append(nodes, node+"}")
		if len(choices) > 0 {
			edges = append(edges, fmt.Sprintf("  %s: [%s]", from, strings.Join(choices, ", ")))
		}
	}
	source := fmt.Sprintf("name: g\nstart: %q\nnodes:\n%s\n", start, strings.Join(nodes, "\n"))
	if len(edges) > 0 {
		source += "edges:\n" + strings.Join(edges, "\n") + "\n"
	}
	d, problems := Parse([]byte(source), Options{})
	if d == nil {
		t.Fatalf("%v\n%s", problems, source)
	}
	return d
}

// loopsText lists the loop edges with their bodies: "b→a {a b}".
func loopsText(d *Definition) string {
	var out []string
	for _, l := range d.loops {
		n := d.Nodes[l.node]
		to := ""
		switch l.via {
		case event.ViaEdge:
			to = "→" + n.Edges[l.edge].To
		case event.ViaExhausted:
			to = "⇢" + n.Edges[l.edge].Exhausted
		case event.ViaCatch:
			to = "↯" + n.Catch[l.edge].To
		}
		out = append(out, n.Name+to+" "+setText(d, l.body))
	}
	return strings.Join(out, ", ")
}

func setText(d *Definition, s nodeSet) string {
	var names []string
	for i, n := range d.Nodes {
		if s.has(i) {
			names = append(names, n.Name)
		}
	}
	return "{" + strings.Join(names, " ") + "}"
}

func TestLoopEdges(t *testing.T) {
	for name, c := range map[string]struct{ start, lines, want string }{
		"none":             {"a", "a: b\nb: c?, d\nc: d\nd:", ""},
		"self":             {"a", "a: a?", "a→a {a}"},
		"back edge":        {"a", "a: b\nb: c\nc: b?, d\nd:", "c→b {b c}"},
		"max on the back":  {"a", "a: b\nb: a!", "b→a {a b}"},
		"max ahead":        {"a", "a: b!, c\nb: a\nc:", "a→b {a b}, b→a {a b}"},
		"marked":           {"a", "a: b^\nb: a?", "a→b {a b}, b→a {a b}"},
		"max off a cycle":  {"a", "a: b!\nb:", ""},
		"nested, one head": {"a", "a: b\nb: a!, c\nc: a!", "b→a {a b}, c→a {a b c}"},
		"nested inside":    {"h", "h: x\nx: y\ny: x!, t\nt: h!", "y→x {x y}, t→h {h x y t}"},
		"nested, max ahead": {
			"h", "h: a\na: b!, t\nb: a\nt: h!", "a→b {a b}, b→a {a b}, t→h {h a b t}",
		},
		"two on one cycle": {"a", "a: b\nb: c!\nc: d\nd: a!", "b→c {a b c d}, d→a {a b c d}"},
		"catch":            {"a", "a: b\nb: a*, c\nc:", "b↯a {a b}"},
		"exhausted":        {"a", "a: b\nb: b>a", "b→b {b}, b⇢a {a b}"},
		"two heads":        {"a", "a: b?, c\nb: c\nc: b?", ""},
		"two heads, bound": {"a", "a: b?, c\nb: c\nc: b!", "c→b {b c}"},
		"any start":        {"${input.s}", "a: b\nb: a?", ""},
		"any start, bound": {"${input.s}", "a: b\nb: a!", "b→a {a b}"},
		"parallel edges":   {"a", "a: b?, b!, c\nb: a\nc:", "a→b {a b}, b→a {a b}"},
	} {
		t.Run(name, func(t *testing.T) {
			d := graphDefinition(t, c.start, c.lines)
			if got := loopsText(d); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestIsLoopEdge(t *testing.T) {
	d := graphDefinition(t, "a", "a: b\nb: b>a, a!, c?\nc: a*")
	for _, c := range []struct {
		node, edge int
		want       bool
	}{{0, 0, false}, {1, 0, true}, {1, 1, true}, {1, 2, false}, {2, 0, false}} {
		if got := d.isLoop(loopRef{node: c.node, edge: c.edge}); got != c.want {
			t.Errorf("edge %d of node %d: %v", c.edge, c.node, got)
		}
	}
}

// TestLoopsEntered checks which counts start anew with every move between nodes.
func TestLoopsEntered(t *testing.T) {
	d := graphDefinition(t, "s", "s: h\nh: x\nx: y\ny: x!, t?, z\nt: h!\nz: x*")
	entered := func(from, to string) string {
		var names []string
		for _, r := range d.loopsEntered(d.index[from], d.index[to]) {
			names = append(names, d.Nodes[r.node].Name+"→"+d.Nodes[r.node].Edges[r.edge].To)
		}
		return strings.Join(names, ", ")
	}
	for _, c := range [][3]string{
		{"s", "h", "t→h"},
		{"h", "x", "y→x"},
		{"x", "y", ""},
		{"y", "x", ""},
		{"y", "t", ""},
		{"t", "h", ""},
		{"y", "z", ""},
		{"z", "x", "y→x"},
	} {
		if got := entered(c[0], c[1]); got != c[2] {
			t.Errorf("%s to %s resets %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// TestLoopsOfRandomGraphs checks what must hold of every graph: a loop edge lies on a cycle, its body holds
// its ends and nothing that is not on a cycle with them; an edge with a max on a cycle is a loop edge; and
// no round of a loop resets the loop's own count.
func TestLoopsOfRandomGraphs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(rt, "nodes")
		name := func(i int) string { return string(rune('a' + i)) }
		var lines []string
		for i := range n {
			var targets []string
			if i+1 < n {
				targets = append(targets, name(i+1)+"?")
			}
			for range rapid.IntRange(0, 2).Draw(rt, "edges") {
				targets = append(targets, name(rapid.IntRange(0, n-1).Draw(rt, "to"))+rapid.SampledFrom([]string{"?", "!", "*"}).Draw(rt, "kind"))
			}
			lines = append(lines, name(i)+": "+strings.Join(targets, ", "))
		}
		d := graphDefinition(t, "a", strings.Join(lines, "\n"))
		g := graphOf(d, func(target string) int {
			if i, ok := d.index[target]; ok {
				return i
			}
			return -1
		})
		reaches := func(from, to int) bool { return g.reach([]int{from}, -1, false, every).has(to) }
		for _, l := range d.loops {
			i := slices.IndexFunc(g.arcs, func(a arc) bool { return a.loopRef == l.loopRef })
			from, to := g.arcs[i].node, g.arcs[i].to
			if !l.body.has(from) || !l.body.has(to) {
				rt.Fatalf("%s: the body lacks an end", loopsText(d))
			}
			for k := range n {
				if l.body.has(k) && (!reaches(to, k) || !reaches(k, from)) {
					rt.Fatalf("%s: the body holds %s", loopsText(d), name(k))
				}
			}
			if slices.Contains(d.loopsEntered(from, to), l.loopRef) {
				rt.Fatalf("%s: the edge resets its own count", loopsText(d))
			}
		}
		for _, a := range g.arcs {
			bounded := a.via == event.ViaEdge && d.Nodes[a.node].Edges[a.edge].Max > 0
			if bounded && reaches(a.to, a.node) != d.isLoop(a.loopRef) {
				rt.Fatalf("%s: %s→%s", loopsText(d), name(a.node), name(a.to))
			}
		}
	})
}
