package actors

import (
	"context"
	"fmt"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// recover scans the stream once for the runs there are, and sets the open ones going again. An open run
// whose events are damaged stays as it is and is logged; the others go on.
func (s *System) recover(ctx context.Context) error {
	if err := s.catalog.load(ctx); err != nil {
		return err
	}
	open := map[string]bool{}
	for stored, err := range s.store.Scan(ctx) {
		if err != nil {
			return fmt.Errorf("scanning the runs: %w", err)
		}
		if err := s.runs.scan(stored.Sealed); err != nil {
			return err
		}
		if stored.Raw[len(stored.Raw)-1].Type.Terminal() {
			delete(open, stored.Run)
		} else {
			open[stored.Run] = true
		}
	}
	for run := range open {
		if _, err := s.launch(s.newActor(run)); err != nil { //nolint:contextcheck // a run outlives the call that starts it
			return err
		}
	}
	if len(open) > 0 {
		s.logger.Info("open runs go on", "runs", len(open))
	}
	return nil
}

// scan folds a commit into the list, as far as its first and last events tell. The status of an open run
// is made exact when its actor has read all its events.
func (l *runList) scan(c event.Sealed) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, ok := l.at[c.Run]
	if !ok {
		first, err := event.Decode(c.Raw[0].JSON)
		if err != nil {
			return err
		}
		started, ok := first.Body.(event.RunStarted)
		if !ok {
			return &event.DamageError{Run: c.Run, Reason: "its first event is not RunStarted"}
		}
		i = len(l.list)
		l.at[c.Run] = i
		l.list = append(l.list, Summary{
			Run: c.Run, Workflow: c.Workflow, Revision: started.Revision,
			StartedAt: first.At, Labels: started.Labels,
		})
	}
	r := &l.list[i]
	r.LastEvent = c.Last
	last := c.Raw[len(c.Raw)-1]
	switch last.Type {
	case event.TypeRunCompleted:
		r.Status = workflow.StatusCompleted
	case event.TypeRunFailed:
		r.Status = workflow.StatusFailed
	case event.TypeRunCancelled:
		r.Status = workflow.StatusCancelled
	default:
		r.Status = workflow.StatusRunning
		return nil
	}
	end, err := event.Decode(last.JSON)
	if err != nil {
		return err
	}
	r.EndedAt = end.At
	return nil
}
