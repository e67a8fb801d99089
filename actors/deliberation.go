package actors

import (
	"context"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// deliberation is the evaluator of one decision in an actor's goroutine. From its first script to its end it
// holds one of the system's script slots, and has a deputy at hand. A decision without scripts, the usual
// one, has neither.
type deliberation struct {
	evaluator
	actor   *actor
	began   time.Time
	begun   bool
	hasSlot bool
}

// begin makes ready for the first script. It fails where the decision is cut short before it got a slot.
func (d *deliberation) begin() error {
	if d.begun {
		return nil
	}
	d.begun = true
	d.actor.callDeputy()
	if !d.actor.system.slots.enter(d.ctx) {
		d.interrupted = true
		return &workflow.Failure{Kind: workflow.FailureCancelled, Message: context.Cause(d.ctx).Error()}
	}
	d.hasSlot = true
	return nil
}

// end must be called when the decision is over.
func (d *deliberation) end() {
	if d.hasSlot {
		d.actor.system.slots.leave()
	}
	if d.begun {
		d.actor.dismissDeputy()
	}
}

func (d *deliberation) Condition(e *workflow.Expression, sc workflow.Scope) (bool, error) {
	if err := d.begin(); err != nil {
		return false, err
	}
	return d.evaluator.Condition(e, sc)
}

func (d *deliberation) Value(e *workflow.Expression, sc workflow.Scope) (document.Value, error) {
	if err := d.begin(); err != nil {
		return document.Null, err
	}
	return d.evaluator.Value(e, sc)
}

// Elapsed is the time since the decision began, zero while no script has run.
func (d *deliberation) Elapsed() time.Duration {
	if !d.begun {
		return 0
	}
	return time.Since(d.began)
}
