package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// Stored is a commit with its place in the stream and the time it was stored.
type Stored struct {
	event.Sealed
	Sequence uint64
	At       time.Time
}

// position is a reader's place in one run: the commit it has read last. The zero position is before the
// first.
type position struct {
	sequence uint64
	n        uint64 // the number of its last event
	digest   string
}

// continuedBy reports whether c is the next commit of the run.
func (p position) continuedBy(c event.Sealed) bool { return c.First == p.n+1 && c.Prev == p.digest }

// check says why c is not the next commit of the run, where it is not.
func (p position) check(c event.Sealed) error { return c.Continues(p.n, p.digest) }

func (p *position) move(c event.Sealed, sequence uint64) {
	p.sequence, p.n, p.digest = sequence, c.Last, c.Digest
}

// Read yields the durable commits of a run, in order, that hold an event numbered above after. Numbers
// are dense and each commit names the digest of the one before it; where they do not, or where stored
// bytes are not what was written, it ends with an *event.DamageError. A run that does not exist is
// ErrNotFound, one whose events were let go of is a *RetiredError. An error is always the last pair.
func (s *Store) Read(ctx context.Context, run string, after uint64) iter.Seq2[Stored, error] {
	return s.ReadTo(ctx, run, after, 0)
}

// ReadTo is Read for who knows at which sequence the run's last commit is, and what was stored behind that is not
// yielded: it spares the server the search for the run, for which it would read and index a block of 8 MiB. Where the
// run has no commit at last, and where last is 0, it is Read. Of a run that was retired since, the commits that were
// there before may be yielded.
func (s *Store) ReadTo(ctx context.Context, run string, after, last uint64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		ctx, release := s.bind(ctx)
		defer release()
		var at position
		for c, err := range s.history(ctx, run, &at, after, last) {
			if !yield(c, err) {
				return
			}
		}
	}
}

// Last returns the last commit of a run, from the leader: what the run's owner continues. It waits
// until that commit is durable, or returns ErrUnavailable where it never will be because the store has failed.
// A run that does not exist is ErrNotFound.
func (s *Store) Last(ctx context.Context, run string) (Stored, error) {
	ctx, release := s.bind(ctx)
	defer release()
	if !event.ValidID(run) {
		return Stored{}, fmt.Errorf("run %q: %w", run, ErrInvalid)
	}
	rec, err := s.lastRecord(ctx, run)
	if err != nil {
		return Stored{}, err
	}
	c, err := openCommit(rec)
	if err != nil {
		return Stored{}, err
	}
	if err := s.runs.awaitDurable(ctx, c.Sequence, s.appends.broken); err != nil {
		return Stored{}, err
	}
	return c, nil
}

// lastRecord reads the last message of a run, durable or not.
func (s *Store) lastRecord(ctx context.Context, run string) (record, error) {
	for range 2 {
		rec, err := s.links.leader(ctx, s.runs, getRequest{Last: runsPrefix + run})
		if err == nil {
			return rec, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return record{}, fmt.Errorf("run %s: %w", run, err)
		}
		count, countErr := s.links.count(ctx, s.runs, runsPrefix+run)
		switch {
		case countErr != nil:
			return record{}, countErr
		case count == 0:
			return record{}, fmt.Errorf("run %s: %w", run, err)
		}
		// Either it was stored between the two reads, and the next one finds it, or it is damaged.
	}
	return record{}, &event.DamageError{Run: run, Reason: "the last commit is stored and cannot be read"}
}

// openCommit reads a message of the runs stream as the commit it must be.
func openCommit(rec record) (Stored, error) {
	sealed, err := event.Open(rec.data)
	if err != nil {
		return Stored{}, fmt.Errorf("message %d on %s: %w", rec.sequence, rec.subject, err)
	}
	if rec.subject != runsPrefix+sealed.Run {
		return Stored{}, fmt.Errorf("message %d on %s: %w", rec.sequence, rec.subject,
			&event.DamageError{Run: sealed.Run, Reason: "the commit stands on another run's subject"})
	}
	return Stored{Sealed: sealed, Sequence: rec.sequence, At: rec.at}, nil
}
