package actors

import (
	"context"
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

// dispatch starts every attempt that may start now. It returns one that can run ahead in this goroutine,
// nil if there is none.
func (a *actor) dispatch() *work {
	a.takeCancel()
	a.windDown()
	a.endMappings()
	a.endLives()
	if a.state.Status().Ended() {
		return nil
	}
	ending := a.state.Ending()
	var ahead *work
	for i := range a.state.Visits {
		v := &a.state.Visits[i]
		if v.Calls != nil {
			a.dispatchCalls(v)
		}
		id := attemptID{node: v.Node, visit: v.Number, attempt: v.Attempt}
		if v.Phase != workflow.PhaseRunning || a.inflight[id] || ending && !v.Compensates() && v.Calls == nil {
			continue
		}
		node, ok := a.state.Definition().Node(v.Node)
		if !ok {
			continue // Fold has refused such a visit
		}
		if v.Items != nil {
			ahead = a.dispatchItems(v, node, ahead)
			continue
		}
		w := &work{node: node, visit: *v, state: a.state}
		if node.Script.Bundle != nil && !a.prepareTurn(w) {
			continue
		}
		switch {
		case a.system.pure(node):
			if ahead == nil {
				ahead = w
			}
		case v.Begun <= a.journal.durable:
			a.inflight[id] = true
			background := a.backgroundOf(w)
			a.system.wait.Go(func() {
				if node.Kind == workflow.KindChild {
					a.foster(w)
				} else {
					a.deliver(a.finish(background, w))
				}
			})
		}
	}
	return ahead
}

// deliver brings the outcome of an attempt to whoever owns the actor.
func (a *actor) deliver(f workflow.Finish) {
	select {
	case a.results <- f:
	case <-a.done:
	}
}

func (a *actor) finish(ctx context.Context, w *work) workflow.Finish {
	f := w.finish()
	f.Outcome = a.system.execute(ctx, w)
	return f
}

// patience is how long a pure attempt may keep the actor's goroutine to itself. After that another
// goroutine takes the actor over, so that replies, cancels and commits never wait for a slow script, while
// a fast one costs no switch of goroutines.
const patience = time.Millisecond

// runAhead executes a pure attempt in this goroutine, under one of the system's script slots. The error is
// errHandedOver when it took so long that another goroutine owns the actor meanwhile.
func (a *actor) runAhead(w *work) error {
	a.inflight[idOf(w.finish())] = true
	a.generation++
	mine, background := a.generation, a.backgroundOf(w)
	a.turn.Store(mine)
	a.watch.Reset(patience) // from here on another goroutine may own the actor
	f := a.finishInSlot(background, w)
	if !a.turn.CompareAndSwap(mine, 0) {
		a.deliver(f)
		return errHandedOver
	}
	a.watch.Stop()
	a.finished(f)
	return nil
}

// takeOver carries the actor on in a goroutine of its own while the present one executes.
func (a *actor) takeOver() {
	if turn := a.turn.Load(); turn != 0 && a.turn.CompareAndSwap(turn, 0) {
		a.system.wait.Go(func() { a.system.supervise(a) })
	}
}

func (a *actor) finishInSlot(ctx context.Context, w *work) workflow.Finish {
	if !a.system.slots.enter(ctx) {
		f := w.finish()
		f.Outcome = cancelledBefore(&w.visit).Outcome
		return f
	}
	defer a.system.slots.leave()
	return a.finish(ctx, w)
}

// cancelledBefore is the outcome of an attempt that never began.
func cancelledBefore(v *workflow.Visit) workflow.Finish {
	return failed(v, workflow.FailureCancelled, "the run was cancelled before the attempt began")
}

// failed is an outcome that the actor itself gives an attempt.
func failed(v *workflow.Visit, kind, message string) workflow.Finish {
	return workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: v.Attempt, Outcome: workflow.Outcome{
		Failure: &workflow.Failure{Kind: kind, Message: message},
	}}
}
