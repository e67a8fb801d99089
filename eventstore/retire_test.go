package eventstore

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/event"
)

// retired makes the commit that stands in for the run.
func (a *author) retired() event.Sealed {
	return event.Seal(event.Commit{Run: a.run, Workflow: a.workflow, First: a.n + 1, Epoch: a.epoch, Prev: a.prev, Events: []event.Event{{
		Run: a.run, N: a.n + 1, At: testTime.Add(time.Hour), Body: event.RunRetired{
			Status: "completed", Revision: "sha256:0", Input: "sha256:1", StartedAt: testTime, EndedAt: testTime.Add(time.Minute), Reason: "old",
		},
	}}})
}

// retire writes a run, ends it and retires it.
func retire(t *testing.T, s *Store, run string) (a *author, stale author) {
	t.Helper()
	a = newAuthor(run)
	a.write(t, s, 2)
	replaced := []uint64{a.sequence}
	a.write(t, s, 300)
	replaced = append(replaced, a.sequence)
	end := a.terminal()
	sequence, err := result(s.Append(end, a.sequence))
	if err != nil {
		t.Fatal(err)
	}
	a.moved(end, sequence)
	stale = *a
	c := a.retired()
	if sequence, err = s.Retire(c, append(replaced, a.sequence)); err != nil {
		t.Fatal(err)
	}
	a.moved(c, sequence)
	return a, stale
}

// A retired run is one commit that answers for it, before and after a restart, beside runs that keep theirs.
func TestRetire(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, Config{Dir: dir})
	other := newAuthor("other")
	other.write(t, s, 3)
	a, stale := retire(t, s, "r")
	other.write(t, s, 3)

	look := func(s *Store) {
		t.Helper()
		want := &RetiredError{Run: "r", Workflow: "flow", N: 304, At: testTime.Add(time.Hour), RunRetired: event.RunRetired{
			Status: "completed", Revision: "sha256:0", Input: "sha256:1", StartedAt: testTime, EndedAt: testTime.Add(time.Minute), Reason: "old",
		}}
		readers := map[string]func() error{
			"read": func() (last error) {
				for _, last = range s.Read(t.Context(), "r", 0) {
				}
				return last
			},
			"read behind it": func() (last error) {
				for _, last = range s.Read(t.Context(), "r", 304) {
				}
				return last
			},
			"follow": func() (last error) {
				for _, last = range s.Follow(timeout(t), "r", 2) {
				}
				return last
			},
		}
		for name, read := range readers {
			var got *RetiredError
			if err := read(); !errors.As(err, &got) {
				t.Errorf("%s: %v", name, err)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", name, diff)
			}
		}
		var scanned []string
		for c, err := range s.Scan(t.Context()) {
			if err != nil {
				t.Error(err)
			}
			scanned = append(scanned, c.Run)
			if c.Retired() != (c.Run == "r") {
				t.Errorf("the scan says retired of %s: %t", c.Run, c.Retired())
			}
		}
		if diff := cmp.Diff([]string{"other", "r", "other"}, scanned); diff != "" {
			t.Errorf("scan: (-want +got)\n%s", diff)
		}
		if last, err := s.Last(t.Context(), "r"); err != nil || !last.Retired() || last.Sequence != a.sequence {
			t.Errorf("last: %d retired %t, error %v", last.Sequence, last.Retired(), err)
		}
		if _, err := result(s.Append(stale.seal(1), stale.sequence)); !errors.Is(err, ErrConflict) {
			t.Errorf("a stale owner: %v", err)
		}
		if _, err := result(s.Append(newAuthor("r").seal(1), 0)); !errors.Is(err, ErrConflict) {
			t.Errorf("a start that is repeated: %v", err)
		}
		if sequence, err := s.Retire(stale.retired(), []uint64{stale.sequence}); err != nil || sequence != a.sequence {
			t.Errorf("retired again: sequence %d, error %v", sequence, err)
		}
	}
	look(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Config{Dir: dir})
	look(s)
	other.write(t, s, 1)
}

func TestSpansText(t *testing.T) {
	for want, sequences := range map[string][]uint64{
		"7": {7}, "1-2": {1, 2}, "3-5,9": {3, 4, 5, 9}, "1,3,5": {1, 3, 5}, "1,18446744073709551614-18446744073709551615": {1, 1<<64 - 2, 1<<64 - 1},
	} {
		if got := spansText(sequences); got != want {
			t.Errorf("%v is %q, want %q", sequences, got, want)
		}
	}
}
