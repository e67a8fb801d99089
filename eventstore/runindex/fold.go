package runindex

import (
	"fmt"
	"slices"

	"github.com/weirflow/weir/eventstore/event"
)

// phase is what an unfinished visit is doing.
type phase int64

// The phases. Visits below visitFailed are open.
const (
	visitRunning phase = iota + 1 // an attempt is being executed
	visitBackoff                  // the next attempt begins when it is due
	visitTimer                    // its timer fires when it is due
	visitSignal                   // it waits for a signal, until it is due where it is due
	visitChild                    // its child run goes on; due is when that has taken too long
	visitCalls                    // its script waits for its calls
	visitFailed                   // closed by a failure of the run, or during its cancellation
)

// isOpen is SQL for the phase of a visit that is open, in the words of the index that has only those.
var isOpen = fmt.Sprintf("phase < %d", visitFailed)

// waitsForChild is SQL for the phase of a visit whose child run goes on, likewise.
var waitsForChild = fmt.Sprintf("phase = %d", visitChild)

// Phase is what an open visit is doing.
type Phase string

// The phases of open visits.
const (
	PhaseRunning Phase = "running" // an attempt is being executed
	PhaseBackoff Phase = "backoff" // the next attempt begins when it is due
	PhaseTimer   Phase = "timer"   // its timer fires when it is due
	PhaseSignal  Phase = "signal"  // it waits for a signal, until it is due where it is due
	PhaseChild   Phase = "child"   // its child run goes on
	PhaseCalls   Phase = "calls"   // its script waits for its calls
)

// phases is what the phases of open visits are called; a phase is a place in it, counted from 1.
var phases = []Phase{PhaseRunning, PhaseBackoff, PhaseTimer, PhaseSignal, PhaseChild, PhaseCalls}

// visitKey tells the visits of a run apart, the items of a map's visit, and the calls of a durable script.
type visitKey struct {
	node   string
	number int64
	item   int64 // of a map, or the call of a script, counted from 1; 0 for the visit itself
}

// whole is the visit that an item or a call is of.
func (k visitKey) whole() visitKey { return visitKey{node: k.node, number: k.number} }

// visit is one entry into a node that has not completed, or an item of a map whose child run goes on, or a call of a durable script
// that waits.
type visit struct {
	visitKey
	begun     int64 // the number of its first NodeStarted, of an item's ChildStarted, of a call's last event
	attempt   int64
	phase     phase
	due       int64
	signal    string // that its attempts wait for, "" where they wait for none
	child     string // the run that its attempt has started, "" where none is known
	calling   int64  // of a durable script, the calls that are being executed
	executing int64  // of a map, the items that have begun by an event of their own, and neither ended nor become a child run
	stored    bool   // the file has it
	changed   bool   // the file does not have it so
}

// failure is why a run failed.
type failure struct {
	kind, message, node string
	visit               int64
}

// queue is where in its workflow's queue a run waits before it begins, or did.
type queue struct {
	key      string
	priority int64
	begunAt  int64 // never while it waits
}

// row is a run as its commits so far tell it, and what of that the file does not have yet.
type row struct {
	id                      int64
	name, workflow          string
	revision                string // digest; only in a row that is new, or whose run has moved
	status                  code
	startedAt               int64
	updatedAt               int64
	endedAt                 int64
	due                     int64
	lastEvent, lastSequence int64
	labels                  string // a JSON object, "" where there are none
	startedBy               string
	parent                  parent
	queue                   *queue  // nil: it begins at once
	visits                  []visit // in the order they began
	failure                 *failure

	stored    code       // the status that the file has, 0 where it does not have the run
	loaded    bool       // visits holds those that the file has
	abandoned []visitKey // visits to be deleted from the file
	cleared   bool       // the file's visits are to be deleted, all of them
	erred     bool       // failure changed
	moved     bool       // revision changed
	gone      bool       // the run was retired: nothing of it is to be in the file
}

// size is how many bytes a row has of what it can have much of.
func (r *row) size() int {
	const each = 128
	size := len(r.labels) + each*(len(r.visits)+len(r.abandoned))
	if r.failure != nil {
		size += len(r.failure.message)
	}
	return size
}

