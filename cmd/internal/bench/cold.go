package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/cmd/internal/process"
)

const (
	coldStarts = 20
	// coldRest is how long a server is left alone before its memory counts as that of an idle one.
	coldRest = 2 * time.Second
)

// cold measures how soon a process that starts over an existing store has completed a run, and what memory it needs
// while it has nothing to do. The store has a workflow and no runs but those of the starts before.
func (b *bench) cold(ctx context.Context) ([]Measurement, error) {
	starts := b.runs(coldStarts)
	name := fmt.Sprintf("%d starts", starts)
	source, closing, err := b.linearSource(ctx)
	if err != nil {
		return nil, err
	}
	defer closing()
	m, err := b.with(ctx, name, func(t target) (m Measurement, err error) { return m, t.save(ctx, source) })
	if err != nil {
		return nil, err
	}
	var ready, first []time.Duration
	var peak int64
	var cpu time.Duration
	for range starts {
		begun := time.Now()
		s, err := b.startServer(ctx, b.data(name))
		if err != nil {
			return nil, err
		}
		ready = append(ready, time.Since(begun))
		if err := s.run(ctx, linearName); err != nil {
			return nil, errors.Join(err, s.Kill())
		}
		first = append(first, time.Since(begun))
		n, _ := process.Memory(s.PID(), process.PeakRSS)
		peak = max(peak, n)
		took, _ := process.CPU(s.PID())
		cpu += took
		if err := s.end(); err != nil {
			return nil, err
		}
	}
	slices.Sort(ready)
	slices.Sort(first)
	m.add("starts", "starts", Number, float64(starts))
	m.addLatency("ready_", "ready ", ready)
	m.addLatency("first_run_", "first run done ", first)
	if cpu > 0 { // it is not known everywhere
		m.add("cpu_ms_per_start", "CPU a start and run", Millis, millis(cpu)/float64(starts))
	}
	if err := b.idle(ctx, name, &m); err != nil {
		return nil, err
	}
	m.addMemory(use{peak: peak})
	return []Measurement{m}, nil
}

// idle adds the memory of a server that has done nothing but start.
func (b *bench) idle(ctx context.Context, name string, m *Measurement) error {
	s, err := b.startServer(ctx, b.data(name))
	if err != nil {
		return err
	}
	if err := b.addIdle(ctx, s, m); err != nil {
		return errors.Join(err, s.Kill())
	}
	return s.end()
}

// addIdle leaves a server alone and adds the memory that it has then.
func (b *bench) addIdle(ctx context.Context, s *server, m *Measurement) error {
	err := pause(ctx, min(coldRest, b.duration()))
	m.addRSS("idle_rss_bytes", "memory when idle (RSS)", s)
	return err
}

// addRSS adds the memory that a server has now, where that is known.
func (m *Measurement) addRSS(name, title string, s *server) {
	if rss, known := process.Memory(s.PID(), process.RSS); known {
		m.add(name, title, Bytes, float64(rss))
	}
}
