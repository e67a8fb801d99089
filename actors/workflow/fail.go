package workflow

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// fail closes an attempt: it is tried again, or caught, or fails the run.
func (d *decision) fail(v *Visit, f *Failure, took time.Duration) {
	node, compensates := d.s.nodeOf(v), v.Compensates()
	b := event.NodeFailed{
		Node: v.Node, Visit: v.Number, Attempt: v.Attempt, Duration: took,
		Kind: f.Kind, Message: f.Message, Position: f.Position,
	}
	if f.Call > 0 && v.Calls != nil {
		b.Call, b.Kept = f.Call, v.Calls.kept(f.Call)
	}
	switch {
	case d.s.Ending() && !compensates:
		d.emit(b)
		return
	case f.Kind == FailureStopped:
		b.RetryAt = d.now // due at once, for a Tick of the next owner
		d.emit(b)
		return
	case f.Kind == FailureInterrupted && v.interrupted+1 < InterruptionsMax:
		b.RetryAt = d.now
	case f.Kind == FailureInterrupted && !compensates:
		d.emit(b)
		d.quarantine(v, "", "the node")
		return
	case node.Retry.retries(f.Kind, v.tries+1):
		b.RetryAt = d.now.Add(node.Retry.delay(v.tries+1, v.Key(d.s.Run)))
	}
	d.emit(b)
	switch {
	case b.RetryAt.IsZero() && !compensates:
		d.caught(node, b)
	case !b.RetryAt.IsZero() && !b.RetryAt.After(d.now) && d.s.Paused == nil:
		d.again(d.s.visit(b.Node, b.Visit))
	}
}

// quarantine fails the run because of what was interrupted too often: the visit, or a part of it that is named before it.
func (d *decision) quarantine(v *Visit, part, culprit string) {
	d.failRun(&Failure{Kind: FailureQuarantined, Message: fmt.Sprintf(
		"%svisit %d of node %q was interrupted %d times in a row: the process ended during each attempt; look at what %s does before retrying the run",
		part, v.Number, v.Node, InterruptionsMax, culprit)}, v.Node, v.Number)
}

// caught routes a failed visit's token to the first catch that takes its kind, else fails the run.
func (d *decision) caught(node *Node, b event.NodeFailed) {
	failure := &Failure{Kind: b.Kind, Message: b.Message, Position: b.Position}
	for k, c := range node.Catch {
		if unseen(b.Kind, caught) != "" || len(c.On) > 0 && !slices.Contains(c.On, b.Kind) {
			continue
		}
		if c.To == Fail {
			break // the visit stays failed, so that a retry begins with it
		}
		d.emit(event.EdgeTaken{From: b.Node, Visit: b.Visit, To: c.To, Token: d.s.token + 1, Edge: k, Via: event.ViaCatch})
		return
	}
	d.failRun(failure, b.Node, b.Visit)
}

func (d *decision) failDuration() {
	d.failRun(&Failure{Kind: FailureDurationLimit, Message: fmt.Sprintf(
		"the run took longer than limits.duration (%s)", d.s.def.Limits.Duration)}, "", 0)
}

func (d *decision) closeVisits(message string) {
	for _, v := range slices.Clone(d.s.Visits) {
		if v.Open() {
			d.close(&v, FailureCancelled, message)
		}
	}
}

// close ends a visit that goes no further.
func (d *decision) close(v *Visit, kind, message string) {
	d.emit(event.NodeFailed{
		Node: v.Node, Visit: v.Number, Attempt: v.Attempt, Duration: d.now.Sub(v.StartedAt), Kind: kind, Message: message,
	})
}

// tick acts on everything that is due.
func (d *decision) tick() {
	if d.over() || d.s.N == 0 {
		return
	}
	if d.s.Ending() {
		d.tickEnding()
		return
	}
	if d.s.Paused != nil {
		return
	}
	if d.timeUp() {
		d.failDuration()
		return
	}
	for _, v := range slices.Clone(d.s.Visits) {
		if d.halted() {
			return
		}
		if v.Items != nil && v.Phase == PhaseRunning {
			d.carryOn(v.Node, v.Number)
			continue
		}
		if v.takesTurns() {
			d.carryCalls(d.s.visit(v.Node, v.Number))
			continue
		}
		if v.Due.IsZero() || v.Due.After(d.now) {
			continue
		}
		switch v.Phase {
		case PhaseBackoff:
			d.again(d.s.visit(v.Node, v.Number))
		case PhaseTimer, PhaseSignal:
			d.fire(d.s.visit(v.Node, v.Number))
		case PhaseChild:
			d.fail(d.s.visit(v.Node, v.Number), overdue(&v), d.now.Sub(v.StartedAt))
		case PhaseRunning, PhaseCalls, PhaseFailed:
		}
	}
	if len(d.events) > 0 {
		d.advance()
	}
}

func (d *decision) cancel(c Cancel) {
	if d.halted() || d.s.N == 0 {
		return
	}
	d.emit(event.RunCancelRequested{By: c.By, Reason: c.Reason})
	d.settle()
}

// retry reopens a failed run: closed visits get their next attempt, and tokens that went to $fail choose
// their edges again over the state as it is.
func (d *decision) retry(c Retry) {
	if d.s.ended != StatusFailed || d.s.Compensated() {
		return
	}
	b := event.RunResumed{Reason: event.ReasonRetry, By: c.By}
	if c.Definition != nil && c.Revision != d.s.Revision {
		if len(d.s.Misfits(c.Definition)) > 0 {
			return
		}
		b.Revision = c.Revision
		d.s.revisions = func(string) (*Definition, error) { return c.Definition, nil }
	}
	d.emit(b)
	d.s.revisions = nil
	for _, v := range slices.Clone(d.s.Visits) {
		if d.halted() {
			return
		}
		d.again(d.s.visit(v.Node, v.Number))
	}
	for _, t := range slices.Clone(d.s.Tokens) {
		if d.halted() {
			return
		}
		if t.Node == Fail {
			d.route(t.From, t.Visit, 1)
		}
	}
	if !d.halted() {
		d.advance()
	}
}

// retries reports whether the policy allows another attempt after so many failed ones.
func (r *RetryPolicy) retries(kind string, failed int) bool {
	return unseen(kind, retried) == "" && failed < r.Max && (len(r.On) == 0 || slices.Contains(r.On, kind))
}

// delay is how long to wait after so many failed attempts. Jitter shortens it by a part that depends on
// the visit and the attempt alone, so that the same history always decides the same.
func (r *RetryPolicy) delay(failed int, key string) time.Duration {
	wait := float64(r.Initial)
	if r.Backoff != "constant" {
		wait *= math.Pow(2, float64(failed-1))
	}
	wait = min(wait, float64(r.Cap))
	if r.Jitter > 0 {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s/%d", key, failed)
		wait *= 1 - r.Jitter*float64(h.Sum64()>>11)/(1<<53)
	}
	return time.Duration(wait)
}
