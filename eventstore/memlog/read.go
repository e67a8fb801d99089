package memlog

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// What a reader of all runs may leave unread, as in the store.
const behindCommits, behindBytes = 8192, 8 << 20

// Read yields the durable commits of a run that hold an event numbered above after. A run that was retired is a
// *eventstore.RetiredError.
func (l *Log) Read(ctx context.Context, run string, after uint64) iter.Seq2[eventstore.Stored, error] {
	return l.ReadTo(ctx, run, after, 0)
}

// ReadTo is Read up to the commit at a sequence, if that is one of the run's.
func (l *Log) ReadTo(ctx context.Context, run string, after, last uint64) iter.Seq2[eventstore.Stored, error] {
	return func(yield func(eventstore.Stored, error) bool) {
		err := l.over(ctx)
		if err == nil && !event.ValidID(run) {
			err = fmt.Errorf("run %q: %w", run, eventstore.ErrInvalid)
		}
		l.mu.Lock()
		found, exists, retired := l.runs.visible(run, 0), l.runs.last(run) != nil, l.runs.retired(run)
		l.mu.Unlock()
		switch {
		case err != nil:
		case retired != nil:
			err = eventstore.RetiredErrorOf(retired.stored())
		case !exists:
			err = fmt.Errorf("run %s: %w", run, eventstore.ErrNotFound)
		}
		if err != nil {
			yield(eventstore.Stored{}, err)
			return
		}
		if i := slices.IndexFunc(found, func(r *record) bool { return r.sequence == last }); i >= 0 {
			found = found[:i+1]
		}
		var c chain
		for _, r := range found {
			if err := l.over(ctx); err != nil {
				yield(eventstore.Stored{}, err)
				return
			}
			if err := c.follow(r.commit); err != nil {
				yield(eventstore.Stored{Sequence: r.sequence, At: r.at}, err)
				return
			}
			if r.commit.Last > after && !yield(r.stored(), nil) {
				return
			}
		}
	}
}

// chain is a reader's place in a run.
type chain struct {
	n      uint64 // the last event
	digest string
}

// follow moves on to a commit, or says why it does not come next.
func (c *chain) follow(s event.Sealed) error {
	if err := s.Continues(c.n, c.digest); err != nil {
		return err
	}
	c.n, c.digest = s.Last, s.Digest
	return nil
}

// Scan yields the commits of all runs up to what was durable at the call. A commit that does not continue its
// run is one pair with an *event.DamageError, once for the run.
func (l *Log) Scan(ctx context.Context) iter.Seq2[eventstore.Stored, error] {
	return func(yield func(eventstore.Stored, error) bool) {
		chains, damaged := map[string]*chain{}, map[string]bool{}
		for r, err := range l.all(ctx, &l.runs) {
			if err != nil {
				yield(eventstore.Stored{}, err)
				return
			}
			c := chains[r.subject]
			if c == nil {
				c = &chain{}
				chains[r.subject] = c
			}
			stored := r.stored()
			if !damaged[r.subject] && !r.commit.Retired() {
				if err = c.follow(r.commit); err != nil {
					damaged[r.subject] = true
					stored = eventstore.Stored{Sequence: r.sequence, At: r.at}
				}
			}
			if !yield(stored, err) {
				return
			}
		}
	}
}

// Revisions yields every stored revision in the order they were saved.
func (l *Log) Revisions(ctx context.Context) iter.Seq2[eventstore.StoredRevision, error] {
	return func(yield func(eventstore.StoredRevision, error) bool) {
		for r, err := range l.all(ctx, &l.workflows) {
			if err != nil {
				yield(eventstore.StoredRevision{}, err)
				return
			}
			found := eventstore.StoredRevision{Sequence: r.sequence}
			if err := json.Unmarshal(r.data, &found.RevisionRecord); err != nil {
				panic(err) // AppendRevision has written it
			}
			if !yield(found, nil) {
				return
			}
		}
	}
}

