package api

import (
	"context"
	"fmt"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// story is what classic replies tell of a run, folded from its events.
type story struct {
	run, graph string
	dialect    dialect
	state      document.Value
	steps      []step // the nodes that finished, in order, each with the state after it
	current    string // the node at work
	entered    bool   // whether any node was
	ended      event.Type
	failure    *event.RunFailed
	reason     string // of a cancel

	finishing *step // completed, but the change of state may follow
}

// step is a node that finished.
type step struct {
	node  string
	state document.Value
}

// add folds one event and returns the step it finishes, nil for most. A visit's events come in one commit
// in the order NodeCompleted, StateChanged where there was a change, EdgeTaken: with the edge the step and
// its state are known.
func (t *story) add(e event.Event) (*step, error) {
	switch b := e.Body.(type) {
	case event.RunStarted:
		t.state = b.Input
	case event.NodeStarted:
		t.current, t.entered = b.Node, true
	case event.NodeCompleted:
		if b.Item == 0 {
			t.finishing = &step{node: b.Node}
		}
	case event.StateChanged:
		state, err := b.Patch.Apply(t.state)
		if err != nil {
			return nil, fmt.Errorf("event %d of run %s: %w", e.N, e.Run, err)
		}
		t.state = state
	case event.EdgeTaken:
		if done := t.finishing; done != nil && done.node == b.From {
			done.state = t.state
			t.finishing, t.current = nil, ""
			t.steps = append(t.steps, *done)
			return done, nil
		}
	case event.RunResumed:
		t.ended, t.failure = "", nil
	case event.RunCompleted:
		t.end(event.TypeRunCompleted)
	case event.RunFailed:
		t.end(event.TypeRunFailed)
		t.failure = &b
	case event.RunCancelled:
		t.end(event.TypeRunCancelled)
		t.reason = b.Reason
	default:
	}
	return nil, nil
}

func (t *story) end(with event.Type) { t.ended, t.current = with, "" }

// trouble is why a run did not complete, "" for one that did or goes on. The node is "" where none is to
// blame.
func (t *story) trouble() (node, message string) {
	switch {
	case t.failure != nil:
		return t.failure.Node, t.failure.Message
	case t.ended == event.TypeRunCancelled && t.reason != "":
		return "", "the run was cancelled: " + t.reason
	case t.ended == event.TypeRunCancelled:
		return "", "the run was cancelled"
	}
	return "", ""
}

// begin makes a story of a run's first event, or says that the run is not of a graph.
func (s *Server) begin(first event.Event) (*story, error) {
	started, ok := first.Body.(event.RunStarted)
	if !ok {
		return nil, fmt.Errorf("run %s begins with %s", first.Run, first.Type())
	}
	graph, d := graphID(started.Workflow), dialect("")
	if graph != "" {
		revision, err := s.system.Workflow(started.Workflow, started.Revision)
		if err != nil {
			return nil, unusable(graph, err)
		}
		d = dialectOf(revision.Definition)
	}
	if d == "" {
		return nil, newProblem(kindRunNotFound, "Run not found among the graphs: run %s is of the workflow %s; read it at /v1/runs/%s",
			first.Run, started.Workflow, first.Run).of(first.Run)
	}
	return &story{run: first.Run, graph: graph, dialect: d}, nil
}

// tell folds all events that a run has so far.
func (s *Server) tell(ctx context.Context, run string) (*story, error) {
	var t *story
	for after := uint64(0); ; {
		page, err := s.system.Events(ctx, run, after, actors.EventsMax)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 && t == nil {
			return nil, newProblem(kindRunNotFound, "Run not found: there is no run %q", run)
		}
		for i := range page {
			after = page[i].N
			e, err := event.Decode(page[i].JSON)
			if err != nil {
				return nil, err
			}
			if t == nil {
				if t, err = s.begin(e); err != nil {
					return nil, err
				}
			}
			if _, err := t.add(e); err != nil {
				return nil, err
			}
		}
		if len(page) < actors.EventsMax {
			return t, nil
		}
	}
}
