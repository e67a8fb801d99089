package logtest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

func readsBack(t *testing.T, log Log) {
	a, want := NewAuthor("r"), []event.Sealed(nil)
	for events := 1; events <= 300; events += 7 {
		want = append(want, a.Write(t, log, events))
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
	if !cmp.Equal(want, got, cmpopts.IgnoreUnexported(event.Sealed{}), cmp.Comparer(bytes.Equal)) {
		t.Errorf("read other than written:\n%s", cmp.Diff(digests(want), digests(got)))
	}
	last, err := log.Last(t.Context(), "r")
	if err != nil || last.Sequence != a.Sequence || last.Digest != a.Prev {
		t.Errorf("last is %d %s, error %v, want %d %s", last.Sequence, last.Digest, err, a.Sequence, a.Prev)
	}
}

// A log stores what it is given in the right place, and whoever reads finds what does not fit, behind all that
// does.
func tellsDamage(t *testing.T, log Log) {
	for run, spoil := range map[string]func(*Author){
		"gap":    func(a *Author) { a.N++ },
		"repeat": func(a *Author) { a.N-- },
		"fork":   func(a *Author) { a.Prev = strings.Repeat("0", len(a.Prev)) },
	} {
		a := NewAuthor(run)
		a.Write(t, log, 2)
		spoil(a)
		a.Write(t, log, 1)
		commits, events, err := 0, 0, error(nil)
		for _, err = range log.Read(t.Context(), run, 0) {
			if err == nil {
				commits++
			}
		}
		if damage := (*event.DamageError)(nil); !errors.As(err, &damage) || commits != 1 {
			t.Errorf("%s: read yields %d commits and ends with %v", run, commits, err)
		}
		for _, err = range log.Follow(bounded(t), run, 0) {
			if err == nil {
				events++
			}
		}
		if damage := (*event.DamageError)(nil); !errors.As(err, &damage) || events != 2 {
			t.Errorf("%s: follow yields %d events and ends with %v", run, events, err)
		}
	}
	NewAuthor("whole").Write(t, log, 1)
	whole, damaged := 0, map[string]bool{}
	for c, err := range log.Scan(t.Context()) {
		damage := (*event.DamageError)(nil)
		switch {
		case errors.As(err, &damage):
			damaged[damage.Run] = true
		case err != nil:
			t.Fatal(err)
		case c.Run == "whole":
			whole++
		}
	}
	if whole != 1 || !damaged["gap"] || !damaged["repeat"] {
		t.Errorf("the scan finds %v damaged, and %d commits of another run", damaged, whole)
	}
}

func refusesStale(t *testing.T, log Log) {
	a, stale := NewAuthor("r"), NewAuthor("r")
	stale.Epoch = "stale"
	a.Write(t, log, 1)
	begin := a.Sequence
	if _, err := result(log.Append(stale.Seal(1), 0)); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("a second beginning: got %v, want ErrConflict", err)
	}
	*stale = *a
	stale.Epoch = "stale"
	a.Write(t, log, 1)
	if _, err := result(log.Append(stale.Seal(1), stale.Sequence)); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("a stale continuation: got %v, want ErrConflict", err)
	}
	if _, err := result(log.Append(stale.Seal(1), 1000)); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("a continuation of nothing: got %v, want ErrConflict", err)
	}
	// The same commit again is no conflict: it is stored, once.
	c := a.Seal(2)
	first, err := result(log.Append(c, a.Sequence))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := result(log.Append(c, a.Sequence)); err != nil || again != first {
		t.Errorf("the same commit again: sequence %d, error %v, want %d", again, err, first)
	}
	a.Moved(c, first)
	a.Write(t, log, 1)
	if _, err := result(log.Append(c, begin)); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("the same commit in another place: got %v, want ErrConflict", err)
	}
}

