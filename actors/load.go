package actors

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// errStale says that a snapshot is not of the run as its events have it.
var errStale = errors.New("the snapshot and the events disagree")

// load folds a run's stored events into its state and sets the journal behind them: those behind its snapshot
// where it has one that fits them, else all. end is where the run's last commit is, 0 where that is not known.
func (j *journal) load(ctx context.Context, run string, end uint64, revision workflow.Revisions) (*workflow.State, error) {
	if from, ok := j.snapshots.restore(run, revision); ok {
		s, err := j.loadBehind(ctx, run, end, from, revision)
		var fold *workflow.FoldError
		if !errors.Is(err, errStale) && !errors.As(err, &fold) {
			return s, err
		}
		j.snapshots.discard(run, err)
	}
	j.position = position{}
	var s *workflow.State
	for stored, err := range j.store.ReadTo(ctx, run, 0, end) {
		if err != nil {
			return nil, err
		}
		if stored.Prev != j.previous {
			return nil, &event.DamageError{Run: run, Reason: "a commit does not continue the one before it"}
		}
		events, err := stored.Events()
		if err != nil {
			return nil, err
		}
		if s == nil {
			if s, err = pinned(run, events, revision); err != nil {
				return nil, err
			}
		}
		if s, err = workflow.FoldOver(s, events, revision); err != nil {
			return nil, err
		}
		j.sequence, j.previous, j.durable = stored.Sequence, stored.Digest, stored.Last
	}
	if s == nil {
		return nil, ErrRunNotFound
	}
	return s, nil
}

// loadBehind folds what is stored behind a snapshot. errStale says that the events are not those the snapshot
// was taken of.
func (j *journal) loadBehind(ctx context.Context, run string, end uint64, from restored, revision workflow.Revisions) (*workflow.State, error) {
	var s *workflow.State
	for stored, err := range j.store.ReadTo(ctx, run, from.N-1, end) { // with the commit that the snapshot was taken behind
		if err != nil {
			return nil, err
		}
		events, err := stored.Events()
		if err != nil {
			return nil, err
		}
		switch {
		case s == nil && (stored.Last != from.N || stored.Digest != from.Digest):
			return nil, fmt.Errorf("%w: the run has a commit of the events %d to %d", errStale, stored.First, stored.Last)
		case s == nil:
			s, j.kept = from.state, from.N
		case stored.First != j.durable+1 || stored.Prev != j.previous:
			return nil, fmt.Errorf("%w: event %d does not continue it", errStale, stored.First)
		default:
			if s, err = workflow.FoldOver(s, events, revision); err != nil {
				return nil, err
			}
		}
		if err := sameEnd(s, events); err != nil {
			return nil, err
		}
		j.sequence, j.previous, j.durable = stored.Sequence, stored.Digest, stored.Last
	}
	if s == nil {
		return nil, fmt.Errorf("%w: the run ends before event %d", errStale, from.N)
	}
	return s, nil
}

// sameEnd compares a state with the digest that the run's last event gives of it, where it ends the run.
func sameEnd(s *workflow.State, events []event.Event) error {
	var ended string
	switch b := events[len(events)-1].Body.(type) {
	case event.RunCompleted:
		ended = b.State
	case event.RunFailed:
		ended = b.State
	case event.RunCancelled:
		ended = b.State
	default:
		return nil
	}
	if ended != s.Doc.Digest() {
		return fmt.Errorf("%w: the run ended with another state", errStale)
	}
	return nil
}

// pinned makes the empty state of a run whose first events these are.
func pinned(run string, events []event.Event, revision workflow.Revisions) (*workflow.State, error) {
	started, ok := events[0].Body.(event.RunStarted)
	if !ok {
		return nil, &event.DamageError{Run: run, Reason: "its first event is not RunStarted"}
	}
	def, err := revision(started.Revision)
	if err != nil {
		return nil, err
	}
	return workflow.New(def), nil
}