// all yields the records of a stream up to what is seen at the call.
func (l *Log) all(ctx context.Context, s *stream) iter.Seq2[*record, error] {
	return func(yield func(*record, error) bool) {
		l.mu.Lock()
		found := s.all(0)
		l.mu.Unlock()
		if err := l.over(ctx); err != nil {
			yield(nil, err)
			return
		}
		for _, r := range found {
			err := l.over(ctx)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// Follow yields the events of a run numbered above after, those that are stored and then those to come. A
// consumer may take its time.
func (l *Log) Follow(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error] {
	return func(yield func(event.Raw, error) bool) {
		if !event.ValidID(run) {
			yield(event.Raw{}, fmt.Errorf("run %q: %w", run, eventstore.ErrInvalid))
			return
		}
		var c chain
		for read := 0; ; {
			l.mu.Lock()
			found, moved, retired := l.runs.visible(run, read), l.moved, l.runs.retired(run)
			l.mu.Unlock()
			if read == 0 && retired != nil {
				yield(event.Raw{}, eventstore.RetiredErrorOf(retired.stored()))
				return
			}
			for _, r := range found {
				if err := c.follow(r.commit); err != nil {
					yield(event.Raw{}, err)
					return
				}
				if !l.hand(ctx, r.commit, after, yield) {
					return
				}
			}
			read += len(found)
			if len(found) > 0 {
				continue
			}
			if err := l.await(ctx, moved); err != nil {
				yield(event.Raw{}, err)
				return
			}
		}
	}
}

// hand yields the events of a commit numbered above after. It returns false where the reader must end or wants to.
func (l *Log) hand(ctx context.Context, c event.Sealed, after uint64, yield func(event.Raw, error) bool) bool {
	for _, raw := range c.Raw {
		if raw.N <= after {
			continue
		}
		if err := l.over(ctx); err != nil {
			yield(event.Raw{}, err)
			return false
		}
		if !yield(raw, nil) {
			return false
		}
	}
	return true
}

// FollowAll yields the events of all runs that become durable from this call on. A consumer that leaves too
// much unread is told by ErrSlowConsumer.
func (l *Log) FollowAll(ctx context.Context) iter.Seq2[event.Raw, error] {
	l.mu.Lock()
	read := l.runs.seen
	l.mu.Unlock()
	return func(yield func(event.Raw, error) bool) {
		for {
			l.mu.Lock()
			found, moved := l.runs.records[read:l.runs.seen:l.runs.seen], l.moved
			l.mu.Unlock()
			err := l.over(ctx)
			if err == nil && tooMuch(found) {
				err = eventstore.ErrSlowConsumer
			}
			if err == nil && len(found) == 0 {
				err = l.await(ctx, moved)
			}
			if err != nil {
				yield(event.Raw{}, err)
				return
			}
			for _, r := range found {
				if !l.hand(ctx, r.commit, 0, yield) {
					return
				}
			}
			read += uint64(len(found))
		}
	}
}

// Commits yields the durable commits of all runs behind a sequence, those that are stored and then those to
// come, as many at a time as there are.
func (l *Log) Commits(ctx context.Context, after uint64) iter.Seq2[[]eventstore.Stored, error] {
	return func(yield func([]eventstore.Stored, error) bool) {
		for told := false; ; {
			l.mu.Lock()
			found, moved := l.runs.all(after), l.moved
			after = max(after, l.runs.seen)
			l.mu.Unlock()
			err := l.over(ctx)
			if err == nil && len(found) == 0 && told {
				err = l.await(ctx, moved)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if len(found) == 0 && told {
				continue
			}
			told = told || len(found) == 0 // a turn without commits says that all that is stored has come
			commits := make([]eventstore.Stored, len(found))
			for i, r := range found {
				commits[i] = r.stored()
			}
			if !yield(commits, nil) {
				return
			}
		}
	}
}

// CountRuns returns how many runs are stored, retired ones included.
func (l *Log) CountRuns(context.Context) (uint64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(len(l.runs.of)), nil
}

// DurableSequence returns the sequence of the last durable commit, 0 for none.
func (l *Log) DurableSequence() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.runs.seen
}

// tooMuch reports whether a reader that has these before it has fallen too far behind.
func tooMuch(unread []*record) bool {
	if len(unread) < 2 {
		return false
	}
	bytes := unread[len(unread)-1].through - unread[0].through + uint64(len(unread[0].data))
	return len(unread) > behindCommits || bytes > behindBytes
}
