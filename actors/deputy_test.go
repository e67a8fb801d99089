package actors_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// TestStartIsAnsweredDuringAnEndlessCondition starts a run whose first condition never ends by itself: the
// start is answered all the same, the run can be looked at, and cancelled.
func TestStartIsAnsweredDuringAnEndlessCondition(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {script: 'return {}'}, b: {script: 'return {}'}}\nedges: {a: [{when: '(()=>{for(;;);})()', to: b}]}")
	if v := e.begin("w", "r", "{}"); v.Status != workflow.StatusRunning {
		t.Fatalf("the answer to the start says %s", v.Status)
	}
	if _, err := e.Cancel(t.Context(), "r", "", ""); err != nil {
		t.Fatal(err)
	}
	if v := e.end("r"); v.Status != workflow.StatusCancelled {
		t.Errorf("the run is %s: %q", v.Status, e.log("r"))
	}
}

// TestSlowConditionsAreDeputisedFor runs conditions around the time after which a deputy comes, among
// visits that wait for durability, so that commits land at every moment of a decision.
func TestSlowConditionsAreDeputisedFor(t *testing.T) {
	effect := &recorder{call: func(context.Context, tools.Call) (document.Value, error) { return document.Object(), nil }}
	e := open(t, effect.tool("effect"))
	e.save(`
name: spin
start: count
nodes:
  count: {script: "state.i++"}
  call: effect
edges:
  count: call
  call: [{when: "(() => { for (let k = 0; k < state.turns * (state.i % 3); k++); return state.i < 10 })()", to: count}]
`)
	const runs = 24
	for i := range runs {
		e.begin("spin", fmt.Sprintf("r%d", i), fmt.Sprintf(`{"i": 0, "turns": %d}`, 300*(i%8)))
	}
	for i := range runs {
		run := fmt.Sprintf("r%d", i)
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			t.Errorf("run %s ended %s with %+v", run, v.Status, v.Error)
		}
		if got, want := len(e.log(run)), 2+10*(4+3); got != want {
			t.Errorf("run %s has %d events, want %d", run, got, want)
		}
	}
	if calls := len(effect.all()); calls != 10*runs {
		t.Errorf("%d calls", calls)
	}
}
