package runindex

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// life is a run of few commits, whose values are drawn from so few that filters meet.
type life struct {
	name    string
	commits []event.Commit
}

// The values that lives have.
var (
	lifeWorkflows = []string{"alpha", "beta", "gamma"}
	lifeNodes     = []string{"extract", "score"}
	lifeWords     = []string{"connection refused", "timed out", "refused by score", "out of memory"}
	lifeKinds     = []string{"tool_error", "timeout"}
	lifeBegun     = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
)

func drawLife(t *rapid.T, i, start int) life {
	l := life{name: fmt.Sprintf("run-%02d", i)}
	workflow := rapid.SampledFrom(lifeWorkflows).Draw(t, "workflow")
	at := lifeBegun.Add(time.Duration(start) * time.Second)
	labels := map[string]string{}
	for _, key := range []string{"team", "tier"} {
		if value := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, key); value != "" {
			labels[key] = value
		}
	}
	n := uint64(1)
	commit := func(bodies ...event.Body) {
		c := event.Commit{Run: l.name, Workflow: workflow, First: n, Epoch: "e"}
		for _, body := range bodies {
			c.Events = append(c.Events, event.Event{Run: l.name, N: n, At: at, Body: body})
			n++
		}
		l.commits = append(l.commits, c)
		at = at.Add(time.Duration(rapid.IntRange(0, 10).Draw(t, "later")) * time.Second)
	}
	node := rapid.SampledFrom(lifeNodes).Draw(t, "node")
	begun := event.RunStarted{Workflow: workflow, Revision: "sha256:" + workflow, Input: document.Object(), Start: node, Labels: labels}
	commit(begun, event.NodeStarted{Node: node, Visit: 1, Attempt: 1})
	switch rapid.IntRange(0, 5).Draw(t, "fate") {
	case 0:
		commit(event.NodeCompleted{Node: node, Visit: 1, Attempt: 1}, event.RunCompleted{State: "s"})
	case 1, 2:
		kind, message := rapid.SampledFrom(lifeKinds).Draw(t, "kind"), rapid.SampledFrom(lifeWords).Draw(t, "message")
		commit(event.NodeFailed{Node: node, Visit: 1, Attempt: 1, Kind: kind, Message: message},
			event.RunFailed{Kind: kind, Message: message, Node: node, Visit: 1, State: "s"})
		if rapid.IntRange(0, 2).Draw(t, "retry") == 0 {
			commit(event.RunResumed{Reason: "retry"}, event.NodeStarted{Node: node, Visit: 1, Attempt: 2})
		}
	case 3:
		commit(event.TimerSet{Timer: "t", Node: node, Visit: 1, Due: at.Add(time.Minute)})
	case 4:
		commit(event.RunCancelRequested{By: "ada"})
		commit(event.NodeFailed{Node: node, Visit: 1, Attempt: 1, Kind: "cancelled"}, event.RunCancelled{By: "ada", State: "s"})
	default:
		commit(event.NodeStarted{Node: "score", Visit: 2, Attempt: 1}) // two visits at once
	}
	return l
}

// drawLives puts the commits of several runs in one stream, in the order of their starts or as clocks have it that are put back.
func drawLives(t *rapid.T) *stream {
	s := &stream{}
	lives := make([]life, rapid.IntRange(0, 25).Draw(t, "runs"))
	orderly := rapid.Bool().Draw(t, "in order")
	for i := range lives {
		start := i
		if !orderly {
			start = rapid.IntRange(0, 20).Draw(t, "start")
		}
		lives[i] = drawLife(t, i, start)
	}
	for len(lives) > 0 {
		i := rapid.IntRange(0, min(3, len(lives)-1)).Draw(t, "next")
		s.append(lives[i].commits[0])
		if lives[i].commits = lives[i].commits[1:]; len(lives[i].commits) == 0 {
			lives = slices.Delete(lives, i, i+1)
		}
	}
	return s
}

