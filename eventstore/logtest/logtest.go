// Package logtest holds event logs to their promises: the embedded store and the one in memory, and whatever
// comes beside them, all to the same ones. A reader of the promises finds here what package eventstore says in
// words.
//
// Run is for a log that nothing disturbs. RunDisturbed is for one that something does: connections that break,
// answers that get lost, a store that fails and is opened again. What holds then:
//
//   - An outcome is true. Success: the commit is stored once, at that sequence. ErrConflict: it never is.
//     ErrUnavailable: either.
//   - What was told, and what anybody has seen, is there after a restart, at the same place.
//   - No reader and no follower meets a gap or a repeat.
//
// Promises do not start subtests, so each can run in a bubble of testing/synctest:
//
//	for _, p := range logtest.Promises() {
//		t.Run(p.Name, func(t *testing.T) {
//			synctest.Test(t, func(t *testing.T) { p.Test(t, open(t)) })
//		})
//	}
package logtest

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// Log is an event log. What its methods promise is told at those of eventstore.Store.
type Log interface {
	Append(c event.Sealed, expected uint64) *eventstore.Pending
	Last(ctx context.Context, run string) (eventstore.Stored, error)
	Read(ctx context.Context, run string, after uint64) iter.Seq2[eventstore.Stored, error]
	ReadTo(ctx context.Context, run string, after, last uint64) iter.Seq2[eventstore.Stored, error]
	Scan(ctx context.Context) iter.Seq2[eventstore.Stored, error]
	Follow(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error]
	FollowAll(ctx context.Context) iter.Seq2[event.Raw, error]
	Commits(ctx context.Context, after uint64) iter.Seq2[[]eventstore.Stored, error]
	DurableSequence() uint64
	Retire(c event.Sealed, replaced []uint64) (sequence uint64, err error)
	AppendRevision(ctx context.Context, r eventstore.RevisionRecord, expected uint64) (sequence uint64, err error)
	Revisions(ctx context.Context) iter.Seq2[eventstore.StoredRevision, error]
	Ready() error
	Close() error
}

// Promise is one thing that every event log keeps. Test gets an empty log, which it may close.
type Promise struct {
	Name string
	Test func(*testing.T, Log)
}

// Promises returns what every log keeps while nothing disturbs it.
func Promises() []Promise {
	return []Promise{
		{"a run reads back as written", readsBack},
		{"a commit that continues nothing is damage", tellsDamage},
		{"a stale writer is refused", refusesStale},
		{"of many writers one wins each place", oneWinner},
		{"impossible ids are invalid", invalidIDs},
		{"too large is refused before it is sent", tooLarge},
		{"who can read a commit finds its writer told", toldIsSeen},
		{"reading starts behind an event", readsBehind},
		{"reading ends at the commit that is named", readsTo},
		{"unknown runs are not found", notFound},
		{"scan yields all in order", scansAll},
		{"commits leave nothing out", commitsAll},
		{"a retired run is one commit that answers for it", retires},
		{"a run is not retired under its owner", retiresNotUnderOwner},
		{"revisions come as they were saved", savesRevisions},
		{"follow replays and goes on", followsOn},
		{"follow waits for a run to begin", followsFuture},
		{"follow loses and repeats nothing under appends", followsUnderAppends},
		{"a follower that stands still costs nobody", followsSlowly},
		{"who follows a run sees its retirement", followsRetirement},
		{"follow all sees every run in order", followsAll},
		{"follow all begins at the call", followsAllFromTheCall},
		{"a follower of all that stands still is told", followsAllSlowly},
		{"readers end with their context", endsWithContext},
		{"readers and writers end with the log", endsWithClose},
	}
}

// Run holds a log to every promise, each over a log of its own.
func Run(t *testing.T, open func(t *testing.T) Log) {
	t.Helper()
	for _, p := range Promises() {
		t.Run(p.Name, func(t *testing.T) { p.Test(t, open(t)) })
	}
}

// patience bounds every wait of a test: it is never reached unless something is broken.
const patience = time.Minute

// result waits for an append, but not for ever.
func result(p *eventstore.Pending) (sequence uint64, err error) {
	select {
	case <-p.Done():
		return p.Result()
	case <-time.After(patience):
		return 0, fmt.Errorf("no outcome within %s", patience)
	}
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
