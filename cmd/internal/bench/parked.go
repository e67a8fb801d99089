package bench

import (
	"context"
	"fmt"
)

const (
	parkedName   = "parked"
	parkedRuns   = 20_000
	parkedSource = `name: parked
nodes: {ask: {wait: {signal: go, timeout: 24h}}}
`
	// parkedBefore is how many runs wait before the memory is first looked at: what the first ones cost is not each one's.
	parkedBefore = 100
	// parkedClients is how many of them are started at once.
	parkedClients = 64
)

// parked measures the memory of runs that only wait: what is in use beyond what was in use before them.
func (b *bench) parked(ctx context.Context) ([]Measurement, error) {
	runs, clients := b.runs(parkedRuns), b.concurrency(parkedClients)
	m, err := b.with(ctx, fmt.Sprintf("%d runs", runs), func(t target) (m Measurement, err error) {
		if err := t.save(ctx, parkedSource); err != nil {
			return m, err
		}
		park := func(from, runs int) (d driven, err error) {
			d = drive(ctx, clients, runs, 0, func(i int) error { return t.start(ctx, parkedName, runID(from+i)) })
			if d.err != nil {
				return d, d.err
			}
			return d, awaitListed(ctx, t, "waiting", from+runs)
		}
		if _, err := park(0, parkedBefore); err != nil {
			return m, err
		}
		heapBefore, err := t.heap(ctx)
		if err != nil {
			return m, err
		}
		before, err := t.use(ctx)
		if err != nil {
			return m, err
		}
		d, err := park(parkedBefore, runs)
		if err != nil {
			return m, err
		}
		after, err := t.use(ctx)
		if err != nil {
			return m, err
		}
		heapAfter, err := t.heap(ctx)
		if err != nil {
			return m, err
		}
		m.add("concurrency", "clients", Number, float64(clients))
		m.add("runs", "runs", Number, float64(runs))
		m.add("starts_per_second", "starts", Rate, float64(runs)/d.elapsed.Seconds())
		m.addLatency("start_latency_", "start ", d.took)
		m.add("heap_bytes_per_run", "memory in use a run", Bytes, (heapAfter-heapBefore)/float64(runs))
		m.addUse(before, after, runs, 0)
		return m, nil
	})
	return []Measurement{m}, err
}
