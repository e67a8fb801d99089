package bench

import (
	"context"
	"errors"
	"fmt"
)

const (
	// growthSteps is how many steps of loops are measured in each turn of a point.
	growthSteps = 10_000
	// growthFew is how many steps a run has that stands for all that a run costs beside its steps.
	growthFew = 10
	// loopRunsMost is how many runs there are at most for these steps.
	loopRunsMost = 1_000
	// loopEvents is how many events a step of a loop has.
	loopEvents = 4
)

// filledSource is a loop over a state that has a list of so many items, of a hundred bytes each, in it.
const filledSource = `name: %s
start: fill
nodes:
  fill: {script: "return {items: Array.from({length: %d}, (_, i) => ({id: 1000000 + i, text: 'x'.repeat(74)}))}"}
  count: {script: "state.i = (state.i ?? 0) + 1"}
edges:
  fill: count
  count: [{when: "state.i < %d", to: count}]
limits: {steps: 1000000}
`

const itemBytes = 100

// growState measures a step by a run of many of them and one of a few: what they differ by is that of the steps.
func (b *bench) growState(ctx context.Context, points []int) (*growth, error) {
	few, many := growthFew, growthSteps
	if len(b.Steps) > 0 {
		few, many = 1, b.Steps[0]
	}
	name := func(bytes, steps int) string { return fmt.Sprintf("state-%d-%d", bytes, steps) }
	t, err := b.open(ctx, b.data("state"))
	if err != nil {
		return nil, err
	}
	g := &growth{cost: costOfStep, end: t.end}
	for _, bytes := range points {
		for _, steps := range []int{few, many} {
			if err := t.save(ctx, fmt.Sprintf(filledSource, name(bytes, steps), bytes/itemBytes, steps)); err != nil {
				return nil, errors.Join(err, t.end())
			}
		}
		m := Measurement{Case: fmt.Sprint(bytes)}
		m.add("state_bytes", "bytes of state", Number, float64(bytes))
		g.points = append(g.points, m)
	}
	g.turn = func(ctx context.Context) (costs []float64, err error) {
		for _, bytes := range points {
			short, err := costOfEach(ctx, t, name(bytes, few), 1, 1)
			if err != nil {
				return nil, err
			}
			long, err := costOfEach(ctx, t, name(bytes, many), 1, 1)
			if err != nil {
				return nil, err
			}
			costs = append(costs, 1000*(long-short)/float64(many-few))
		}
		return costs, nil
	}
	return g, nil
}

// growHistory measures the steps of the later nine tenths of a run by what it differs from a run of a tenth of its length.
func (b *bench) growHistory(ctx context.Context, points []int) (*growth, error) {
	name := func(steps int) string { return fmt.Sprintf("history-%d", steps) }
	t, err := b.open(ctx, b.data("history"))
	if err != nil {
		return nil, err
	}
	g := &growth{cost: costOfStep, end: t.end}
	steps := []int{max(1, points[0]/10/loopEvents)}
	for _, events := range points {
		steps = append(steps, max(2, events/loopEvents))
		m := Measurement{Case: fmt.Sprint(events)}
		m.add("events", "up to event", Number, float64(events))
		g.points = append(g.points, m)
	}
	for _, n := range steps {
		if err := t.save(ctx, fmt.Sprintf(loopSource, name(n), n)); err != nil {
			return nil, errors.Join(err, t.end())
		}
	}
	g.turn = func(ctx context.Context) (costs []float64, err error) {
		before := 0.0
		for i, n := range steps {
			runs := b.runs(min(loopRunsMost, max(1, growthSteps/n)))
			each, err := costOfEach(ctx, t, name(n), 1, runs)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				costs = append(costs, 1000*(each-before)/float64(n-steps[i-1]))
			}
			before = each
		}
		return costs, nil
	}
	return g, nil
}
