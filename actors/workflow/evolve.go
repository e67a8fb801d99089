package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// FoldError says that an event does not follow from those before it: the log is damaged, or belongs to
// another definition.
type FoldError struct {
	Run    string
	N      uint64
	Type   event.Type
	Reason string
}

// Error names the run and the event that does not fold.
func (e *FoldError) Error() string {
	return fmt.Sprintf("run %s: event %d (%s) does not follow: %s", e.Run, e.N, e.Type, e.Reason)
}

// Fold returns the state after more events. The error is a *FoldError.
func Fold(s *State, events []event.Event) (*State, error) { return FoldOver(s, events, nil) }

// apply changes s, which the caller must own.
func (s *State) apply(e event.Event) error {
	if e.N != s.N+1 {
		return foldError(e, fmt.Sprintf("the one before is number %d", s.N))
	}
	if s.N > 0 && e.Run != s.Run {
		return foldError(e, "it belongs to run "+s.Run)
	}
	s.N, s.At = e.N, e.At
	switch b := e.Body.(type) {
	case event.RunStarted:
		s.start(e, b)
	case event.NodeStarted:
		return s.nodeStarted(e, b)
	case event.NodeCompleted:
		return s.nodeCompleted(e, b)
	case event.NodeFailed:
		return s.nodeFailed(e, b)
	case event.StateChanged:
		doc, err := b.Patch.Apply(s.Doc)
		if err != nil {
			return foldError(e, err.Error())
		}
		s.change(b, doc)
	case event.EdgeTaken:
		s.edgeTaken(b)
	case event.ScriptLogged:
	case event.CallStarted:
		return s.callStarted(e, b)
	case event.CallCompleted:
		return s.callCompleted(e, b)
	case event.CallsAwaited:
		return s.callsAwaited(e, b)
	case event.TimerSet:
		return s.timer(e, b.Node, b.Visit, PhaseTimer, b.Due)
	case event.TimerFired:
		return s.timer(e, b.Node, b.Visit, PhaseRunning, time.Time{})
	case event.SignalReceived:
		s.receive(b)
	case event.ChildStarted:
		return s.childStarted(e, b)
	case event.ChildCompleted:
		return s.childCompleted(e, b)
	case event.RunPaused:
		s.Paused, s.pausedAt = &b, e.At
	case event.RunResumed:
		return s.resumed(e, b)
	case event.RunCancelRequested:
		if s.Paused != nil {
			s.unpause(e.At)
		}
		s.Cancelling, s.endingAt = &b, e.At
		s.haltChildren()
		s.cancelCalls()
	case event.RunFailing:
		s.Failing, s.endingAt = &b, e.At
		s.haltChildren()
		s.cancelCalls()
	case event.RunCompleted:
		s.end(e, StatusCompleted)
	case event.RunFailed:
		s.Failed = &b
		s.end(e, StatusFailed)
	case event.RunCancelled:
		s.end(e, StatusCancelled)
	default:
		return foldError(e, "this version of weir does not know such events")
	}
	return nil
}

func foldError(e event.Event, reason string) *FoldError {
	return &FoldError{Run: e.Run, N: e.N, Type: e.Type(), Reason: reason}
}

func (s *State) start(e event.Event, b event.RunStarted) {
	s.Run, s.Workflow, s.Revision = e.Run, b.Workflow, b.Revision
	s.Input, s.Doc, s.Labels = b.Input, b.Input, b.Labels
	s.StartedAt, s.resumedAt = e.At, e.At
	s.Queue, s.queued = b.Queue, b.Queue != nil
	s.Parent, s.Depth = b.Parent, b.Depth
	if b.Start != End {
		s.token = 1
		s.Tokens = append(s.Tokens, Token{ID: 1, Node: b.Start, at: s.def.position(b.Start)})
	}
}

// change takes the state over that a visit has made.
func (s *State) change(b event.StateChanged, doc document.Value) {
	s.Doc = doc
	if s.def.parallel {
		s.record(b.Patch)
	}
}

