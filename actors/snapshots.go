package actors

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// A run's state is kept once more after snapshotEvents events, and in a longer run after that part of all it
// has: opening a run then costs its snapshot and at most so many events, while a run that takes many steps a
// second does not spend them on snapshots. Shorter runs have none.
const (
	snapshotEvents = 1000
	snapshotPart   = 8
)

// snapshots keeps the states of long runs, in the background and never more than the latest of each. Without a
// place to keep them it does nothing.
type snapshots struct {
	kept *eventstore.Snapshots // nil for none
	log  *slog.Logger

	mu      sync.Mutex
	waiting map[string]*flight // the latest of each run that is to be kept
	wake    chan struct{}      // holds one token when there is one
}

func newSnapshots(kept *eventstore.Snapshots, log *slog.Logger) *snapshots {
	return &snapshots{kept: kept, log: log, waiting: map[string]*flight{}, wake: make(chan struct{}, 1)}
}

// due reports whether the state after a commit that has landed is to be kept, after one that was kept at an
// event. The end of a long run always is: nothing comes after it.
func (k *snapshots) due(f *flight, kept uint64) bool {
	n := f.sealed.Last
	return k.kept != nil && n >= snapshotEvents && n > kept &&
		(n-kept >= max(snapshotEvents, n/snapshotPart) || f.state.Status().Ended())
}

// offer takes a commit that has landed, whose state is to be kept. It never blocks.
func (k *snapshots) offer(f *flight) {
	k.mu.Lock()
	k.waiting[f.sealed.Run] = f
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// keep writes what is offered until ctx ends.
func (k *snapshots) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		k.mu.Lock()
		waiting := k.waiting
		k.waiting = map[string]*flight{}
		k.mu.Unlock()
		for run, f := range waiting {
			if ctx.Err() != nil {
				return
			}
			if err := k.write(f); err != nil {
				k.log.Warn("a snapshot is not kept; the run is read from its events", "run", run, "error", err)
			}
		}
	}
}

func (k *snapshots) write(f *flight) error {
	state, err := f.state.Snapshot()
	if err != nil {
		return err
	}
	sequence, err := f.pending.Result()
	if err != nil {
		return err
	}
	return k.kept.Put(eventstore.Snapshot{
		Run: f.sealed.Run, Revision: f.state.Revision, N: f.sealed.Last, Sequence: sequence, Digest: f.sealed.Digest, State: state,
	})
}

// restored is the state of a run at its snapshot.
type restored struct {
	eventstore.Snapshot
	state *workflow.State
}

// restore returns a run's snapshot as a state, or false where there is none that can be used.
func (k *snapshots) restore(run string, revision workflow.Revisions) (r restored, ok bool) {
	if k == nil || k.kept == nil {
		return restored{}, false
	}
	snap, err := k.kept.Get(run)
	if errors.Is(err, eventstore.ErrNotFound) {
		return restored{}, false
	}
	var def *workflow.Definition
	if err == nil {
		def, err = revision(snap.Revision)
	}
	var s *workflow.State
	if err == nil {
		s, err = workflow.Restore(def, snap.State)
	}
	if err == nil && (s.Run != run || s.N != snap.N) {
		err = &event.DamageError{Run: run, Reason: "its snapshot is of another state"}
	}
	if err != nil {
		k.discard(run, err)
		return restored{}, false
	}
	return restored{snap, s}, true
}

// discard forgets a snapshot that cannot be used or that its run's events disagree with.
func (k *snapshots) discard(run string, why error) {
	k.log.Warn("a snapshot is discarded; the run is read from its events", "run", run, "reason", why)
	if err := k.kept.Remove(run); err != nil {
		k.log.Warn("a snapshot cannot be removed", "run", run, "error", err)
	}
}
