package actors

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

const (
	// Commits gather for listingPauses times listingPause before they are folded into the index, or until there
	// are listingCommits of them, or listingBytes: what a run does within that costs one write, and a commit
	// among a thousand half of what it costs among a hundred. The bounds keep a question, which does not wait for the pause,
	// from waiting for much to be folded, and the log from holding more than it does for a reader.
	listingPause   = 100 * time.Millisecond
	listingPauses  = 5
	listingCommits = 1000
	listingBytes   = 2 << 20
	// listingPatience is how long a question waits for the index to have everything that was durable when it
	// was asked. After that it is answered from what is there.
	listingPatience = 2 * time.Second
	// listingRetry is how long an index that cannot be written is left alone.
	listingRetry = 5 * time.Second
)

// listing keeps the run index up with the log. One goroutine follows the log from where the index ends; the
// index is disposable, so whatever is wrong with it ends in folding the log anew, and never in a run that
// does not go on.
type listing struct {
	log   *slog.Logger
	store Log
	index *runindex.Index
	few   uint64 // listingFew, fewer in tests

	mu      sync.Mutex
	through uint64        // every commit up to here is folded, or cannot be read
	moved   chan struct{} // closed when through moves
	trouble error         // why the index is not kept up, nil while it is
	proved  bool          // the list had as many runs as the log when it was first brought up to it
	retired []string      // runs whose retirement was among the last commits that were found stored

	hurry chan struct{} // holds one token when somebody waits
}

func newListing(store Log, index *runindex.Index, log *slog.Logger) *listing {
	return &listing{log: log, store: store, index: index, few: listingFew, moved: make(chan struct{}), hurry: make(chan struct{}, 1)}
}

// keep follows the log until ctx ends. caughtUp is called once, when the index has all that was stored, or
// with the error that keeps it from that.
func (l *listing) keep(ctx context.Context, caughtUp func(error)) {
	var once sync.Once
	for anew := false; ; {
		err := l.follow(ctx, anew, func() { once.Do(func() { caughtUp(nil) }) })
		if ctx.Err() != nil || errors.Is(err, eventstore.ErrClosed) {
			once.Do(func() { caughtUp(ErrClosed) })
			return
		}
		disposable := errors.Is(err, runindex.ErrDiverged) || errors.Is(err, runindex.ErrDamaged) || errors.Is(err, runindex.ErrGap)
		if disposable && !anew {
			l.log.Warn("the list of runs is built anew", "reason", err)
			if err = l.index.Reset(ctx); err == nil {
				anew = true
				continue
			}
		}
		anew = false
		once.Do(func() { caughtUp(err) })
		l.log.Error("the list of runs is not kept up; runs go on all the same", "error", err)
		l.fail(err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(listingRetry):
		}
	}
}

// follow folds what is stored behind the index's end, and then what comes. anew says that the index was empty.
func (l *listing) follow(ctx context.Context, anew bool, caughtUp func()) error {
	end := l.index.Sequence()
	switch durable := l.store.DurableSequence(); {
	case end > durable:
		return fmt.Errorf("%w: it ends at commit %d, the log at %d", runindex.ErrDiverged, end, durable)
	case l.farBehind(end, durable):
		l.log.Info("the list of runs is built anew", "reason", fmt.Sprintf("it ends at commit %d of %d, which takes longer to catch up with", end, durable))
		if err := l.index.Reset(ctx); err != nil {
			return err
		}
		end, anew = 0, true
	}
	next, stop := iter.Pull2(l.store.Commits(ctx, max(end, 1)-1)) // with the last one that is folded, to see that it is the same
	defer stop()
	if err := l.index.Fold(ctx, l.stored(next)); err != nil {
		return err
	}
	if err := l.prove(ctx, anew); err != nil {
		return err
	}
	l.advance(l.index.Sequence())
	caughtUp()
	if err := l.clearRetired(ctx); err != nil {
		return err
	}
	for {
		commits, err, ok := next()
		switch {
		case !ok:
			return eventstore.ErrClosed
		case l.passOver(err):
			continue
		case err != nil:
			return err
		case len(commits) == 0:
			continue
		}
		batch := make([]runindex.Commit, len(commits))
		bytes := 0
		for i := range commits {
			batch[i] = listed(&commits[i])
			bytes += len(commits[i].Data)
		}
		if err := l.fold(ctx, batch); err != nil {
			return err
		}
		through := batch[len(batch)-1].Sequence
		l.advance(through)
		l.rest(ctx, through, bytes/len(batch))
	}
}

// fold takes a batch. Where the log lacks messages, which were purged or cannot be read, it is a scan.
func (l *listing) fold(ctx context.Context, batch []runindex.Commit) error {
	err := l.index.Apply(ctx, batch)
	if !errors.Is(err, runindex.ErrGap) {
		return err
	}
	return l.index.Fold(ctx, func(yield func(runindex.Commit, error) bool) {
		for i := range batch {
			if !yield(batch[i], nil) {
				return
			}
		}
	})
}

func listed(c *eventstore.Stored) runindex.Commit {
	return runindex.Commit{Sequence: c.Sequence, Sealed: c.Sealed}
}

// passOver reports whether an error is damage, which hides nothing behind it. The run's own reading reports it
// to whoever asks for the run.
func (l *listing) passOver(err error) bool {
	var damage *event.DamageError
	if !errors.As(err, &damage) {
		return false
	}
	l.log.Error("a commit cannot be listed", "run", damage.Run, "error", err)
	return true
}

func (l *listing) advance(through uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.through, l.trouble = max(l.through, through), nil
	close(l.moved)
	l.moved = make(chan struct{})
}

func (l *listing) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trouble = err
	close(l.moved)
	l.moved = make(chan struct{})
}

// rest lets commits gather behind those that are folded, unless somebody waits for them. They are taken to be as large,
// each, as those were.
func (l *listing) rest(ctx context.Context, through uint64, bytes int) {
	pause := time.NewTicker(listingPause)
	defer pause.Stop()
	for range listingPauses {
		select {
		case <-pause.C:
		case <-l.hurry:
			return
		case <-ctx.Done():
			return
		}
		waiting := l.store.DurableSequence() - through
		if waiting >= listingCommits || waiting*uint64(bytes) >= listingBytes { //nolint:gosec // a size
			return
		}
	}
}

// end returns the sequence of the last commit of a run that has ended, 0 where the index cannot vouch for it. Nothing is
// stored behind the end of a run that completed or was cancelled, until it is retired; a run that failed may be retried, so
// what the index has of it must be the latest.
func (l *listing) end(ctx context.Context, run string) uint64 {
	status, last, err := l.index.End(ctx, run)
	if err != nil || last == 0 || !status.Ended() || l.troubled() {
		return 0
	}
	if status != runindex.Failed {
		return last
	}
	if !l.await(ctx) {
		return 0
	}
	if status, last, err = l.index.End(ctx, run); err != nil || !status.Ended() {
		return 0
	}
	return last
}

// troubled reports whether the index is not kept up.
func (l *listing) troubled() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.trouble != nil
}

// await returns once the index has everything that is durable now, or false where it is not kept up or waiting has taken
// too long.
func (l *listing) await(ctx context.Context) bool {
	wanted := l.store.DurableSequence()
	patience := time.NewTimer(listingPatience)
	defer patience.Stop()
	for {
		l.mu.Lock()
		through, trouble, moved := l.through, l.trouble, l.moved
		l.mu.Unlock()
		if through >= wanted || trouble != nil {
			return through >= wanted && trouble == nil
		}
		select {
		case l.hurry <- struct{}{}:
		default:
		}
		select {
		case <-moved:
		case <-patience.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}
