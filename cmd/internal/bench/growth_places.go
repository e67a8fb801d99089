package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/cmd/internal/copies"
	"github.com/weirflow/weir/eventstore"
)

const (
	// growthRuns is how many runs a point has in each turn.
	growthRuns = 2_000
	// growthClients is how many of them go on at once.
	growthClients = 64
	// growthStarts is how often a server is started over a store, to see how long it takes, where there are as many runs.
	growthStarts = 3
	sampleRun    = "sample"
)

// places are servers that are alike but for what there is beside the linear runs that each is given in its turn.
type places struct {
	b       *bench
	servers []*server
	release []func() // gives back what the client holds for them
}

// growPlaces makes a growth of a server for each point, which add adds.
func (b *bench) growPlaces(points []int, what string, add func(p *places, n int, m *Measurement) error) (*growth, error) {
	p := &places{b: b}
	g := &growth{cost: costOfRun, turn: p.turn, end: p.end}
	for _, n := range points {
		b.tell(fmt.Sprintf("%d %s", n, what))
		m := Measurement{Case: fmt.Sprint(n)}
		if err := add(p, n, &m); err != nil {
			return nil, errors.Join(err, p.end())
		}
		g.points = append(g.points, m)
	}
	return g, nil
}

func (p *places) turn(ctx context.Context) (costs []float64, err error) {
	for _, s := range p.servers {
		cost, err := costOfEach(ctx, s, linearName, p.b.concurrency(growthClients), p.b.runs(growthRuns))
		if err != nil {
			return nil, err
		}
		costs = append(costs, cost)
	}
	return costs, nil
}

func (p *places) end() error {
	var errs []error
	for _, release := range p.release {
		release()
	}
	for _, s := range p.servers {
		errs = append(errs, s.end())
	}
	return errors.Join(errs...)
}

// growRuns has so many copies of linear runs in the store.
func (b *bench) growRuns(ctx context.Context, points []int) (*growth, error) {
	return b.growPlaces(points, "stored runs", func(p *places, n int, m *Measurement) error {
		m.add("stored_runs", "stored runs", Number, float64(n))
		return p.stored(ctx, m, linearName, "completed", n)
	})
}

// growOpen has so many copies of runs that wait.
func (b *bench) growOpen(ctx context.Context, points []int) (*growth, error) {
	return b.growPlaces(points, "open runs", func(p *places, n int, m *Measurement) error {
		m.add("open_runs", "open runs", Number, float64(n))
		return p.stored(ctx, m, parkedName, "waiting", n)
	})
}

// stored adds a server whose store has so many copies of a run of a workflow, and measures its start.
func (p *places) stored(ctx context.Context, m *Measurement, workflow, status string, n int) error {
	dir := p.b.data(fmt.Sprintf("%s %d", status, n))
	if err := p.sample(ctx, dir, workflow, status); err != nil {
		return err
	}
	if err := fill(ctx, dir, n); err != nil {
		return fmt.Errorf("filling a store: %w", err)
	}
	s, err := p.b.startServer(ctx, dir) // it brings the list of runs up to date
	if err != nil {
		return err
	}
	var ready []time.Duration
	for range min(growthStarts, p.b.runs(growthStarts)) {
		if err := s.end(); err != nil {
			return err
		}
		begun := time.Now()
		if s, err = p.b.startServer(ctx, dir); err != nil {
			return err
		}
		ready = append(ready, time.Since(begun))
	}
	p.servers = append(p.servers, s)
	if err := awaitListed(ctx, s, status, n+1); err != nil { // and the sample
		return err
	}
	slices.Sort(ready)
	m.add("ready_seconds", "ready after", Seconds, percentile(ready, 50).Seconds())
	if err := p.b.addIdle(ctx, s, m); err != nil {
		return err
	}
	heap, err := s.heap(ctx)
	m.add("heap_bytes", "of it in use", Bytes, heap)
	return err
}

// sample has a server make the run that the others are copies of.
func (p *places) sample(ctx context.Context, dir, workflow, status string) error {
	s, err := p.b.startServer(ctx, dir)
	if err != nil {
		return err
	}
	prepare := func() error {
		if err := p.saveLinear(ctx, s); err != nil {
			return err
		}
		if err := s.save(ctx, parkedSource); err != nil {
			return err
		}
		if err := s.start(ctx, workflow, sampleRun); err != nil {
			return err
		}
		return awaitListed(ctx, s, status, 1)
	}
	return errors.Join(prepare(), s.end())
}

func (p *places) saveLinear(ctx context.Context, s *server) error {
	source, closing, err := p.b.linearSource(ctx)
	if err != nil {
		return err
	}
	p.release = append(p.release, closing)
	return s.save(ctx, source)
}

// fill stores so many copies of the sample.
func fill(ctx context.Context, dir string, n int) (err error) {
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	sample, err := copies.Read(ctx, store, sampleRun)
	if err != nil {
		return err
	}
	return copies.Store(store, func(yield func(copies.Copy) bool) {
		for i := range n {
			if !yield(copies.Copy{Run: runID(i), Of: sample}) {
				return
			}
		}
	})
}

// growTails has so many WebSockets follow a run each, which waits.
func (b *bench) growTails(ctx context.Context, points []int) (*growth, error) {
	return b.growPlaces(points, "tails", func(p *places, n int, m *Measurement) error {
		m.add("tails", "tails", Number, float64(n))
		s, err := b.startServer(ctx, b.data(fmt.Sprintf("%d tails", n)))
		if err != nil {
			return err
		}
		p.servers = append(p.servers, s)
		if err := p.saveLinear(ctx, s); err != nil {
			return err
		}
		if err := s.save(ctx, tailSource); err != nil {
			return err
		}
		if n > 0 {
			tails, err := openTails(ctx, s, n)
			p.release = append(p.release, func() { closeTails(tails) })
			if err != nil {
				return err
			}
		}
		m.addRSS("rss_bytes", "memory (RSS)", s)
		return nil
	})
}
