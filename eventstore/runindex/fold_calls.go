package runindex

import (
	"github.com/weirflow/weir/eventstore/event"
)

// Of a durable script the row has, besides its visit, the calls that wait for a time or a signal, and how many others are being
// executed. So it knows when the visit only waits, and for how long.

// call carries a visit on by an event about a call of its script.
func (r *row) call(raw event.Raw) {
	e := peek(raw, fieldsOfVisit|fieldAttempt|fieldDue|fieldKind|fieldCall|fieldSeen)
	v := r.visit(e.visitKey)
	if v == nil {
		return
	}
	of := visitKey{node: e.node, number: e.number, item: e.call}
	waited := r.visit(of) != nil
	switch raw.Type {
	case event.TypeCallStarted:
		if waited {
			r.drop(of)
		}
		switch e.kind {
		case event.CallSleep:
			r.visits = append(r.visits, visit{visitKey: of, begun: e.n, attempt: e.attempt, phase: visitTimer, due: e.due, changed: true})
		case event.CallSignal:
			r.visits = append(r.visits, visit{visitKey: of, begun: e.n, attempt: e.attempt, phase: visitSignal, due: e.due, signal: e.name, changed: true})
		default:
			r.execCalls(e.visitKey, 1)
		}
		r.wait(e)
	case event.TypeCallCompleted:
		if waited {
			r.drop(of)
		} else {
			r.execCalls(e.visitKey, -1)
		}
		if e.due != never {
			r.visits = append(r.visits, visit{visitKey: of, begun: e.n, attempt: e.attempt, phase: visitBackoff, due: e.due, changed: true})
		} else if v = r.visit(e.visitKey); v.phase == visitCalls {
			v.phase, v.changed = visitRunning, true
		}
	default:
		r.wait(e)
	}
}

// wait has a visit wait for its calls, unless its script has yet to see how some of them ended.
func (r *row) wait(e peeked) {
	if v := r.visit(e.visitKey); v.phase == visitRunning && e.behind == 0 && (e.attempt <= 1) {
		v.phase, v.changed = visitCalls, true
	}
}

// execCalls counts the calls of a visit that are being executed.
func (r *row) execCalls(key visitKey, more int64) {
	if v := r.visit(key); v != nil {
		v.calling, v.changed = max(0, v.calling+more), true
	}
}

// takesTurns reports whether the visit that a call is of looks at when that is due.
func (r *row) takesTurns(of visitKey) bool {
	v := r.visit(of.whole())
	return v != nil && (v.phase == visitRunning || v.phase == visitCalls)
}

// failCalls has calls that were being executed begin again with the visit's next attempt, and lets go of those that it
// will not know of.
func (r *row) failCalls(e peeked) {
	if e.kind == event.KindStopped || e.kind == event.KindInterrupted {
		return
	}
	if v := r.visit(e.visitKey); v != nil {
		v.calling, v.changed = 0, true
	}
	if e.kept > 0 {
		r.dropCalls(e.visitKey, e.kept)
	}
}

// dropCalls takes out the calls of a visit behind one of them. Of a map they are its items.
func (r *row) dropCalls(key visitKey, last int64) {
	r.dropWhere(func(v *visit) bool { return v.item > last && v.whole() == key })
}

// haltCalls has scripts wait for no call: their run is ending.
func (r *row) haltCalls() {
	for i := range r.visits {
		if v := &r.visits[i]; v.phase == visitCalls {
			v.phase, v.changed = visitRunning, true
		}
	}
}
