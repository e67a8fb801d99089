package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"

	"github.com/weirflow/weir/eventstore/event"
)

// stepsAtOnce and stepsBytes bound what is read at once on the way forward.
const stepsAtOnce, stepsBytes = 16, 128 << 10

// walking is how a reader goes through a run.
type walking struct {
	// What it keeps of the run's end on the way back, to not read it twice.
	heldCommits, heldBytes int
	// After how many commits it judges whether the run is dense.
	judgeAt int
	// The mean distance of a run's commits in the stream up to which marching through the stream costs
	// less than walking from commit to commit.
	denseGap uint64
}

var usualWalking = walking{heldCommits: 64, heldBytes: 256 << 10, judgeAt: 16, denseGap: 32}

// errBroken says that a trail does not lead back to where it must.
var errBroken = errors.New("the trail is broken")

// trail is the way back through a run. Every message names the sequence of the run's previous one, the
// one it was stored behind, so a run's commits are found by going back from the last: each step is one
// read by sequence, wherever in the stream it lies, and only as far as the reader needs.
type trail struct {
	held  []Stored // the newest commits, newest first
	bytes int
	steps []step // the ones before them, newest first
	dense bool   // march to the oldest of held, whatever steps say
}

// step is a commit that must be read again.
type step struct {
	sequence uint64
	bytes    int
}

// history yields the durable commits of a run behind a position that hold an event numbered above after,
// and moves the position along. Where last is not 0, it is the sequence of the run's last commit.
func (s *Store) history(ctx context.Context, run string, at *position, after, last uint64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		t, err := s.walkBack(ctx, run, *at, after, last)
		switch {
		case errors.Is(err, errBroken):
			// Something is damaged. Marching finds out what, behind everything that is whole.
			for c, err := range s.march(ctx, run, at, s.runs.durableSequence()) {
				if (err != nil || c.Last > after) && !yield(c, err) {
					return
				}
			}
			return
		case err != nil:
			yield(Stored{}, err)
			return
		case t.dense:
			for c, err := range s.march(ctx, run, at, t.oldest().Sequence-1) {
				if !yield(c, err) || err != nil {
					return
				}
			}
		}
		for c, err := range s.forward(ctx, run, t) {
			if err == nil && at.sequence == 0 && c.First > 1 && c.First <= after+1 {
				*at = position{n: c.First - 1, digest: c.Prev} // what lies before is not wanted
			}
			if err == nil {
				err = at.check(c.Sealed)
			}
			if err != nil {
				yield(Stored{Sequence: c.Sequence, At: c.At}, err)
				return
			}
			at.move(c.Sealed, c.Sequence)
			if !yield(c, nil) {
				return
			}
		}
	}
}

// walkBack follows a run from its last durable commit back to a position, or to the commit that holds the
// event behind after.
func (s *Store) walkBack(ctx context.Context, run string, at position, after, last uint64) (trail, error) {
	if !event.ValidID(run) {
		return trail{}, fmt.Errorf("run %q: %w", run, ErrInvalid)
	}
	var t trail
	rec, err := s.lastOf(ctx, run, last)
	for err == nil && rec.sequence > at.sequence {
		previous, bad := strconv.ParseUint(rec.expected, 10, 64)
		if bad != nil || previous >= rec.sequence || previous < at.sequence {
			return trail{}, errBroken
		}
		if rec.sequence <= s.runs.durableSequence() {
			c, err := openCommit(rec)
			if err != nil {
				return trail{}, errBroken
			}
			if c.Retired() {
				return trail{}, RetiredErrorOf(c)
			}
			if c.Last <= after {
				return t, nil
			}
			held := t.hold(c, s.walking)
			if !held {
				t.steps = append(t.steps, step{c.Sequence, len(c.Data)})
			}
			if c.First <= after+1 || previous == at.sequence {
				return t, nil
			}
			if len(t.held) == s.walking.judgeAt && held || len(t.steps) == 1 && len(t.held) < s.walking.judgeAt {
				if t.dense, err = s.isDense(ctx, run, t, at, after); err != nil || t.dense {
					return t, err
				}
			}
		}
		if previous == at.sequence {
			return t, nil
		}
		rec, err = s.message(ctx, previous)
	}
	if errors.Is(err, ErrNotFound) {
		return trail{}, errBroken
	}
	return t, err
}

