package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/weirflow/weir/eventstore/event"
)

// march yields the durable commits of a run behind a position, up to a sequence, and moves the position
// along. It asks for the next message on the run's subject again and again. The server then looks at
// every message between two of the run's, and opens every block between them, holding appends up
// meanwhile; so this is for runs whose commits lie close together, and for damaged ones.
func (s *Store) march(ctx context.Context, run string, at *position, to uint64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		for more := true; more; {
			var found []record
			var err error
			found, more, err = s.nextRecords(ctx, run, *at)
			if err != nil {
				yield(Stored{}, err)
				return
			}
			for _, rec := range found {
				if rec.sequence > min(to, s.runs.durableSequence()) {
					return
				}
				c, err := openCommit(rec)
				switch {
				case err == nil && c.Retired():
					err = RetiredErrorOf(c)
				case err == nil:
					err = at.check(c.Sealed)
				}
				if err != nil {
					yield(Stored{Sequence: rec.sequence, At: rec.at}, err)
					return
				}
				at.move(c.Sealed, c.Sequence)
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

// nextRecords reads the next messages of a run behind a position, none at its end.
func (s *Store) nextRecords(ctx context.Context, run string, at position) (found []record, more bool, err error) {
	if !event.ValidID(run) {
		return nil, false, fmt.Errorf("run %q: %w", run, ErrInvalid)
	}
	subject := runsPrefix + run
	for range 2 {
		found, more, err = s.links.fetch(ctx, s.runs, subject, at.sequence+1, readMessages, readBytes)
		if err != nil || len(found) > 0 {
			return found, more, err
		}
		// A direct get says the same of an unreadable message as of none. The stream's own books tell.
		count, err := s.links.count(ctx, s.runs, subject)
		switch {
		case err != nil:
			return nil, false, err
		case count == 0 && at.sequence == 0:
			return nil, false, fmt.Errorf("run %s: %w", run, ErrNotFound)
		case count == 0:
			return nil, false, nil
		}
		last, err := s.links.leader(ctx, s.runs, getRequest{Last: subject})
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return nil, false, err
		case err == nil && last.sequence <= at.sequence:
			return nil, false, nil
		}
		// Either it was stored between the two reads, and the next one finds it, or it is damaged.
	}
	return nil, false, &event.DamageError{Run: run, Reason: fmt.Sprintf("a commit behind event %d is stored and cannot be read", at.n)}
}