func drawFilter(t *rapid.T) Filter {
	some := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) == 0 }
	when := func(name string) (at time.Time) {
		if some(name) {
			at = lifeBegun.Add(time.Duration(rapid.IntRange(-1, 30).Draw(t, name)) * time.Second)
		}
		return at
	}
	f := Filter{
		StartedFrom: when("started from"), StartedBefore: when("started before"), EndedFrom: when("ended from"), EndedBefore: when("ended before"),
	}
	if some("workflow") {
		f.Workflow = rapid.SampledFrom(append(lifeWorkflows, "none")).Draw(t, "of workflow")
	}
	if some("status") {
		f.Statuses = rapid.SliceOfN(rapid.SampledFrom(statuses), 1, 3).Draw(t, "of status")
	}
	if some("label") {
		f.Labels = rapid.SampledFrom([]map[string]string{{"team": "a"}, {"team": "b", "tier": "a"}, {"tier": "c"}}).Draw(t, "of label")
	}
	if some("node") {
		f.Node = rapid.SampledFrom(append(lifeNodes, "none")).Draw(t, "at node")
	}
	if some("text") {
		f.Text = rapid.SampledFrom([]string{"refused", "OUT", "tool_error", "ref* connection", "score out", "none"}).Draw(t, "of text")
	}
	if some("parent") && some("any") {
		f.Parent = "none"
	}
	return f
}

// selects is what a filter means, said in another way.
func (f *Filter) selects(r *Run) bool {
	within := func(at, from, before time.Time) bool {
		return (from.IsZero() || !at.Before(from)) && (before.IsZero() || at.Before(before))
	}
	for key, value := range f.Labels {
		if r.Labels[key] != value {
			return false
		}
	}
	if f.Node != "" && (r.Error == nil || r.Error.Node != f.Node) && !slices.ContainsFunc(r.Current, func(v Visit) bool { return v.Node == f.Node }) {
		return false
	}
	if f.Text != "" {
		if r.Error == nil {
			return false
		}
		have := strings.Fields(strings.ReplaceAll(r.Error.Kind+" "+r.Error.Message, "_", " "))
		for _, want := range strings.Fields(strings.ReplaceAll(strings.ToLower(f.Text), "_", " ")) {
			stem, prefix := strings.CutSuffix(want, "*")
			if !slices.ContainsFunc(have, func(word string) bool { return word == stem || prefix && strings.HasPrefix(word, stem) }) {
				return false
			}
		}
	}
	if (!f.EndedFrom.IsZero() || !f.EndedBefore.IsZero()) && (r.EndedAt.IsZero() || !within(r.EndedAt, f.EndedFrom, f.EndedBefore)) {
		return false
	}
	return (f.Workflow == "" || f.Workflow == r.Workflow) && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)) &&
		f.Parent == r.Parent && within(r.StartedAt, f.StartedFrom, f.StartedBefore)
}

// inOrder sorts runs as a listing does.
func inOrder(runs []Run, l Listing) {
	sortRuns(runs, func(a, b *Run) int {
		switch l.Order {
		case ByEnd:
			return cmp.Compare(a.endStamp(), b.endStamp())
		case ByUpdate:
			return a.UpdatedAt.Compare(b.UpdatedAt)
		case ByWorkflow:
			return strings.Compare(a.Workflow, b.Workflow)
		default:
			return 0
		}
	})
	if !l.Ascending {
		slices.Reverse(runs)
	}
}

// Whatever source a plan takes, a listing has the runs that its filter means, in its order, and the counts agree.
func TestListings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawLives(t)
		scratch(t, func(dir string) {
			x := openBlank(t, filepath.Join(dir, "runs.db"))
			defer closeTest(t, x)
			apply(t, x, s.commits...)
			all := listed(t, x, Listing{Ascending: true})
			for range 6 {
				l := Listing{
					Filter: drawFilter(t), Order: rapid.SampledFrom(append(orders, "")).Draw(t, "order"), Ascending: rapid.Bool().Draw(t, "ascending"),
					Limit: rapid.IntRange(2, 8).Draw(t, "limit"),
				}
				want := slices.DeleteFunc(slices.Clone(all), func(r Run) bool { return !l.selects(&r) })
				inOrder(want, l)
				if diff := gocmp.Diff(want, listed(t, x, l)); diff != "" {
					t.Fatalf("%+v (-meant +listed):\n%s", l, diff)
				}
				counts, err := x.Count(context.Background(), l.Filter)
				if err != nil {
					t.Fatalf("count: %v", err)
				}
				meant := Counts{}
				for _, r := range want {
					meant[r.Status]++
				}
				if diff := gocmp.Diff(meant, counts); diff != "" {
					t.Fatalf("%+v (-meant +counted):\n%s", l.Filter, diff)
				}
			}
		})
	})
}
