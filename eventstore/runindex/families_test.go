package runindex

import (
	"fmt"
	"slices"
	"testing"
)

// A child belongs to an attempt of its parent while that is open; what is left behind, and what was never told, is found.
func TestFamilies(t *testing.T) {
	x := openTest(t)
	const begins = `RunStarted ,"workflow":"w"`
	child := func(node string) string {
		return `RunStarted ,"workflow":"w","parent":{"run":"mother","node":"` + node + `","visit":1,"attempt":1}`
	}
	begin := func(node string) string { return `NodeStarted ,"node":"` + node + `","visit":1,"attempt":1` }
	started := func(node, run string) string {
		return `ChildStarted ,"node":"` + node + `","visit":1,"attempt":1,"child":"` + run + `"`
	}
	apply(t, x,
		said(1, "mother", 1, begins, begin("a"), begin("b"), begin("c")),
		said(2, "child-a", 1, child("a")),
		said(3, "child-b", 1, child("b")),
		said(4, "child-c", 1, child("c")),
		said(5, "child-d", 1, child("d")), // of an attempt that is not there
		said(6, "stray", 1, `RunStarted ,"workflow":"w","parent":{"run":"gone","node":"a","visit":1,"attempt":1}`),
		said(7, "mother", 5, started("a", "child-a"), started("b", "child-b")),
	)
	check := func(when string, orphans, untold, kept []string) {
		t.Helper()
		got, err := x.Orphans(t.Context())
		slices.Sort(got)
		if err != nil || !slices.Equal(got, orphans) {
			t.Errorf("%s: orphans %v, %v; want %v", when, got, err, orphans)
		}
		if got, err = x.Untold(t.Context()); err != nil || !slices.Equal(got, untold) {
			t.Errorf("%s: untold %v, %v; want %v", when, got, err, untold)
		}
		got, err = x.EndedBefore(t.Context(), Completed, at(59), 10)
		if err != nil || !slices.Equal(got, kept) {
			t.Errorf("%s: to be retired %v, %v; want %v", when, got, err, kept)
		}
	}
	check("at first", []string{"child-d"}, nil, nil)
	if r, _, err := x.Run(t.Context(), "mother"); err != nil || r.Status != Running || r.Current[0].Phase != PhaseChild || r.Current[0].Child != "child-a" {
		t.Errorf("%+v, %v", r, err)
	}
	apply(t, x,
		said(8, "child-a", 2, `RunCompleted ,"state":"s"`),
		said(9, "child-d", 2, `RunCompleted ,"state":"s"`),
		said(10, "child-c", 2, `RunCompleted ,"state":"s"`),
	)
	check("after the ends", nil, []string{"child-a"}, []string{"child-d"})
	if got, err := x.Beyond(t.Context(), Completed, 1, 10); err != nil || !slices.Equal(got, []string{"child-d"}) {
		t.Errorf("beyond one: %v, %v", got, err)
	}
	if got, err := x.Beyond(t.Context(), Completed, 2, 10); err != nil || len(got) > 0 {
		t.Errorf("beyond two: %v, %v: one that is held must not take the place of another", got, err)
	}
	apply(t, x,
		said(11, "mother", 7, `ChildCompleted ,"node":"a","visit":1,"attempt":1,"child":"child-a"`, `NodeCompleted ,"node":"a","visit":1,"attempt":1`),
		said(12, "mother", 9, `NodeFailed ,"node":"b","visit":1,"attempt":1,"kind":"timeout","message":"m","retry_at":"2026-11-02T09:31:00Z"`),
	)
	check("after one was taken over, and another given up", []string{"child-b"}, nil, []string{"child-a", "child-d"})
	apply(t, x, said(13, "mother", 10, `RunFailed ,"kind":"k","message":"m","state":"s"`))
	check("after the parent's end", []string{"child-b"}, nil, []string{"child-a", "child-d", "child-c"})
	sound(t, x)
}

