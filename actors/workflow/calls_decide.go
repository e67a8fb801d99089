package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// journalBytesMax is how much the arguments and results of one visit's calls may be together: all of it is held in memory
// while the script runs.
const journalBytesMax = 64 << 20

// Turn is what a durable script has come to when it can only wait.
type Turn struct {
	Seen  int       // how many of its calls had ended for it
	Calls []NewCall // that it has made and that its journal does not have
}

// NewCall is a call that a durable script has made.
type NewCall struct {
	Kind, Name string
	Args       document.Value
	Wait       time.Duration
	Retry      *event.CallRetry
	Seen       int // how many of its calls had ended for the script when it made this one
}

// finishTurn records what a durable script has called. In a run that is paused nothing begins: the turn is taken again
// once the run goes on.
func (d *decision) finishTurn(c Finish, v *Visit) {
	t := c.Outcome.Turn
	switch {
	case d.s.Paused != nil:
		return
	case d.s.Ending():
		d.fail(v, &Failure{Kind: FailureCancelled, Message: "the run was cancelled while the script waited"}, 0)
		d.advance()
		return
	}
	d.log(c)
	if failure := d.s.turnFailure(v, t); failure != nil {
		d.fail(v, failure, d.now.Sub(v.StartedAt))
		d.advance()
		return
	}
	for i := range t.Calls {
		d.call(v, &t.Calls[i])
	}
	if v.Phase != PhaseRunning {
		return
	}
	if j := v.Calls; j == nil || t.Seen == j.Ended() || len(c.Outcome.Console) > 0 && t.Seen > j.Seen {
		d.emit(event.CallsAwaited{Node: v.Node, Visit: v.Number, Seen: t.Seen, Behind: v.endedSince(t.Seen)})
	}
}

