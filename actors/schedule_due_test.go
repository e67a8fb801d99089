package actors

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/timetable"
	"github.com/weirflow/weir/actors/workflow"
)

func clock(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return at.AddDate(2026, 0, 0)
}

func TestDue(t *testing.T) {
	tests := []struct {
		name            string
		every           time.Duration
		policy          workflow.CatchUp
		considered, now string
		want            []string
	}{
		{"not yet", time.Minute, workflow.CatchUpAll, "10:00:00", "10:00:59", nil},
		{"on the dot", time.Minute, workflow.CatchUpNone, "10:00:00", "10:01:00", []string{"10:01:00"}},
		{"kept though late, whatever the policy", time.Second, workflow.CatchUpNone, "10:00:00", "10:00:03", []string{"10:00:01", "10:00:02", "10:00:03"}},
		{"none: missed", time.Minute, workflow.CatchUpNone, "10:00:00", "10:05:30", nil},
		{"none: the last one is kept", time.Minute, workflow.CatchUpNone, "10:00:00", "10:05:10", []string{"10:05:00"}},
		{"one: the latest", time.Minute, workflow.CatchUpOne, "10:00:00", "10:05:30", []string{"10:05:00"}},
		{"one: but not besides", time.Second, workflow.CatchUpOne, "10:00:00", "11:00:00", []string{"11:00:00"}},
		{"one: of one", time.Hour, workflow.CatchUpOne, "10:00:00", "11:59:59", []string{"11:00:00"}},
		{"all", time.Minute, workflow.CatchUpAll, "10:00:00", "10:03:30", []string{"10:01:00", "10:02:00", "10:03:00"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, at := range due(timetable.Every(test.every), test.policy, clock(t, test.considered), clock(t, test.now)) {
				got = append(got, at.Format("15:04:05"))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestDueIsOrderedAndBounded asks it of whole lives: looks at any times, each of which goes on where the one before has ended.
func TestDueIsOrderedAndBounded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		table := timetable.Every(time.Duration(rapid.IntRange(1, 400).Draw(r, "every")) * time.Second)
		policy := rapid.SampledFrom([]workflow.CatchUp{workflow.CatchUpNone, workflow.CatchUpOne, workflow.CatchUpAll}).Draw(r, "policy")
		now := time.Unix(rapid.Int64Range(0, 1<<31).Draw(r, "start"), 0)
		considered, began := now, now
		var started []time.Time
		for range rapid.IntRange(1, 20).Draw(r, "looks") {
			late := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(r, "pause"))
			if rapid.Bool().Draw(r, "prompt") {
				late = time.Duration(rapid.Int64Range(0, int64(onTime)).Draw(r, "late"))
				now = table.Next(now)
			}
			now = now.Add(late)
			pending := table.Latest(considered, now, 10_000)
			got := due(table, policy, considered, now)
			prompt := len(pending) > 0 && now.Sub(pending[0]) <= onTime
			switch {
			case prompt && !slices.EqualFunc(got, pending, time.Time.Equal):
				r.Fatalf("%v were kept, %v are started", pending, got)
			case len(got) > caughtUpMost || !prompt && policy != workflow.CatchUpAll && len(got) > 1:
				r.Fatalf("%d times are started late", len(got))
			case !prompt && policy == workflow.CatchUpAll && len(got) != min(len(pending), caughtUpMost):
				r.Fatalf("of %d times %d are caught up", len(pending), len(got))
			case policy != workflow.CatchUpNone && len(pending) > 0 && !got[len(got)-1].Equal(pending[len(pending)-1]):
				r.Fatalf("the latest of %v is not among %v", pending, got)
			}
			started = append(started, got...)
			if passed := table.Prev(now); passed.After(considered) {
				considered = passed
			}
		}
		for i, at := range started {
			if !at.After(began) || at.After(now) || i > 0 && !at.After(started[i-1]) {
				r.Fatalf("%v is started, between %s and %s", started, began, now)
			}
		}
	})
}

func TestJudge(t *testing.T) {
	ten := clock(t, "10:00:00")
	minute := func(n int) time.Time { return ten.Add(time.Duration(n) * time.Minute) }
	open := &occasion{at: minute(0), startedAt: minute(0), open: true}
	ended := &occasion{at: minute(0), startedAt: minute(0), endedAt: minute(3)}
	tests := []struct {
		name    string
		policy  workflow.Overlap
		at      time.Time
		last    *occasion
		waiting bool
		want    verdict
	}{
		{"the first", workflow.OverlapSkip, minute(1), nil, false, verdictStart},
		{"again", workflow.OverlapAllow, minute(0), open, false, verdictDone},
		{"before", workflow.OverlapAllow, minute(-1), open, false, verdictDone},
		{"skip, open", workflow.OverlapSkip, minute(1), open, false, verdictSkip},
		{"skip, ended since", workflow.OverlapSkip, minute(1), ended, false, verdictStart},
		{"queue, open", workflow.OverlapQueue, minute(1), open, false, verdictWait},
		{"queue, open, and one waits", workflow.OverlapQueue, minute(2), open, true, verdictSkip},
		{"queue, ended", workflow.OverlapQueue, minute(4), ended, false, verdictStart},
		{"allow, open", workflow.OverlapAllow, minute(1), open, false, verdictStart},
		{"skip, seen before when it was open", workflow.OverlapSkip, minute(2), &occasion{at: minute(0), endedAt: minute(3), earlier: true}, false, verdictSkip},
		{"skip, after its end", workflow.OverlapSkip, minute(4), &occasion{at: minute(0), endedAt: minute(3), earlier: true}, false, verdictStart},
		{
			"queue, seen before when the last waited", workflow.OverlapQueue, minute(2),
			&occasion{at: minute(1), startedAt: minute(3), open: true, earlier: true}, false, verdictSkip,
		},
		{
			"queue, after its start", workflow.OverlapQueue, minute(4),
			&occasion{at: minute(1), startedAt: minute(3), open: true, earlier: true}, false, verdictWait,
		},
	}
	for _, test := range tests {
		if got := judge(test.policy, test.at, test.last, test.waiting); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
}
