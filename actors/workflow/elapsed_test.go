package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// slowly is an evaluator whose every call takes a second, and remembers what time it showed to scripts.
type slowly struct {
	evaluator
	calls int
	shown []time.Duration
	begun time.Time
}

func (s *slowly) Condition(e *workflow.Expression, sc workflow.Scope) (bool, error) {
	s.calls++
	s.shown = append(s.shown, sc.Now.Sub(s.begun))
	return s.evaluator.Condition(e, sc)
}

func (s *slowly) Value(e *workflow.Expression, sc workflow.Scope) (document.Value, error) {
	s.calls++
	s.shown = append(s.shown, sc.Now.Sub(s.begun))
	return s.evaluator.Value(e, sc)
}

func (s *slowly) Elapsed() time.Duration { return time.Duration(s.calls) * time.Second }

// TestSlowExpressionsTakeTime sees that events are timed behind the expressions that decided them, and that
// the arguments of a visit, and all conditions after one, see one time: the visit's own.
func TestSlowExpressionsTakeTime(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	def, problems := workflow.Parse([]byte(`
name: w
start: "${'a'}"
nodes:
  a: {tool: t, with: {x: "${state.x}"}}
  b: {tool: t, with: {x: "${state.x}"}}
edges:
  a:
    - {when: "state.x > 9", to: a, max: 2}
    - {when: "state.x > 0", to: b}
`), workflow.Options{File: "w.yaml", Checker: anyTool{engine}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	decide := func(s *workflow.State, cmd workflow.Command) (*workflow.State, []string, []time.Duration) {
		ev := &slowly{evaluator: evaluator{engine}, begun: now}
		next, events := workflow.Decide(s, cmd, now, ev)
		return next, timed(events, now), ev.shown
	}
	s, events, shown := decide(workflow.New(def), workflow.Start{Run: "r", Input: document.MustParse(`{"x": 1}`)})
	if diff := cmp.Diff([]string{"RunStarted +0s", "NodeStarted +1s"}, events); diff != "" {
		t.Errorf("start: (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]time.Duration{0, time.Second}, shown); diff != "" {
		t.Errorf("start, what scripts saw: (-want +got)\n%s", diff)
	}
	now = now.Add(time.Minute)
	_, events, shown = decide(s, workflow.Finish{Node: "a", Visit: 1, Attempt: 1})
	if diff := cmp.Diff([]string{"NodeCompleted +0s", "EdgeTaken +2s", "NodeStarted +2s"}, events); diff != "" {
		t.Errorf("finish: (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]time.Duration{0, 0, 2 * time.Second}, shown); diff != "" {
		t.Errorf("finish, what scripts saw: (-want +got)\n%s", diff)
	}
}

func timed(events []event.Event, since time.Time) []string {
	var out []string
	for _, e := range events {
		out = append(out, strings.Join([]string{string(e.Type()), "+" + e.At.Sub(since).String()}, " "))
	}
	return out
}
