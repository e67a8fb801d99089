// Package copies fills a store with a great many runs in little time: copies of runs that the program itself has made,
// appended through the store that the engine uses. What they hold, and in which commits, is what the engine would have
// stored; only nobody has executed them.
//
// The store must have no engine: the list of runs gets the copies at the next start.
//
//	sample, err := copies.Read(ctx, store, "sample")
//	…
//	err = copies.Store(store, func(yield func(copies.Copy) bool) { … yield(copies.Copy{Run: "run-1", Of: sample}) … })
package copies

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// authors is how many runs are written at once.
const authors = 1024

// Sample is a run that is copied: the events of each of its commits.
type Sample [][]event.Event

// Copy is a run to store.
type Copy struct {
	Run    string // its id
	Of     Sample
	Labels map[string]string // in place of the sample's
}

// Read reads a run that is to be copied.
func Read(ctx context.Context, s *eventstore.Store, run string) (sample Sample, err error) {
	for stored, err := range s.Read(ctx, run, 0) {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", run, err)
		}
		events, err := stored.Events()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", run, err)
		}
		sample = append(sample, events)
	}
	return sample, nil
}

// Store stores all the copies and returns once they are durable, or with the first error.
func Store(s *eventstore.Store, all iter.Seq[Copy]) error {
	waiting := make(chan Copy, authors)
	var failed atomic.Pointer[error]
	var done sync.WaitGroup
	for range authors {
		done.Go(func() {
			for c := range waiting {
				if failed.Load() != nil {
					continue
				}
				if err := c.store(s); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	for c := range all {
		if failed.Load() != nil {
			break
		}
		waiting <- c
	}
	close(waiting)
	done.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

// store stores a copy as if it had been started now.
func (c Copy) store(s *eventstore.Store) error {
	started := c.Of[0][0].Body.(event.RunStarted) //nolint:forcetypeassert // every run begins so
	started.Labels = c.Labels
	later := time.Since(c.Of[0][0].At)
	var expected uint64
	previous := ""
	for _, part := range c.Of {
		commit := event.Commit{Run: c.Run, Workflow: started.Workflow, First: part[0].N, Epoch: "copy", Prev: previous}
		for _, e := range part {
			e.Run, e.At = c.Run, e.At.Add(later)
			switch body := e.Body.(type) {
			case event.RunStarted:
				e.Body = started
			case event.TimerSet:
				body.Due = body.Due.Add(later)
				e.Body = body
			default:
			}
			commit.Events = append(commit.Events, e)
		}
		sealed := event.Seal(commit)
		sequence, err := s.Append(sealed, expected).Result()
		if err != nil {
			return fmt.Errorf("%s: %w", c.Run, err)
		}
		expected, previous = sequence, sealed.Digest
	}
	return nil
}
