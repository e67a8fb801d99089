package actors

import (
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

// settle acts on what has changed about an entrant: others may have their turn, and what nobody stands in is dropped.
func (q *lines) settle(e *entrant) {
	q.offer(e.line, e.keyed)
	q.advance(e.line)
	q.drop(e.line, e.keyed)
}

// offer has a lane take its turn once there is a run that waits and room for it.
func (q *lines) offer(l *line, k *keyed) {
	if k.ready || len(k.waiting) == 0 || q.still {
		return
	}
	room, again := k.room(time.Now())
	switch {
	case room:
		k.ready = true
		l.ready = append(l.ready, k)
	case !again.IsZero():
		q.lookAgain(l, k, again)
	}
}

// advance calls runs while there is room. Lanes take turns, one run each.
func (q *lines) advance(l *line) {
	for len(l.ready) > 0 && l.room() && !q.still {
		k := l.ready[0]
		l.ready[0] = nil
		l.ready = l.ready[1:]
		k.ready = false
		now := time.Now()
		if room, _ := k.room(now); room && len(k.waiting) > 0 {
			k.next(now).call()
		}
		q.offer(l, k)
	}
}

// drop forgets a lane that nobody stands in, once its rate has nothing to remember, and then the line.
func (q *lines) drop(l *line, k *keyed) {
	if len(k.waiting) > 0 || k.coming > 0 || k.holding > 0 || q.still {
		return
	}
	k.lapse(time.Now())
	if n := len(k.given); n > 0 {
		q.lookAgain(l, k, k.given[n-1].Add(k.rate.Per))
		return
	}
	if k.timer != nil {
		k.timer.Stop()
	}
	if l.lanes[k.key] == k {
		delete(l.lanes, k.key)
	}
	if len(l.lanes) == 0 && q.lines[l.workflow] == l {
		delete(q.lines, l.workflow)
	}
}

// lookAgain looks at a lane at a time, when its rate allows more.
func (q *lines) lookAgain(l *line, k *keyed, at time.Time) {
	k.again(at, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.offer(l, k)
		q.advance(l)
		q.drop(l, k)
	})
}

// begun remembers that runs began before this engine was started, for the rates. They come in the order in which they began.
func (q *lines) begun(name, key string, at time.Time) {
	e := q.entrant("", name, key, 0)
	delete(q.runs, "")
	if now := time.Now(); at.After(now) {
		at = now // the clock was put back
	}
	e.keyed.given = append(e.keyed.given, at)
}

// open calls the runs that have their turn now, after attend and begun have said who there is.
func (q *lines) open() {
	q.still = false
	for _, l := range q.lines {
		for _, k := range l.lanes {
			q.offer(l, k)
			q.drop(l, k)
		}
		q.advance(l)
	}
}

// close ends all turns.
func (q *lines) close() {
	q.still = true
	for _, l := range q.lines {
		for _, k := range l.lanes {
			if k.timer != nil {
				k.timer.Stop()
			}
		}
	}
}

// QueuePlace is where a run waits that has not begun.
type QueuePlace struct {
	Key      string
	Priority int
	Position int // among those of its key, from 1
	Waiting  int // how many of its key wait
}

// place is where a run waits, nil where it does not.
func (q *lines) place(run string) *QueuePlace {
	e := q.runs[run]
	if e == nil || e.stage != stageWaiting {
		return nil
	}
	before, _ := e.keyed.place(&e.ticket)
	return &QueuePlace{Key: e.keyed.key, Priority: e.priority, Position: before + 1, Waiting: len(e.keyed.waiting)}
}

// QueueCount is how many runs of a workflow wait, and how many have begun after they waited, and not ended.
type QueueCount struct {
	Workflow        string
	Queued, Running int
}

// count is zero for a workflow whose line nobody stands in.
func (q *lines) count(name string) QueueCount {
	c := QueueCount{Workflow: name}
	if l := q.lines[name]; l != nil {
		c.Queued, c.Running = l.waiting, l.holding
	}
	return c
}

// queue is the queue that a workflow's latest revision has, of those that this engine can run; nil where it has none.
func (c *catalog) queue(name string) *workflow.Queue {
	c.mu.RLock()
	known := c.names[name]
	c.mu.RUnlock()
	for i := len(known) - 1; i >= 0; i-- {
		if r := c.revision(known[i]); r.Definition != nil {
			return r.Definition.Queue
		}
	}
	return nil
}
