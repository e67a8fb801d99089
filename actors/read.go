package actors

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"weak"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// EventsMax is the most events one call of Events returns.
const EventsMax = 1000

// View returns a run as its durable events show it, or ErrRunNotFound.
func (s *System) View(ctx context.Context, run string) (View, error) {
	st, err := s.durable(ctx, run)
	if err != nil {
		return View{}, err
	}
	v := *viewOf(st)
	for i := range v.Current {
		c := &v.Current[i]
		c.Awaits = s.gates.awaited(run, c.Node, c.Visit)
	}
	if st.Queued() {
		s.mu.Lock()
		v.Queue = s.lines.place(run)
		s.mu.Unlock()
	}
	return v, nil
}

// durable returns the durable state of a run: what its actor released, or else what its events fold into.
func (s *System) durable(ctx context.Context, run string) (*workflow.State, error) {
	if a := s.active(run); a != nil {
		select {
		case <-a.loaded:
			return a.latest(ctx)
		case <-a.done: // not entered, or gone again: its events tell
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if !event.ValidID(run) {
		return nil, fmt.Errorf("%w: %s", ErrRunNotFound, run)
	}
	if m := s.remembered(run); m != nil {
		return m.state, nil
	}
	j := journal{store: s.store, snapshots: s.snapshots}
	st, err := j.load(ctx, run, s.end(ctx, run), s.catalog.definition)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", run, notFound(err))
	}
	s.remember(run, &memory{st, j.position})
	return st, nil
}

// remembered returns a parked run as it was when it was parked or last looked at, nil where it has been forgotten.
func (s *System) remembered(run string) *memory {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.parked.places[run]; at != nil {
		return at.memory.Value()
	}
	return nil
}

// remember spares whoever needs a parked run next to read it, if it has no more commits than m has seen.
func (s *System) remember(run string, m *memory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := s.parked.places[run]; at != nil && at.end == m.sequence {
		at.memory = weak.Make(m)
	}
}

// end returns the sequence of the last commit of a run that has no actor, 0 where it is not known.
func (s *System) end(ctx context.Context, run string) uint64 {
	s.mu.Lock()
	a, at := s.actors[run], s.parked.places[run]
	s.mu.Unlock()
	switch {
	case a != nil:
		return 0
	case at != nil:
		return at.end
	default:
		return s.list.end(ctx, run)
	}
}

// latest is the state after everything that is durable: a commit that others may have seen already is
// waited for, which takes the actor no longer than to notice.
func (a *actor) latest(ctx context.Context) (*workflow.State, error) {
	f := a.journal.sent.Load()
	if f == nil {
		return a.released.Load(), nil
	}
	select {
	case <-f.given:
	case <-a.done:
		return a.released.Load(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-f.pending.Done():
		select {
		case <-f.seen:
		case <-a.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	default:
	}
	return a.released.Load(), nil
}

// notFound gives a store's answers the names of this package.
func notFound(err error) error {
	switch {
	case errors.Is(err, eventstore.ErrNotFound), errors.Is(err, eventstore.ErrInvalid): // what cannot be an id is none's
		return ErrRunNotFound
	case errors.Is(err, eventstore.ErrClosed):
		return ErrClosed
	default:
		return err
	}
}

// Wait returns the run once it has ended, or ErrRunNotFound; ErrClosed when the engine stops first.
func (s *System) Wait(ctx context.Context, run string) (View, error) {
	for {
		if a := s.active(run); a != nil {
			select {
			case <-a.done:
			case <-ctx.Done():
				return View{}, ctx.Err()
			}
			if st := a.released.Load(); st != nil && st.Status().Ended() {
				return *viewOf(st), nil
			}
			continue
		}
		parked, err := s.awaitUnparked(ctx, run)
		if err != nil {
			return View{}, err
		}
		if parked && s.running.Err() == nil {
			continue
		}
		carried := s.carries(run) // before it is read, as it may end meanwhile
		v, err := s.View(ctx, run)
		if err != nil || v.Status.Ended() {
			return v, err
		}
		if s.running.Err() != nil {
			return v, ErrClosed
		}
		if !carried && !s.carries(run) {
			return v, fmt.Errorf("run %s is not being carried on; the log says why", run)
		}
	}
}

// Events returns up to limit events of a run after the given one, exactly as stored. A limit outside 1 to
// EventsMax is EventsMax. An unknown run is ErrRunNotFound.
func (s *System) Events(ctx context.Context, run string, after uint64, limit int) ([]event.Raw, error) {
	if limit < 1 || limit > EventsMax {
		limit = EventsMax
	}
	var out []event.Raw
	for stored, err := range s.store.ReadTo(ctx, run, after, s.end(ctx, run)) {
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", run, notFound(err))
		}
		for _, raw := range stored.Raw {
			if raw.N > after {
				out = append(out, raw)
			}
			if len(out) == limit {
				return out, nil
			}
		}
	}
	return out, nil
}

// StateAt returns a run's state as it was after event n. ErrEventNotFound where the run has none of that
// number yet.
func (s *System) StateAt(ctx context.Context, run string, n uint64) (document.Value, error) {
	var (
		doc  document.Value
		last uint64
	)
	for stored, err := range s.store.ReadTo(ctx, run, 0, s.end(ctx, run)) {
		if err != nil {
			return document.Null, fmt.Errorf("run %s: %w", run, notFound(err))
		}
		events, err := stored.Events()
		if err != nil {
			return document.Null, err
		}
		for _, e := range events {
			last = e.N
			switch b := e.Body.(type) {
			case event.RunStarted:
				doc = b.Input
			case event.StateChanged:
				if doc, err = b.Patch.Apply(doc); err != nil {
					return document.Null, &workflow.FoldError{Run: run, N: e.N, Type: e.Type(), Reason: err.Error()}
				}
			default:
			}
			if last == n {
				return doc, nil
			}
		}
	}
	if last == 0 {
		return document.Null, fmt.Errorf("%w: %s", ErrRunNotFound, run)
	}
	return document.Null, fmt.Errorf("%w: run %s has events 1 to %d, not %d", ErrEventNotFound, run, last, n)
}

// Follow yields the run's events after the given one, first those stored, then each as it becomes durable,
// until ctx ends or the store closes. It goes on past the end of the run, which a retry may reopen. What cannot
// be a run's id is ErrRunNotFound; an id that no run has yet is waited for.
func (s *System) Follow(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error] {
	return func(yield func(event.Raw, error) bool) {
		if !event.ValidID(run) {
			yield(event.Raw{}, fmt.Errorf("run %s: %w", run, ErrRunNotFound))
			return
		}
		s.store.Follow(ctx, run, after)(yield)
	}
}

// FollowAll yields the events of all runs that become durable from this call on, to one loop, until ctx ends
// or the store closes; eventstore.ErrSlowConsumer ends a reader that falls behind.
func (s *System) FollowAll(ctx context.Context) iter.Seq2[event.Raw, error] {
	return s.store.FollowAll(ctx)
}
