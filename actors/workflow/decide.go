package workflow

import (
	"errors"
	"fmt"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Decide answers a command with the events that follow from it and the state they fold into. It decides
// nothing twice and changes nothing in s; a command that does not fit the state gives no events. The
// events are numbered from s.N+1 and timed at now, or at the last event's time where the clock went back,
// and behind what ev says has elapsed once its scripts have run.
func Decide(s *State, cmd Command, now time.Time, ev Evaluator) (*State, []event.Event) {
	if now.Before(s.At) {
		now = s.At
	}
	now = now.UTC().Round(0)
	d := &decision{s: s.clone(), began: now, now: now, ev: ev}
	switch c := cmd.(type) {
	case Start:
		d.start(c)
	case Finish:
		d.finish(c)
	case Admit:
		d.admit()
	case ChildEnded:
		d.childEnded(c)
	case Tick:
		d.tick()
	case Cancel:
		d.cancel(c)
	case Signal:
		d.signal(c)
	case Pause:
		d.pause(c)
	case Resume:
		d.resume(c)
	case Retry:
		d.retry(c)
	case Quarantine:
		if s.ended == "" { // without compensation, as nothing of the run can be carried on safely
			d.endFailed(event.RunFailing{Kind: FailureQuarantined, Message: c.Message})
		}
	}
	if len(d.events) == 0 {
		return s, nil
	}
	return d.s, d.events
}

// decision gathers the events of one command over a state of its own.
type decision struct {
	s          *State
	began, now time.Time
	ev         Evaluator
	events     []event.Event
	admitted   bool // a run that waits in a queue begins
}

// lapse moves the time on by what scripts have taken.
func (d *decision) lapse() { d.now = d.began.Add(d.ev.Elapsed()) }

// emit records an event and folds it, so that what follows is decided over the state after it.
func (d *decision) emit(b event.Body) {
	e := event.Event{Run: d.s.Run, N: d.s.N + 1, At: d.now, Body: b}
	if err := d.s.apply(e); err != nil {
		panic(err) // Decide emitted what Fold refuses: a mistake in this package
	}
	d.events = append(d.events, e)
}

// emitChange records a patch whose result is already known, which spares applying it twice.
func (d *decision) emitChange(b event.StateChanged, doc document.Value) {
	d.s.N, d.s.At = d.s.N+1, d.now
	d.s.change(b, doc)
	d.events = append(d.events, event.Event{Run: d.s.Run, N: d.s.N, At: d.now, Body: b})
}

func (d *decision) over() bool { return d.s.ended != "" }

// halted reports whether the run goes its own way no further: it has ended, or is ending.
func (d *decision) halted() bool { return d.over() || d.s.Ending() }

func (d *decision) start(c Start) {
	if d.s.N > 0 {
		return
	}
	d.s.Run = c.Run
	b := event.RunStarted{
		Workflow: d.s.def.Name, Revision: c.Revision, Input: c.Input,
		Start: d.s.def.Start.Node, Labels: c.Labels, By: c.By, Parent: c.Parent, Depth: c.Depth,
	}
	var failure *Failure
	if e := d.s.def.Start.Expression; e != nil {
		b.Start, failure = d.startNode(e, c)
	}
	if q := d.s.def.Queue; q != nil && b.Start != End {
		at, wrong := q.place(d.ev, Scope{State: c.Input, Input: c.Input, Run: c.Run, Now: d.now})
		b.Queue = &at
		if failure == nil {
			failure = wrong
		}
	}
	d.emit(b)
	d.lapse()
	if failure != nil {
		d.failRun(failure, "", 0)
		return
	}
	d.advance()
}

// startNode evaluates a start expression: a name, or null for a run that ends at once.
func (d *decision) startNode(e *Expression, c Start) (string, *Failure) {
	v, err := d.ev.Value(e, Scope{State: c.Input, Input: c.Input, Run: c.Run, Now: d.now})
	if err != nil {
		return "", asFailure(err)
	}
	if v.IsNull() {
		return End, nil
	}
	name, ok := v.AsString()
	if !ok {
		return v.String(), nil // no node has such a name: advance says so
	}
	return name, nil
}

// advance begins a visit for every token that can go on, and ends the run when none is left. A run that waits in a queue has to
// be admitted.
func (d *decision) advance() {
	if d.s.Queued() && !d.admitted && !d.s.Ending() {
		return
	}
	for !d.halted() && d.s.Paused == nil && len(d.s.Tokens) > 0 {
		group, tie, unmet := d.s.ready()
		if unmet != nil {
			d.failRun(unmet.failure(), "", 0)
			return
		}
		if group == nil {
			break
		}
		d.begin(group, tie)
	}
	switch {
	case d.over():
	case d.s.Ending():
		d.settle()
	case len(d.s.Visits) == 0 && len(d.s.Tokens) == 0:
		d.emit(event.RunCompleted{State: d.s.Doc.Digest()})
	}
}

// begin starts the visit that consumes tokens, which are at one node.
func (d *decision) begin(group []Token, tie bool) {
	name, i := group[0].Node, group[0].at
	if i < 0 {
		d.failRun(&Failure{Kind: FailureUnknownNode, Message: fmt.Sprintf("node '%s' not found", name)}, "", 0)
		return
	}
	if limit := d.s.def.Limits.Steps; d.s.steps >= limit {
		d.failRun(&Failure{Kind: FailureStepLimit, Message: fmt.Sprintf(
			"the step limit of %d is used up before node %q; raise limits.steps or bound the loop with max", limit, name)}, "", 0)
		return
	}
	b := event.NodeStarted{Node: name, Visit: d.s.counts[i] + 1, Attempt: 1, Tie: tie}
	caught := document.Null
	for _, t := range group {
		b.Tokens = append(b.Tokens, t.ID)
		if !t.Error.IsNull() {
			caught = t.Error
		}
	}
	d.attempt(&d.s.def.Nodes[i], b, caught)
}

// attempt starts the first or a further attempt of a visit.
func (d *decision) attempt(node *Node, b event.NodeStarted, caught document.Value) {
	if node.Map != nil {
		d.attemptMap(node, b, caught)
		return
	}
	var (
		args    document.Value
		failure *Failure
	)
	if node.With != nil {
		args, failure = d.arguments(node, b, caught)
		if failure == nil {
			b.Input = args.Digest()
		}
	}
	b.Signal = node.Signal
	d.emit(b) // at the time its arguments saw, which they see again when they are evaluated again
	d.lapse()
	v := d.s.visit(b.Node, b.Visit)
	if failure != nil {
		d.fail(v, failure, 0)
		return
	}
	if node.With != nil {
		v.arguments, v.hasArgs = args, true
	}
	if node.Kind == KindChild && d.s.Depth >= d.s.def.Limits.Depth {
		d.fail(v, d.s.tooDeep(node), 0)
		return
	}
	switch node.Kind {
	case KindSleep:
		d.setTimer(node, v, d.now.Add(node.Sleep))
	case KindUntil:
		d.until(node, v)
	case KindWait:
		d.await(node, v)
	case KindScript:
		d.carryCalls(v) // of an attempt before
	case KindTool, KindSet, KindChild:
	}
}

func (d *decision) arguments(node *Node, b event.NodeStarted, caught document.Value) (document.Value, *Failure) {
	if v := d.s.visit(b.Node, b.Visit); v != nil {
		if v.hasArgs {
			return v.arguments, nil
		}
		caught = v.Error
	}
	args, err := node.With.Eval(d.ev, Scope{
		State: d.seen(b), Input: d.s.Input, Run: d.s.Run, Node: b.Node,
		Visit: b.Visit, Attempt: b.Attempt, Now: d.now, Error: caught,
	})
	if err != nil {
		return document.Null, asFailure(err)
	}
	return args, nil
}

// seen is the state a visit reads: as it was when its first attempt began.
func (d *decision) seen(b event.NodeStarted) document.Value {
	if v := d.s.visit(b.Node, b.Visit); v != nil {
		return v.Seen
	}
	return d.s.Doc
}

func (d *decision) again(v *Visit) {
	d.attempt(d.s.nodeOf(v), event.NodeStarted{Node: v.Node, Visit: v.Number, Attempt: v.Attempt + 1}, v.Error)
}

func (d *decision) finish(c Finish) {
	v := d.s.visit(c.Node, c.Visit)
	if c.Item > 0 {
		d.finishItem(v, c)
		return
	}
	if c.Call > 0 {
		d.finishCall(v, c)
		return
	}
	if d.over() || v == nil || v.Attempt != c.Attempt || v.Phase != PhaseRunning {
		return
	}
	o := c.Outcome
	if v.Items != nil {
		d.finishMap(v, &o)
		return
	}
	if o.Turn != nil {
		d.finishTurn(c, v)
		return
	}
	if o.Child != nil {
		if !d.s.Ending() {
			d.childStarted(v, nil, o.Child)
		}
		return
	}
	d.log(c)
	if v.Calls != nil {
		o.Duration = d.now.Sub(v.StartedAt) // of all turns
	}
	d.conclude(v, &o)
}

// log records what an attempt wrote to its console.
func (d *decision) log(c Finish) {
	if len(c.Outcome.Console) > 0 {
		d.emit(event.ScriptLogged{Node: c.Node, Visit: c.Visit, Attempt: c.Attempt, Lines: c.Outcome.Console, Item: c.Item})
	}
}

// conclude ends an attempt with its outcome.
func (d *decision) conclude(v *Visit, o *Outcome) {
	if o.Failure != nil && o.Failure.Kind == FailureTimeout && !d.s.Ending() && d.timeUp() {
		d.failDuration()
		return
	}
	if o.Failure == nil {
		change, failure := d.s.merge(v, o)
		if failure == nil {
			d.complete(v, o, change)
			d.advance()
			return
		}
		o.Failure = failure
	}
	d.fail(v, o.Failure, o.Duration)
	d.advance()
}

func (d *decision) complete(v *Visit, o *Outcome, c change) {
	node, number, attempt, compensates := v.Node, v.Number, v.Attempt, v.Compensates()
	d.emit(event.NodeCompleted{Node: node, Visit: number, Attempt: attempt, Duration: o.Duration, Output: c.bytes})
	if len(c.patch) > 0 {
		d.emitChange(event.StateChanged{Node: node, Visit: number, Patch: c.patch}, c.doc)
	}
	if d.s.Ending() {
		taken := event.EdgeTaken{From: node, Visit: number, To: End, Token: d.s.token + 1, Edge: -1, Via: event.ViaCancel}
		if compensates {
			taken.Via = event.ViaEdge // the implied end
		}
		d.emit(taken)
		return
	}
	d.route(node, number, attempt)
}

// route chooses the edge a completed visit's token leaves by.
func (d *decision) route(name string, visit, attempt int) {
	i := d.s.def.index[name]
	node := &d.s.def.Nodes[i]
	taken := event.EdgeTaken{From: name, Visit: visit, To: End, Token: d.s.token + 1, Edge: -1}
	if node.FanOut {
		for k := range node.Edges {
			d.emit(event.EdgeTaken{From: name, Visit: visit, To: node.Edges[k].To, Token: d.s.token + 1, Edge: k})
		}
		return
	}
	completed := d.now
	for k := range node.Edges {
		e := &node.Edges[k]
		if e.When != nil {
			holds, err := d.ev.Condition(e.When, Scope{
				State: d.s.Doc, Input: d.s.Input, Run: d.s.Run, Node: name, Visit: visit, Attempt: attempt, Now: completed,
			})
			d.lapse()
			if err != nil {
				taken.To, taken.Edge, taken.When, taken.Via = Fail, k, e.When.Source, event.ViaError
				d.emit(taken)
				d.failRun(asFailure(err), name, visit)
				return
			}
			if !holds {
				continue
			}
			taken.When = e.When.Source
		}
		if e.Max > 0 && d.s.roundsOf(loopRef{node: i, edge: k}) >= e.Max {
			if e.Exhausted == "" {
				taken.When = ""
				continue
			}
			taken.To, taken.Edge, taken.Via = e.Exhausted, k, event.ViaExhausted
		} else {
			taken.To, taken.Edge = e.To, k
		}
		break
	}
	d.emit(taken)
	if taken.To == Fail {
		d.failRun(failEdge(node, taken), name, visit)
	}
}

func failEdge(node *Node, taken event.EdgeTaken) *Failure {
	message := fmt.Sprintf("visit %d of node %q took its edge to $fail", taken.Visit, taken.From)
	switch {
	case taken.Via == event.ViaExhausted:
		e := node.Edges[taken.Edge]
		message = fmt.Sprintf("node %q used up its edge to %q (max %d), which then leads to $fail", taken.From, e.To, e.Max)
	case taken.When != "":
		message += " because " + taken.When
	}
	return &Failure{Kind: FailureFailEdge, Message: message}
}

// asFailure makes a Failure of an evaluator's error.
func asFailure(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{Kind: FailureScript, Message: err.Error()}
}
