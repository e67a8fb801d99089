package actors

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// TestConditionsTakeScriptSlots holds a decision to the same slots as scripts: it takes one with its first
// expression, keeps it to its end, and waits for one no longer than it is wanted.
func TestConditionsTakeScriptSlots(t *testing.T) {
	s := &System{executor: executor{scripts: scripts.New(scripts.Limits{})}, slots: newSlots(1), running: t.Context()}
	a := s.newActor("r")
	defer a.interrupt()
	truth := &workflow.Expression{Source: "true"}
	scope := workflow.Scope{State: document.Object(), Input: document.Object()}

	d := &deliberation{actor: a, evaluator: evaluator{engine: s.scripts, ctx: a.background}, began: time.Now()}
	if d.Elapsed() != 0 || s.ScriptCounts().Running != 0 {
		t.Errorf("before the first expression: %s elapsed, %d slots taken", d.Elapsed(), s.ScriptCounts().Running)
	}
	for range 2 {
		if holds, err := d.Condition(truth, scope); err != nil || !holds {
			t.Fatal(holds, err)
		}
		if s.ScriptCounts().Running != 1 {
			t.Errorf("during the decision: %d slots taken", s.ScriptCounts().Running)
		}
	}
	if d.Elapsed() <= 0 {
		t.Error("no time has passed")
	}
	d.end()
	if s.ScriptCounts().Running != 0 {
		t.Errorf("after the decision: %d slots taken", s.ScriptCounts().Running)
	}

	s.slots.enter(t.Context()) // a script runs
	ctx, cancel := context.WithCancel(t.Context())
	d = &deliberation{actor: a, evaluator: evaluator{engine: s.scripts, ctx: ctx}, began: time.Now()}
	cancel()
	_, err := d.Value(truth, scope)
	if f := (*workflow.Failure)(nil); !errors.As(err, &f) || f.Kind != workflow.FailureCancelled || !d.interrupted {
		t.Errorf("without a slot: %v, interrupted %t", err, d.interrupted)
	}
	d.end()
	if s.ScriptCounts().Running != 1 {
		t.Error("a decision that got no slot gave one back")
	}
}