func (s *State) nodeStarted(e event.Event, b event.NodeStarted) error {
	if s.queued {
		s.queued, s.resumedAt = false, e.At
	}
	if b.Item > 0 {
		return s.itemStarted(e, b)
	}
	if b.Attempt > 1 {
		v := s.visit(b.Node, b.Visit)
		if v == nil || v.Attempt != b.Attempt-1 {
			return foldError(e, "the attempt before it is missing")
		}
		v.Attempt, v.Phase, v.Begun, v.StartedAt, v.Due, v.Signal = b.Attempt, phaseOf(b), e.N, e.At, time.Time{}, b.Signal
		if node := s.nodeOf(v); node.Map != nil {
			v.count(e, b, node)
		}
		v.Child, v.childEnd = "", nil
		return nil
	}
	if strings.HasSuffix(b.Node, compensateSuffix) {
		return s.compensationStarted(e, b)
	}
	i, ok := s.def.index[b.Node]
	if !ok {
		return foldError(e, "the definition has no such node")
	}
	v := Visit{
		Node: b.Node, Number: b.Visit, Attempt: b.Attempt, Phase: phaseOf(b), Signal: b.Signal,
		Begun: e.N, StartedAt: e.At, Seen: s.Doc, Tokens: b.Tokens, at: i,
	}
	s.settleCounts()
	tokens, found := s.consume(i, b.Tokens)
	if !found {
		return foldError(e, fmt.Sprintf("its tokens %d are not at node %s", b.Tokens, b.Node))
	}
	for _, t := range tokens {
		if !t.Error.IsNull() {
			v.Error = t.Error
		}
	}
	if s.def.parallel {
		v.past = s.meet(i, tokens)
	}
	if node := &s.def.Nodes[i]; node.Map != nil {
		v.count(e, b, node)
	}
	s.Visits = append(s.Visits, v)
	s.counts[i] = b.Visit
	s.steps++
	return nil
}

// phaseOf is the phase in which an attempt begins.
func phaseOf(b event.NodeStarted) Phase {
	if b.Signal != "" {
		return PhaseSignal
	}
	return PhaseRunning
}

func (s *State) nodeCompleted(e event.Event, b event.NodeCompleted) error {
	if b.Item > 0 {
		return s.itemCompleted(e, b)
	}
	s.settleCounts()
	v := s.visit(b.Node, b.Visit)
	if v == nil {
		return foldError(e, "the visit is not open")
	}
	s.take(v)
	if !v.Compensates() {
		node := &s.def.Nodes[v.at]
		s.leaving = leaving{node: v.Node, visit: v.Number, past: v.past, edges: node.leads()}
		if node.Compensate != nil {
			s.undo = &completion{node: v.Node, visit: v.Number, before: s.undo}
		}
	}
	s.remove(v)
	return nil
}

func (s *State) nodeFailed(e event.Event, b event.NodeFailed) error {
	if b.Item > 0 {
		return s.itemFailed(e, b)
	}
	v := s.visit(b.Node, b.Visit)
	if v == nil {
		return foldError(e, "the visit is not open")
	}
	s.take(v)
	v.failure = &b
	if v.Items != nil {
		v.halt(e.At)
	}
	if v.Calls != nil && b.Kind != FailureStopped && b.Kind != FailureInterrupted {
		v.haltCalls(e.At, b.Call)
	}
	switch b.Kind {
	case FailureStopped: // nothing is to blame
	case FailureInterrupted:
		v.interrupted++
	default:
		v.tries++
		v.interrupted = 0
	}
	if b.RetryAt.IsZero() && v.Compensates() {
		s.compensationFailed(v, b)
	} else if b.RetryAt.IsZero() {
		v.Phase, v.Due = PhaseFailed, time.Time{}
	} else {
		v.Phase, v.Due = PhaseBackoff, b.RetryAt
	}
	return nil
}

// edgeTaken moves a token on. A catch takes it out of a failed visit, which is thereby finished.
func (s *State) edgeTaken(b event.EdgeTaken) {
	s.token = max(s.token, b.Token)
	t := Token{ID: b.Token, Node: b.To, From: b.From, Visit: b.Visit, at: s.def.position(b.To), Loop: s.def.takesLoop(b)}
	if i := slices.IndexFunc(s.Tokens, func(k Token) bool { return k.Node == Fail && k.From == b.From && k.Visit == b.Visit }); i >= 0 {
		t.past = s.Tokens[i].past // a retried choice
		s.Tokens = slices.Delete(s.Tokens, i, i+1)
	}
	if b.Via == event.ViaCatch {
		for i := range s.Visits {
			if v := &s.Visits[i]; v.Number == b.Visit && v.Node == b.From {
				t.Error, t.past = v.errorValue(), v.past
				if s.def.parallel {
					s.lapse(v.at, t.at, v.past)
				}
				s.Visits = slices.Delete(s.Visits, i, i+1)
				break
			}
		}
	}
	t.past = s.leave(b, t.past)
	s.countRound(b)
	if b.To != End {
		s.arrive(t)
	}
}

