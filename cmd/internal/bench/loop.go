package bench

import (
	"context"
	"fmt"
)

const (
	loopName   = "loop"
	loopSource = `name: %s
nodes:
  count: {script: "state.i = (state.i ?? 0) + 1"}
edges:
  count: [{when: "state.i < %d", to: count}]
limits: {steps: 1000000}
`
)

// loop measures long runs, one after the other: each step has a script, and a condition that is a script.
func (b *bench) loop(ctx context.Context) ([]Measurement, error) {
	wanted := b.Steps
	if len(wanted) == 0 {
		wanted = []int{1_000, 10_000}
	}
	var all []Measurement
	for _, steps := range wanted {
		m, err := b.with(ctx, fmt.Sprintf("%d steps", steps), func(t target) (Measurement, error) {
			if err := t.save(ctx, fmt.Sprintf(loopSource, loopName, steps)); err != nil {
				return Measurement{}, err
			}
			m, err := b.complete(ctx, t, loopName, b.concurrency(1), b.Runs, steps)
			if err != nil {
				return m, err
			}
			return m, b.besideBare(ctx, t, &m, loopName, steps)
		})
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}
