package eventstore

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/weirflow/weir/eventstore/event"
)

// errStop ends a follower whose consumer has had enough.
var errStop = errors.New("stop")

// Follow yields the events of a run numbered above after: first those that are stored, then each as it
// becomes durable, in order, without a gap or a repeat. It waits for a run that does not exist yet. It
// ends only with an error, which is the last pair: the context's cause, ErrClosed, or damage. A consumer
// may take its time: it reads the stream again where it fell behind, and holds nobody else up.
func (s *Store) Follow(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error] {
	return func(yield func(event.Raw, error) bool) {
		ctx, release := s.bind(ctx)
		defer release()
		f := &follower{store: s, run: run, n: after, yield: yield, tail: s.live.follow(run)}
		defer s.live.leave(f.tail)
		for {
			f.tail.rejoin()
			err := f.catchUp(ctx)
			if err == nil {
				err = f.live(ctx)
			}
			switch {
			case errors.Is(err, errStop):
				return
			case err != nil:
				yield(event.Raw{}, err)
				return
			}
		}
	}
}

// follower is one call of Follow.
type follower struct {
	store *Store
	run   string
	n     uint64   // the last event that the consumer has, or wants to skip
	at    position // the last commit seen
	tail  *tail
	yield func(event.Raw, error) bool
}

// catchUp hands out what is stored behind the follower's position.
func (f *follower) catchUp(ctx context.Context) error {
	for c, err := range f.store.history(ctx, f.run, &f.at, f.n, 0) {
		if errors.Is(err, ErrNotFound) {
			return nil // it may come
		}
		if err != nil {
			return err
		}
		if err := f.hand(ctx, c.Sealed); err != nil {
			return err
		}
	}
	return nil
}

// live hands out commits as they come. It returns nil when the stream must be read again: the follower
// was too slow, or what came does not continue what it had.
func (f *follower) live(ctx context.Context) error {
	for {
		commits, ok, err := f.tail.take(ctx)
		if err != nil || !ok {
			return err
		}
		for _, c := range commits {
			if c.sequence <= f.at.sequence {
				continue
			}
			if !f.at.continuedBy(c.Sealed) {
				return nil
			}
			f.at.move(c.Sealed, c.sequence)
			if err := f.hand(ctx, c.Sealed); err != nil {
				return err
			}
		}
	}
}

func (f *follower) hand(ctx context.Context, c event.Sealed) error {
	for _, raw := range c.Raw {
		if raw.N <= f.n {
			continue
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !f.yield(raw, nil) {
			return errStop
		}
		f.n = raw.N
	}
	return nil
}

// FollowAll yields the events of all runs that become durable from this call on, those of one run in order.
// The sequence is for one loop. What comes before that begins is kept for it, within the bounds of a slow
// consumer, until ctx ends: a sequence that is never looped over costs no more and no longer than that.
// It ends only with an error, which is the last pair: the context's cause, ErrClosed, or
// ErrSlowConsumer for a consumer that left too much unread and so lost events.
func (s *Store) FollowAll(ctx context.Context) iter.Seq2[event.Raw, error] {
	ctx, release := s.bind(ctx)
	t := s.live.follow("")
	end := sync.OnceFunc(func() {
		s.live.leave(t)
		release()
	})
	context.AfterFunc(ctx, end) // where there never is a loop
	return func(yield func(event.Raw, error) bool) {
		defer end()
		for {
			commits, ok, err := t.take(ctx)
			if err == nil && !ok {
				err = ErrSlowConsumer
			}
			if err != nil {
				yield(event.Raw{}, err)
				return
			}
			for _, c := range commits {
				for _, raw := range c.Raw {
					if ctx.Err() != nil {
						yield(event.Raw{}, context.Cause(ctx))
						return
					}
					if !yield(raw, nil) {
						return
					}
				}
			}
		}
	}
}

// readRange reads the commits of all runs between two sequences, both included, for the hub.
func (s *Store) readRange(ctx context.Context, from, to uint64) ([]*commit, error) {
	var commits []*commit
	for from <= to {
		found, more, err := s.links.fetch(ctx, s.runs, "", from, readMessages, readBytes)
		if err != nil {
			return nil, err
		}
		for _, rec := range found {
			if rec.sequence > to {
				return commits, nil
			}
			c, err := openCommit(rec)
			if err != nil {
				return nil, err
			}
			commits = append(commits, &commit{sequence: rec.sequence, Sealed: c.Sealed})
			from = rec.sequence + 1
		}
		if !more {
			return commits, nil
		}
	}
	return commits, nil
}
