package memlog

import (
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// write is one append on its way.
type write struct {
	stream   *stream
	subject  string
	expected uint64
	record   record
	pending  *eventstore.Pending
	resolve  func(sequence uint64, err error)

	// under the Log's mutex
	fate     fate
	order    uint64
	sequence uint64 // where it is stored, 0 before
	mute     bool   // its answer is lost and not found out yet
	over     bool   // its outcome is known
}

func newWrite(s *stream, subject string, expected uint64, r record) *write {
	w := &write{stream: s, subject: subject, expected: expected, record: r}
	w.pending, w.resolve = eventstore.NewPending()
	return w
}

// after has do called with the mutex held, some time from now. The mutex is held.
func (l *Log) after(d time.Duration, do func()) {
	l.submitted++
	l.agenda.enter(time.Now().Add(d), l.submitted, do)
	l.stir()
}

// send sets a write on its way. The mutex is held, as for all that follows.
func (l *Log) send(w *write) {
	l.under[w] = struct{}{}
	w.mute = w.fate.settle > 0
	l.after(w.fate.way, func() { l.arrive(w) })
	w.order = l.submitted
	if w.fate.repeat > 0 {
		l.after(w.fate.way+w.fate.repeat, func() { _, _ = w.stream.place(w) }) // it was stored, or refused, before
	}
}

// arrive stores a write, or refuses it.
func (l *Log) arrive(w *write) {
	switch w.fate.end {
	case endRival:
		l.overtake(w)
	case endBefore:
		l.fail("an append was lost on its way")
		return
	default:
	}
	sequence, err := w.stream.place(w)
	if err != nil {
		l.conclude(w, 0, err)
		return
	}
	w.sequence = sequence
	w.stream.parked = append(w.stream.parked, w)
	if w.fate.end == endStored {
		l.fail("an append was stored and its answer lost")
		return
	}
	l.after(w.fate.sync, func() { l.sync(w) })
	if w.mute {
		l.after(w.fate.settle, func() { l.settle(w) })
	}
}

// settle sends the same bytes again, because no answer came, and learns from it where they stand.
func (l *Log) settle(w *write) {
	w.mute = false
	sequence, err := w.stream.place(w)
	if err != nil {
		l.conclude(w, 0, err)
		return
	}
	w.sequence = sequence
	l.tell(w.stream)
}

// overtake lets another owner decide the same as the writer did, and be first.
func (l *Log) overtake(w *write) {
	c := w.record.commit
	events, err := c.Events()
	if err != nil {
		return // not a commit that anybody could decide
	}
	c = event.Seal(event.Commit{Run: c.Run, Workflow: c.Workflow, First: c.First, Epoch: "rival of " + c.Epoch, Prev: c.Prev, Events: events})
	rival := newWrite(w.stream, w.subject, w.expected, record{data: c.Data, commit: c.Kept()})
	rival.fate = fate{sync: w.fate.sync}
	l.under[rival] = struct{}{}
	l.arrive(rival)
}

// sync makes a stored write durable, and all before it. What has its answer is seen by that.
func (l *Log) sync(w *write) {
	w.stream.durable = max(w.stream.durable, w.sequence)
	if w.fate.end == endDurable {
		l.fail("an append was synced and its answer lost")
		return
	}
	l.tell(w.stream)
	if w.fate.end == endTold {
		l.fail("the process ended behind an append")
	}
}

// tell makes seen what is durable and answered, and completes those appends. What lies before it in the
// stream is seen with it, though the answer be lost.
func (l *Log) tell(s *stream) {
	for _, w := range s.parked {
		if w.sequence <= s.durable && !w.mute {
			s.seen = max(s.seen, w.sequence)
		}
	}
	waiting := s.parked[:0]
	for _, w := range s.parked {
		if w.sequence <= s.durable && !w.mute {
			l.conclude(w, w.sequence, nil)
		} else {
			waiting = append(waiting, w)
		}
	}
	clear(s.parked[len(waiting):])
	s.parked = waiting
	l.move()
}

// move has every waiting reader look again.
func (l *Log) move() {
	close(l.moved)
	l.moved = make(chan struct{})
}

// conclude gives a write its outcome.
func (l *Log) conclude(w *write, sequence uint64, err error) {
	if w.over {
		return
	}
	w.over = true
	delete(l.under, w)
	w.resolve(sequence, err)
	l.stir()
}
