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
// once, at the first commit behind it, and messages that cannot be read at the end. Any other error is
// the last pair. A retired run is one commit, for which Retired holds.
func (s *Store) Scan(ctx context.Context) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		ctx, release := s.bind(ctx)
		defer release()
		dense := &density{store: s, seed: maphash.MakeSeed(), last: map[uint64]uint64{}, reported: map[string]bool{}}
		for rec, err := range s.records(ctx, s.runs, 0) {
			var c Stored
			if err == nil {
				c, err = openCommit(rec)
			}
			if err == nil {
				err = dense.check(ctx, c)
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

// records yields every message of a stream behind a sequence, up to what was durable at the call, reading
// ahead by one batch. Messages that are in the books and cannot be read are one pair with an *event.DamageError, at
// the end.
func (s *Store) records(ctx context.Context, t *stream, after uint64) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		end := t.durableSequence()
		ctx, cancel := context.WithCancel(ctx)
		ahead := s.readAhead(ctx, t, after+1, end)
		defer func() {
			cancel()
			for range ahead { // until the reader has ended
			}
		}()
		var missing []span
		next := after + 1
		for batch := range ahead {
			if batch.err != nil {
				yield(record{}, batch.err)
				return
			}
			for _, rec := range batch.found {
				if rec.sequence > next {
					missing = append(missing, span{next, min(rec.sequence-1, end)})
				}
				if next = rec.sequence + 1; rec.sequence > end {
					break
				}
				if !yield(rec, nil) {
					return
				}
			}
		}
		if next <= end {
			missing = append(missing, span{next, end})
		}
		if err := s.explain(ctx, t, missing); err != nil {
			yield(record{}, err)
		}
	}
}

// batch is what one read of a stream found, or why it failed.
type batch struct {
	found []record
	err   error
}

// readAhead reads a stream from one sequence to another. The channel closes when it is through.
func (s *Store) readAhead(ctx context.Context, t *stream, from, end uint64) <-chan batch {
	out := make(chan batch, 1)
	send := func(b batch) bool {
		select {
		case out <- b:
			return b.err == nil
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(out)
		for from <= end {
			found, _, err := s.links.fetch(ctx, t, "", from, scanMessages, scanBytes)
			if !send(batch{found, err}) {
				return
			}
			if len(found) > 0 {
				from = found[len(found)-1].sequence
			}
			from++ // past what is found, or past what cannot be read
		}
	}()
	return out
}

// span is a stretch of sequences, both ends included.
type span struct{ from, to uint64 }

// explain returns an *event.DamageError where sequences are missing that were not purged.
func (s *Store) explain(ctx context.Context, t *stream, missing []span) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if len(missing) == 0 {
		return nil
	}
	b, err := s.links.books(ctx, t, booksRequest{Deleted: true})
	if err != nil {
		return err
	}
	purged := make(map[uint64]bool, len(b.Deleted))
	for _, n := range b.Deleted {
		purged[n] = true
	}
	lost, first := 0, uint64(0)
	for _, m := range missing {
		for n := max(m.from, b.First); n <= m.to; n++ {
			if purged[n] {
				continue
			}
			if lost++; lost == 1 {
				first = n
			}
		}
	}
	if lost == 0 {
		return nil
	}
	return fmt.Errorf("stream %s: %w", t.name, &event.DamageError{
		Reason: fmt.Sprintf("%d stored messages cannot be read, the first is number %d of the stream", lost, first),
	})
}

// density checks during a scan that every run's events are numbered without a gap. It remembers runs by
// hash, to stay small over millions of them, and reads a run before it accuses it.
type density struct {
	store    *Store
	seed     maphash.Seed
	last     map[uint64]uint64
	reported map[string]bool
}

func (d *density) check(ctx context.Context, c Stored) error {
	if c.Retired() {
		return nil
	}
	key := maphash.String(d.seed, c.Run)
	last := d.last[key]
	d.last[key] = c.Last
	if c.First == last+1 || d.reported[c.Run] {
		return nil
	}
	for read, err := range d.store.Read(ctx, c.Run, 0) {
		if retired := (*RetiredError)(nil); errors.As(err, &retired) {
			return nil // meanwhile
		}
		if err != nil {
			d.reported[c.Run] = true
			return err
		}
		if read.Sequence >= c.Sequence {
			break
		}
	}
	return nil
}
