package actors

import (
	"container/heap"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

const (
	// lookingMost is how many schedules that are due at once are looked at together, so that the starts of their runs share syncs.
	lookingMost = 64
	// lookPause is for how long a schedule is left alone whose run cannot be started now, for a reason that may pass.
	lookPause = 5 * time.Second
)

// schedules starts the runs that the latest revisions of the workflows say are to be started by themselves. It stores nothing: which times
// were started is told by the runs that there are, since a run's id follows from its time, and from when on times count by
// when revisions were saved.
type schedules struct {
	system *System
	loaded chan struct{} // closed when the revisions that were there at the start are in force
	sooner chan struct{} // holds one token when another schedule is due first

	mu      sync.Mutex
	inForce map[string]*revised // by workflow
	queue   planQueue

	started, skipped, refused atomic.Uint64
}

// revised is the schedules of a workflow's latest revision.
type revised struct {
	sequence uint64 // of the revision
	plans    map[string]*plan
}

// plan is one schedule that is in force. What it is, and its place in the queue, belong to the mutex; so does its progress, but for
// the time in which somebody looks at it: then it is not in the queue.
type plan struct {
	workflow, revision string // the latter is a digest
	spec               *workflow.Schedule
	look               time.Time // when it is to be looked at
	index              int       // in the queue, -1 where it is not there
	stirred            bool      // it is to be looked at once more
	gone               bool      // another revision has taken its place
	progress
}

// progress is how far a schedule has come.
type progress struct {
	considered time.Time // nothing is to be done any more about times up to this one; zero where that is not known
	recalled   bool      // last is known
	last       *occasion // the last run, nil where there is none
	waits      time.Time // the time that waits for the end of the last run, zero where none does
}

func newSchedules(s *System) *schedules {
	return &schedules{system: s, loaded: make(chan struct{}), sooner: make(chan struct{}, 1), inForce: map[string]*revised{}}
}

// keep starts what is due until the system closes; idle only keeps the list of the schedules.
func (s *schedules) keep(idle bool) {
	s.load()
	if idle {
		return
	}
	rest := time.NewTimer(lookAgain)
	defer rest.Stop()
	for s.system.running.Err() == nil {
		due, left := s.take(time.Now())
		if len(due) > 0 {
			s.lookAtAll(due)
			continue
		}
		rest.Reset(left)
		select {
		case <-rest.C:
		case <-s.sooner:
		case <-s.system.running.Done():
		}
	}
}

// lookAtAll looks at plans that are due at once, and returns when that is done.
func (s *schedules) lookAtAll(due []*plan) {
	places := make(chan struct{}, lookingMost)
	var looking sync.WaitGroup
	for _, p := range due {
		places <- struct{}{}
		looking.Go(func() {
			defer func() { <-places }()
			s.lookAt(p)
		})
	}
	looking.Wait()
}

// load puts the latest revisions in force.
func (s *schedules) load() {
	defer close(s.loaded)
	c := s.system.catalog
	c.mu.RLock()
	latest := make([]*entry, 0, len(c.names))
	for _, known := range c.names {
		latest = append(latest, known[len(known)-1])
	}
	c.mu.RUnlock()
	for _, e := range latest {
		s.revise(e, time.Time{})
	}
}

// revisionAdded puts a revision in force that has just been saved. What it does not change goes on as it was.
func (s *schedules) revisionAdded(e *entry) {
	<-s.loaded
	s.revise(e, e.record.SavedAt)
}

// revise puts the schedules of a revision in force; those that are new count from a time on, and where that is zero, from when it follows
// from the revisions and the runs that there are.
func (s *schedules) revise(e *entry, from time.Time) {
	now := time.Now()
	next := &revised{sequence: e.sequence, plans: map[string]*plan{}}
	var specs []workflow.Schedule
	if mayHaveSchedules(e.record.Source) {
		rev := s.system.catalog.revision(e)
		if rev.Definition != nil {
			specs = rev.Definition.Schedules
		} else {
			s.system.logger.Error("a workflow's schedules are not in force: this engine cannot run its latest revision",
				"workflow", rev.Workflow, "revision", rev.Number)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.inForce[e.record.Workflow]
	if before == nil {
		before = &revised{}
	} else if before.sequence >= e.sequence {
		return
	}
	for i := range specs {
		spec := &specs[i]
		p := before.plans[spec.Name]
		if p == nil || p.spec.Paused || spec.Paused || !p.spec.SameTimes(spec) {
			p = &plan{workflow: e.record.Workflow, spec: spec, index: -1, look: now, progress: progress{considered: from}}
			s.enter(p) // its last run is looked for at once, not when it is due
		} else {
			delete(before.plans, spec.Name)
		}
		p.spec, p.revision = spec, e.record.Digest
		next.plans[spec.Name] = p
	}
	for _, p := range before.plans {
		s.leave(p)
	}
	s.inForce[e.record.Workflow] = next
}

// mayHaveSchedules spares the start of the engine from reading every workflow. A key that does not stand there letter by letter is
// written with escapes.
func mayHaveSchedules(source string) bool {
	return strings.Contains(source, "schedules") || strings.Contains(source, `\`)
}

// goesOn reports whether a plan has times to start runs at.
func (s *schedules) goesOn(p *plan) bool { return !p.gone && !p.spec.Paused && p.spec.Table != nil }

// enter puts a plan into the queue, if it has times. The caller holds the mutex.
func (s *schedules) enter(p *plan) {
	if !s.goesOn(p) {
		return
	}
	heap.Push(&s.queue, p)
	if p.index == 0 {
		select {
		case s.sooner <- struct{}{}:
		default:
		}
	}
}

// leave takes a plan out for good. The caller holds the mutex.
func (s *schedules) leave(p *plan) {
	p.gone = true
	if p.index >= 0 {
		heap.Remove(&s.queue, p.index)
	}
}

// take takes the plans out of the queue that are to be looked at now. Where there are none, the queue may be left alone for a while.
func (s *schedules) take(now time.Time) (due []*plan, left time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > 0 && !s.queue[0].look.After(now) {
		p := heap.Pop(&s.queue).(*plan)
		p.stirred = false
		due = append(due, p)
	}
	if left = lookAgain; len(s.queue) > 0 {
		left = min(left, s.queue[0].look.Sub(now))
	}
	return due, left
}

// stir has a plan looked at soon.
func (s *schedules) stir(p *plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.stirred = true; p.index < 0 {
		return // it is being looked at, or gone
	}
	p.look = time.Now()
	heap.Fix(&s.queue, p.index)
	select {
	case s.sooner <- struct{}{}:
	default:
	}
}

// planQueue is the plans as a heap, those first that are to be looked at first.
type planQueue []*plan

// The methods of heap.Interface.

func (q planQueue) Len() int           { return len(q) }
func (q planQueue) Less(i, j int) bool { return q[i].look.Before(q[j].look) }

func (q planQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *planQueue) Push(x any) {
	p := x.(*plan)
	p.index = len(*q)
	*q = append(*q, p)
}

func (q *planQueue) Pop() any {
	last := len(*q) - 1
	p := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	p.index = -1
	return p
}
