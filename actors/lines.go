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
	turns

	workflow string
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
	if e.line.take(e.keyed) {
		e.stage = stageCalled
		return
	}
	e.keyed.coming++
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
	e.line.settle(e.keyed)
}

func (q *lines) wait(e *entrant, order uint64) {
	e.order, e.stage = order, stageWaiting
	e.line.wait(e.keyed, &e.ticket)
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
		e.line.total.holding++
	}
	e.line.settle(e.keyed)
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
		e.line.forget(e.keyed, &e.ticket)
	case stageCalled:
		e.line.end(e.keyed)
	}
	e.line.settle(e.keyed)
}

// called reports whether a run has its turn.
func (q *lines) called(run string) bool {
	e := q.runs[run]
	return e != nil && e.stage == stageCalled
}

// changed has the limits of a workflow's latest revision hold.
func (q *lines) changed(name string) {
	if l := q.lines[name]; l != nil {
		l.change(boundsOf(q.limits(name)))
	}
}

// boundsOf returns the limits of the runs of each key, and of all. Nobody is held back where there is no queue.
func boundsOf(q *workflow.Queue) (each, total bounds) {
	if q == nil {
		return bounds{}, bounds{}
	}
	return bounds{q.Concurrency, q.Rate}, bounds{concurrency: q.Total}
}

func (q *lines) line(name string) *line {
	l := q.lines[name]
	if l == nil {
		each, total := boundsOf(q.limits(name))
		l = &line{workflow: strings.Clone(name), turns: newTurns(q.mu, each, total)}
		l.still = q.still
		l.empty = func() { delete(q.lines, l.workflow) }
		q.lines[l.workflow] = l
	}
	return l
}

func (q *lines) entrant(run, name, key string, priority int) *entrant {
	l := q.line(name)
	e := &entrant{ticket: ticket{priority: priority}, run: strings.Clone(run), line: l, keyed: l.lane(key)}
	e.call = func() {
		e.stage = stageCalled
		q.call(e.run)
	}
	q.runs[e.run] = e
	return e
}

// begun remembers that runs began before this engine was started, for the rates. They come in the order in which they began.
func (q *lines) begun(name, key string, at time.Time) {
	k := q.line(name).lane(key)
	if now := time.Now(); at.After(now) {
		at = now // the clock was put back
	}
	k.given = append(k.given, at)
}

// open calls the runs that have their turn now, after attend and begun have said who there is.
func (q *lines) open() {
	q.still = false
	for _, l := range q.lines {
		l.still = false
		for _, k := range l.lanes {
			l.offer(k)
			l.drop(k)
		}
		l.advance()
	}
}

// close ends all turns.
func (q *lines) close() {
	q.still = true
	for _, l := range q.lines {
		l.close()
	}
}
