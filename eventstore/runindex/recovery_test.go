package runindex

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// ends applies runs that ended in an order that is not that of their starts: 0, 1, 2 … by their starts, and by their ends 3, 2, 1, 0, 7,
// 6 …; of each four, the first failed.
func ends(t failer, x *Index, runs int) {
	sequence := uint64(0)
	next := func() uint64 { sequence++; return sequence }
	for i := range runs {
		apply(t, x, said(next(), fmt.Sprint(i), 1, `RunStarted ,"workflow":"w"`))
	}
	for i := range runs {
		end := `RunCompleted ,"state":"s"`
		run := i ^ 3
		if run%4 == 0 {
			end = `RunFailed ,"kind":"k","message":"m","state":"s"`
		}
		apply(t, x, said(next(), fmt.Sprint(run), 2, end))
	}
}

func TestRetention(t *testing.T) {
	x := openTest(t)
	ends(t, x, 16) // 12 completed at 17, 18, 19, 21 … 31, four failed
	for _, c := range []struct {
		name string
		ask  func() ([]string, error)
		want []string
	}{
		{"age", func() ([]string, error) { return x.EndedBefore(t.Context(), Completed, at(22), 10) }, []string{"3", "2", "1", "7"}},
		{"age of failed", func() ([]string, error) { return x.EndedBefore(t.Context(), Failed, at(59), 2) }, []string{"0", "4"}},
		{"age of none", func() ([]string, error) { return x.EndedBefore(t.Context(), Cancelled, at(59), 2) }, nil},
		{"count", func() ([]string, error) { return x.Beyond(t.Context(), Completed, 9, 10) }, []string{"3", "2", "1"}},
		{"count, limited", func() ([]string, error) { return x.Beyond(t.Context(), Completed, 0, 2) }, []string{"3", "2"}},
		{"count of few", func() ([]string, error) { return x.Beyond(t.Context(), Completed, 12, 10) }, nil},
		{"count of fewer", func() ([]string, error) { return x.Beyond(t.Context(), Completed, 100, 10) }, nil},
	} {
		got, err := c.ask()
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	_, age := x.EndedBefore(t.Context(), Running, at(59), 1)
	_, count := x.Beyond(t.Context(), "done", 1, 1)
	if !errors.Is(age, ErrFilter) || !errors.Is(count, ErrFilter) {
		t.Errorf("%v, %v", age, count)
	}
	// What is retired is gone, with all that hangs on it.
	apply(t, x, said(33, "0", 3, `RunRetired ,"status":"failed"`), said(34, "3", 3, `RunRetired ,"status":"completed"`), said(35, "gone", 9, `RunRetired ,"status":"failed"`))
	counts, err := x.Count(t.Context(), Filter{})
	if err != nil || counts[Completed] != 11 || counts[Failed] != 3 || counts.Total() != 14 {
		t.Errorf("%v, %v", counts, err)
	}
	if _, found, err := x.Run(t.Context(), "3"); found || err != nil {
		t.Error("it is still there", err)
	}
	sound(t, x)
}

func TestDue(t *testing.T) {
	x := openTest(t)
	due := func(sequence uint64, run string, second int) Commit {
		return said(sequence, run, 1, `RunStarted ,"workflow":"w","revision":"sha256:1"`, `NodeStarted ,"node":"a","visit":1,"attempt":1`,
			`TimerSet ,"node":"a","visit":1,"due":"`+at(second).Format(time.RFC3339)+`"`)
	}
	apply(t, x, due(1, "late", 50), due(2, "soon", 10), due(3, "also soon", 10), said(4, "running", 1, `RunStarted ,"workflow":"w"`), due(5, "cancelled", 5),
		said(6, "cancelled", 4, `RunCancelled ,"state":"s"`))
	for _, c := range []struct {
		before, limit int
		want          []string
	}{{10, 9, nil}, {11, 9, []string{"soon", "also soon"}}, {59, 9, []string{"soon", "also soon", "late"}}, {59, 1, []string{"soon"}}} {
		got, err := x.Due(t.Context(), at(c.before), c.limit)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{}
		for _, r := range got {
			names = append(names, r.Run)
		}
		if !slices.Equal(names, c.want) && len(names)+len(c.want) > 0 {
			t.Errorf("before %d: %v", c.before, names)
		}
	}
	got, err := x.Due(t.Context(), at(11), 1)
	if err != nil || got[0] != (OpenRun{Run: "soon", Workflow: "w", Revision: "sha256:1", Status: Waiting, LastEvent: 3, StartedAt: at(2), Due: at(10), First: 2, Last: 2}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// Open runs are yielded across the pages in which they are read, and who has enough may stop.
func TestManyOpenRuns(t *testing.T) {
	x := openTest(t)
	const runs = 2*openPage + 10
	commits := []Commit{}
	for i := range runs {
		c := said(uint64(i+1), fmt.Sprint(i), 1, `RunStarted ,"workflow":"w"`)
		if i%3 == 0 {
			c = said(uint64(i+1), fmt.Sprint(i), 1, `RunStarted ,"workflow":"w"`, `NodeStarted ,"node":"a","visit":1,"attempt":1`,
				`NodeFailed ,"node":"a","visit":1,"attempt":1,"kind":"k","message":"m","retry_at":"2026-11-02T10:00:00Z"`)
		}
		commits = append(commits, c)
	}
	fold(t, x, commits...)
	n := 0
	for r, err := range x.OpenRuns(t.Context()) {
		if err != nil || r.Run != fmt.Sprint(n) || r.Status != map[bool]Status{true: Waiting, false: Running}[n%3 == 0] {
			t.Fatalf("%+v in place of run %d, %v", r, n, err)
		}
		n++
	}
	if n != runs {
		t.Errorf("%d runs", n)
	}
	for _, err := range x.OpenRuns(t.Context()) {
		if n--; err != nil {
			t.Error(err)
		}
		break
	}
	if n != runs-1 {
		t.Error("it goes on")
	}
}

// TestBegunSince reads the times of runs that waited, whatever became of them, however the commits were cut.
func TestBegunSince(t *testing.T) {
	const begun = `NodeStarted ,"node":"a","visit":1,"attempt":1`
	of := func(workflow string, c Commit) Commit {
		c.Workflow = workflow
		return c
	}
	start := func(queue string) string { return `RunStarted ,"workflow":"w"` + queue }
	commits := []Commit{
		said(1, "long ago", 1, start(`,"queue":{}`), begun),
		said(2, "ended at once", 1, start(`,"queue":{"key":"k"}`), begun, `RunCompleted ,"state":"s"`),
		said(3, "waits", 1, start(`,"queue":{"key":"k","priority":-7}`)),
		said(4, "without", 1, start(""), begun),
		said(5, "let in later", 1, start(`,"queue":{"key":"k"}`)),
		said(6, "cancelled", 1, start(`,"queue":{"key":"k"}`), `RunCancelled ,"state":"s"`),
		said(7, "let in later", 2, begun, `RunFailed ,"kind":"k","message":"m","state":"s"`),
		of("v", said(8, "other", 1, `RunStarted ,"workflow":"v","queue":{}`, begun)),
	}
	want := []Begun{{"k", at(2)}, {"k", at(7)}}
	for name, into := range map[string]func(*Index){
		"applied": func(x *Index) { apply(t, x, commits...) },
		"singly": func(x *Index) {
			for _, c := range commits {
				apply(t, x, c)
			}
		},
		"built": func(x *Index) { fold(t, x, commits...) },
	} {
		t.Run(name, func(t *testing.T) {
			x := openTest(t)
			into(x)
			names, err := x.QueueWorkflows(t.Context())
			if err != nil || !slices.Equal(names, []string{"v", "w"}) {
				t.Errorf("%v, %v", names, err)
			}
			got, err := x.BegunSince(t.Context(), "w", at(2))
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%v, %v", got, err)
			}
			waits, found, err := x.Run(t.Context(), "waits")
			if err != nil || !found || waits.Status != Waiting || waits.Queue == nil || *waits.Queue != (Queue{Key: "k", Priority: -7}) {
				t.Errorf("%+v, %v", waits, err)
			}
		})
	}
}

// Where a run ends is what the list says or, for whoever gives up while it is asked, an error.
func TestEnd(t *testing.T) {
	x := openTest(t)
	apply(t, x, said(1, "done", 1, `RunStarted ,"workflow":"w"`), said(2, "open", 1, `RunStarted ,"workflow":"w"`), said(3, "done", 2, `RunCompleted ,"state":"s"`))
	for run, want := range map[string]struct {
		status Status
		last   uint64
	}{"done": {Completed, 3}, "open": {Running, 2}, "none": {}} {
		status, last, err := x.End(t.Context(), run)
		if err != nil || status != want.status || last != want.last {
			t.Errorf("%s is %q and ends at %d, %v", run, status, last, err)
		}
	}
	for i := range 300 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Microsecond)
		if _, last, err := x.End(ctx, "done"); err == nil && last != 3 {
			t.Errorf("after %d µs: %d and no error", i, last)
		}
		cancel()
	}
}
