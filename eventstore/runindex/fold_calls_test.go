package runindex

import (
	"testing"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// One run with a durable script, told by the real core: what waits, what is executed, what a failure has the next attempt forget, and
// what it has begin again.
func TestCallsOfAScript(t *testing.T) {
	def, problems := workflow.Parse([]byte("name: w\nnodes:\n  a: {script: x, retry: {max: 3, initial: 1ms}}\n"), workflow.Options{File: "w.yaml", Checker: anything{}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	finish := func(attempt, call int, o workflow.Outcome) workflow.Finish {
		return workflow.Finish{Node: "a", Visit: 1, Attempt: attempt, Call: call, Outcome: o}
	}
	turn := func(attempt, seen int, calls ...workflow.NewCall) workflow.Finish {
		for i := range calls {
			calls[i].Seen = seen
		}
		return finish(attempt, 0, workflow.Outcome{Turn: &workflow.Turn{Seen: seen, Calls: calls}})
	}
	tool, sleep := workflow.NewCall{Kind: event.CallTool, Name: "t"}, workflow.NewCall{Kind: event.CallSleep, Wait: time.Hour}
	failed := func(call int) workflow.Outcome {
		return workflow.Outcome{Failure: &workflow.Failure{Kind: "tool_error", Message: "no", Call: call}}
	}
	interrupted := workflow.Outcome{Failure: &workflow.Failure{Kind: event.KindInterrupted, Message: "gone"}}
	x, h := openTest(t), &history{after: []map[string]Run{{}}}
	a := &actor{state: workflow.New(def), now: lifeBegun}
	for _, step := range []struct {
		cmd    workflow.Command
		status Status
		due    bool
	}{
		{workflow.Start{Run: "r", Revision: "sha256:d", Input: document.Object()}, Running, false},
		{turn(1, 0, tool, tool), Running, false},
		{finish(1, 1, failed(0)), Running, false},
		{turn(1, 1, sleep), Running, true},                // the second call is being executed
		{finish(1, 2, interrupted), Running, true},        // and again
		{finish(2, 2, workflow.Outcome{}), Running, true}, // until the script has seen its end
		{turn(1, 2), Waiting, true},
		{workflow.Signal{Name: "s", ID: "1"}, Waiting, true},
		{turn(1, 2, tool), Waiting, true}, // no turn is due
		{workflow.Pause{}, Paused, false},
		{workflow.Resume{}, Waiting, true},
		{workflow.Cancel{}, Running, true},
	} {
		next, events := workflow.Decide(a.state, step.cmd, a.now, dice{})
		if a.state = next; len(events) == 0 {
			continue
		}
		a.gathers = events
		h.store("r", a)
		apply(t, x, h.commits[len(h.commits)-1])
		compare(t, x, h.after[len(h.after)-1])
		if r := h.after[len(h.after)-1]["r"]; r.Status != step.status || r.Due.IsZero() == step.due {
			t.Errorf("after %+v it is %s, due %s", step.cmd, r.Status, r.Due)
		}
	}
}

// A script that has failed by a call's error makes it again, and forgets what it called after it had seen that: the list does, too.
func TestForgottenCalls(t *testing.T) {
	x := openTest(t)
	apply(t, x, said(1, "r", 1, `RunStarted ,"workflow":"w"`, `NodeStarted ,"node":"a","visit":1,"attempt":1`,
		`CallStarted ,"node":"a","visit":1,"call":1,"attempt":1,"kind":"tool","name":"t","args":{"kind":"sleep","due":"2026-11-02T09:31:00.000000000Z"}`,
		`CallStarted ,"node":"a","visit":1,"call":2,"attempt":1,"kind":"tool","name":"t"`,
		`CallCompleted ,"node":"a","visit":1,"call":1,"attempt":1,"duration_ns":1,"kind":"tool_error","message":"no"`,
		`CallStarted ,"node":"a","visit":1,"call":3,"attempt":1,"kind":"sleep","due":"2026-11-02T09:30:30.000000000Z","seen":1`,
		`CallCompleted ,"node":"a","visit":1,"call":2,"attempt":1,"duration_ns":1`,
		`NodeFailed ,"node":"a","visit":1,"attempt":1,"duration_ns":1,"kind":"tool_error","message":"no","retry_at":"2026-11-02T09:30:20.000000000Z","call":1,"kept":2`,
	))
	due := func() time.Time {
		t.Helper()
		r, found, err := x.Run(t.Context(), "r")
		if err != nil || !found {
			t.Fatal(found, err)
		}
		return r.Due
	}
	if got := due(); !got.Equal(at(20)) {
		t.Errorf("the next attempt is due %s", got)
	}
	apply(t, x, said(2, "r", 9, `NodeStarted ,"node":"a","visit":1,"attempt":2`,
		`CallStarted ,"node":"a","visit":1,"call":1,"attempt":2,"kind":"tool","name":"t"`,
		`CallsAwaited ,"node":"a","visit":1,"seen":1`))
	if got := due(); !got.IsZero() {
		t.Errorf("a call that is forgotten is due %s", got)
	}
	if r, _, _ := x.Run(t.Context(), "r"); r.Status != Running {
		t.Errorf("a call is being executed, and the run is %s", r.Status)
	}
	apply(t, x, said(3, "r", 12, `NodeFailed ,"node":"a","visit":1,"attempt":2,"duration_ns":1,"kind":"timeout","message":"no","retry_at":"2026-11-02T09:30:40.000000000Z"`))
	if r, _, _ := x.Run(t.Context(), "r"); r.Status != Waiting {
		t.Errorf("the calls begin again with the next attempt, and the run is %s", r.Status)
	}
	apply(t, x, said(4, "r", 13, `NodeStarted ,"node":"a","visit":1,"attempt":3`,
		`CallStarted ,"node":"a","visit":1,"call":1,"attempt":3,"kind":"tool","name":"t"`,
		`CallCompleted ,"node":"a","visit":1,"call":1,"attempt":3,"duration_ns":1`,
		`CallStarted ,"node":"a","visit":1,"call":4,"attempt":1,"kind":"signal","name":"go","seen":2`))
	if r, _, _ := x.Run(t.Context(), "r"); r.Status != Waiting {
		t.Errorf("no call is being executed, and the run is %s", r.Status)
	}
}
