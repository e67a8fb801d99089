package workflow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// step is a node as it is written.
type step struct {
	name   string
	fan    []*way // all of them, in parallel
	ways   []*way // the first that matches
	caught *way
}

// way is an edge as it is written.
type way struct {
	to        string
	when      string
	max       int
	loop      bool
	bare      bool // it stands where no options can be: in a fan-out, as a catch, or after exhausted
	exhausted *way
}

// way adds a choice to a step.
func (s *step) way(when string) *way {
	w := &way{when: when}
	s.ways = append(s.ways, w)
	return w
}

func (s *step) is(value int) string {
	return fmt.Sprintf("state['%s_' + ctx.visit] == %d", s.name, value)
}

// source writes the workflow, its nodes and edges in random order.
func (b *builder) source(start string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "name: g\nstart: %s\nnodes:\n", start)
	steps := slices.Clone(b.steps)
	shuffle := func() { b.rng.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] }) }
	shuffle()
	for _, s := range steps {
		fmt.Fprintf(&out, "  %s: ", s.name)
		if s.caught != nil {
			fmt.Fprintf(&out, "{tool: t, catch: [{on: tool_error, to: %s}]}\n", s.caught.to)
		} else {
			out.WriteString("t\n")
		}
	}
	out.WriteString("edges:\n")
	shuffle()
	for _, s := range steps {
		fmt.Fprintf(&out, "  %s: %s\n", s.name, s.edges(b.rng))
	}
	return out.String()
}

// edges writes where a node leads, in one of the shapes that mean it.
func (s *step) edges(rng *rand.Rand) string {
	var items []string
	for _, w := range s.fan {
		items = append(items, w.to)
	}
	if len(s.ways) == 1 && s.ways[0].plain() && rng.IntN(2) == 0 {
		return s.ways[0].to
	}
	for _, w := range s.ways {
		items = append(items, w.object())
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (w *way) plain() bool { return w.when == "" && w.max == 0 && !w.loop }

func (w *way) object() string {
	out := "{to: " + w.to
	if w.when != "" {
		out += fmt.Sprintf(", when: %q", w.when)
	}
	if w.max > 0 {
		out += fmt.Sprintf(", max: %d", w.max)
	}
	if w.exhausted != nil {
		out += ", exhausted: " + w.exhausted.to
	}
	if w.loop {
		out += ", loop: true"
	}
	return out + "}"
}
