package actors

import (
	"container/heap"
	"math"
	"strings"
	"time"
	"weak"

	"github.com/weirflow/weir/actors/workflow"
)

// parking holds the runs that wait and have no actor: all that is sure to be known of them here is when each is due, and
// where it ends in the log. BenchmarkParked says what a run costs. It belongs to the System's mutex.
type parking struct {
	places  map[string]*place
	queue   queue
	puts    uint32            // so many were put, and begins anew
	sooner  chan struct{}     // holds one token when another run is due first
	watched map[string]*watch // of runs that somebody waits for
}

// never is when a run is due that waits for no time.
const never = math.MaxInt64

// place is where one run is parked.
type place struct {
	run    string
	end    uint64               // the sequence of its last commit, 0 where that is not known
	memory weak.Pointer[memory] // spares reading it, until the garbage is next collected
	due    int64                // in microseconds since 1970, which no limit on a run's duration leads beyond
	order  uint32               // in which it was put
	index  int32                // in the queue
}

// memory is a run as it was parked, or looked at since.
type memory struct {
	state *workflow.State
	position
}

// watch is closed when its run is taken out of the parking.
type watch struct {
	taken    chan struct{}
	watchers int
}

func newParking() *parking {
	return &parking{places: map[string]*place{}, sooner: make(chan struct{}, 1), watched: map[string]*watch{}}
}

// put parks a run that is not parked and whose last commit is at the sequence end, 0 where that is not known. The zero time is
// none: only a command gives the run an actor then.
func (p *parking) put(run string, end uint64, due time.Time) *place {
	p.puts++
	at := &place{run: strings.Clone(run), end: end, due: never, order: p.puts} // an id may be part of a whole request, or commit
	if !due.IsZero() {
		at.due = due.UnixMicro()
	}
	p.places[at.run] = at
	heap.Push(&p.queue, at)
	if at.index == 0 {
		p.hasten()
	}
	return at
}

// take takes a run out and returns where it was, nil where it is not parked.
func (p *parking) take(run string) *place {
	at := p.places[run]
	if at == nil {
		return nil
	}
	heap.Remove(&p.queue, int(at.index))
	delete(p.places, run)
	if w := p.watched[run]; w != nil {
		close(w.taken)
		delete(p.watched, run)
	}
	if len(p.places) == 0 && cap(p.queue) > parkingKept {
		p.places, p.queue = map[string]*place{}, nil // maps do not shrink
	}
	return at
}

// move has a run be due at another time, if it is parked.
func (p *parking) move(run string, due time.Time) {
	at := p.places[run]
	if at == nil {
		return
	}
	p.puts++
	at.due, at.order = due.UnixMicro(), p.puts
	heap.Fix(&p.queue, int(at.index))
	if at.index == 0 {
		p.hasten()
	}
}

// hasten tells that another run is due first.
func (p *parking) hasten() {
	select {
	case p.sooner <- struct{}{}:
	default:
	}
}

// parkingKept is for how many runs an empty parking keeps the room.
const parkingKept = 1024

// has reports whether a run is parked.
func (p *parking) has(run string) bool { return p.places[run] != nil }

// first is when the first run is due, if any is parked.
func (p *parking) first() (due time.Time, ok bool) {
	if len(p.queue) == 0 {
		return time.Time{}, false
	}
	return time.UnixMicro(p.queue[0].due), true
}

// dueBy counts the runs that are due at a time.
func (p *parking) dueBy(at time.Time) int { return p.queue.dueBy(0, at.UnixMicro()) }

// watch returns what tells that a run is taken out, nil where it is not parked. Whoever asks for it hands it back
// to unwatch.
func (p *parking) watch(run string) *watch {
	if !p.has(run) {
		return nil
	}
	w := p.watched[run]
	if w == nil {
		w = &watch{taken: make(chan struct{})}
		p.watched[run] = w
	}
	w.watchers++
	return w
}

func (p *parking) unwatch(run string, w *watch) {
	if w.watchers--; w.watchers == 0 && p.watched[run] == w {
		delete(p.watched, run)
	}
}

// queue is the parked runs as a heap, those first that are due first. Those due at once are in the order in which they
// were put: what was stored together is then read together.
type queue []*place

// dueBy counts the runs that are due at a time, from one place of the heap on.
func (q queue) dueBy(i int, at int64) int {
	if i >= len(q) || q[i].due > at {
		return 0
	}
	return 1 + q.dueBy(2*i+1, at) + q.dueBy(2*i+2, at)
}

// The methods of heap.Interface.

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].due != q[j].due {
		return q[i].due < q[j].due
	}
	return q[i].order < q[j].order
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = int32(i), int32(j) //nolint:gosec // memory is for fewer
}

func (q *queue) Push(x any) {
	at := x.(*place)
	at.index = int32(len(*q)) //nolint:gosec // as in Swap
	*q = append(*q, at)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	at := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return at
}
