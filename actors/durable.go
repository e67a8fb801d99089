package actors

import (
	"context"
	"errors"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// A durable script takes turns: it runs, as scripts do, ahead of what is durable until it can only wait for its calls, whose
// events the core decides. Its tools are called once the events that begin the calls are durable. While the run is in memory, the
// execution of its script waits there for the next turn; where the run is parked meanwhile, or the process has ended, the next turn
// begins the script anew and replays the journal.

// lastTurn is how long a script may take to see that its run was cancelled.
const lastTurn = time.Second

// life is the execution of a durable script, which lives on between its turns.
type life struct {
	attempt int              // of the visit
	durable *scripts.Durable // belongs to who executes a turn, while one is executed; nil before the first
	held    bool             // its last turn came to nothing, because the run was paused
	ending  bool             // its last turn has begun: the run is ending
}

// stale reports whether the execution is not of the visit's attempt, or cannot go on from where the journal is.
func (l *life) stale(v *workflow.Visit) bool {
	switch {
	case l.attempt != v.Attempt:
		return true
	case l.durable == nil:
		return false
	}
	made, seen := 0, 0
	if c := v.Calls; c != nil {
		made, seen = c.Made(), max(0, c.Seen)
	}
	return l.held || l.durable.Broken() || l.durable.Made() != made || l.durable.Seen() != seen
}

// prepareTurn readies a script for its turn. It reports false where that is not to begin now.
func (a *actor) prepareTurn(w *work) bool {
	v := &w.visit
	if v.Compensates() {
		return true // a compensation makes no calls
	}
	ending := a.state.Ending()
	if ending && a.makesCalls(v) {
		return false // what has just been interrupted ends first
	}
	id := visitID{v.Node, v.Number}
	l := a.lives[id]
	if a.state.Paused != nil && (v.Calls != nil || l != nil && l.held) {
		return false
	}
	if l == nil || l.stale(v) {
		l = &life{attempt: v.Attempt}
		a.lives[id] = l
	}
	l.ending, w.life = ending, l
	return true
}

// endLives forgets the executions of scripts whose attempts are over, and interrupts calls that nobody waits for any more.
func (a *actor) endLives() {
	for id, l := range a.lives {
		if v := a.visit(id); v == nil || v.Attempt != l.attempt {
			delete(a.lives, id)
		}
	}
	for id, cancel := range a.calling {
		if !a.awaitsCall(id) {
			cancel()
		}
	}
}

// awaitsCall reports whether an attempt of a call is still to be executed.
func (a *actor) awaitsCall(id attemptID) bool {
	v := a.visit(visitID{id.node, id.visit})
	if v == nil || v.Calls == nil {
		return false
	}
	c := v.Calls.Find(id.call)
	return c != nil && c.Attempt == id.attempt && c.Phase == workflow.PhaseRunning
}

// makesCalls reports whether calls of the visit's script are being executed.
func (a *actor) makesCalls(v *workflow.Visit) bool {
	for id := range a.calling {
		if id.node == v.Node && id.visit == v.Number {
			return true
		}
	}
	return false
}

// CallNode is the call of a durable script as the node that would make it.
func CallNode(v *workflow.Visit, c *workflow.Call) *workflow.Node {
	return &workflow.Node{Name: v.Node, Kind: workflow.KindTool, Tool: c.Name, Timeout: c.Wait}
}

// dispatchCalls starts the calls of a script that may start now.
func (a *actor) dispatchCalls(v *workflow.Visit) {
	for _, c := range v.Calls.Open {
		id := attemptID{node: v.Node, visit: v.Number, attempt: c.Attempt, call: c.Number}
		if c.Phase != workflow.PhaseRunning || a.inflight[id] || a.state.Ending() {
			continue
		}
		node := CallNode(v, c)
		pure := a.system.pure(node)
		if !pure && c.Begun > a.journal.durable {
			continue
		}
		ctx, cancel := context.WithCancel(a.background)
		a.inflight[id], a.calling[id] = true, cancel
		w := &work{node: node, visit: *v, call: c, state: a.state}
		a.system.wait.Go(func() {
			if pure {
				a.deliver(a.finishInSlot(ctx, w))
			} else {
				a.deliver(a.finish(ctx, w))
			}
		})
	}
}

// forget takes out an attempt that has ended.
func (a *actor) forget(f workflow.Finish) {
	id := idOf(f)
	delete(a.inflight, id)
	if cancel := a.calling[id]; cancel != nil {
		cancel()
		delete(a.calling, id)
	}
}

// cutShort reports whether the end of the run has cut a turn short of a script that has made calls: it takes another, its
// last.
func (a *actor) cutShort(f workflow.Finish) bool {
	l := a.lives[visitID{f.Node, f.Visit}]
	if l == nil || l.ending || f.Call > 0 || !a.state.Ending() {
		return false
	}
	v, failure := a.visit(visitID{f.Node, f.Visit}), f.Outcome.Failure
	return v != nil && v.Calls != nil && (f.Outcome.Turn != nil || failure != nil && failure.Kind == workflow.FailureCancelled)
}

// hold notes that a turn has come to nothing, because the run is paused.
func (a *actor) hold(f workflow.Finish) {
	if l := a.lives[visitID{f.Node, f.Visit}]; l != nil && f.Outcome.Turn != nil && a.state.Paused != nil {
		l.held = true
	}
}

// recoverCalls decides what becomes of calls that the end of the process cut short.
func (a *actor) recoverCalls(v *workflow.Visit) bool {
	if v.Calls == nil {
		return true
	}
	for _, c := range v.Calls.Open {
		if c.Phase != workflow.PhaseRunning {
			continue
		}
		f := failed(v, workflow.FailureInterrupted, "the process ended during this call")
		if a.system.callsOnce(c.Name) {
			f = failed(v, workflow.FailureUnknownOutcome, "the process ended during this call, and the tool must not be called twice")
		}
		f.Attempt, f.Call = c.Attempt, c.Number
		if !a.decide(f) {
			return false
		}
	}
	return true
}

// callsAtMostOnce reports whether a call is of a tool that must not be called twice.
func (a *actor) callsAtMostOnce(f workflow.Finish) bool {
	v := a.visit(visitID{f.Node, f.Visit})
	if v == nil || v.Calls == nil {
		return false
	}
	c := v.Calls.Find(f.Call)
	return c != nil && a.system.callsOnce(c.Name)
}

// stopCalls has the calls that the shutdown has cut short begin again with the next owner, but for those of which nobody knows
// what they did.
func (a *actor) stopCalls(unknown map[attemptID]bool) {
	for _, v := range a.state.Visits {
		if v.Calls == nil {
			continue
		}
		for _, c := range v.Calls.Open {
			f := failed(&v, workflow.FailureStopped, "the engine was stopped during this call")
			f.Attempt, f.Call = c.Attempt, c.Number
			if c.Phase == workflow.PhaseRunning && !unknown[idOf(f)] {
				a.decide(f)
			}
		}
	}
}

// begin readies the execution for its first turn. It reports false for a script that makes no calls.
func (l *life) begin(w *work, script *scripts.Script, sc scripts.Scope) bool {
	if l.durable == nil {
		if calls := w.visit.Calls; calls != nil {
			sc.Ctx.Attempt, sc.Ctx.Now = calls.Begun()
		}
		l.durable = script.Durable(sc)
	}
	return l.durable != nil
}

// takeTurn runs a script that may make calls until it has ended or can only wait.
func (x *executor) takeTurn(ctx context.Context, w *work, limit time.Duration) workflow.Outcome {
	calls, l, source, logged := w.visit.Calls, w.life, &w.node.Script, -1
	if calls != nil {
		logged = calls.Seen
		if limit >= x.scripts.Limits().Time {
			limit = 0 // a timeout of the node gives the first turn more time, no other
		}
	}
	d := l.durable
	take := d.Turn
	if d.Timeout = limit; l.ending {
		d.Timeout, take = lastTurn, d.Cancel
	}
	t, err := take(ctx, journalOf(calls, logged))
	switch {
	case err != nil:
		o := scriptFailure(source, err)
		if se := (*scripts.Error)(nil); errors.As(err, &se) && se.Call > 0 && se.Call <= calls.Made() {
			o.Failure.Call = calls.At(se.Call - 1).Number
		}
		return o
	case t.Done:
		return scriptOutcome(source, t.Result)
	default:
		return workflow.Outcome{Turn: turnOf(d, t), Console: logLines(source, t.Result.Console)}
	}
}

// journalOf is the journal of a script whose calls are c, which is nil where it has made none. What the script logs until it has
// seen the end of more calls than logged has been recorded.
func journalOf(c *workflow.Calls, logged int) scripts.Journal {
	return func(made, seen int) scripts.Record {
		r := scripts.Record{Logged: logged}
		if c == nil {
			return r
		}
		for i := made; i < c.Made(); i++ {
			k := c.At(i)
			r.Calls = append(r.Calls, scripts.Call{Kind: k.Kind, Name: k.Name, Args: k.Args, Wait: k.Wait, Seen: k.Seen})
		}
		for i := seen; i < c.Ended(); i++ {
			k := c.End(i)
			r.Ends = append(r.Ends, scripts.End{Place: k.Place, At: k.EndedAt, Result: k.Result, Failed: k.Failed, Message: k.Message})
		}
		return r
	}
}

// turnOf is a turn as the core takes it.
func turnOf(d *scripts.Durable, t scripts.Turn) *workflow.Turn {
	turn := &workflow.Turn{Seen: d.Seen()}
	for i := range t.Calls {
		c := &t.Calls[i]
		call := workflow.NewCall{Kind: c.Kind, Name: c.Name, Args: c.Args, Wait: c.Wait, Seen: c.Seen}
		if c.Retry != nil {
			retry := event.CallRetry(*c.Retry)
			call.Retry = &retry
		}
		turn.Calls = append(turn.Calls, call)
	}
	return turn
}
