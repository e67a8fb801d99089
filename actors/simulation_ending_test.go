package actors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// rest pauses a run when the time has come, and sets it going again after its rest.
func (w *world) rest(ctx context.Context, system *actors.System, name string, r *simulated) error {
	wait := func(until time.Duration) error {
		select {
		case <-time.After(time.Until(w.began.Add(until))):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := wait(r.pause); err != nil {
		return err
	}
	var status *actors.StatusError
	_, err := system.Pause(ctx, name, "client", "")
	switch {
	case errors.As(err, &status) && status.Status != string(workflow.StatusPaused):
		r.rested = true // it has ended
		return nil
	case err != nil && status == nil: // a process before has paused it
		return err
	}
	if err := wait(r.pause + r.rest); err != nil {
		return err
	}
	_, err = system.Resume(ctx, name, "client", "")
	if err != nil && !errors.As(err, &status) { // it may have been cancelled
		return err
	}
	r.rested = true
	return nil
}

// checkPauses sees that nothing begins in a pause.
func (w *world) checkPauses(name string, events []event.Event) {
	w.t.Helper()
	paused := false
	for _, e := range events {
		switch e.Body.(type) {
		case event.RunPaused:
			paused = true
		case event.RunResumed, event.RunCancelRequested:
			paused = false
		case event.NodeStarted, event.TimerFired:
			if paused {
				w.t.Errorf("%s: in a pause there is %s", name, line(e))
			}
		default:
		}
	}
}

// compensates reports whether a visit, as completions has it, takes back another.
func compensates(visit string) bool { return strings.Contains(visit, ".compensate/") }

// checkCompensations sees that what an ended run had completed is compensated, the last first, where the run did not
// complete, and that it says of the rest that it is not.
func (w *world) checkCompensations(system *actors.System, name string, events []event.Event) {
	w.t.Helper()
	rev, err := system.Workflow("w", "")
	if err != nil {
		w.t.Fatal(err)
	}
	var owed, begun, said []string
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.NodeCompleted:
			if node, ok := rev.Definition.Node(b.Node); ok && node.Compensate != nil && b.Item == 0 {
				owed = append(owed, fmt.Sprintf("%s.compensate/%d", b.Node, b.Visit))
			}
		case event.NodeStarted:
			if visit := fmt.Sprintf("%s/%d", b.Node, b.Visit); compensates(visit) && b.Attempt == 1 {
				begun = append(begun, visit)
			}
		case event.RunFailed:
			for _, u := range b.Uncompensated {
				said = append(said, fmt.Sprintf("%s.compensate/%d", u.Node, u.Visit))
			}
		case event.RunCompleted:
			owed = nil
		default:
		}
	}
	slices.Reverse(owed)
	for _, visit := range said {
		if !slices.Contains(begun, visit) {
			begun = append(begun, visit)
		}
	}
	if diff := cmp.Diff(owed, begun); diff != "" {
		w.t.Errorf("%s: (-owed +compensated)\n%s", name, diff)
	}
}
