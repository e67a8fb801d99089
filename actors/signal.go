package actors

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// signalIDBytesMax is the longest id that a signal may have.
const signalIDBytesMax = 255

// Signal sends a run a signal and returns the run once the signal is durable. A run takes an id once, for ever:
// one that it has had gives the run as it is, whatever came with it, even if the run has ended. An id of "" is drawn.
// Errors: ErrRunNotFound, ErrInvalidID, a *StatusError where the run has ended, a *workflow.SignalError where it does
// not take such a signal.
func (s *System) Signal(ctx context.Context, run, name, id string, payload document.Value, by string) (View, error) {
	c := workflow.Signal{Name: name, ID: id, Payload: payload, By: by}
	switch {
	case len(id) > signalIDBytesMax:
		return View{}, fmt.Errorf("%w: a signal's id has at most %d bytes, not %d", ErrInvalidID, signalIDBytesMax, len(id))
	case !event.ValidID(name):
		return View{}, fmt.Errorf("%w: signal %q; names are 1 to 64 of the characters A-Z a-z 0-9 _ -", ErrInvalidID, clip(name))
	case id == "":
		drawn, err := uuid.NewV7()
		if err != nil {
			return View{}, fmt.Errorf("drawing a signal's id: %w", err)
		}
		c.ID = drawn.String()
	}
	a, err := s.send(ctx, run, c)
	if a == nil {
		if err != nil {
			return View{}, err
		}
		return s.signalled(ctx, run, c.ID)
	}
	st := a.released.Load()
	switch {
	case err == nil:
		return *viewOf(st), nil
	case errors.Is(err, ErrClosed) && s.running.Err() == nil: // the run has ended meanwhile
		return s.signalled(ctx, run, c.ID)
	case tooLate(err):
		return View{}, &StatusError{Run: run, Command: "signal", Status: string(endOf(st))}
	default:
		return View{}, err
	}
}

// signalled answers for a run without an actor.
func (s *System) signalled(ctx context.Context, run, id string) (View, error) {
	st, err := s.durable(ctx, run)
	switch {
	case err != nil:
		return View{}, err
	case st.Signalled(id):
		return *viewOf(st), nil
	case !st.Status().Ended() && s.running.Err() != nil:
		return View{}, ErrClosed
	default:
		return View{}, &StatusError{Run: run, Command: "signal", Status: string(st.Status())}
	}
}

func tooLate(err error) bool {
	var e *workflow.SignalError
	return errors.As(err, &e) && e.Refusal == workflow.SignalTooLate
}

// endOf is the status that a run has ended with, or is about to end with, as it takes no more signals.
func endOf(st *workflow.State) workflow.Status {
	switch {
	case st.Status().Ended():
		return st.Status()
	case st.Failing != nil:
		return workflow.StatusFailed
	default:
		return workflow.StatusCancelled
	}
}

// admit decides a command, and returns what its sender is told once the decision is durable.
func (a *actor) admit(cmd workflow.Command) error {
	c, ok := cmd.(workflow.Signal)
	if !ok {
		before := a.state
		switch {
		case !a.decide(cmd):
			return ErrClosed
		case a.state == before:
			return refusal(before, cmd)
		default:
			return nil
		}
	}
	if a.state.Refuses(c) == nil && !a.state.Signalled(c.ID) {
		if misfits := a.system.catalog.misfits(a.state.Revision, c); len(misfits) > 0 {
			return workflow.Misfitting(c.Name, misfits...)
		}
		a.decide(c)
	}
	if a.state.Signalled(c.ID) {
		return nil
	}
	if refusal := a.state.Refuses(c); refusal != nil {
		return refusal
	}
	return ErrClosed // which cut the decision short
}

// misfits returns what the schema of a signal refuses of its payload.
func (c *catalog) misfits(revision string, s workflow.Signal) []workflow.PayloadMisfit {
	known := c.schemas(revision)
	if known == nil {
		return nil
	}
	violations := known.payloads[s.Name].Violations(s.Payload)
	misfits := make([]workflow.PayloadMisfit, len(violations))
	for i, v := range violations {
		misfits[i] = workflow.PayloadMisfit(v)
	}
	return misfits
}
