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
	case st != nil && st.Cancelling == nil && (st.Status().Ended() || st.Failing != nil):
		return View{}, refusal(st, workflow.Cancel{})
	case err != nil && (st == nil || !errors.Is(err, ErrClosed) || !st.Status().Ended()):
		return View{}, err
	default:
		return *viewOf(st), nil
	}
}

// Pause keeps a run from beginning anything until it is resumed, and returns it once that is durable. What it has under
// way goes on to its end. A run that is paused or has ended gives a *StatusError.
func (s *System) Pause(ctx context.Context, run, by, reason string) (View, error) {
	return s.command(ctx, run, "pause", workflow.Pause{By: by, Reason: reason})
}

// Resume sets a paused run going again, and returns it once that is durable. Other runs give a *StatusError.
func (s *System) Resume(ctx context.Context, run, by, reason string) (View, error) {
	return s.command(ctx, run, "resume", workflow.Resume{By: by, Reason: reason})
}

func (s *System) command(ctx context.Context, run, name string, cmd workflow.Command) (View, error) {
	a, err := s.send(ctx, run, cmd)
	switch {
	case a == nil && err == nil, errors.Is(err, ErrClosed): // the run may have ended meanwhile
		return s.refuse(ctx, run, name)
	case err != nil:
		return View{}, err
	default:
		return *viewOf(a.released.Load()), nil
	}
}

// Latest is how Retry is asked for the latest revision of the run's workflow.
const Latest = "latest"

// Retry sets a failed run going again from the visits that failed, with the revision that it is pinned to, and returns
// it once that is durable. A run that has not failed, or was compensated, gives a *StatusError.
func (s *System) Retry(ctx context.Context, run, by string) (View, error) {
	return s.RetryWith(ctx, run, by, "")
}

// RetryWith is Retry with a revision of the run's workflow that the run goes on with: its number, its digest, Latest, or
// "" for the one that it is pinned to. A *MisfitError says what of the run has no place in that revision. Further errors:
// ErrRevisionNotFound, and workflow.Problems where this engine lacks what the revision needs.
func (s *System) RetryWith(ctx context.Context, run, by, revision string) (View, error) {
	st, err := s.durable(ctx, run)
	if err != nil {
		return View{}, err
	}
	cmd, err := s.retryOf(st, by, revision)
	if err != nil {
		return View{}, err
	}
	reply := make(chan error, 1)
	a := s.newActor(run)
	a.first = &message{command: cmd, reply: reply}
	for {
		other, err := s.launch(a) //nolint:contextcheck // a run outlives the call that starts it
		if errors.Is(err, errParked) {
			return s.RetryWith(ctx, run, by, revision) // which sees that somebody else's was first
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
			return View{}, refusal(st, cmd)
		}
	}
	err = a.answer(ctx, reply)
	if errors.Is(err, eventstore.ErrConflict) { // as in send
		return s.RetryWith(ctx, run, by, revision)
	}
	if err != nil {
		return View{}, err
	}
	return s.View(ctx, run)
}

// retryOf is the command that retries a run, or why that cannot be.
func (s *System) retryOf(st *workflow.State, by, revision string) (workflow.Retry, error) {
	cmd := workflow.Retry{By: by}
	if st.Status() != workflow.StatusFailed || st.Compensated() {
		return cmd, refusal(st, cmd)
	}
	if revision == "" {
		return cmd, nil
	}
	if revision == Latest {
		revision = ""
	}
	rev, err := s.Workflow(st.Workflow, revision)
	if err != nil {
		return cmd, err
	}
	if misfits := st.Misfits(rev.Definition); len(misfits) > 0 && rev.Digest != st.Revision {
		return cmd, &MisfitError{Run: st.Run, Workflow: st.Workflow, Revision: rev.Number, Misfits: misfits}
	}
	cmd.Revision, cmd.Definition = rev.Digest, rev.Definition
	return cmd, nil
}

// refusal says why a command changes nothing of a run; nil for commands that may well do so.
func refusal(st *workflow.State, cmd workflow.Command) error {
	e := &StatusError{Run: st.Run, Status: string(st.Status())}
	switch cmd.(type) {
	case workflow.Cancel:
		e.Command = "cancel"
		if st.Failing != nil && !st.Status().Ended() {
			e.Reason = "compensates what it has done, because it has failed"
		}
	case workflow.Pause:
		e.Command = "pause"
	case workflow.Resume:
		e.Command = "resume"
	case workflow.Retry:
		e.Command = "retry"
		if st.Compensated() {
			e.Reason = "what it had done was compensated; start a new run"
		}
	default:
		return nil
	}
	return e
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
