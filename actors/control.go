package actors

import (
	"context"
	"errors"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
)

// Cancel asks a run to stop and returns it once the request is durable. What the run is executing is
// interrupted at once. A run that has ended gives a *StatusError.
func (s *System) Cancel(ctx context.Context, run, by, reason string) (View, error) {
	a := s.active(run)
	if a == nil {
		return s.refuse(ctx, run, "cancel")
	}
	a.wanted.Store(&workflow.Cancel{By: by, Reason: reason})
	a.interrupt()
	err := a.send(ctx, nil)
	if errors.Is(err, eventstore.ErrConflict) { // the actor that reads the run again knows nothing of the request
		return s.Cancel(ctx, run, by, reason)
	}
	st := a.released.Load()
	switch {
	case st != nil && st.Status().Ended() && st.Status() != workflow.StatusCancelled:
		return View{}, &StatusError{Run: run, Command: "cancel", Status: string(st.Status())}
	case err != nil && (st == nil || !errors.Is(err, ErrClosed) || !st.Status().Ended()):
		return View{}, err
	default:
		return *viewOf(st), nil
	}
}

// Retry sets a failed run going again from the visits that failed, and returns it once that is durable. A
// run that has not failed gives a *StatusError.
func (s *System) Retry(ctx context.Context, run, by string) (View, error) {
	v, err := s.View(ctx, run)
	if err != nil {
		return View{}, err
	}
	if v.Status != workflow.StatusFailed {
		return View{}, &StatusError{Run: run, Command: "retry", Status: string(v.Status)}
	}
	reply := make(chan error, 1)
	a := s.newActor(run)
	a.first = &message{command: workflow.Retry{By: by}, reply: reply}
	for {
		other, err := s.launch(a) //nolint:contextcheck // a run outlives the call that starts it
		if err != nil {
			return View{}, err
		}
		if other == nil {
			break
		}
		// The failed run's actor is about to leave, or somebody else's retry was first.
		select {
		case <-other.done:
		case <-ctx.Done():
			return View{}, ctx.Err()
		}
		if st := other.released.Load(); st != nil && st.Status() != workflow.StatusFailed {
			return View{}, &StatusError{Run: run, Command: "retry", Status: string(st.Status())}
		}
	}
	select {
	case err = <-reply:
	case <-a.done:
		err = a.err
	case <-ctx.Done():
		return View{}, ctx.Err()
	}
	if errors.Is(err, eventstore.ErrConflict) { // as in Cancel
		return s.Retry(ctx, run, by)
	}
	if err != nil {
		return View{}, err
	}
	return s.View(ctx, run)
}

// refuse says why a run without an actor cannot take a command.
func (s *System) refuse(ctx context.Context, run, command string) (View, error) {
	v, err := s.View(ctx, run)
	if err != nil {
		return View{}, err
	}
	if !v.Status.Ended() && s.running.Err() != nil {
		return View{}, ErrClosed
	}
	return View{}, &StatusError{Run: run, Command: command, Status: string(v.Status)}
}

// send gives the actor a command and waits until what it decided is durable.
func (a *actor) send(ctx context.Context, cmd workflow.Command) error {
	m := message{command: cmd, reply: make(chan error, 1)}
	select {
	case a.mail <- m:
	case <-a.done:
		return orElse(a.err, ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-m.reply:
		return err
	case <-a.done:
		select {
		case err := <-m.reply:
			return err
		default:
			return orElse(a.err, ErrClosed)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}
