package bench

import (
	"context"
	"fmt"
	"time"
)

const (
	burstRuns = 10_000
	// burstClients is how many starts are on their way at once: more connections than that would measure them.
	burstClients = 256
)

// burst measures starts that all come at once and wait for nothing but to be durable, until the last run is done.
func (b *bench) burst(ctx context.Context) ([]Measurement, error) {
	runs, clients := b.runs(burstRuns), b.concurrency(burstClients)
	m, err := b.with(ctx, fmt.Sprintf("%d runs", runs), func(t target) (m Measurement, err error) {
		source, closing, err := b.linearSource(ctx)
		if err != nil {
			return m, err
		}
		defer closing()
		if err := t.save(ctx, source); err != nil {
			return m, err
		}
		before, err := t.use(ctx)
		if err != nil {
			return m, err
		}
		begun := time.Now()
		d := drive(ctx, clients, runs, 0, func(i int) error { return t.start(ctx, linearName, runID(i)) })
		if d.err != nil {
			return m, d.err
		}
		if err := awaitIdle(ctx, t); err != nil {
			return m, err
		}
		elapsed := time.Since(begun)
		if err := awaitListed(ctx, t, "completed", runs); err != nil {
			return m, err
		}
		after, err := t.use(ctx)
		if err != nil {
			return m, err
		}
		m.add("concurrency", "clients", Number, float64(clients))
		m.add("runs", "runs", Number, float64(runs))
		m.add("seconds", "all done after", Seconds, elapsed.Seconds())
		m.add("started_seconds", "all started after", Seconds, d.elapsed.Seconds())
		m.addRates(runs, runs*linearSteps, elapsed)
		m.addLatency("start_latency_", "start ", d.took)
		m.addUse(before, after, runs, runs*linearSteps)
		return m, nil
	})
	return []Measurement{m}, err
}

func runID(i int) string { return fmt.Sprintf("bench-%07d", i) }
