package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

const (
	growthName  = "growth"
	growthAbout = "how cost grows with stored runs, state, history, tails and open runs; takes minutes, and is not among all"
)

// growthRounds is in how many turns the points of a curve are measured, so that what else the machine does meets all of
// them alike. A point's figure is the mean of its turns: with a lot of memory in use garbage is collected in a few of them
// only, and then costs more.
const growthRounds = 7

// curve is how cost grows along one thing.
type curve struct {
	along, about string
	of           subject
	first, most  int  // points go from first to most in steps of ten
	none         bool // and there is one with nothing of it before them
	grow         func(b *bench, ctx context.Context, points []int) (*growth, error)
}

// growth is a curve that can be measured.
type growth struct {
	points []Measurement // what each point is, and what was measured once
	cost   cost
	turn   func(ctx context.Context) ([]float64, error) // measures the cost at every point
	end    func() error
}

// cost is what a curve shows.
type cost struct {
	name, title string
	unit        Unit
}

var (
	costOfRun  = cost{"cpu_ms_per_run", "CPU a run", Millis}
	costOfStep = cost{"cpu_us_per_step", "CPU a step", Micros}
)

var allCurves = []curve{
	{"runs", "CPU of a linear run, beside that many stored runs that have ended", ofProcess, 1_000, 100_000, true, (*bench).growRuns},
	{"state", "CPU of a step that changes one key of a state of that many bytes", ofRuns, 1_000, 1_000_000, false, (*bench).growState},
	{"history", "CPU of a step, from a tenth of so many events of its run up to them", ofRuns, 100, 100_000, false, (*bench).growHistory},
	{"tails", "CPU of a linear run, while that many WebSockets follow runs that wait", ofProcess, 10, 10_000, true, (*bench).growTails},
	{"open", "CPU of a linear run, beside that many runs that wait", ofProcess, 1_000, 100_000, true, (*bench).growOpen},
}

// Curves lists what growth is measured along.
func Curves() (names []string) {
	for _, c := range allCurves {
		names = append(names, c.along)
	}
	return names
}

// CurveNeedsServer reports whether a curve is about a process, and cannot be measured on an engine in this one.
func CurveNeedsServer(along string) bool {
	return slices.ContainsFunc(allCurves, func(c curve) bool { return c.along == along && c.of == ofProcess })
}

// curves are the workloads that growth consists of.
func curves(along []string) (all []workload) {
	for _, c := range allCurves {
		if len(along) == 0 || slices.Contains(along, c.along) {
			all = append(all, workload{growthName, c.about, c.of, func(b *bench, ctx context.Context) ([]Measurement, error) {
				return b.measureCurve(ctx, c)
			}, c.along})
		}
	}
	return all
}

// measureCurve measures a curve.
func (b *bench) measureCurve(ctx context.Context, c curve) (points []Measurement, err error) {
	g, err := c.grow(b, ctx, c.points(b.Most))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.end()) }() // a server that has died says why
	costs := make([][]float64, len(g.points))
	for round := range growthRounds + 1 {
		b.tell(fmt.Sprintf("round %d of %d", round, growthRounds))
		values, err := g.turn(ctx)
		if err != nil {
			return nil, err
		}
		for i, value := range values {
			if round > 0 { // the first is a warm-up
				costs[i] = append(costs[i], value)
			}
		}
	}
	for i := range g.points {
		g.points[i].addSpread(g.cost.name, g.cost.title, g.cost.unit, costs[i])
	}
	return g.points, nil
}

// points are where a curve is measured; most is 0 where nobody has said how far.
func (c curve) points(most int) (points []int) {
	if c.none {
		points = append(points, 0)
	}
	if most <= 0 {
		most = c.most
	}
	first := min(c.first, most)
	for n := first; n <= most; n *= 10 {
		points = append(points, n)
	}
	return points
}

// costOfEach is the processor time, in milliseconds, that a target needs for each of so many runs of a workflow.
func costOfEach(ctx context.Context, t target, workflow string, clients, runs int) (float64, error) {
	_, before, after, err := using(ctx, t, clients, runs, 0, func(int) error { return t.run(ctx, workflow) })
	return millis(after.cpu-before.cpu) / float64(runs), err
}
