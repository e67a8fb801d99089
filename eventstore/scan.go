package eventstore

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"iter"

	"github.com/weirflow/weir/eventstore/event"
)

// Scan yields every commit of every run in the order of the stream, up to what was durable at the call.
// Damage comes as a pair with an *event.DamageError and, where known, the sequence; a caller that goes on
// gets the rest, so that one damaged run does not hide the others. A gap in a run's numbers is reported
// once, at the first commit behind it. Any other error is the last pair.
func (s *Store) Scan(ctx context.Context) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		ctx, release := s.bind(ctx)
		defer release()
		dense := &density{store: s, seed: maphash.MakeSeed(), last: map[uint64]uint64{}, reported: map[string]bool{}}
		for rec, err := range s.records(ctx, s.runs) {
			var c Stored
			if err == nil {
				c, err = openCommit(rec)
			}
			if err == nil {
				err = dense.check(ctx, c.Sealed)
			}
			if err != nil {
				c = Stored{Sequence: rec.sequence, At: rec.at}
			}
			if !yield(c, err) || err != nil && !damaged(err) {
				return
			}
		}
	}
}

func damaged(err error) bool {
	var damage *event.DamageError
	return errors.As(err, &damage)
}

// records yields every message of a stream up to what was durable at the call, reading ahead by one
// batch. An unreadable stretch is one pair with an *event.DamageError and its first sequence.
func (s *Store) records(ctx context.Context, t *stream) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		end := t.durableSequence()
		ctx, cancel := context.WithCancel(ctx)
		ahead := s.readAhead(ctx, t, end)
		defer func() {
			cancel()
			for range ahead { // until the reader has ended
			}
		}()
		for batch := range ahead {
			for _, rec := range batch.found {
				if rec.sequence > end {
					return
				}
				if !yield(rec, nil) {
					return
				}
			}
			if batch.err != nil && !yield(record{sequence: batch.at}, batch.err) {
				return
			}
		}
		if ctx.Err() != nil {
			yield(record{}, context.Cause(ctx))
		}
	}
}

// stretch is one batch of messages, or an error at a sequence.
type stretch struct {
	found []record
	at    uint64
	err   error
}

// readAhead reads a stream up to a sequence. The channel closes when it is through.
func (s *Store) readAhead(ctx context.Context, t *stream, end uint64) <-chan stretch {
	out := make(chan stretch, 1)
	send := func(b stretch) bool {
		select {
		case out <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(out)
		unreadable := false
		for from := uint64(1); from <= end; {
			found, more, err := s.links.fetch(ctx, t, "", from, scanMessages, scanBytes)
			switch {
			case err != nil:
				send(stretch{at: from, err: err})
				return
			case len(found) > 0:
				unreadable = false
				from = found[len(found)-1].sequence + 1
				if !send(stretch{found: found}) || !more && from > end {
					return
				}
			default:
				// Nothing readable from here on, and yet the stream reaches further. The server stops at
				// the first message it cannot read, so the next one is tried.
				if !unreadable && !send(stretch{at: from, err: &event.DamageError{Reason: fmt.Sprintf("message %d of stream %s cannot be read", from, t.name)}}) {
					return
				}
				unreadable = true
				from++
			}
		}
	}()
	return out
}

// density checks during a scan that every run's events are numbered without a gap. It remembers runs by
// hash, to stay small over millions of them, and reads a run before it accuses it.
type density struct {
	store    *Store
	seed     maphash.Seed
	last     map[uint64]uint64
	reported map[string]bool
}

func (d *density) check(ctx context.Context, c event.Sealed) error {
	key := maphash.String(d.seed, c.Run)
	last := d.last[key]
	d.last[key] = c.Last
	if c.First == last+1 || d.reported[c.Run] {
		return nil
	}
	for read, err := range d.store.Read(ctx, c.Run, 0) {
		if err != nil {
			d.reported[c.Run] = true
			return err
		}
		if read.Last >= c.Last {
			break
		}
	}
	return nil
}
