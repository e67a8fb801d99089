package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/weirflow/weir/eventstore/runindex"
)

// recover brings the list of runs up to the log's end and sets the open ones going again: now, or when they are due.
// An open run whose events are damaged stays as it is and is logged when it would go on; the others go on.
func (s *System) recover(ctx context.Context) error {
	if err := s.catalog.load(ctx); err != nil {
		return err
	}
	caughtUp := make(chan error, 1)
	s.wait.Go(func() { s.list.keep(s.running, func(err error) { caughtUp <- err }) })
	if err := s.awaitList(ctx, caughtUp); err != nil {
		return err
	}
	s.logger.Debug("the list of runs has what is stored", "sequence", s.list.index.Sequence())
	if err := s.parkOpen(ctx); err != nil {
		return err
	}
	told, err := s.reunite(ctx)
	if err != nil {
		return err
	}
	s.wait.Go(func() { //nolint:contextcheck // runs outlive the opening
		select {
		case <-told:
		case <-time.After(unreadPause): // a parent that cannot be read now holds up nobody else
		case <-s.running.Done():
		}
		s.wake()
	})
	return nil
}

// parkOpen parks every open run, as the list of runs has it: none is read here. Those that do not wait for a time
// are due at once.
func (s *System) parkOpen(ctx context.Context) error {
	runs, waiting, paused, durations := 0, 0, 0, map[string]time.Duration{}
	for r, err := range s.list.index.OpenRuns(ctx) {
		if err != nil {
			return fmt.Errorf("finding the open runs: %w", err)
		}
		due := time.Now()
		switch r.Status {
		case runindex.Waiting:
			if due = s.dueOf(&r, durations); r.Queue != nil && r.Queue.Begun.IsZero() {
				due = time.Now().Add(queuedFor)
			}
			waiting++
		case runindex.Paused: // what was under way when the process ended is recorded once the run is read
			due = time.Time{}
			paused++
		default:
		}
		s.mu.Lock()
		s.parked.put(r.Run, r.Last, due)
		s.attendOpen(&r)
		s.mu.Unlock()
		runs++
	}
	if err := s.recallRates(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	s.lines.open()
	s.mu.Unlock()
	if runs > 0 {
		s.logger.Info("open runs go on", "runs", runs, "waiting", waiting, "paused", paused)
	}
	return nil
}

// dueOf is when a run that waits is to be looked at: when it is due or, where that is earlier, when limits.duration would
// end it. A run that was retried has longer, which it sees when it is read. durations remembers the limits of revisions.
func (s *System) dueOf(r *runindex.OpenRun, durations map[string]time.Duration) time.Time {
	limit, known := durations[r.Revision]
	if !known {
		if def, err := s.catalog.definition(r.Revision); err == nil {
			limit = def.Limits.Duration
		}
		durations[r.Revision] = limit // zero has the run read, which says what is wrong with its revision
	}
	due := r.StartedAt.Add(limit)
	if !r.Due.IsZero() && r.Due.Before(due) {
		due = r.Due
	}
	return due
}

func (s *System) awaitList(ctx context.Context, caughtUp <-chan error) error {
	select {
	case err := <-caughtUp:
		if err != nil {
			return fmt.Errorf("listing the runs: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("listing the runs: %w", context.Cause(ctx))
	}
}
