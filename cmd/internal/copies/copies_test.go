package copies_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/copies"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// sampled returns a store that has a run of two commits, begun long ago, with a timer that is due after an hour.
func sampled(t *testing.T) (*eventstore.Store, time.Time) {
	t.Helper()
	s, err := eventstore.Open(t.Context(), eventstore.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var sequence uint64
	previous := ""
	for i, bodies := range [][]event.Body{
		{event.RunStarted{Workflow: "w", Revision: "sha256:0", Input: document.Object(), Start: "nap"}, event.NodeStarted{Node: "nap", Visit: 1, Attempt: 1}},
		{event.TimerSet{Node: "nap", Visit: 1, Due: begun.Add(time.Hour)}},
	} {
		c := event.Commit{Run: "sample", Workflow: "w", First: uint64(1 + 2*i), Epoch: "test", Prev: previous}
		for j, body := range bodies {
			c.Events = append(c.Events, event.Event{Run: "sample", N: c.First + uint64(j), At: begun, Body: body})
		}
		sealed := event.Seal(c)
		if sequence, err = s.Append(sealed, sequence).Result(); err != nil {
			t.Fatal(err)
		}
		previous = sealed.Digest
	}
	return s, begun
}

func TestCopiesAreRunsOfTheirOwn(t *testing.T) {
	s, begun := sampled(t)
	sample, err := copies.Read(t.Context(), s, "sample")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	err = copies.Store(s, func(yield func(copies.Copy) bool) {
		for i := range 10 {
			if !yield(copies.Copy{Run: fmt.Sprintf("copy-%d", i), Of: sample, Labels: map[string]string{"n": fmt.Sprint(i)}}) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		run := fmt.Sprintf("copy-%d", i)
		read, err := copies.Read(t.Context(), s, run) // which checks numbers and digests
		if err != nil {
			t.Fatal(err)
		}
		if len(read) != 2 || len(read[0]) != 2 || len(read[1]) != 1 {
			t.Fatalf("%s has the commits %+v", run, read)
		}
		started, _ := read[0][0].Body.(event.RunStarted)
		if started.Workflow != "w" || started.Labels["n"] != fmt.Sprint(i) || read[0][0].Run != run || read[0][0].At.Before(before) {
			t.Errorf("%s was started as %+v", run, read[0][0])
		}
		timer, _ := read[1][0].Body.(event.TimerSet)
		if left := timer.Due.Sub(read[1][0].At); left != time.Hour {
			t.Errorf("the timer of %s is due after %s; that of the sample, of %s, after an hour", run, left, begun)
		}
	}
	if again, err := copies.Read(t.Context(), s, "sample"); err != nil || !again[0][0].At.Equal(begun) {
		t.Errorf("the sample is now %+v, error %v", again, err)
	}
}

// A run that is there already is not written over, and ends the storing.
func TestCopiesTakeNoRunsPlace(t *testing.T) {
	s, _ := sampled(t)
	sample, err := copies.Read(t.Context(), s, "sample")
	if err != nil {
		t.Fatal(err)
	}
	stored := 0
	err = copies.Store(s, func(yield func(copies.Copy) bool) {
		for yield(copies.Copy{Run: "sample", Of: sample}) {
			stored++
		}
	})
	if err == nil {
		t.Errorf("a run was copied over itself, %d times", stored)
	}
	if _, err := copies.Read(t.Context(), s, "none"); !errors.Is(err, eventstore.ErrNotFound) {
		t.Errorf("of a run that there is not the error is %v", err)
	}
}