// So it is with the items of a map, whose runs belong to it from when it has recorded them. One that it may be about to
// record is found as an orphan, which only the parent's events can tell, and is not to be retired.
func TestFamiliesOfMaps(t *testing.T) {
	x := openTest(t)
	child := func(attempt, item int) string {
		return fmt.Sprintf(`RunStarted ,"workflow":"w","parent":{"run":"mother","node":"m","visit":1,"attempt":%d,"item":%d}`, attempt, item)
	}
	of := func(typ string, attempt, item int, more string) string {
		return fmt.Sprintf(`%s ,"node":"m","visit":1,"attempt":%d,"item":%d%s`, typ, attempt, item, more)
	}
	const ended = `RunCompleted ,"state":"s"`
	apply(t, x,
		said(1, "mother", 1, `RunStarted ,"workflow":"w"`, `NodeStarted ,"node":"m","visit":1,"attempt":1,"items":3`,
			of("NodeStarted", 1, 1, ""), of("NodeStarted", 1, 2, "")),
		said(2, "one", 1, child(1, 1)), said(3, "two", 1, child(1, 2)),
		said(4, "mother", 5, of("ChildStarted", 1, 1, `,"child":"one","due":"2026-11-02T09:40:00Z"`)),
		said(5, "two", 2, ended),
	)
	check := func(when string, status Status, orphans, untold, kept []string) {
		t.Helper()
		if r, _, err := x.Run(t.Context(), "mother"); err != nil || r.Status != status || status == Waiting && (len(r.Current) != 1 || r.Due != at(600)) {
			t.Errorf("%s: %+v, %v", when, r, err)
		}
		got, err := x.Orphans(t.Context())
		if err != nil || !slices.Equal(got, orphans) {
			t.Errorf("%s: orphans %v, %v; want %v", when, got, err, orphans)
		}
		if got, err = x.Untold(t.Context()); err != nil || !slices.Equal(got, untold) {
			t.Errorf("%s: untold %v, %v; want %v", when, got, err, untold)
		}
		if got, err = x.EndedBefore(t.Context(), Completed, at(59), 10); err != nil || !slices.Equal(got, kept) {
			t.Errorf("%s: to be retired %v, %v; want %v", when, got, err, kept)
		}
	}
	check("before the second is recorded", Running, nil, nil, nil)
	apply(t, x, said(6, "mother", 6, of("ChildStarted", 1, 2, `,"child":"two","due":"2026-11-02T09:40:00Z"`)))
	check("while both are recorded", Waiting, nil, []string{"two"}, nil)
	apply(t, x,
		said(7, "mother", 7, of("ChildCompleted", 1, 2, `,"child":"two"`), of("NodeCompleted", 1, 2, ""), of("NodeStarted", 1, 3, "")),
		said(8, "three", 1, child(1, 3)),
	)
	check("before the third is recorded", Running, []string{"three"}, nil, nil)
	apply(t, x, said(9, "mother", 10, of("ChildStarted", 1, 3, `,"child":"three"`)))
	check("while two go on", Waiting, nil, nil, []string{"two"})
	apply(t, x, said(10, "mother", 11, `NodeFailed ,"node":"m","visit":1,"attempt":1,"kind":"timeout","message":"m","retry_at":"2026-11-02T09:40:00Z"`))
	check("after the map has failed", Waiting, []string{"one", "three"}, nil, []string{"two"})
	apply(t, x, said(11, "mother", 12, `NodeStarted ,"node":"m","visit":1,"attempt":2,"items":3`, of("NodeStarted", 2, 1, "")))
	check("while the map goes on", Running, []string{"one", "three"}, nil, nil)
	sound(t, x)
}

// A run that is being cancelled does not wait, whatever its children do: an engine that starts then carries it on.
func TestACancelHaltsChildren(t *testing.T) {
	x := openTest(t)
	apply(t, x,
		said(1, "mother", 1, `RunStarted ,"workflow":"w"`, `NodeStarted ,"node":"a","visit":1,"attempt":1`,
			`ChildStarted ,"node":"a","visit":1,"attempt":1,"child":"c","due":"2026-11-02T09:40:00Z"`),
	)
	if r, _, err := x.Run(t.Context(), "mother"); err != nil || r.Status != Waiting || r.Due.IsZero() {
		t.Errorf("%+v, %v", r, err)
	}
	apply(t, x, said(2, "mother", 4, `RunCancelRequested`))
	if r, _, err := x.Run(t.Context(), "mother"); err != nil || r.Status != Running || !r.Due.IsZero() {
		t.Errorf("%+v, %v", r, err)
	}
}
