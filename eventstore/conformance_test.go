package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/event"
)

// eventLog is what every log of events promises, JetStream or not.
type eventLog interface {
	Append(c event.Sealed, expected uint64) *Pending
	Read(ctx context.Context, run string, after uint64) iter.Seq2[Stored, error]
	Last(ctx context.Context, run string) (Stored, error)
	Scan(ctx context.Context) iter.Seq2[Stored, error]
	Follow(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error]
	FollowAll(ctx context.Context) iter.Seq2[event.Raw, error]
	Close() error
}

// TestConformance holds the embedded store to the promises of an event log.
func TestConformance(t *testing.T) {
	promises := []struct {
		name string
		test func(*testing.T, eventLog)
	}{
		{"a run reads back as written", readsBack},
		{"reading starts behind an event", readsBehind},
		{"a stale writer is refused", refusesStale},
		{"of many writers one wins each place", oneWinner},
		{"unknown runs are not found", notFound},
		{"impossible ids are invalid", invalidIDs},
		{"too large is refused before it is sent", tooLarge},
		{"scan yields all in order", scansAll},
		{"follow replays and goes on", followsOn},
		{"follow waits for a run to begin", followsFuture},
		{"follow loses and repeats nothing under appends", followsUnderAppends},
		{"a follower that stands still costs nobody", followsSlowly},
		{"follow all sees every run in order", followsAll},
		{"follow all begins at the call", followsAllFromTheCall},
		{"readers end with their context", endsWithContext},
		{"readers and writers end with the log", endsWithClose},
	}
	for _, sync := range []Sync{SyncBarrier, SyncAlways} {
		for _, p := range promises {
			t.Run(string(sync)+"/"+p.name, func(t *testing.T) { p.test(t, openTest(t, Config{Sync: sync})) })
		}
	}
}

func readsBack(t *testing.T, log eventLog) {
	a, want := newAuthor("r"), []event.Sealed(nil)
	for events := 1; events <= 300; events += 7 {
		want = append(want, appendNext(t, log, a, events))
	}
	var got []event.Sealed
	sequence := uint64(0)
	for c, err := range log.Read(t.Context(), "r", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Sequence <= sequence || c.At.IsZero() {
			t.Errorf("sequence %d follows %d, at %s", c.Sequence, sequence, c.At)
		}
		sequence = c.Sequence
		got = append(got, c.Sealed)
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("read other than written:\n%s", cmp.Diff(digests(want), digests(got)))
	}
	last, err := log.Last(t.Context(), "r")
	if err != nil || last.Sequence != a.sequence || last.Digest != a.prev {
		t.Errorf("last is %d %s, error %v, want %d %s", last.Sequence, last.Digest, err, a.sequence, a.prev)
	}
}

func readsBehind(t *testing.T, log eventLog) {
	a := newAuthor("r")
	for range 5 {
		appendNext(t, log, a, 3)
	}
	for after, want := range map[uint64]uint64{0: 1, 1: 1, 2: 1, 3: 4, 4: 4, 12: 13, 14: 13, 15: 0, 99: 0} {
		first := uint64(0)
		for c, err := range log.Read(t.Context(), "r", after) {
			if err != nil {
				t.Fatal(err)
			}
			first = c.First
			break
		}
		if first != want {
			t.Errorf("behind event %d begins event %d, want %d", after, first, want)
		}
	}
}

func refusesStale(t *testing.T, log eventLog) {
	a, stale := newAuthor("r"), newAuthor("r")
	stale.epoch = "stale"
	appendNext(t, log, a, 1)
	if _, err := result(log.Append(stale.seal(1), 0)); !errors.Is(err, ErrConflict) {
		t.Errorf("a second beginning: got %v, want ErrConflict", err)
	}
	*stale = *a
	stale.epoch = "stale"
	appendNext(t, log, a, 1)
	if _, err := result(log.Append(stale.seal(1), stale.sequence)); !errors.Is(err, ErrConflict) {
		t.Errorf("a stale continuation: got %v, want ErrConflict", err)
	}
	if _, err := result(log.Append(stale.seal(1), 1000)); !errors.Is(err, ErrConflict) {
		t.Errorf("a continuation of nothing: got %v, want ErrConflict", err)
	}
	// The same commit again is no conflict: it is stored, once.
	c := a.seal(2)
	first, err := result(log.Append(c, a.sequence))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := result(log.Append(c, a.sequence)); err != nil || again != first {
		t.Errorf("the same commit again: sequence %d, error %v, want %d", again, err, first)
	}
	a.moved(c, first)
	appendNext(t, log, a, 1)
}

