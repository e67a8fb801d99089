package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// attemptMap starts the first or a further attempt of a map's visit. A further one goes on with the items that are left.
func (d *decision) attemptMap(node *Node, b event.NodeStarted, caught document.Value) {
	var (
		o       *over
		failure *Failure
	)
	if v := d.s.visit(b.Node, b.Visit); v != nil && v.Items != nil && v.Items.Total > 0 {
		o, failure = d.s.over(v, d.ev)
	} else {
		if v != nil {
			caught = v.Error
		}
		o, failure = d.s.evalOver(node, Scope{
			State: d.seen(b), Input: d.s.Input, Run: d.s.Run, Node: b.Node,
			Visit: b.Visit, Attempt: b.Attempt, Now: d.now, Error: caught,
		}, d.ev)
	}
	if failure == nil {
		b.Items = o.values.Len()
	}
	d.emit(b) // at the time that `over` saw
	d.lapse()
	v := d.s.visit(b.Node, b.Visit)
	if failure != nil {
		d.fail(v, failure, 0)
		return
	}
	if node.fosters() && d.s.Depth >= d.s.def.Limits.Depth {
		d.fail(v, d.s.tooDeep(node.Map.Work), 0)
		return
	}
	items := *v.Items
	items.over = o
	v.Items = &items
	d.carryOn(b.Node, b.Visit)
}

// carryOn begins the items of a map that may begin now, and completes the visit after the last. The visit fails where its
// time is up: while items run ahead one after the other, nobody looks at timers.
func (d *decision) carryOn(node string, visit int) {
	v := d.s.visit(node, visit)
	switch {
	case d.over() || v == nil || v.Phase != PhaseRunning:
	case v.Items.settled():
		d.completeMap(v)
	case d.s.Ending(), d.s.Paused != nil:
	case d.late(v):
		d.fail(v, &Failure{Kind: FailureTimeout, Message: fmt.Sprintf(
			"node %q took longer than its timeout of %s: %d of %d items were done; raise `timeout` if it needs more",
			v.Node, d.s.def.Nodes[v.at].Timeout, v.Items.Done+v.Items.Failed, v.Items.Total)}, d.now.Sub(v.StartedAt))
	default:
		d.beginItems(v)
	}
}

// late reports whether the time of a map's visit is up.
func (d *decision) late(v *Visit) bool {
	timeout := d.s.def.Nodes[v.at].Timeout
	return timeout > 0 && !d.now.Before(v.StartedAt.Add(timeout))
}

// beginItems starts the attempts that are due, and as many further items as may be open at once.
func (d *decision) beginItems(v *Visit) {
	for _, i := range v.Items.Open {
		if i.Phase == PhaseBackoff && !i.Due.After(d.now) {
			d.emit(event.NodeStarted{Node: v.Node, Visit: v.Number, Attempt: i.Attempt + 1, Item: i.Number})
		}
	}
	m := d.s.def.Nodes[v.at].Map
	for !m.unseen() && len(v.Items.Open) < m.Concurrency && v.Items.next < v.Items.Total {
		d.emit(event.NodeStarted{Node: v.Node, Visit: v.Number, Attempt: 1, Item: v.Items.next + 1})
	}
}

func (d *decision) completeMap(v *Visit) {
	o := Outcome{Duration: d.now.Sub(v.StartedAt)}
	if d.s.def.Nodes[v.at].Into != "" {
		list, failure := d.s.over(v, d.ev)
		if failure != nil {
			d.fail(v, failure, o.Duration)
			return
		}
		o.Result, o.HasResult = list.gather(v.Items.results), true
	}
	change, failure := d.s.merge(v, &o)
	if failure != nil {
		d.fail(v, failure, o.Duration)
		return
	}
	d.complete(v, &o, change)
}

// finishItem takes the outcome of an item's attempt.
func (d *decision) finishItem(v *Visit, c Finish) {
	if d.over() || v == nil || v.Items == nil || v.Phase != PhaseRunning {
		return
	}
	at := v.Items.item(c.Item)
	if at < 0 {
		return
	}
	i, o := v.Items.Open[at], &c.Outcome
	if i.Attempt != c.Attempt || i.Phase != PhaseRunning {
		return
	}
	if o.Child != nil {
		if !d.s.Ending() {
			d.childStarted(v, i, o.Child)
		}
		return
	}
	d.log(c)
	if o.Failure != nil && o.Failure.Kind == FailureTimeout && !d.s.Ending() && d.timeUp() {
		d.failDuration()
		return
	}
	failure := o.Failure
	if failure == nil {
		failure = d.s.misfit(v, o)
	}
	if failure == nil {
		d.completeItem(v, i, o)
	} else {
		d.failItem(v, i, failure, o.Duration)
	}
	d.carryOn(c.Node, c.Visit)
	d.advance()
}

