package actors

import (
	"context"

	"github.com/weirflow/weir/actors/workflow"
)

// visitID names one visit within the run.
type visitID struct {
	node   string
	number int
}

// mapping is an attempt of a map's visit whose items are being executed. They end with it, whatever ends it.
type mapping struct {
	attempt int
	ctx     context.Context
	cancel  context.CancelFunc
}

// dispatchItems starts the items of a map that may start now, and returns the one to run ahead: ahead, where there is one
// already.
func (a *actor) dispatchItems(v *workflow.Visit, node *workflow.Node, ahead *work) *work {
	pure := !node.Checkpoint && a.system.pure(node.Map.Work)
	if pure && ahead != nil {
		return ahead
	}
	for _, item := range v.Items.Open {
		id := attemptID{node: v.Node, visit: v.Number, item: item.Number, attempt: item.Attempt}
		if item.Phase != workflow.PhaseRunning || a.inflight[id] || !pure && item.Begun > a.journal.durable {
			continue
		}
		w := &work{node: node.Map.Work, visit: *v, item: item, state: a.state}
		if pure {
			return w
		}
		a.inflight[id] = true
		if w.node.Kind == workflow.KindChild {
			a.system.wait.Go(func() { a.foster(w) })
			continue
		}
		background := a.backgroundOf(w)
		if w.node.Kind == workflow.KindTool {
			a.system.wait.Go(func() { a.deliver(a.finish(background, w)) })
		} else {
			a.system.wait.Go(func() { a.deliver(a.finishInSlot(background, w)) })
		}
	}
	return ahead
}

// backgroundOf returns the context of an attempt.
func (a *actor) backgroundOf(w *work) context.Context {
	switch {
	case w.visit.Compensates(), w.life != nil && w.life.ending:
		return a.undoing
	case w.item == nil:
		return a.background
	}
	id := visitID{w.visit.Node, w.visit.Number}
	m, ok := a.mappings[id]
	if !ok {
		m.attempt = w.visit.Attempt
		m.ctx, m.cancel = context.WithCancel(a.background)
		a.mappings[id] = m
	}
	return m.ctx
}

// endMappings interrupts the items of visits that go on no more.
func (a *actor) endMappings() {
	for id, m := range a.mappings {
		if v := a.visit(id); v == nil || v.Phase != workflow.PhaseRunning || v.Attempt != m.attempt {
			m.cancel()
			delete(a.mappings, id)
		}
	}
}

// cancelItems ends the items of a run that is ending whose child runs were to be started and are not. It returns false
// where the visit's items are no child runs.
func (a *actor) cancelItems(v *workflow.Visit) bool {
	if v.Items == nil || !a.state.Fosters(v) {
		return false
	}
	for _, i := range v.Items.Open {
		f := cancelledBefore(v)
		f.Attempt, f.Item = i.Attempt, i.Number
		if i.Phase == workflow.PhaseRunning && i.Child == "" && !a.inflight[idOf(f)] {
			a.decide(f)
		}
	}
	return true
}

func (a *actor) visit(id visitID) *workflow.Visit {
	for i := range a.state.Visits {
		if v := &a.state.Visits[i]; v.Node == id.node && v.Number == id.number {
			return v
		}
	}
	return nil
}

// executes reports whether an attempt of the visit, or of an item of it, is being executed.
func (a *actor) executes(v *workflow.Visit) bool {
	if v.Items == nil {
		return a.inflight[attemptID{node: v.Node, visit: v.Number, attempt: v.Attempt}]
	}
	for id := range a.inflight {
		if id.node == v.Node && id.visit == v.Number {
			return true
		}
	}
	return false
}

// closeMaps ends the visits of maps that a run that is ending executes nothing of any more. Child runs end those that
// have some.
func (a *actor) closeMaps() {
	if !a.state.Ending() {
		return
	}
	for _, v := range a.state.Visits {
		if v.Items != nil && v.Phase == workflow.PhaseRunning && !a.executes(&v) && !a.state.Fosters(&v) {
			a.decide(cancelledBefore(&v))
		}
	}
}
