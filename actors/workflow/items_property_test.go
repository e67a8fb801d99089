package workflow_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// TestMapsEndAlike carries maps whose items fail a few times each through restarts in any place, with the attempts
// ending in any order: what they come to depends on nothing but how often which item fails.
func TestMapsEndAlike(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	rapid.Check(t, func(t *rapid.T) {
		const retryMax = 3
		failures := rapid.SliceOfN(rapid.IntRange(0, retryMax), 0, 12).Draw(t, "failures")
		mode := rapid.SampledFrom([]string{"fail", "collect"}).Draw(t, "on_error")
		work := rapid.SampledFrom([]string{"tool: t", `script: "return item"`}).Draw(t, "work")
		def, problems := workflow.Parse(fmt.Appendf(nil,
			"name: m\nlimits: {duration: 10h}\nnodes:\n  a: {map: {over: \"${input.xs}\", node: {%s, retry: {max: %d, initial: 1s}}, on_error: %s, concurrency: %d}, into: ys}\n",
			work, retryMax, mode, rapid.IntRange(1, 5).Draw(t, "concurrency")), workflow.Options{File: "w.yaml", Checker: anyTool{engine}})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		r := &mapped{t: t, def: def, state: workflow.New(def), ev: &evaluator{engine}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), failures: slices.Clone(failures)}
		xs := make([]document.Value, len(failures))
		for i := range xs {
			xs[i] = document.Int(int64(i))
		}
		r.decide(workflow.Start{Run: "r", Revision: "sha256:d", Input: document.Object(document.Member{Key: "xs", Value: document.Array(xs...)})})
		for steps := 0; !r.state.Status().Ended(); steps++ {
			if steps > 10_000 {
				t.Fatalf("the run does not end:\n%s", workflow.Dump(r.state))
			}
			r.step()
		}
		r.check(mode == "collect", failures, retryMax)
	})
}

// mapped is a run with one map.
type mapped struct {
	t        *rapid.T
	def      *workflow.Definition
	state    *workflow.State
	events   []event.Event
	ev       workflow.Evaluator
	now      time.Time
	failures []int // by item, how often it still fails
}

func (r *mapped) decide(cmd workflow.Command) {
	next, events := workflow.Decide(r.state, cmd, r.now, r.ev)
	r.state, r.events = next, append(r.events, events...)
}

// step ends the attempt of an item, lets time pass, or ends the process, which then mostly leaves items behind that
// were being executed.
func (r *mapped) step() {
	v := &r.state.Visits[0]
	switch rapid.IntRange(0, 9).Draw(r.t, "step") {
	case 0:
		folded, err := workflow.Fold(workflow.New(r.def), r.events)
		if err != nil {
			r.t.Fatal(err)
		}
		r.state = folded
		if kind := rapid.SampledFrom([]string{"", "stopped", "interrupted"}).Draw(r.t, "end"); kind != "" && !(kind == "interrupted" && r.suffered()) {
			r.decide(workflow.Finish{Node: "a", Visit: 1, Attempt: v.Attempt, Outcome: workflow.Outcome{Failure: &workflow.Failure{Kind: kind, Message: kind}}})
		}
		return
	case 1:
		r.now = r.now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(r.t, "ms")) * time.Millisecond)
		r.decide(workflow.Tick{})
		return
	}
	var running []*workflow.Item
	for _, i := range v.Items.Open {
		if i.Phase == workflow.PhaseRunning {
			running = append(running, i)
		}
	}
	if v.Phase != workflow.PhaseRunning || len(running) == 0 {
		due, _ := r.state.NextDue()
		r.now = due
		r.decide(workflow.Tick{})
		return
	}
	i := rapid.SampledFrom(running).Draw(r.t, "item")
	f := workflow.Finish{Node: "a", Visit: 1, Attempt: i.Attempt, Item: i.Number}
	if r.failures[i.Number-1] > 0 {
		r.failures[i.Number-1]--
		f.Outcome.Failure = &workflow.Failure{Kind: "tool_error", Message: "no"}
	} else {
		f.Outcome.Result, f.Outcome.HasResult = document.Int(int64(i.Number)), true
	}
	r.decide(f)
	r.decide(f) // once more, which must change nothing
}

// suffered reports whether one more interruption could be too many.
func (r *mapped) suffered() bool {
	inRow := map[int]int{}
	for _, e := range r.events {
		switch b := e.Body.(type) {
		case event.NodeFailed:
			if b.Kind == workflow.FailureInterrupted {
				inRow[b.Item]++
			}
		case event.NodeCompleted:
			inRow[0] = 0
		default:
		}
	}
	for _, n := range inRow {
		if n >= workflow.InterruptionsMax-1 {
			return true
		}
	}
	return false
}

func (r *mapped) check(collect bool, failures []int, retryMax int) {
	ends := map[int]int{}
	for _, e := range r.events {
		switch b := e.Body.(type) {
		case event.NodeCompleted:
			ends[b.Item]++
		case event.NodeFailed:
			if b.RetryAt.IsZero() && b.Item > 0 {
				ends[b.Item]++
			}
		default:
		}
	}
	for item, n := range ends {
		if n != 1 {
			r.t.Fatalf("item %d has ended %d times", item, n)
		}
	}
	lost := slices.Contains(failures, retryMax)
	if failed := r.state.Status() == workflow.StatusFailed; failed != (lost && !collect) {
		r.t.Fatalf("the run is %s with failures %v", r.state.Status(), failures)
	} else if failed {
		if f := r.state.Failed; f.Kind != "tool_error" || f.Node != "a" {
			r.t.Fatalf("the run failed by %+v", f)
		}
		return
	}
	ys, _ := r.state.Doc.Get("ys")
	for i, n := range failures {
		want := fmt.Sprint(i + 1)
		got := ys.At(i)
		if collect {
			want = fmt.Sprintf(`{"value":%d}`, i+1)
		}
		if e, isError := got.Get("error"); n == retryMax {
			if kind, _ := e.Get("kind"); !isError || kind.String() != `"tool_error"` {
				r.t.Fatalf("item %d, which failed for good, has the result %s", i+1, got)
			}
		} else if got.String() != want {
			r.t.Fatalf("item %d has the result %s, want %s", i+1, got, want)
		}
	}
	if ys.Len() != len(failures) {
		r.t.Fatalf("there are %d results of %d items", ys.Len(), len(failures))
	}
}
