package eventstore

import (
	"context"
	"iter"
)

// commitsBatch bounds what Commits yields at once.
const commitsBatch = 4096

// Commits yields the durable commits of all runs behind a sequence, in the order of the stream, as many at a
// time as there are: first those that are stored, then each as it becomes durable. Between the two is a turn
// without commits, and again whenever it has had to read the stream to catch up. It is for whoever keeps
// something that follows from the whole stream, and never leaves out a commit that can be read, however slow
// its consumer is. Damage comes as an *event.DamageError with no commits, and a caller that goes on gets the
// rest; any other error is the last pair: the context's cause, or ErrClosed. The slice is the consumer's for
// one turn of the loop.
func (s *Store) Commits(ctx context.Context, after uint64) iter.Seq2[[]Stored, error] {
	return func(yield func([]Stored, error) bool) {
		ctx, release := s.bind(ctx)
		defer release()
		t := s.live.follow("")
		defer s.live.leave(t)
		f := &streamFollower{store: s, at: after, tail: t, yield: yield}
		for {
			t.rejoin()
			if !f.catchUp(ctx) || !yield(nil, nil) || !f.live(ctx) {
				return
			}
		}
	}
}

// DurableSequence returns the sequence of the last durable commit, 0 for none.
func (s *Store) DurableSequence() uint64 { return s.runs.durableSequence() }

// streamFollower is one call of Commits. Its methods return false once it has ended.
type streamFollower struct {
	store *Store
	at    uint64 // the last sequence handed out
	tail  *tail
	batch []Stored
	yield func([]Stored, error) bool
}

// catchUp hands out what is stored.
func (f *streamFollower) catchUp(ctx context.Context) bool {
	for rec, err := range f.store.records(ctx, f.store.runs, f.at) {
		var c Stored
		if err == nil {
			f.at = rec.sequence
			c, err = openCommit(rec)
		}
		if err != nil {
			if !f.flush() || !f.yield(nil, err) || !damaged(err) {
				return false
			}
			continue
		}
		if f.batch = append(f.batch, c); len(f.batch) == commitsBatch && !f.flush() {
			return false
		}
	}
	return f.flush()
}

// live hands out commits as they come, until the stream must be read again.
func (f *streamFollower) live(ctx context.Context) bool {
	for {
		commits, ok, err := f.tail.take(ctx)
		if err != nil {
			f.yield(nil, err)
			return false
		}
		if !ok {
			return true
		}
		for _, c := range commits {
			if c.sequence <= f.at {
				continue
			}
			f.at = c.sequence
			f.batch = append(f.batch, Stored{Sealed: c.Sealed, Sequence: c.sequence})
		}
		if !f.flush() {
			return false
		}
	}
}

func (f *streamFollower) flush() bool {
	if len(f.batch) == 0 {
		return true
	}
	batch := f.batch
	f.batch = f.batch[:0]
	return f.yield(batch, nil)
}
