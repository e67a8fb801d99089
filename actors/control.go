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
	a, err := s.send(ctx, run, workflow.Cancel{By: by, Reason: reason})
	switch {
	case a == nil && err == nil:
		return s.refuse(ctx, run, "cancel")
	case a == nil:
		return View{}, err
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
		if errors.Is(err, errParked) {
			return s.Retry(ctx, run, by) // which sees that somebody else's was first
		}
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
	err = a.answer(ctx, reply)
	if errors.Is(err, eventstore.ErrConflict) { // as in send
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

// send gives a run a command, and returns the actor that took it once what that decided is durable. A run that is
// parked gets an actor for it. No actor and no error says that nobody carries the run on: it has ended, cannot go
// on, or does not exist.
func (s *System) send(ctx context.Context, run string, cmd workflow.Command) (*actor, error) {
	for {
		a, err := s.activate(run) //nolint:contextcheck // a run outlives the call that wakes it
		if a == nil {
			return nil, err
		}
		err = a.send(ctx, cmd)
		// An actor that parked its run never saw the command. One whose place in the log another owner has taken
		// forgets it, and the actor that reads the run again knows nothing of it.
		if !errors.Is(err, errParked) && !errors.Is(err, eventstore.ErrConflict) {
			return a, err
		}
	}
}

// send gives the actor a command and waits until what it decided is durable. A cancel interrupts what the run is
// executing at once.
func (a *actor) send(ctx context.Context, cmd workflow.Command) error {
	if c, ok := cmd.(workflow.Cancel); ok {
		a.wanted.Store(&c)
		a.interrupt()
		cmd = nil // the message only has the actor look
	}
	m := message{command: cmd, reply: make(chan error, 1)}
	select {
	case a.mail <- m:
	case <-a.done:
		return orElse(a.err, ErrClosed)
	case <-ctx.Done():
		return ctx.Err()
	}
	return a.answer(ctx, m.reply)
}

// answer waits for the answer to a command. An actor that has ended may have given it before.
func (a *actor) answer(ctx context.Context, reply <-chan error) error {
	select {
	case err := <-reply:
		return err
	case <-a.done:
		select {
		case err := <-reply:
			return err
		default:
			return orElse(a.err, ErrClosed)
		}
	case <-ctx.Done():
		return ctx.Err()
	}
}