// turnFailure says why the script cannot go on.
func (s *State) turnFailure(v *Visit, t *Turn) *Failure {
	j := v.Calls
	if j == nil {
		j = &Calls{}
	}
	args := 0
	for i := range t.Calls {
		args += t.Calls[i].Args.Size()
	}
	limit := func(format string, args ...any) *Failure {
		return &Failure{Kind: FailureCallLimit, Message: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(t.Calls) == 0 && len(j.Open) == 0 && t.Seen == j.ended:
		return &Failure{Kind: FailureScript, Message: fmt.Sprintf(
			"the script of node %q waits for something that never comes: it has no call open, and nothing else goes on while it waits", v.Node)}
	case j.made+len(t.Calls) > s.def.Limits.Calls:
		return limit("visit %d of node %q makes more than %s calls, which limits.calls allows: raise it, or go over a list with a map", v.Number, v.Node, grouped(s.def.Limits.Calls))
	case args > s.def.Limits.StateBytes:
		return limit("node %q makes %d calls at once with arguments of %d bytes; limits.state_size allows %d: await some of them first", v.Node, len(t.Calls), args, s.def.Limits.StateBytes)
	case j.bytes+args > journalBytesMax:
		return limit("the arguments and results of the calls of node %q are more than %d bytes: give the work to several visits, or keep what is large elsewhere", v.Node, journalBytesMax)
	}
	return nil
}

// call begins a call that the script has made.
func (d *decision) call(v *Visit, c *NewCall) {
	number := 1
	if v.Calls != nil {
		number = v.Calls.next + 1
	}
	b := event.CallStarted{
		Node: v.Node, Visit: v.Number, Call: number, Attempt: 1, Kind: c.Kind, Name: c.Name, Args: c.Args, Wait: c.Wait, Retry: c.Retry,
		Seen: c.Seen, Behind: v.endedSince(c.Seen),
	}
	d.beginCall(v, b)
}

// endedSince counts the visit's calls that have ended and that a script has not seen yet.
func (v *Visit) endedSince(seen int) int {
	if v.Calls == nil {
		return 0
	}
	return v.Calls.ended - seen
}

// beginCall begins an attempt of a call. A signal that is kept ends it at once.
func (d *decision) beginCall(v *Visit, b event.CallStarted) {
	if b.Kind != event.CallTool && (b.Wait > 0 || b.Kind == event.CallSleep) {
		b.Due = d.within(v, d.now.Add(b.Wait))
	}
	d.emit(b)
	if b.Kind != event.CallSignal {
		return
	}
	k := v.Calls.Find(b.Call)
	if _, known := d.s.def.Signals[b.Name]; !known && d.s.def.SignalsListed {
		d.endCall(v, k, &Failure{Kind: FailureSignal, Message: fmt.Sprintf(
			"workflow %s has no signal %s: add it to its signals", d.s.def.Name, quote(b.Name))}, 0)
	} else if _, at := d.s.kept(b.Name); at >= 0 {
		d.receiveCall(v, k)
	}
}

// within is a time at which a visit's call is due, or the visit, where its time is up before.
func (d *decision) within(v *Visit, due time.Time) time.Time {
	if timeout := d.s.nodeOf(v).Timeout; timeout > 0 {
		due = earlier(due, v.StartedAt.Add(timeout))
	}
	return due
}

// receiveCall ends a call with the earliest signal that is kept for it.
func (d *decision) receiveCall(v *Visit, k *Call) {
	signal, _ := d.s.kept(k.Name)
	d.emit(event.CallCompleted{Node: v.Node, Visit: v.Number, Call: k.Number, Attempt: k.Attempt, Result: signal.Payload})
}

// endCall ends a call with an error.
func (d *decision) endCall(v *Visit, k *Call, f *Failure, took time.Duration) {
	d.emit(event.CallCompleted{
		Node: v.Node, Visit: v.Number, Call: k.Number, Attempt: k.Attempt, Duration: took, Kind: f.Kind, Message: f.Message,
	})
}

// finishCall takes the outcome of a tool's call. That of a run that is ending is recorded, too: it has happened.
func (d *decision) finishCall(v *Visit, c Finish) {
	if d.over() || v == nil || !v.Open() || v.Calls == nil {
		return
	}
	k := v.Calls.Find(c.Call)
	if k == nil || k.Attempt != c.Attempt || k.Phase != PhaseRunning {
		return
	}
	o := &c.Outcome
	if o.Failure != nil && o.Failure.Kind == FailureTimeout && !d.s.Ending() && d.timeUp() {
		d.failDuration()
		return
	}
	failure := o.Failure
	if failure == nil {
		failure = d.s.callMisfit(k, o.Result)
	}
	if failure != nil {
		d.failCall(v, k, failure, o.Duration)
		return
	}
	d.emit(event.CallCompleted{
		Node: v.Node, Visit: v.Number, Call: k.Number, Attempt: k.Attempt, Duration: o.Duration, Result: o.Result,
	})
}

// callMisfit says why what a call brought cannot be kept.
func (s *State) callMisfit(k *Call, result document.Value) *Failure {
	if size := result.Size(); size > s.def.Limits.OutputBytes {
		return &Failure{Kind: FailureOutputTooLarge, Message: fmt.Sprintf(
			"tool %s brought %d bytes; limits.output_size allows %d", k.Name, size, s.def.Limits.OutputBytes)}
	}
	return nil
}

// failCall closes an attempt of a call: it is tried again, or rejects what the script awaits.
func (d *decision) failCall(v *Visit, k *Call, f *Failure, took time.Duration) {
	b := event.CallCompleted{
		Node: v.Node, Visit: v.Number, Call: k.Number, Attempt: k.Attempt, Duration: took, Kind: f.Kind, Message: f.Message,
	}
	policy := retryOf(k.Retry)
	switch {
	case d.s.Ending():
		if f.Kind == FailureStopped || f.Kind == FailureInterrupted {
			return // the visit's own end says so
		}
	case f.Kind == FailureStopped:
		b.RetryAt = d.now // due at once, for a Tick of the next owner
		d.emit(b)
		return
	case f.Kind == FailureInterrupted && k.interrupted+1 < InterruptionsMax:
		b.RetryAt = d.now
	case f.Kind == FailureInterrupted:
		d.emit(b)
		d.quarantine(v, fmt.Sprintf("call %d of %s in ", k.Number, k.Name), "the call")
		return
	case policy.retries(f.Kind, k.tries+1):
		b.RetryAt = d.within(v, d.now.Add(policy.delay(k.tries+1, v.CallKey(d.s.Run, k))))
	}
	d.emit(b)
	if !b.RetryAt.IsZero() {
		d.carryCalls(v)
	}
}

// retryOf is the policy of a call; one that says nothing allows one attempt.
func retryOf(r *event.CallRetry) *RetryPolicy {
	if r == nil {
		return &RetryPolicy{Max: 1}
	}
	return &RetryPolicy{Max: r.Max, Backoff: r.Backoff, Initial: r.Initial, Cap: r.Cap, On: r.On}
}

// carryCalls acts on what is due of a visit's calls.
func (d *decision) carryCalls(v *Visit) {
	if d.halted() || d.s.Paused != nil || !v.takesTurns() {
		return
	}
	if timeout := d.s.nodeOf(v).Timeout; timeout > 0 && !d.now.Before(v.StartedAt.Add(timeout)) {
		d.fail(v, &Failure{Kind: FailureTimeout, Message: fmt.Sprintf(
			"node %q took longer than its timeout of %s; raise `timeout` if it needs more", v.Node, timeout)}, d.now.Sub(v.StartedAt))
		return
	}
	for _, k := range slices.Clone(v.Calls.Open) {
		if k.Due.IsZero() || k.Due.After(d.now) {
			continue
		}
		switch k.Phase {
		case PhaseBackoff:
			d.beginCall(v, event.CallStarted{
				Node: v.Node, Visit: v.Number, Call: k.Number, Attempt: k.Attempt + 1, Kind: k.Kind, Name: k.Name, Wait: k.Wait,
			})
		case PhaseTimer:
			d.emit(event.CallCompleted{Node: v.Node, Visit: v.Number, Call: k.Number, Attempt: k.Attempt})
		case PhaseSignal:
			d.endCall(v, k, &Failure{Kind: FailureTimeout, Message: fmt.Sprintf("no signal %s came within %s", quote(k.Name), k.Wait)}, 0)
		case PhaseRunning, PhaseChild, PhaseCalls, PhaseFailed:
		}
	}
}