// newRow begins the row of a run whose first commit is c.
func newRow(c Commit) *row {
	return &row{
		id: int64(c.Sequence), name: c.Run, workflow: c.Workflow,
		status: running, endedAt: never, due: never, loaded: true,
	}
}

// touchesVisits reports whether a commit can only be folded into a row that knows its visits.
func touchesVisits(c *Commit) bool {
	return !c.Retired() && slices.ContainsFunc(c.Raw, func(raw event.Raw) bool {
		switch raw.Type {
		case event.TypeRunStarted, event.TypeStateChanged, event.TypeScriptLogged, event.TypeSignalReceived, event.TypeRunPaused:
			return false
		default:
			return true
		}
	})
}

// clearsVisits reports whether nothing is left of the run's visits after a commit, so that what it says of them is of no
// consequence.
func clearsVisits(c *Commit) bool {
	last := c.Raw[len(c.Raw)-1].Type
	return last == event.TypeRunCompleted || last == event.TypeRunCancelled
}

// fold carries the row on by a commit; over says that nothing will be left of what it says of visits, as a later commit clears them, or
// its own end. What the row already knows of is passed over; what it cannot read it takes for not said, for the list of runs must not
// end at one run that is damaged.
func (r *row) fold(c *Commit, over bool) {
	last := len(c.Raw) - 1
	if int64(c.Raw[last].N) <= r.lastEvent || r.gone {
		return
	}
	if c.Retired() {
		r.gone = true
		return
	}
	if r.lastEvent == 0 {
		r.startedAt = timeOf(c.Raw[0])
	}
	for i := range c.Raw {
		raw := &c.Raw[i]
		if r.queued() && raw.Type == event.TypeNodeStarted && int64(raw.N) > r.lastEvent {
			r.queue.begunAt = timeOf(*raw)
		}
		if int64(raw.N) > r.lastEvent && (!over || i == last || raw.Type == event.TypeRunStarted || raw.Type == event.TypeRunResumed) {
			r.event(*raw)
		}
	}
	r.lastEvent, r.lastSequence = int64(c.Raw[last].N), int64(c.Sequence)
	if r.status.ended() {
		r.updatedAt = r.endedAt
		return
	}
	r.updatedAt = timeOf(c.Raw[last])
	if r.loaded && r.status != paused {
		r.settle()
	}
}

// settle says what follows from the visits of a run that goes on.
func (r *row) settle() {
	r.status, r.due = running, never
	executing, waits := false, false
	for i := range r.visits {
		switch v := &r.visits[i]; v.phase {
		case visitRunning:
			executing = executing || v.executing > 0 || !r.fosters(v.visitKey)
		case visitBackoff, visitTimer, visitSignal, visitChild:
			waits = true
			if v.item == 0 || v.phase == visitChild || r.takesTurns(v.visitKey) {
				r.due = min(r.due, v.due)
			}
		case visitCalls:
			executing = executing || v.calling > 0
			waits = true
		case visitFailed:
		}
	}
	if waits && !executing || r.queued() {
		r.status = waiting
	}
}

// queued reports whether the run waits in a queue, or ended there.
func (r *row) queued() bool { return r.queue != nil && r.queue.begunAt == never }

