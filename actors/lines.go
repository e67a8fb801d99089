package actors

import (
	"strings"
	"sync"
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

// lines holds the runs back whose workflows have a queue, and tells whose turn it is. A run stands in the line of its workflow, there
// in the lane of its key. It belongs to the System's mutex.
//
// Who waits and who has begun follows from the runs' events: RunStarted says where the run stands, and its first NodeStarted that
// its turn has come. So nothing of this is stored, and a restart finds it all in the list of runs.
type lines struct {
	mu     *sync.Mutex                           // the System's
	limits func(workflow string) *workflow.Queue // as they are now; nil: none
	call   func(run string)                      // a run that waits has its turn
	lines  map[string]*line                      // by workflow
	runs   map[string]*entrant
	still  bool // nobody is called: before open, and after close
}

// line is the runs of one workflow.
type line struct {
	workflow         string
	queue            workflow.Queue // the limits that hold
	lanes            map[string]*keyed
	ready            []*keyed // those with a run that waits and room for it, in the order of their turns
	waiting, holding int
}

// keyed is the lane of one key.
type keyed struct {
	lane

	key    string
	coming int // runs whose RunStarted is not durable yet, which tells their order
	ready  bool
}

// entrant is a run in a line, from its start to its end.
type entrant struct {
	ticket

	run   string
	line  *line
	keyed *keyed
	stage stage
}

// stage is how far an entrant has come.
type stage uint8

const (
	stageComing  stage = iota + 1 // it will wait
	stageWaiting                  // it waits
	stageCalled                   // it has its turn, and has begun or is about to
)

func newLines(mu *sync.Mutex, limits func(string) *workflow.Queue, call func(string)) *lines {
	return &lines{mu: mu, limits: limits, call: call, lines: map[string]*line{}, runs: map[string]*entrant{}, still: true}
}

// enter takes a run in that is being started, and calls it at once where there is room and nobody waits. Others will wait, once
// stand says in which order.
func (q *lines) enter(run, name, key string, priority int) {
	if q.runs[run] != nil {
		return
	}
	e := q.entrant(run, name, key, priority)
	l, k, now := e.line, e.keyed, time.Now()
	room, _ := k.room(now)
	if room && k.coming == 0 && len(k.waiting) == 0 && l.room() && !q.still {
		k.hold(now)
		l.holding++
		e.stage = stageCalled
		return
	}
	k.coming++
	e.stage = stageComing
}

// stand has a run wait whose start is durable. The order is that of the starts.
func (q *lines) stand(run string, order uint64) {
	e := q.runs[run]
	if e == nil || e.stage != stageComing {
		return
	}
	e.keyed.coming--
	q.wait(e, order)
	q.settle(e)
}

func (q *lines) wait(e *entrant, order uint64) {
	e.order, e.stage = order, stageWaiting
	e.keyed.wait(&e.ticket)
	e.line.waiting++
}

// attend takes a run in as its events have it. One that has begun has a turn, whether or not there is room.
func (q *lines) attend(run, name, key string, priority int, queued bool, order uint64) {
	e := q.runs[run]
	switch {
	case e == nil:
	case e.stage == stageCalled:
		return
	case queued:
		q.stand(run, order)
		return
	default:
		q.leave(run) // another owner has begun it
	}
	e = q.entrant(run, name, key, priority)
	if queued {
		q.wait(e, order)
	} else {
		e.stage = stageCalled
		e.keyed.holding++
		e.line.holding++
	}
	q.settle(e)
}

// leave takes a run out that has ended, or that nobody carries on any more.
func (q *lines) leave(run string) {
	e := q.runs[run]
	if e == nil {
		return
	}
	delete(q.runs, run)
	switch e.stage {
	case stageComing:
		e.keyed.coming--
	case stageWaiting:
		e.keyed.forget(&e.ticket)
		e.line.waiting--
	case stageCalled:
		e.keyed.holding--
		e.line.holding--
	}
	q.settle(e)
}

// called reports whether a run has its turn.
func (q *lines) called(run string) bool {
	e := q.runs[run]
	return e != nil && e.stage == stageCalled
}

// changed has the limits of a workflow's latest revision hold.
func (q *lines) changed(name string) {
	l := q.lines[name]
	if l == nil {
		return
	}
	l.queue = limitsOf(q.limits(name))
	for _, k := range l.lanes {
		k.concurrency, k.rate = l.queue.Concurrency, l.queue.Rate
		q.offer(l, k)
	}
	q.advance(l)
}

func limitsOf(q *workflow.Queue) workflow.Queue {
	if q == nil {
		return workflow.Queue{}
	}
	return *q
}

func (q *lines) entrant(run, name, key string, priority int) *entrant {
	l := q.lines[name]
	if l == nil {
		l = &line{workflow: strings.Clone(name), queue: limitsOf(q.limits(name)), lanes: map[string]*keyed{}}
		q.lines[l.workflow] = l
	}
	k := l.lanes[key]
	if k == nil {
		k = &keyed{key: strings.Clone(key), lane: lane{concurrency: l.queue.Concurrency, rate: l.queue.Rate}}
		l.lanes[k.key] = k
	}
	e := &entrant{ticket: ticket{priority: priority}, run: strings.Clone(run), line: l, keyed: k}
	e.call = func() {
		e.stage = stageCalled
		l.waiting--
		l.holding++
		q.call(e.run)
	}
	q.runs[e.run] = e
	return e
}

// room reports whether the keys' common limit allows one more.
func (l *line) room() bool { return l.queue.Total == 0 || l.holding < l.queue.Total }