func oneWinner(t *testing.T, log Log) {
	const writers, places = 8, 20
	a := NewAuthor("r")
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
			mine.Epoch = fmt.Sprintf("writer-%d", i)
			c := mine.Seal(1)
			all.Go(func() {
				sequence, err := result(log.Append(c, mine.Sequence))
				outcomes[i] = outcome{c, sequence, err}
			})
		}
		all.Wait()
		won := 0
		for _, o := range outcomes {
			if o.err == nil {
				won++
				a.Moved(o.c, o.sequence)
			} else if !errors.Is(o.err, eventstore.ErrConflict) {
				t.Errorf("a loser got %v", o.err)
			}
		}
		if won != 1 {
			t.Fatalf("%d of %d writers won", won, writers)
		}
	}
}

func invalidIDs(t *testing.T, log Log) {
	for _, id := range []string{"", "a.b", "a b", "*", ">", "a\x00", strings.Repeat("x", 65)} {
		if _, err := result(log.Append(NewAuthor(id).Seal(1), 0)); !errors.Is(err, eventstore.ErrInvalid) {
			t.Errorf("append to %q: got %v, want ErrInvalid", id, err)
		}
		for _, err := range log.Read(t.Context(), id, 0) {
			if !errors.Is(err, eventstore.ErrInvalid) {
				t.Errorf("read %q: got %v, want ErrInvalid", id, err)
			}
		}
		for _, err := range log.Follow(bounded(t), id, 0) {
			if !errors.Is(err, eventstore.ErrInvalid) {
				t.Errorf("follow %q: got %v, want ErrInvalid", id, err)
			}
		}
		if _, err := log.Last(t.Context(), id); !errors.Is(err, eventstore.ErrInvalid) {
			t.Errorf("last of %q: got %v, want ErrInvalid", id, err)
		}
		if _, err := log.AppendRevision(t.Context(), eventstore.RevisionRecord{Workflow: id}, 0); !errors.Is(err, eventstore.ErrInvalid) {
			t.Errorf("revision of %q: got %v, want ErrInvalid", id, err)
		}
	}
	a := NewAuthor("r")
	a.Workflow = "a.b"
	if _, err := result(log.Append(a.Seal(1), 0)); !errors.Is(err, eventstore.ErrInvalid) {
		t.Errorf("append to workflow a.b: got %v, want ErrInvalid", err)
	}
}

func tooLarge(t *testing.T, log Log) {
	a := NewAuthor("r")
	room := eventstore.CommitBytesMax - len(a.Seal(1).Data) + len(a.Epoch)
	a.Epoch = strings.Repeat("e", room+1)
	if _, err := result(log.Append(a.Seal(1), 0)); !errors.Is(err, eventstore.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	source := eventstore.RevisionRecord{Workflow: "w", Source: strings.Repeat("s", eventstore.CommitBytesMax)}
	if _, err := log.AppendRevision(t.Context(), source, 0); !errors.Is(err, eventstore.ErrTooLarge) {
		t.Errorf("a revision: got %v, want ErrTooLarge", err)
	}
	a.Epoch = strings.Repeat("e", room)
	a.Write(t, log, 1)
	n := 0
	for c, err := range log.Read(t.Context(), "r", 0) {
		if err != nil || c.Epoch != a.Epoch {
			t.Fatalf("a commit of %d bytes does not read back: %v", eventstore.CommitBytesMax, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d commits", n)
	}
}

// Told and seen are one: who can read a commit finds its Pending done, and a writer that knows of its success
// can read it.
func toldIsSeen(t *testing.T, log Log) {
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for k := range 50 {
				a := NewAuthor(fmt.Sprintf("run-%d-%d", i, k))
				p := log.Append(a.Seal(1), 0)
				all.Go(func() {
					for _, err := range log.Follow(bounded(t), a.Run, 0) {
						if err != nil {
							t.Errorf("%s: %v", a.Run, err)
						} else if !closed(p.Done()) {
							t.Errorf("%s was seen before its writer knew", a.Run)
						}
						return
					}
				})
				if _, err := result(p); err != nil {
					t.Errorf("%s: %v", a.Run, err)
				}
				n := 0
				for _, err := range log.Read(t.Context(), a.Run, 0) {
					if n++; err != nil {
						t.Errorf("%s was told and is not seen: %v", a.Run, err)
					}
				}
				if n != 1 {
					t.Errorf("%s was told and reads as %d commits", a.Run, n)
				}
			}
		})
	}
	all.Wait()
}
