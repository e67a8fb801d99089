package eventstore

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/weirflow/weir/eventstore/audit"
)

const (
	// scrubEvery is the pause between two scrubs. A flipped bit in an old block shows within a day.
	scrubEvery = 24 * time.Hour
	// scrubRate bounds what a scrub reads a second, so that runs that go on do not feel it.
	scrubRate = 16 << 20
	// scrubFirst is how long after the opening the first one begins.
	scrubFirst = 10 * time.Minute
)

// scrubber checks the files of the open store in the background, slowly, again and again: nothing else reads old
// blocks of a store that is closed and opened cleanly. What it finds is kept and logged; the store goes on, since
// stopping it saves nothing and its other runs are whole.
type scrubber struct {
	dir    string
	log    *slog.Logger
	pace   scrubPace
	mu     sync.Mutex
	report *audit.Report // of the last scrub, nil before the first
	done   sync.WaitGroup
}

// scrubPace is when and how fast files are read.
type scrubPace struct {
	first, every time.Duration
	rate         int64 // bytes a second
}

var usualScrub = scrubPace{first: scrubFirst, every: scrubEvery, rate: scrubRate}

// start scrubs until the context ends.
func (c *scrubber) start(ctx context.Context) { c.done.Go(func() { c.run(ctx) }) }

func (c *scrubber) run(ctx context.Context) {
	for wait := c.pace.first; ; wait = c.pace.every {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		report, err := c.scrub(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			c.log.Error("the store's files could not be checked", slog.Any("error", err))
			continue
		}
		c.mu.Lock()
		c.report = report
		c.mu.Unlock()
		if err := report.Err(); err != nil {
			c.log.Error("the store's files are damaged; stop the server and see weir doctor", slog.Any("error", err))
		}
	}
}

func (c *scrubber) scrub(ctx context.Context) (*audit.Report, error) {
	store, begun := files(c.dir), time.Now()
	store.Progress = func(done, _ int64) {
		due := begun.Add(time.Duration(float64(done) / float64(c.pace.rate) * float64(time.Second)))
		select {
		case <-ctx.Done():
		case <-time.After(time.Until(due)):
		}
	}
	return store.Check(ctx)
}

// Damage returns what the last check of the files in the background found, nil before the first.
func (s *Store) Damage() *audit.Report {
	s.scrub.mu.Lock()
	defer s.scrub.mu.Unlock()
	return s.scrub.report
}
