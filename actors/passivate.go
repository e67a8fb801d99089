package actors

import (
	"context"
	"errors"
	"time"
	"weak"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

const (
	// moment is how far away the next due time of a run must be for its actor to be worth dropping: reading the
	// run again takes a few hundredths of it.
	moment = time.Second
	// unreadPause is how long a run that cannot be read now is left alone.
	unreadPause = 5 * time.Second
)

// errParked says that the run has no actor, because it only waits.
var errParked = errors.New("the run is parked")

// parks drops the actor if its run only waits, or is paused, and nothing is on its way, to it or from it. The actor must
// not be touched afterwards: what was sent to it meanwhile is sent again, to the next.
func (a *actor) parks(due time.Time) bool {
	status := a.state.Status()
	if status != workflow.StatusWaiting && status != workflow.StatusPaused || a.journal.flight != nil || len(a.journal.gathered) > 0 ||
		len(a.inflight) > 0 || len(a.waiters) > 0 {
		return false
	}
	s := a.system
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(a.mail) > 0 || a.wanted.Load() != nil || a.state.Admissible() && s.lines.called(a.run) {
		return false
	}
	delete(s.actors, a.run)
	s.parked.put(a.run, a.journal.sequence, due).memory = weak.Make(&memory{a.state, a.journal.position})
	return true
}

// activate returns the actor of a run, and gives a parked run one, which reads it if it is not remembered. It returns nil
// where the run has ended, cannot go on, or does not exist.
func (s *System) activate(run string) (*actor, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.actors[run] != nil:
		return s.actors[run], nil
	case !s.parked.has(run):
		return nil, nil //nolint:nilnil // there is none
	case s.closed:
		return nil, ErrClosed
	default:
		return s.unpark(run), nil
	}
}

// unpark gives a parked run an actor. The caller holds the mutex, and has seen that the system is not closed.
func (s *System) unpark(run string) *actor {
	at := s.parked.take(run)
	a := s.newActor(run)
	a.end, a.memory = at.end, at.memory.Value()
	s.enter(a)
	return a
}

// awaitUnparked returns once a parked run has an actor again, or the system closes. parked is false where the run is not
// parked.
func (s *System) awaitUnparked(ctx context.Context, run string) (parked bool, err error) {
	s.mu.Lock()
	w := s.parked.watch(run)
	s.mu.Unlock()
	if w == nil {
		return false, nil
	}
	select {
	case <-w.taken:
	case <-s.running.Done():
	case <-ctx.Done():
		err = ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parked.unwatch(run, w)
	return true, err
}

// unread reports whether an actor has ended because its run could not be read, for a reason that may pass. Damage does
// not, nor what this engine lacks to carry the run on.
func (a *actor) unread(err error) bool {
	if a.state != nil || a.start != nil || err == nil || a.system.running.Err() != nil {
		return false
	}
	var (
		damage   *event.DamageError
		fold     *workflow.FoldError
		retired  *eventstore.RetiredError
		problems workflow.Problems
		panicked *panicked
	)
	return !errors.As(err, &damage) && !errors.As(err, &fold) && !errors.As(err, &retired) && !errors.As(err, &problems) &&
		!errors.As(err, &panicked) && !errors.Is(err, ErrRunNotFound) && !errors.Is(err, eventstore.ErrNotFound) &&
		!errors.Is(err, ErrRevisionNotFound) && !errors.Is(err, ErrClosed) && !errors.Is(err, eventstore.ErrClosed)
}

// carries reports whether a run has an actor or is parked.
func (s *System) carries(run string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.actors[run] != nil || s.parked.has(run)
}

// Parked returns how many runs only wait and have no actor.
func (s *System) Parked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.parked.places)
}
