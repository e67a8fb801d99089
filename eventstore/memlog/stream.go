package memlog

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// stream is a sequence of records, numbered from 1, under the Log's mutex.
type stream struct {
	records []*record
	of      map[string][]*record // by run or workflow
	durable uint64               // up to here a power cut loses nothing
	seen    uint64               // up to here readers read; never above durable
	parked  []*write             // stored, and not told yet, in the order of their sequences
}

// record is one stored message. It never changes.
type record struct {
	subject  string
	sequence uint64
	at       time.Time
	data     []byte
	through  uint64       // bytes of the stream up to and with this record
	commit   event.Sealed // of a run's commit
}

func (r *record) stored() eventstore.Stored {
	return eventstore.Stored{Sealed: r.commit, Sequence: r.sequence, At: r.at}
}

// last returns a subject's last record, nil where it has none.
func (s *stream) last(subject string) *record {
	if of := s.of[subject]; len(of) > 0 {
		return of[len(of)-1]
	}
	return nil
}

// visible returns the records of a subject that readers see, from the one of an index on.
func (s *stream) visible(subject string, from int) []*record {
	of := s.of[subject]
	end := len(of)
	for end > from && of[end-1].sequence > s.seen {
		end--
	}
	return of[min(from, end):end:end]
}

// retired returns the commit that a run was retired by, nil where readers see none.
func (s *stream) retired(subject string) *record {
	if seen := s.visible(subject, 0); len(seen) > 0 && seen[len(seen)-1].commit.Retired() {
		return seen[len(seen)-1]
	}
	return nil
}

// all returns the records that readers see behind a sequence, without those that a retirement has replaced.
func (s *stream) all(after uint64) []*record {
	var found []*record
	for _, r := range s.records[min(after, s.seen):s.seen] {
		if by := s.retired(r.subject); by == nil || by == r {
			found = append(found, r)
		}
	}
	return found
}

// place stores a write behind its expected sequence, or finds out that it stands there already.
func (s *stream) place(w *write) (sequence uint64, err error) {
	last := uint64(0)
	if r := s.last(w.subject); r != nil {
		last = r.sequence
	}
	if last == w.expected {
		return s.add(w.subject, w.record), nil
	}
	for _, r := range s.of[w.subject] {
		switch {
		case r.sequence <= w.expected || r.sequence < last && s.last(w.subject).commit.Retired():
		case bytes.Equal(r.data, w.record.data):
			return r.sequence, nil
		default:
			return 0, fmt.Errorf("%s: %w: expected the last sequence %d, found %d", w.subject, eventstore.ErrConflict, w.expected, r.sequence)
		}
	}
	return 0, fmt.Errorf("%s: %w: nothing stands at sequence %d", w.subject, eventstore.ErrConflict, w.expected)
}

func (s *stream) add(subject string, r record) (sequence uint64) {
	r.subject, r.sequence, r.at = subject, uint64(len(s.records)+1), time.Now().UTC()
	r.through = uint64(len(r.data))
	if len(s.records) > 0 {
		r.through += s.records[len(s.records)-1].through
	}
	s.records = append(s.records, &r)
	if s.of == nil {
		s.of = map[string][]*record{}
	}
	s.of[subject] = append(s.of[subject], &r)
	return r.sequence
}

// survivors is what the next process finds.
func (s *stream) survivors(e Ending, draw *schedule) stream {
	left := len(s.records)
	if e == PowerCut {
		left = int(s.durable) + draw.survive(left-int(s.durable)) //nolint:gosec // a length
	}
	next := stream{records: slices.Clone(s.records[:left]), of: map[string][]*record{}}
	for _, r := range next.records {
		next.of[r.subject] = append(next.of[r.subject], r)
	}
	next.durable, next.seen = uint64(left), uint64(left) //nolint:gosec // a length
	return next
}