// misfit says why the result of an item cannot be one.
func (s *State) misfit(v *Visit, o *Outcome) *Failure {
	node := &s.def.Nodes[v.at]
	if len(o.Patch) > 0 {
		return &Failure{Kind: FailureScript, Message: fmt.Sprintf(
			"an item of node %q changed the state in place; return the value that is the item's result instead", v.Node)}
	}
	if size := o.Result.Size(); size > s.def.Limits.OutputBytes {
		return &Failure{Kind: FailureOutputTooLarge, Message: fmt.Sprintf(
			"an item of node %q brought %d bytes; limits.output_size allows %d", v.Node, size, s.def.Limits.OutputBytes)}
	}
	if err := CheckKeys(o.Result); err != nil {
		return &Failure{Kind: resultFailure(node.Map.Work.Kind), Message: fmt.Sprintf("an item of node %q would write to the state: %s", v.Node, err)}
	}
	return nil
}

// completeItem records an item's result. The visit fails as soon as all together are more than it may bring.
func (d *decision) completeItem(v *Visit, i *Item, o *Outcome) {
	b := event.NodeCompleted{Node: v.Node, Visit: v.Number, Attempt: i.Attempt, Duration: o.Duration, Item: i.Number}
	if o.HasResult {
		b.Output = o.Result.Size()
	}
	if d.s.def.Nodes[v.at].Into != "" {
		b.Result = o.Result
		if limit := d.s.def.Limits.OutputBytes; v.Items.bytes+o.Result.Size() > limit {
			d.fail(v, &Failure{Kind: FailureOutputTooLarge, Message: fmt.Sprintf(
				"the results of node %q are more than %d bytes with that of item %d of %d, which limits.output_size allows: return less of each item, keep it elsewhere and return where, or raise the limit",
				v.Node, limit, i.Number, v.Items.Total)}, d.now.Sub(v.StartedAt))
			return
		}
	}
	d.emit(b)
}

// failItem closes an item's attempt: it is tried again, or collected, or fails the visit.
func (d *decision) failItem(v *Visit, i *Item, f *Failure, took time.Duration) {
	m := d.s.def.Nodes[v.at].Map
	b := event.NodeFailed{
		Node: v.Node, Visit: v.Number, Attempt: i.Attempt, Duration: took,
		Kind: f.Kind, Message: f.Message, Position: f.Position, Item: i.Number,
	}
	switch {
	case d.s.Ending():
		d.emit(b)
		return
	case f.Kind == FailureInterrupted && i.interrupted+1 < InterruptionsMax:
		b.RetryAt = d.now
	case f.Kind == FailureInterrupted:
		d.emit(b)
		d.quarantine(v, fmt.Sprintf("item %d in ", i.Number), "the node")
		return
	case m.Work.Retry.retries(f.Kind, i.tries+1):
		b.RetryAt = d.now.Add(m.Work.Retry.delay(i.tries+1, v.ItemKey(d.s.Run, i)))
	}
	d.emit(b)
	if b.RetryAt.IsZero() && !m.Collect {
		d.fail(v, &Failure{Kind: f.Kind, Position: f.Position, Message: fmt.Sprintf(
			"item %d of %d: %s", i.Number, v.Items.Total, f.Message)}, d.now.Sub(v.StartedAt))
	}
}

// finishMap takes what becomes of a map's visit as a whole: nobody executes it any more. Where the process has ended,
// that is an attempt of the visit and of each item that was being executed, and what is left of the items goes on.
func (d *decision) finishMap(v *Visit, o *Outcome) {
	node, number, f := v.Node, v.Number, o.Failure
	if f == nil {
		return
	}
	if f.Kind == FailureInterrupted || f.Kind == FailureUnknownOutcome {
		for _, i := range slices.Clone(v.Items.Open) {
			if i.Phase == PhaseRunning && i.recorded && v != nil && v.Phase == PhaseRunning {
				d.failItem(v, i, f, 0)
				v = d.s.visit(node, number)
			}
		}
		f = &Failure{Kind: FailureInterrupted, Message: f.Message}
	}
	if !d.over() && v != nil && v.Phase == PhaseRunning {
		d.fail(v, f, o.Duration)
	}
	d.advance()
}
