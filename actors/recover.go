package actors

import (
	"context"
	"fmt"

	"github.com/weirflow/weir/eventstore/runindex"
)

// recover brings the list of runs up to the log's end and sets the open ones going again. An open run whose
// events are damaged stays as it is and is logged; the others go on.
func (s *System) recover(ctx context.Context) error {
	if err := s.catalog.load(ctx); err != nil {
		return err
	}
	caughtUp := make(chan error, 1)
	s.wait.Go(func() { s.list.keep(s.running, func(err error) { caughtUp <- err }) })
	if err := s.awaitList(ctx, caughtUp); err != nil {
		return err
	}
	if err := s.prove(ctx); err != nil {
		return err
	}
	open := 0
	for r, err := range s.list.index.OpenRuns(ctx) { //nolint:contextcheck // a run outlives the call that starts it
		if err != nil {
			return fmt.Errorf("finding the open runs: %w", err)
		}
		if _, err := s.launch(s.newActor(r.Run)); err != nil {
			return err
		}
		open++
	}
	if open > 0 {
		s.logger.Info("open runs go on", "runs", open)
	}
	return nil
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

// prove compares how many runs the list has with how many the log has. An index that lacks one would leave a
// run behind; it is thrown away, and the log is scanned again.
func (s *System) prove(ctx context.Context) error {
	for try := range 2 {
		counts, err := s.list.index.Count(ctx, runindex.Filter{})
		if err != nil {
			return fmt.Errorf("counting the listed runs: %w", err)
		}
		stored, err := s.store.CountRuns(ctx)
		if err != nil {
			return fmt.Errorf("counting the stored runs: %w", err)
		}
		listed := uint64(counts.Total()) + s.list.index.Retired() //nolint:gosec // a count
		switch {
		case listed == stored:
			return nil
		case try == 0:
			s.logger.Warn("the list of runs is not what is stored; it is built anew", "listed", listed, "stored", stored)
			if err := s.list.rebuild(ctx); err != nil {
				return fmt.Errorf("listing the runs anew: %w", err)
			}
		default:
			// The runs that are missing cannot be read; the log has said which.
			s.logger.Error("some runs cannot be listed", "listed", listed, "stored", stored)
		}
	}
	return nil
}
