package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// A run that fails or is cancelled takes back what it has done: the completed visits of nodes that have a compensation
// are compensated, the last to complete first, one after the other. RunFailing or RunCancelRequested comes before, and
// the end of the run after them.
//
// A compensation is a visit of its own, to a node that is no part of the graph: visit 2 of "book.compensate" takes back
// visit 2 of "book". The name is none that a node of the graph can have.

// compensateSuffix is what a compensation has behind the name of the node that it belongs to.
const compensateSuffix = ".compensate"

// Compensates reports whether the visit takes back what another has done.
func (v *Visit) Compensates() bool { return strings.HasSuffix(v.Node, compensateSuffix) }

// completion is a completed visit that is to be compensated should the run fail, and those that completed before it.
// States share them, so they never change.
type completion struct {
	node   string
	visit  int
	before *completion
}

// Ending reports whether the run has failed or is to be cancelled, so that nothing but compensations begins any more.
func (s *State) Ending() bool { return s.Failing != nil || s.Cancelling != nil }

// Compensated reports whether the run has ended with its compensations, so that it cannot go on where it failed.
func (s *State) Compensated() bool { return s.ended != "" && s.Ending() }

// underWay reports whether an attempt is being executed that compensates nothing.
func (s *State) underWay() bool {
	return slices.ContainsFunc(s.Visits, func(v Visit) bool { return v.Executing() && !v.Compensates() })
}

// owes reports whether the run has something to compensate, or may have once what is under way has ended.
func (s *State) owes() bool {
	return s.undo != nil || slices.ContainsFunc(s.Visits, func(v Visit) bool {
		return (v.Phase == PhaseRunning || v.Phase == PhaseCalls) && s.nodeOf(&v).Compensate != nil
	})
}

// failRun ends the run, at once where it has nothing to compensate.
func (d *decision) failRun(f *Failure, node string, visit int) {
	why := event.RunFailing{Kind: f.Kind, Message: f.Message, Node: node, Visit: visit, Position: f.Position}
	if !d.s.owes() {
		d.endFailed(why)
		return
	}
	d.emit(why)
	d.settle()
}

// endFailed ends the run; visits that are still open are closed in the same commit.
func (d *decision) endFailed(why event.RunFailing) {
	d.closeVisits("the run failed: " + why.Message)
	d.emit(event.RunFailed{
		Kind: why.Kind, Message: why.Message, Node: why.Node, Visit: why.Visit, Position: why.Position,
		State: d.s.Doc.Digest(), Uncompensated: d.s.owed(),
	})
}

// settle carries on a run that is ending, as soon as nothing is under way any more.
func (d *decision) settle() {
	if !d.s.underWay() {
		d.compensate()
	}
}

// compensate begins the next compensation unless one goes on, and ends the run after the last.
func (d *decision) compensate() {
	d.closeOrdinary()
	for !slices.ContainsFunc(d.s.Visits, func(v Visit) bool { return v.Compensates() }) {
		switch {
		case d.s.undo == nil || d.timeUp():
			d.endCompensated()
			return
		case d.s.Paused != nil:
			return
		}
		next := d.s.undo
		node, _ := d.s.def.Node(next.node + compensateSuffix) // Fold and repin see to it that it is there
		d.attempt(node, event.NodeStarted{Node: node.Name, Visit: next.visit, Attempt: 1}, d.s.endingError())
	}
}

// closeOrdinary closes what is open of the run's own way.
func (d *decision) closeOrdinary() {
	message := "the run was cancelled"
	if f := d.s.Failing; f != nil {
		message = "the run failed: " + f.Message
	}
	for _, v := range slices.Clone(d.s.Visits) {
		if v.Open() && !v.Compensates() {
			d.close(&v, FailureCancelled, message)
		}
	}
}

// endCompensated ends a run that has been compensated as far as it can be. A cancelled run that could not be compensated has
// failed.
func (d *decision) endCompensated() {
	request, owed := d.s.Cancelling, d.s.owed()
	switch {
	case d.s.Failing != nil:
		d.endFailed(*d.s.Failing)
	case len(owed) > 0:
		first := owed[0]
		d.endFailed(event.RunFailing{Kind: FailureCompensation, Message: fmt.Sprintf(
			"the run was cancelled, and %d of its visits could not be compensated: visit %d of node %q: %s",
			len(owed), first.Visit, first.Node, first.Message)})
	default:
		d.emit(event.RunCancelled{By: request.By, Reason: request.Reason, State: d.s.Doc.Digest()})
	}
}