func oneWinner(t *testing.T, log eventLog) {
	const writers, places = 8, 20
	a := newAuthor("r")
	for range places {
		type outcome struct {
			c        event.Sealed
			sequence uint64
			err      error
		}
		outcomes := make([]outcome, writers)
		var all sync.WaitGroup
		for i := range writers {
			mine := *a
			mine.epoch = fmt.Sprintf("writer-%d", i)
			c := mine.seal(1)
			all.Go(func() {
				sequence, err := result(log.Append(c, mine.sequence))
				outcomes[i] = outcome{c, sequence, err}
			})
		}
		all.Wait()
		won := 0
		for _, o := range outcomes {
			if o.err == nil {
				won++
				a.moved(o.c, o.sequence)
			} else if !errors.Is(o.err, ErrConflict) {
				t.Errorf("a loser got %v", o.err)
			}
		}
		if won != 1 {
			t.Fatalf("%d of %d writers won", won, writers)
		}
	}
}

func notFound(t *testing.T, log eventLog) {
	appendNext(t, log, newAuthor("other"), 1)
	for _, err := range log.Read(t.Context(), "r", 0) {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("read: got %v, want ErrNotFound", err)
		}
	}
	if _, err := log.Last(t.Context(), "r"); !errors.Is(err, ErrNotFound) {
		t.Errorf("last: got %v, want ErrNotFound", err)
	}
}

func invalidIDs(t *testing.T, log eventLog) {
	for _, id := range []string{"", "a.b", "a b", "*", ">", "a\x00", strings.Repeat("x", 65)} {
		a := newAuthor(id)
		if _, err := result(log.Append(a.seal(1), 0)); !errors.Is(err, ErrInvalid) {
			t.Errorf("append to %q: got %v, want ErrInvalid", id, err)
		}
		for _, err := range log.Read(t.Context(), id, 0) {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("read %q: got %v, want ErrInvalid", id, err)
			}
		}
		for _, err := range log.Follow(timeout(t), id, 0) {
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("follow %q: got %v, want ErrInvalid", id, err)
			}
		}
		if _, err := log.Last(t.Context(), id); !errors.Is(err, ErrInvalid) {
			t.Errorf("last of %q: got %v, want ErrInvalid", id, err)
		}
	}
	a := newAuthor("r")
	a.workflow = "a.b"
	if _, err := result(log.Append(a.seal(1), 0)); !errors.Is(err, ErrInvalid) {
		t.Errorf("append to workflow a.b: got %v, want ErrInvalid", err)
	}
}

func tooLarge(t *testing.T, log eventLog) {
	a := newAuthor("r")
	a.epoch = strings.Repeat("e", maxPayload)
	if _, err := result(log.Append(a.seal(1), 0)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	a.epoch = strings.Repeat("e", maxPayload-headerRoom-400)
	appendNext(t, log, a, 1)
	appendNext(t, log, a, 1)
	n := 0
	for c, err := range log.Read(t.Context(), "r", 0) {
		if err != nil || c.Epoch != a.epoch {
			t.Fatalf("a commit of nearly 8 MiB does not read back: %v", err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d commits", n)
	}
}

func scansAll(t *testing.T, log eventLog) {
	const runs, commits = 100, 25 // more than one batch
	authors := make([]*author, runs)
	for i := range authors {
		authors[i] = newAuthor(fmt.Sprintf("run-%d", i))
	}
	var want []string
	for range commits {
		sealed, pending := make([]event.Sealed, runs), make([]*Pending, runs)
		for i, a := range authors {
			sealed[i] = a.seal(1)
			pending[i] = log.Append(sealed[i], a.sequence)
		}
		for i, a := range authors {
			sequence, err := result(pending[i])
			if err != nil {
				t.Fatal(err)
			}
			a.moved(sealed[i], sequence)
			want = append(want, sealed[i].Digest)
		}
	}
	var got []string
	sequence := uint64(0)
	for c, err := range log.Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Sequence <= sequence {
			t.Fatalf("sequence %d follows %d", c.Sequence, sequence)
		}
		sequence = c.Sequence
		got = append(got, c.Digest)
		if len(got) == 1 {
			appendNext(t, log, authors[0], 1) // after the call: not part of the scan
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scanned other than written:\n%s", diff)
	}
	for _, err := range log.Scan(t.Context()) { // leaving early must not leave anything behind
		if err != nil {
			t.Error(err)
		}
		break
	}
}

func appendNext(t testing.TB, log eventLog, a *author, events int) event.Sealed {
	t.Helper()
	c := a.seal(events)
	sequence, err := result(log.Append(c, a.sequence))
	if err != nil {
		t.Fatalf("append %s events %d to %d: %v", a.run, c.First, c.Last, err)
	}
	a.moved(c, sequence)
	return c
}