// lastOf reads the last message of a run, durable or not, at the sequence where it is if that is known.
func (s *Store) lastOf(ctx context.Context, run string, known uint64) (record, error) {
	if known > 0 {
		rec, err := s.message(ctx, known)
		if err == nil && rec.subject == runsPrefix+run || err != nil && !errors.Is(err, ErrNotFound) {
			return rec, err
		}
	}
	return s.links.get(ctx, s.runs, getRequest{Last: runsPrefix + run})
}

// message reads the message of the runs stream at a sequence: from its block or, where it is not found there, from the
// server.
func (s *Store) message(ctx context.Context, sequence uint64) (record, error) {
	if m, ok := s.blocks.Find(sequence); ok {
		return record{subject: m.Subject, sequence: m.Sequence, at: m.At, data: m.Data, expected: strconv.FormatUint(m.Behind, 10)}, nil
	}
	return s.links.get(ctx, s.runs, getRequest{Sequence: sequence})
}

func (t *trail) oldest() Stored { return t.held[len(t.held)-1] }

// hold keeps a commit while there is room.
func (t *trail) hold(c Stored, w walking) bool {
	if len(t.steps) > 0 || len(t.held) >= w.heldCommits || len(t.held) > 0 && t.bytes+len(c.Data) > w.heldBytes {
		return false
	}
	t.held = append(t.held, c)
	t.bytes += len(c.Data)
	return true
}

// isDense guesses, from what is held, whether what lies before is better marched through.
func (s *Store) isDense(ctx context.Context, run string, t trail, at position, after uint64) (bool, error) {
	if at.sequence == 0 && after > 0 {
		return false, nil // the march would begin at the run's beginning
	}
	begin := at.sequence
	if begin == 0 {
		first, err := s.links.get(ctx, s.runs, getRequest{Sequence: 1, Next: runsPrefix + run})
		if errors.Is(err, ErrNotFound) {
			return false, errBroken
		}
		if err != nil {
			return false, err
		}
		begin = first.sequence
	}
	oldest := t.oldest()
	if oldest.First <= at.n {
		return false, errBroken
	}
	events := t.held[0].Last - oldest.First + 1
	commits := (oldest.First - 1 - at.n) * uint64(len(t.held)) / events
	return oldest.Sequence-begin <= commits*s.walking.denseGap, nil
}

// forward yields the commits of a trail, oldest first.
func (s *Store) forward(ctx context.Context, run string, t trail) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) {
		steps := t.steps
		if t.dense {
			steps = nil
		}
		for len(steps) > 0 {
			n, bytes := 0, 0
			for n < min(len(steps), stepsAtOnce) && (n == 0 || bytes < stepsBytes) {
				bytes += steps[len(steps)-1-n].bytes
				n++
			}
			commits, err := s.readSteps(ctx, run, steps[len(steps)-n:])
			if err != nil {
				yield(Stored{}, err)
				return
			}
			for _, c := range slices.Backward(commits) {
				if !yield(c, nil) {
					return
				}
			}
			steps = steps[:len(steps)-n]
		}
		for _, c := range slices.Backward(t.held) {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// readSteps reads commits at known sequences, all at once.
func (s *Store) readSteps(ctx context.Context, run string, steps []step) ([]Stored, error) {
	commits, errs := make([]Stored, len(steps)), make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() {
			rec, err := s.message(ctx, step.sequence)
			if errors.Is(err, ErrNotFound) {
				err = &event.DamageError{Run: run, Reason: fmt.Sprintf("the commit at sequence %d cannot be read any more", step.sequence)}
			}
			if err == nil {
				commits[i], err = openCommit(rec)
			}
			errs[i] = err
		})
	}
	all.Wait()
	return commits, errors.Join(errs...)
}
