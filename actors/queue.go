package actors

import (
	"context"
	"fmt"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/runindex"
)

// A run that waits in its workflow's queue is parked, due at no time that comes. Once it is called it is due at once; its actor sees
// that it has its turn and has it begin.

// enter takes a run into its workflow's line that is being started.
func (a *actor) enter() {
	if !a.state.Queued() {
		return
	}
	at := a.state.Queue
	a.system.mu.Lock()
	defer a.system.mu.Unlock()
	a.system.lines.enter(a.run, a.state.Workflow, at.Key, at.Priority)
}

// stand has the run wait in the order of its start, which is durable in s.
func (a *actor) stand(s *workflow.State) {
	if !s.Queued() {
		return
	}
	a.system.mu.Lock()
	defer a.system.mu.Unlock()
	a.system.lines.stand(a.run, a.journal.sequence)
}

// attend tells the workflow's line of a run that was read, if it does not know of it.
func (a *actor) attend() {
	at := a.state.Queue
	if at == nil || a.state.Status().Ended() {
		return
	}
	a.system.mu.Lock()
	defer a.system.mu.Unlock()
	a.system.lines.attend(a.run, a.state.Workflow, at.Key, at.Priority, a.state.Queued(), a.journal.sequence)
}

// begin has the run begin if it waits and has its turn.
func (a *actor) begin() {
	if !a.state.Admissible() {
		return
	}
	a.system.mu.Lock()
	called := a.system.lines.called(a.run)
	a.system.mu.Unlock()
	if called {
		a.decide(workflow.Admit{})
	}
}

// queuedFor is how far away a run is due that only waits for its turn.
const queuedFor = 876_000 * time.Hour

// attendOpen takes an open run into its workflow's line, as the list of runs has it.
func (s *System) attendOpen(r *runindex.OpenRun) {
	if at := r.Queue; at != nil {
		s.lines.attend(r.Run, r.Workflow, at.Key, at.Priority, at.Begun.IsZero(), r.First)
	}
}

// recallRates tells the lines when runs have begun lately, so that a restart does not let more begin than the rates allow.
func (s *System) recallRates(ctx context.Context) error {
	names, err := s.list.index.QueueWorkflows(ctx)
	if err != nil {
		return fmt.Errorf("finding the workflows with a queue: %w", err)
	}
	for _, name := range names {
		limits := s.catalog.queue(name)
		if limits == nil || limits.Rate.Count == 0 {
			continue
		}
		begun, err := s.list.index.BegunSince(ctx, name, time.Now().Add(-limits.Rate.Per))
		if err != nil {
			return fmt.Errorf("finding the runs of workflow %s that began lately: %w", name, err)
		}
		s.mu.Lock()
		for _, b := range begun {
			s.lines.begun(name, b.Key, b.At)
		}
		s.mu.Unlock()
	}
	return nil
}

// Queue returns how many runs of a workflow wait in its queue, and how many have begun and not ended.
func (s *System) Queue(name string) QueueCount {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines.count(name)
}

// Queues returns the counts of all workflows whose queue somebody stands in.
func (s *System) Queues() []QueueCount {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := make([]QueueCount, 0, len(s.lines.lines))
	for name := range s.lines.lines {
		counts = append(counts, s.lines.count(name))
	}
	return counts
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
		c.Queued, c.Running = l.waiting, l.total.holding
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