// tickEnding acts on what is due in a run that is ending.
func (d *decision) tickEnding() {
	switch {
	case d.s.underWay():
		if !d.now.Before(d.s.endingAt.Add(CancelGrace)) {
			d.compensate()
		}
		return
	case d.s.Paused != nil:
		return
	}
	for _, v := range slices.Clone(d.s.Visits) {
		switch {
		case !v.Compensates():
		case d.timeUp():
			d.close(&v, FailureDurationLimit, "the compensations of the run took longer than "+d.s.compensationTime().String())
		case v.Phase == PhaseBackoff && !v.Due.After(d.now):
			d.again(d.s.visit(v.Node, v.Number))
		}
	}
	d.settle()
}

// endingDue returns the next time at which tickEnding would find something to do.
func (s *State) endingDue() (due time.Time, ok bool) {
	switch {
	case s.underWay():
		return s.endingAt.Add(CancelGrace), true
	case s.Paused != nil:
		return time.Time{}, false
	}
	due = s.Deadline()
	for i := range s.Visits {
		if v := &s.Visits[i]; v.Phase == PhaseBackoff {
			due = earlier(due, v.Due)
		}
	}
	return due, true
}

// compensationTime is how long the compensations of a run may take: as long as the run, and not less than
// CompensationGrace.
func (s *State) compensationTime() time.Duration {
	return max(s.def.Limits.Duration, CompensationGrace)
}

// owed returns what should be compensated and is not, in the order in which that was found out.
func (s *State) owed() []event.Uncompensated {
	owed := slices.Clone(s.uncompensated)
	for c := s.undo; c != nil; c = c.before {
		owed = append(owed, event.Uncompensated{
			Node: c.node, Visit: c.visit, Kind: FailureCancelled, Message: "the run ended before its compensation began",
		})
	}
	return owed
}

// compensationStarted begins a compensation. What is left of the run's own way is forgotten: nothing goes on from there.
func (s *State) compensationStarted(e event.Event, b event.NodeStarted) error {
	c := s.undo
	if c == nil || !s.Ending() || b.Node != c.node+compensateSuffix || b.Visit != c.visit {
		return foldError(e, "there is nothing that it would compensate next")
	}
	if _, ok := s.def.Node(b.Node); !ok {
		return foldError(e, "the definition has no such compensation")
	}
	s.undo = c.before
	s.Tokens, s.writes, s.lapsed, s.begun, s.leaving = nil, nil, nil, nil, leaving{}
	s.Visits = []Visit{{
		Node: b.Node, Number: b.Visit, Attempt: b.Attempt, Phase: PhaseRunning, Begun: e.N, StartedAt: e.At,
		Seen: s.Doc, Error: s.endingError(), at: s.def.index[c.node],
	}}
	return nil
}

// compensationFailed closes a compensation for good.
func (s *State) compensationFailed(v *Visit, b event.NodeFailed) {
	s.uncompensated = append(slices.Clip(s.uncompensated), event.Uncompensated{
		Node: strings.TrimSuffix(b.Node, compensateSuffix), Visit: b.Visit, Kind: b.Kind, Message: b.Message,
	})
	s.remove(v)
}

// endingError is what ctx.error shows to a compensation: why the run ends.
func (s *State) endingError() document.Value {
	if f := s.Failing; f != nil {
		members := []document.Member{
			{Key: "kind", Value: document.String(f.Kind)},
			{Key: "message", Value: document.String(f.Message)},
		}
		if f.Node != "" {
			members = append(members, document.Member{Key: "node", Value: document.String(f.Node)},
				document.Member{Key: "visit", Value: document.Int(int64(f.Visit))})
		}
		return document.Object(append(members, positionMember(f.Position)...)...)
	}
	message := "the run was cancelled"
	if reason := s.Cancelling.Reason; reason != "" {
		message += ": " + reason
	}
	return document.Object(
		document.Member{Key: "kind", Value: document.String(FailureCancelled)},
		document.Member{Key: "message", Value: document.String(message)},
	)
}
