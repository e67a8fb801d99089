package logtest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

var retirement = event.RunRetired{
	Status: "completed", Revision: "sha256:0", Input: "sha256:1", StartedAt: began, EndedAt: began.Add(time.Minute), Reason: "old",
}

// Retirement makes the commit that stands in for the run's others.
func (a *Author) Retirement() event.Sealed {
	return event.Seal(event.Commit{Run: a.Run, Workflow: a.Workflow, First: a.N + 1, Epoch: a.Epoch, Prev: a.Prev, Events: []event.Event{
		{Run: a.Run, N: a.N + 1, At: began.Add(time.Hour), Body: retirement},
	}})
}

func retires(t *testing.T, log Log) {
	a, other := NewAuthor("r"), NewAuthor("other")
	var replaced []uint64
	var first event.Sealed
	for range 3 {
		c := a.Write(t, log, 2)
		if first.Data == nil {
			first = c
		}
		replaced = append(replaced, a.Sequence)
		other.Write(t, log, 1)
	}
	stale := *a
	c := a.Retirement()
	sequence, err := log.Retire(c, replaced)
	if err != nil {
		t.Fatal(err)
	}
	a.Moved(c, sequence)
	other.Write(t, log, 1)

	want := &eventstore.RetiredError{Run: "r", Workflow: "flow", N: 7, At: began.Add(time.Hour), RunRetired: retirement}
	for name, err := range map[string]error{
		"read": lastError(log.Read(t.Context(), "r", 0)), "read behind it": lastError(log.Read(t.Context(), "r", 7)),
		"follow": lastError(log.Follow(bounded(t), "r", 2)),
	} {
		got := (*eventstore.RetiredError)(nil)
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	var scanned []string
	for c, err := range log.Scan(t.Context()) {
		if err != nil || c.Retired() != (c.Run == "r") {
			t.Errorf("the scan says retired of %s: %t, error %v", c.Run, c.Retired(), err)
		}
		scanned = append(scanned, c.Run)
	}
	if diff := cmp.Diff([]string{"other", "other", "other", "r", "other"}, scanned); diff != "" {
		t.Errorf("scan: (-want +got)\n%s", diff)
	}
	if last, err := log.Last(t.Context(), "r"); err != nil || !last.Retired() || last.Sequence != a.Sequence {
		t.Errorf("last: %d retired %t, error %v", last.Sequence, last.Retired(), err)
	}
	if _, err := result(log.Append(stale.Seal(1), stale.Sequence)); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("a stale owner: %v", err)
	}
	for name, c := range map[string]event.Sealed{"another start": NewAuthor("r").Seal(1), "its first commit again": first} {
		if _, err := result(log.Append(c, 0)); !errors.Is(err, eventstore.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if again, err := log.Retire(c, replaced); err != nil || again != a.Sequence {
		t.Errorf("retired again: sequence %d, error %v", again, err)
	}
}

func retiresNotUnderOwner(t *testing.T, log Log) {
	a := NewAuthor("r")
	a.Write(t, log, 2)
	late, sequence := a.Retirement(), a.Sequence
	a.Write(t, log, 1)
	if _, err := log.Retire(late, []uint64{sequence}); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	n := 0
	for _, err := range log.Read(t.Context(), "r", 0) {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if n != 2 {
		t.Errorf("%d commits are left", n)
	}
}

func followsRetirement(t *testing.T, log Log) {
	a := NewAuthor("r")
	a.Write(t, log, 2)
	n := uint64(0)
	for raw, err := range log.Follow(bounded(t), "r", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; raw.N != n {
			t.Errorf("event %d came as number %d", raw.N, n)
		}
		if n == 2 {
			if _, err := log.Retire(a.Retirement(), []uint64{a.Sequence}); err != nil {
				t.Fatal(err)
			}
		}
		if raw.Type == event.TypeRunRetired {
			break
		}
	}
	if n != 3 {
		t.Errorf("the retirement came as event %d", n)
	}
}
