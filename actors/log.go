package actors

import (
	"context"
	"iter"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// Log is the event log that a System keeps its runs and its workflows in, with the promises that
// *eventstore.Store documents method by method and eventstore/logtest holds every log to. There are two:
// the store, and eventstore/memlog, which a simulation can make fail.
type Log interface {
	// Append stores a commit behind the run's previous one, whose sequence is expected. It returns at once.
	Append(c event.Sealed, expected uint64) *eventstore.Pending
	// Last returns the last commit of a run once it is durable: what the run's owner continues.
	Last(ctx context.Context, run string) (eventstore.Stored, error)
	// Read yields the durable commits of a run that hold an event numbered above after.
	Read(ctx context.Context, run string, after uint64) iter.Seq2[eventstore.Stored, error]
	// ReadTo is Read for who knows the sequence of the run's last commit, or gives 0.
	ReadTo(ctx context.Context, run string, after, last uint64) iter.Seq2[eventstore.Stored, error]
	// Scan yields the commits of all runs up to what was durable at the call.
	Scan(ctx context.Context) iter.Seq2[eventstore.Stored, error]
	// Commits yields the commits of all runs behind a sequence, those that are stored and then those to come. A
	// turn without commits says that all that is stored has come.
	Commits(ctx context.Context, after uint64) iter.Seq2[[]eventstore.Stored, error]
	// DurableSequence returns the sequence of the last durable commit.
	DurableSequence() uint64
	// CountRuns returns how many runs there are, retired ones included.
	CountRuns(ctx context.Context) (uint64, error)
	// Retire replaces all commits of an ended run by one.
	Retire(c event.Sealed, replaced []uint64) (sequence uint64, err error)
	// ClearRetired purges what a crash has left of a retired run's commits.
	ClearRetired(ctx context.Context, run string) error
	// Follow yields the events of a run numbered above after, those that are stored and then those to come.
	Follow(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error]
	// FollowAll yields the events of all runs that become durable from this call on.
	FollowAll(ctx context.Context) iter.Seq2[event.Raw, error]
	// AppendRevision stores a workflow's revision behind its previous one. It is durable on return.
	AppendRevision(ctx context.Context, r eventstore.RevisionRecord, expected uint64) (sequence uint64, err error)
	// Revisions yields every stored revision, in the order they were saved.
	Revisions(ctx context.Context) iter.Seq2[eventstore.StoredRevision, error]
	// Ready returns nil while the log can read and append, and keeps up.
	Ready() error
}
