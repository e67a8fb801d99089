package actors

import (
	"context"
	"fmt"
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
	s.logger.Debug("the list of runs has what is stored", "sequence", s.list.index.Sequence())
	var open []*actor
	for r, err := range s.list.index.OpenRuns(ctx) {
		if err != nil {
			return fmt.Errorf("finding the open runs: %w", err)
		}
		open = append(open, s.newActor(r.Run))
	}
	if len(open) == 0 {
		return nil
	}
	release := holdMemory(len(open))
	s.wait.Go(func() {
		defer release()
		s.awaitLoaded(open)
	})
	for _, a := range open {
		if _, err := s.launch(a); err != nil { //nolint:contextcheck // a run outlives the call that starts it
			return err
		}
	}
	s.logger.Info("open runs go on", "runs", len(open))
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

// awaitLoaded returns once each actor has read its run, or the system closes.
func (s *System) awaitLoaded(actors []*actor) {
	for _, a := range actors {
		select {
		case <-a.loaded:
		case <-a.done:
		case <-s.running.Done():
			return
		}
	}
}
