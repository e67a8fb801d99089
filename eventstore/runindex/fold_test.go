package runindex

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// However the commits come, the list says of every run what its state says; and a file that is built at once, and then grows, is the
// same as one that grew all the time.
func TestListIsWhatTheStatesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t)
		scratch(t, func(dir string) {
			grown, built := openBlank(t, filepath.Join(dir, "grown.db")), openBlank(t, filepath.Join(dir, "built.db"))
			built.byRows(rapid.IntRange(1, 5).Draw(t, "rows"))
			defer closeTest(t, grown)
			defer closeTest(t, built)
			for at := 0; at < len(h.commits); {
				size := rapid.IntRange(1, len(h.commits)-at).Draw(t, "batch")
				again := rapid.IntRange(0, at).Draw(t, "again") // commits that are handed in once more
				apply(t, grown, h.commits[at-again:at+size]...)
				at += size
				compare(t, grown, h.after[at])
			}
			split := rapid.IntRange(0, len(h.commits)).Draw(t, "split")
			fold(t, built, h.commits[:split]...)
			compare(t, built, h.after[split])
			fold(t, built, h.commits[max(0, split-1):]...)
			sound(t, grown)
			sound(t, built)
			if diff := cmp.Diff(contents(t, grown), contents(t, built)); diff != "" {
				t.Fatalf("(-grown +built):\n%s", diff)
			}
		})
	})
}

// compare checks a list against what its runs must be.
func compare(t failer, x *Index, want map[string]Run) {
	t.Helper()
	runs := slices.Collect(maps.Values(want))
	sortRuns(runs)
	if runs == nil {
		runs = []Run{}
	}
	if diff := cmp.Diff(runs, listed(t, x, Listing{Ascending: true, Limit: 3})); diff != "" {
		t.Fatalf("the list is not what the states say (-states +list):\n%s", diff)
	}
	open := []OpenRun{}
	for _, r := range runs {
		if !r.Status.Ended() {
			open = append(open, OpenRun{
				Run: r.Run, Workflow: r.Workflow, Revision: r.Revision, Status: r.Status, LastEvent: r.LastEvent, StartedAt: r.StartedAt, Due: r.Due,
				First: r.First, Last: r.Last, Queue: r.Queue,
			})
		}
	}
	got := []OpenRun{}
	for r, err := range x.OpenRuns(context.Background()) {
		if err != nil {
			t.Fatalf("open runs: %v", err)
		}
		got = append(got, r)
	}
	if diff := cmp.Diff(open, got); diff != "" {
		t.Fatalf("the open runs are not what the states say (-states +list):\n%s", diff)
	}
}