// event carries the row on by one event. Types that are not named here say nothing that the index holds. Of a map's items
// it holds those whose child runs go on: a visit that has only such waits, and others are running.
func (r *row) event(raw event.Raw) {
	switch raw.Type {
	case event.TypeRunStarted:
		r.started(raw)
	case event.TypeNodeStarted:
		if e := peek(raw, fieldsOfStart); e.item == 0 {
			r.begin(e)
		} else {
			r.execute(e.whole(), 1)
		}
	case event.TypeNodeCompleted, event.TypeNodeFailed, event.TypeEdgeTaken, event.TypeTimerSet, event.TypeTimerFired:
		if len(r.visits) > 0 { // else it is about none that the index knows
			r.carry(raw)
		}
	case event.TypeCallStarted, event.TypeCallCompleted, event.TypeCallsAwaited:
		r.call(raw)
	case event.TypeRunPaused:
		r.status, r.due = paused, never
	case event.TypeChildStarted:
		r.beginChild(peek(raw, fieldsOfAll))
	case event.TypeChildCompleted:
		if e := peek(raw, fieldsOfVisit|fieldItem); e.item == 0 {
			r.enter(e.visitKey, visitRunning, never)
		} else {
			r.drop(e.visitKey)
			r.execute(e.whole(), 1)
		}
	case event.TypeRunResumed:
		r.resume(raw)
	case event.TypeRunCancelRequested:
		if r.status == paused { // a cancel ends the pause
			r.status = running
		}
		r.haltChildren()
		r.haltCalls()
	case event.TypeRunFailing:
		r.haltChildren()
		r.haltCalls()
	case event.TypeRunCompleted:
		r.end(raw, completed)
		r.clear()
	case event.TypeRunCancelled:
		r.end(raw, cancelled)
		r.clear()
	case event.TypeRunFailed:
		r.end(raw, failed)
		e := peek(raw, fieldsOfAll)
		r.failure, r.erred = &failure{kind: e.kind, message: e.message, node: e.node, visit: e.number}, true
	default:
	}
}

// carry carries a visit on that has begun.
func (r *row) carry(raw event.Raw) {
	switch raw.Type {
	case event.TypeNodeCompleted:
		if e := peek(raw, fieldsOfVisit|fieldItem); e.item == 0 {
			r.drop(e.visitKey)
			r.dropCalls(e.visitKey, 0)
		} else {
			r.execute(e.whole(), -1)
		}
	case event.TypeNodeFailed:
		e := peek(raw, fieldsOfVisit|fieldDue|fieldItem|fieldKind|fieldCall)
		switch {
		case e.item > 0:
			r.execute(e.whole(), -1)
			return
		case e.due == never:
			r.enter(e.visitKey, visitFailed, never)
		default:
			r.enter(e.visitKey, visitBackoff, e.due)
		}
		r.dropItems(e.visitKey)
		r.failCalls(e)
	case event.TypeEdgeTaken:
		if e := peek(raw, fieldsOfVisit|fieldVia); e.caught {
			r.drop(e.visitKey)
			r.dropCalls(e.visitKey, 0)
		}
	case event.TypeTimerSet:
		e := peek(raw, fieldsOfVisit|fieldDue)
		if v := r.visit(e.visitKey); v != nil && v.phase == visitSignal {
			r.enter(e.visitKey, visitSignal, e.due) // the timer is how long it waits
		} else {
			r.enter(e.visitKey, visitTimer, e.due)
		}
	case event.TypeTimerFired:
		r.enter(peek(raw, fieldsOfVisit).visitKey, visitRunning, never)
	default:
	}
}

func (r *row) started(raw event.Raw) {
	for name, value := range raw.Fields() {
		switch string(name) {
		case "revision":
			r.revision, _ = value.Text()
		case "labels":
			if text := string(value); text != "{}" {
				r.labels = text
			}
		case "by":
			r.startedBy, _ = value.Text()
		case "parent":
			r.parent = parentOf(value)
		case "queue":
			r.queue = queueOf(value)
		}
	}
}

// end ends the run, never before it was started, which listings rely on.
func (r *row) end(raw event.Raw, status code) {
	r.status, r.endedAt, r.due = status, max(timeOf(raw), r.startedAt), never
	r.erred = r.erred || r.failure != nil || r.stored == failed
	r.failure = nil
}

// resume ends a pause, or reopens a failed run: its visits then wait for their next attempt.
func (r *row) resume(raw event.Raw) {
	reason := ""
	for name, value := range raw.Fields() {
		switch string(name) {
		case "reason":
			reason, _ = value.Text()
		case "revision":
			r.revision, _ = value.Text()
			r.moved = true
		}
	}
	r.status = running
	if reason == event.ReasonResume {
		return
	}
	at := timeOf(raw)
	r.endedAt = never
	r.failure, r.erred = nil, true
	for i := range r.visits {
		if v := &r.visits[i]; v.item == 0 {
			v.phase, v.due, v.changed = visitBackoff, at, true
		}
	}
}
