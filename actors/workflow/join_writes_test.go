package workflow_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// reducers are the keys of TestConcurrentWritesFailWhateverTheTiming that take every write.
const reducers = "state: {list: {reduce: append}, sum: {reduce: add}, set: {reduce: union}, top: {reduce: max}}\n"

func keepsLast(key string) bool { return key == "x" || key == "y" }

// TestConcurrentWritesFailWhateverTheTiming gives the nodes of random workflows something to write. Two
// visits of which neither comes after the other, and which write another value to a key that keeps the last,
// fail the run under every timing; without such a pair every timing ends with the same state.
func TestConcurrentWritesFailWhateverTheTiming(t *testing.T) {
	verdicts := map[bool]int{}
	for seed := range *joinGraphs {
		g := newBlockGraph(t, seed, reducers)
		if g == nil {
			continue
		}
		g.write()
		conflict := g.course.conflict()
		verdicts[conflict != ""]++
		var first string
		for round := range 4 {
			p := newJourney(g.def, g.rng)
			kind, err := p.outcome(g.course)
			end := kind
			if kind == "" {
				end = settled(p.state.Doc)
			}
			if round == 0 {
				first = end
			}
			switch {
			case err != nil:
			case (conflict != "") != (kind == workflow.FailureConcurrentWrite):
				err = fmt.Errorf("the run ends with failure %q, and the writes that conflict are %q", kind, conflict)
			case end != first:
				err = fmt.Errorf("this timing ends with %s, and the one before with %s", end, first)
			}
			if err != nil {
				t.Fatalf("seed %d: %v\n%s\nwrites: %s\ntiming: %s", seed, err, g.source, g.course.written(), strings.Join(p.timing, " "))
			}
		}
	}
	if min(verdicts[true], verdicts[false]) < *joinGraphs/10 {
		t.Errorf("of %d graphs, %v have writes that conflict: this tests too little", *joinGraphs, verdicts)
	}
}

// outcome plays a course and returns the kind of failure that the run ends with, "" for none.
func (p *journey) outcome(c *course) (kind string, err error) {
	err = p.drive(func(v *workflow.Visit) workflow.Finish {
		return c.visits[visitKey(v.Node, v.Number)].finish(v)
	}, func(began []string) error {
		for _, key := range began {
			if c.visits[key] == nil {
				return fmt.Errorf("visit %s began, and there is no such visit", key)
			}
		}
		return nil
	})
	if f := p.state.Failed; f != nil {
		kind = f.Kind
	}
	return kind, err
}

// write gives some visits of a course constants to write, often the same ones.
func (g *blockGraph) write() {
	values := 1 + g.rng.IntN(2)
	rare := 2 + g.rng.IntN(12)
	number := func() document.Value { return document.Int(int64(1 + g.rng.IntN(values))) }
	byNode := map[string][]document.Member{}
	for i := range g.def.Nodes {
		var writes []document.Member
		for _, key := range []string{"x", "y", "list", "sum", "set", "top"} {
			switch {
			case g.rng.IntN(rare) > 0:
			case key == "set":
				writes = append(writes, document.Member{Key: key, Value: document.Array(number())})
			default:
				writes = append(writes, document.Member{Key: key, Value: number()})
			}
		}
		byNode[g.def.Nodes[i].Name] = writes
	}
	for _, v := range g.course.visits {
		v.writes, v.inPlace = byNode[v.node], g.rng.IntN(4) == 0
	}
}

// conflict names two visits that write another value to the same key, neither of them after the other: "" if
// there are none. A visit comes after those whose tokens it has, those that it awaited in vain, and what they come
// after.
func (c *course) conflict() string {
	past := map[string]*big.Int{}
	at := map[string]int{}
	type write struct {
		visit string
		value document.Value
	}
	writes := map[string][]write{}
	for i, key := range c.order {
		v := c.visits[key]
		at[key], past[key] = i, new(big.Int)
		for _, from := range v.after {
			past[key].Or(past[key], past[from])
			past[key].SetBit(past[key], at[from], 1)
		}
		if v.fails {
			continue
		}
		for _, m := range v.writes {
			if !keepsLast(m.Key) {
				continue
			}
			for _, w := range writes[m.Key] {
				if past[key].Bit(at[w.visit]) == 0 && !document.Equal(w.value, m.Value) {
					return fmt.Sprintf("%s: %s and %s", m.Key, w.visit, key)
				}
			}
			writes[m.Key] = append(writes[m.Key], write{key, m.Value})
		}
	}
	return ""
}

// written shows what the visits of a course write.
func (c *course) written() string {
	var out strings.Builder
	for _, key := range c.order {
		if v := c.visits[key]; len(v.writes) > 0 && !v.fails {
			fmt.Fprintf(&out, "%s %s", key, document.Object(v.writes...))
			if v.inPlace {
				out.WriteString(" in place")
			}
			out.WriteString("; ")
		}
	}
	return out.String()
}

// settled is a state without the order in which lists grew.
func settled(doc document.Value) string {
	for _, key := range []string{"list", "set"} {
		list, ok := doc.Get(key)
		if !ok {
			continue
		}
		items := []string{}
		for _, item := range list.Items() {
			items = append(items, item.String())
		}
		slices.Sort(items)
		doc = doc.With(key, document.String(strings.Join(items, " ")))
	}
	return doc.String()
}