// countRound keeps the rounds of bounded loop edges: taking one counts, and entering a loop from outside
// starts its edges' counts anew.
func (s *State) countRound(b event.EdgeTaken) {
	from := s.def.index[b.From]
	if to, ok := s.def.index[b.To]; ok {
		for _, ref := range s.def.loopsEntered(from, to) {
			s.rounds = slices.DeleteFunc(s.rounds, func(r round) bool { return r.loopRef == ref })
		}
	}
	if b.Via != event.ViaEdge || b.Edge < 0 || s.def.Nodes[from].Edges[b.Edge].Max == 0 {
		return
	}
	ref := loopRef{node: from, edge: b.Edge}
	for i := range s.rounds {
		if s.rounds[i].loopRef == ref {
			s.rounds[i].taken++
			return
		}
	}
	s.rounds = append(s.rounds, round{loopRef: ref, taken: 1})
}

func (s *State) timer(e event.Event, node string, visit int, phase Phase, due time.Time) error {
	v := s.visit(node, visit)
	if v == nil {
		return foldError(e, "the visit is not open")
	}
	if phase == PhaseTimer && v.Phase == PhaseSignal {
		phase = PhaseSignal // the timer is how long it waits
	}
	v.Phase, v.Due = phase, due
	return nil
}

func (s *State) resumed(e event.Event, b event.RunResumed) error {
	if b.Reason == event.ReasonResume {
		s.unpause(e.At)
		return nil
	}
	if b.Revision != "" {
		if err := s.move(e, b.Revision); err != nil {
			return err
		}
	}
	s.reopen(e)
	return nil
}

// reopen takes up a failed run: its limits count anew, and visits that were closed wait for a next attempt.
func (s *State) reopen(e event.Event) {
	s.retried = true
	s.ended, s.Failed, s.EndedAt = "", nil, time.Time{}
	s.resumedAt, s.steps, s.rounds = e.At, 0, nil
	for i := range s.Visits {
		v := &s.Visits[i]
		v.tries, v.interrupted = 0, 0
		v.Phase, v.Due = PhaseBackoff, e.At
		if v.Items != nil {
			v.reopen(e.At)
		}
	}
}

func (s *State) end(e event.Event, status Status) {
	s.ended, s.EndedAt = status, e.At
	s.Paused, s.pausedAt = nil, time.Time{}
	if status != StatusFailed {
		s.Tokens, s.Visits = nil, nil
	}
}

// errorValue is what ctx.error shows of a failure.
func errorValue(f *event.NodeFailed, more ...document.Member) document.Value {
	if f == nil {
		return document.Null
	}
	members := []document.Member{
		{Key: "kind", Value: document.String(f.Kind)},
		{Key: "message", Value: document.String(f.Message)},
		{Key: "node", Value: document.String(f.Node)},
		{Key: "visit", Value: document.Int(int64(f.Visit))},
		{Key: "attempt", Value: document.Int(int64(f.Attempt))},
	}
	if f.Item > 0 {
		members = append(members, document.Member{Key: "index", Value: document.Int(int64(f.Item - 1))})
	}
	return document.Object(append(append(members, positionMember(f.Position)...), more...)...)
}

// positionMember is where something failed as ctx.error shows it, nothing where that is not known.
func positionMember(p *event.Position) []document.Member {
	if p == nil {
		return nil
	}
	return []document.Member{{Key: "position", Value: document.Object(
		document.Member{Key: "file", Value: document.String(p.File)},
		document.Member{Key: "line", Value: document.Int(int64(p.Line))},
		document.Member{Key: "column", Value: document.Int(int64(p.Column))},
	)}}
}
