package rehearsal

import (
	"slices"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// cues is what the test has come to the run from outside.
type cues struct {
	sent      []bool // by signal
	cancelled bool
}

// cueStart has that come which the test times from the start of the run.
func (s *stage) cueStart() {
	t := &s.play.Test
	s.cues.sent = make([]bool, len(t.Signals))
	for i := range t.Signals {
		if c := t.Signals[i].Cue; c.Node == "" {
			s.later(c.After, func() { s.send(i) })
		}
	}
	if t.Cancel != nil && t.Cancel.Cue.Node == "" {
		s.later(t.Cancel.Cue.After, s.cancel)
	}
}

// cue has that come which the test has wait for a node. The k-th visit of a node brings the k-th signal that waits for it.
func (s *stage) cue(events []event.Event) {
	t := &s.play.Test
	for _, e := range events {
		b, ok := e.Body.(event.NodeStarted)
		if !ok || b.Attempt > 1 || b.Item > 0 {
			continue
		}
		nth := 0
		for i := range t.Signals {
			if c := t.Signals[i].Cue; c.Node == b.Node {
				if nth++; nth == b.Visit {
					s.later(c.After, func() { s.send(i) })
				}
			}
		}
		if c := t.Cancel; c != nil && c.Cue.Node == b.Node && b.Visit == 1 {
			s.later(c.Cue.After, s.cancel)
		}
	}
}

// send sends the run a signal, as people do by the API.
func (s *stage) send(i int) {
	root, signal := s.runs[0], &s.play.Test.Signals[i]
	s.cues.sent[i] = true
	if err := refusal(root.state, signal.Signal); err != nil {
		s.note(aboutSignals, "signal %s, at line %d, is refused: %v", signal.Signal.Name, signal.Position.Line, err)
		return
	}
	root.decide(signal.Signal)
}

func refusal(s *workflow.State, c workflow.Signal) error {
	if refused := s.Refuses(c); refused != nil {
		return refused
	}
	schema, _ := tools.CompileSchema(s.Definition().Signals[c.Name].Schema)
	var misfits []workflow.PayloadMisfit
	for _, v := range schema.Violations(c.Payload) {
		misfits = append(misfits, workflow.PayloadMisfit(v))
	}
	if len(misfits) > 0 {
		return workflow.Misfitting(c.Name, misfits...)
	}
	return nil
}

func (s *stage) cancel() {
	s.cues.cancelled = true
	s.runs[0].decide(s.play.Test.Cancel.Cancel)
}

// uncued notes what the test would have had come to the run, which has ended or stopped before.
func (s *stage) uncued() {
	t := &s.play.Test
	late := func(what string, c workflow.Cue, line int) {
		why := "the run had ended before"
		if c.Node != "" && !slices.Contains(visited(s.runs[0].events), c.Node) {
			why = "node " + c.Node + " was not visited"
		} else if c.Node != "" {
			why = "node " + c.Node + " was not visited as often, or the run had ended before"
		}
		s.note(aboutSignals, "%s, at line %d, never came: %s", what, line, why)
	}
	for i := range t.Signals {
		if !s.cues.sent[i] {
			late("signal "+t.Signals[i].Signal.Name, t.Signals[i].Cue, t.Signals[i].Position.Line)
		}
	}
	if t.Cancel != nil && !s.cues.cancelled {
		late("the cancel", t.Cancel.Cue, t.Cancel.Position.Line)
	}
}

// visited returns the nodes of the visits that have begun, in their order.
func visited(events []event.Event) (nodes []string) {
	for _, e := range events {
		if b, ok := e.Body.(event.NodeStarted); ok && b.Attempt == 1 && b.Item == 0 {
			nodes = append(nodes, b.Node)
		}
	}
	return nodes
}
