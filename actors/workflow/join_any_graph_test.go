package workflow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/workflow"
)

// TestEveryGraphComesToAnEnd plays graphs of no shape at all, as far as they can be saved: whatever the
// timing, a run whose visits all end comes to an end itself.
func TestEveryGraphComesToAnEnd(t *testing.T) {
	ends := map[string]int{}
	for seed := range *joinGraphs {
		rng := rand.New(rand.NewPCG(uint64(seed), 2))
		source := anyGraph(rng, 2+8*seed/(*joinGraphs))
		def, problems := workflow.Parse([]byte(source), workflow.Options{File: "w.yaml"})
		if problems.HasErrors() {
			ends["refused"]++
			continue
		}
		for range 4 {
			p := newJourney(def, rng)
			p.strict = true
			end, err := p.anyEnd()
			if err != nil {
				t.Fatalf("seed %d: %v\n%s\ntiming: %s", seed, err, source, strings.Join(p.timing, " "))
			}
			ends[end]++
		}
	}
	t.Log(ends)
	if ends["refused"] > *joinGraphs/2 {
		t.Errorf("of %d graphs, %d were refused: this tests too little", *joinGraphs, ends["refused"])
	}
	for _, end := range []string{"completed", workflow.FailureStepLimit} {
		if ends[end] < *joinGraphs/10 {
			t.Errorf("of %d graphs, runs ended so: %v; this tests too little", *joinGraphs, ends)
		}
	}
}

// anyEnd plays a run whose visits end as it happens, and says how the run ended.
func (p *journey) anyEnd() (end string, err error) {
	err = p.drive(func(v *workflow.Visit) workflow.Finish {
		f := workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: v.Attempt}
		if node, _ := p.def.Node(v.Node); len(node.Catch) > 0 && p.rng.IntN(4) == 0 {
			f.Outcome.Failure = &workflow.Failure{Kind: workflow.FailureTool, Message: "no"}
		}
		return f
	}, func([]string) error { return nil })
	if err != nil || p.state.Failed == nil {
		return string(p.state.Status()), err
	}
	end = p.state.Failed.Kind
	if !slices.Contains(endings, end) {
		err = fmt.Errorf("the run failed with %s: %s", end, p.state.Failed.Message)
	}
	return end, err
}

// anyGraph writes a random graph. Every node can be reached, and little else is sure.
func anyGraph(rng *rand.Rand, n int) string {
	steps := make([]*step, n)
	for i := range steps {
		steps[i] = &step{name: fmt.Sprintf("n%d", i)}
	}
	target := func() string {
		if rng.IntN(8) == 0 {
			return "$end"
		}
		return steps[rng.IntN(n)].name
	}
	for i, s := range steps {
		s.anyEdges(rng, target)
		if i > 0 && i < n && !leadsTo(steps[:i], s.name) {
			steps[rng.IntN(i)].anyEdge(rng, s.name)
		}
	}
	var out strings.Builder
	out.WriteString("name: g\nstart: n0\nlimits: {steps: 40}\nnodes:\n")
	for _, s := range steps {
		fmt.Fprintf(&out, "  %s: {tool: t", s.name)
		if s.caught != nil {
			fmt.Fprintf(&out, ", catch: [{on: tool_error, to: %s}]", s.caught.to)
		}
		if counts := []string{"any", "all", "2", "3"}; rng.IntN(6) == 0 {
			fmt.Fprintf(&out, ", join: %s", counts[rng.IntN(len(counts))])
		}
		out.WriteString("}\n")
	}
	out.WriteString("edges:\n")
	for _, s := range steps {
		if len(s.fan)+len(s.ways) > 0 {
			fmt.Fprintf(&out, "  %s: %s\n", s.name, s.edges(rng))
		}
	}
	return out.String()
}

func leadsTo(steps []*step, name string) bool {
	return slices.ContainsFunc(steps, func(s *step) bool {
		return slices.ContainsFunc(slices.Concat(s.fan, s.ways), func(w *way) bool { return w.to == name })
	})
}

// anyEdges gives a node some edges.
func (s *step) anyEdges(rng *rand.Rand, target func() string) {
	n := rng.IntN(4)
	if n > 1 && rng.IntN(2) == 0 {
		for range n {
			to := target()
			if !slices.ContainsFunc(s.fan, func(w *way) bool { return w.to == to }) {
				s.fan = append(s.fan, &way{to: to, bare: true})
			}
		}
	} else {
		for range n {
			s.anyEdge(rng, target())
		}
	}
	if rng.IntN(8) == 0 {
		s.caught = &way{to: target(), bare: true}
	}
	for _, w := range s.ways {
		if w.max > 0 && rng.IntN(3) == 0 {
			w.exhausted = &way{to: target(), bare: true}
		}
	}
}

// anyEdge adds an edge to a node.
func (s *step) anyEdge(rng *rand.Rand, to string) {
	if len(s.fan) > 0 {
		s.fan = append(s.fan, &way{to: to, bare: true})
		return
	}
	w := s.way("")
	w.to = to
	if rng.IntN(3) > 0 {
		m := 2 + rng.IntN(2)
		w.when = fmt.Sprintf("ctx.visit %% %d == %d", m, rng.IntN(m))
	}
	switch rng.IntN(8) {
	case 0:
		w.loop = true
	case 1:
		w.max = 1 + rng.IntN(2)
	}
}

// endings are the failures that a graph alone can lead to.
var endings = []string{workflow.FailureStepLimit, workflow.FailureJoinUnsatisfied}
