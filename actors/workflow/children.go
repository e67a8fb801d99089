package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// A node of kind KindChild starts a run of another workflow, and its attempt ends with that run. The core says when:
// a visit in PhaseRunning whose NodeStarted is durable wants its child started, under an id that follows from the
// parent's run, node, visit and attempt, so that starting it again finds the same run. What has started it reports so
// by an Outcome with a Child; the child's end comes as ChildEnded.

// Child is a run that an attempt has started.
type Child struct{ Run, Workflow, Revision string }

// ChildEnded reports that the run that an attempt started has ended. It is ignored where the attempt does not wait for a
// run any more. It may come before the report that the run was started.
type ChildEnded struct {
	Node           string
	Visit, Attempt int
	Child          Child
	Status         Status
	State          document.Value      // the child's last
	Failed         *event.RunFailed    // of a child that failed
	Cancelled      *event.RunCancelled // of a child that was cancelled
}

// EndOf returns what the parent of a child run that has ended is to be told.
func EndOf(s *State) ChildEnded {
	c := ChildEnded{
		Node: s.Parent.Node, Visit: s.Parent.Visit, Attempt: s.Parent.Attempt,
		Child:  Child{Run: s.Run, Workflow: s.Workflow, Revision: s.Revision},
		Status: s.ended, State: s.Doc, Failed: s.Failed,
	}
	if s.ended == StatusCancelled && s.Cancelling != nil {
		c.Cancelled = &event.RunCancelled{By: s.Cancelling.By, Reason: s.Cancelling.Reason}
	}
	return c
}

// Retried reports whether somebody has set the run going again after it had failed.
func (s *State) Retried() bool { return s.retried }

// Fosters reports whether the visit's attempt is one that a child run belongs to: the run is to be started, or goes on.
func (s *State) Fosters(v *Visit) bool {
	return s.ended == "" && s.nodeOf(v).Kind == KindChild && (v.Phase == PhaseRunning || v.Phase == PhaseChild)
}

// Awaits reports whether the child run of an attempt belongs to it still.
func (s *State) Awaits(node string, visit, attempt int) bool {
	v := s.visit(node, visit)
	return v != nil && v.Attempt == attempt && s.Fosters(v)
}

// Abandoned returns the attempts whose child runs are not wanted any more as the run comes from one state to the next: those
// that have ended otherwise than by their child, and all of a run that begins to end. Those that have ended by
// their child are among them, too. There is no state before that of a run that has just been read.
func Abandoned(before, after *State) []Visit {
	if !after.def.calls {
		return nil
	}
	var found []Visit
	if after.Ending() && (before == nil || !before.Ending()) {
		for i := range after.Visits {
			if v := &after.Visits[i]; after.Fosters(v) {
				found = append(found, *v)
			}
		}
	}
	if before == nil {
		return found
	}
	rest := after.Visits // visits stay in the order in which they began
	for i := range before.Visits {
		v := &before.Visits[i]
		if !before.Fosters(v) {
			continue
		}
		at := slices.IndexFunc(rest, func(k Visit) bool { return k.Number == v.Number && k.at == v.at })
		if at >= 0 {
			rest = rest[at:]
		}
		if at < 0 || rest[0].Attempt != v.Attempt || !after.Fosters(&rest[0]) {
			found = append(found, *v)
		}
	}
	return found
}

// tooDeep is the failure of a node that would start a run below one that is as deep as may be.
func (s *State) tooDeep(node *Node) *Failure {
	return &Failure{Kind: FailureDepthLimit, Message: fmt.Sprintf(
		"node %q would start a run of workflow %s below %d others, which is as deep as limits.depth allows; raise it, or let the workflows call each other less deep",
		node.Name, node.Workflow, s.Depth)}
}

// childStarted records the run that an attempt goes on as. A run that is ending records it with its end.
func (d *decision) childStarted(v *Visit, c *Child) {
	if v.Child != "" {
		return
	}
	b := event.ChildStarted{
		Node: v.Node, Visit: v.Number, Attempt: v.Attempt, Child: c.Run, Workflow: c.Workflow, Revision: c.Revision,
	}
	if timeout := d.s.def.Nodes[v.at].Timeout; timeout > 0 {
		b.Due = v.StartedAt.Add(timeout)
	}
	d.emit(b)
}

// childEnded ends an attempt as its child has ended.
func (d *decision) childEnded(c ChildEnded) {
	if d.over() || !d.s.Awaits(c.Node, c.Visit, c.Attempt) {
		return
	}
	v := d.s.visit(c.Node, c.Visit)
	d.childStarted(v, &c.Child)
	b := event.ChildCompleted{
		Node: c.Node, Visit: c.Visit, Attempt: c.Attempt, Child: c.Child.Run, Status: string(c.Status), State: c.State.Digest(),
	}
	o := Outcome{Duration: d.now.Sub(v.StartedAt)}
	switch {
	case c.Failed != nil:
		b.Kind, b.Message = c.Failed.Kind, c.Failed.Message
		o.Failure = c.failure()
	case c.Status == StatusCancelled:
		o.Failure = &Failure{Kind: FailureChild, Message: c.name() + " was cancelled" + c.cancelledBy()}
		if c.Cancelled != nil {
			b.Message = c.Cancelled.Reason
		}
		if d.s.Ending() {
			o.Failure.Kind = FailureCancelled
		}
	default:
		o.Result, o.HasResult = d.childResult(v, c.State), true
	}
	d.emit(b)
	d.conclude(d.s.visit(c.Node, c.Visit), &o)
}

// childResult is what a child's last state brings. A child that was given the whole state brings what has become
// different: what it left alone, others may have changed meanwhile.
func (d *decision) childResult(v *Visit, last document.Value) document.Value {
	node := &d.s.def.Nodes[v.at]
	if node.With != nil || node.Into != "" {
		return last
	}
	var changed []document.Member
	for key, value := range last.Members() {
		if before, had := v.Seen.Get(key); !had || !document.Equal(before, value) {
			changed = append(changed, document.Member{Key: key, Value: value})
		}
	}
	return document.Object(changed...)
}

func (c *ChildEnded) name() string {
	return fmt.Sprintf("child run %s of workflow %s", c.Child.Run, c.Child.Workflow)
}

// failure says why the child failed. Where the child failed by a child of its own, that one's message has the rest.
func (c *ChildEnded) failure() *Failure {
	f := c.Failed
	text := c.name() + " failed"
	if f.Node != "" {
		text += fmt.Sprintf(" at node %q", f.Node)
	}
	if f.Kind == FailureChild {
		return &Failure{Kind: FailureChild, Message: text + ": " + f.Message}
	}
	text += ", " + f.Kind + ": " + f.Message
	if p := f.Position; p != nil && p.Line > 0 {
		text += fmt.Sprintf(" (%s:%d:%d)", p.File, p.Line, p.Column)
	}
	return &Failure{Kind: FailureChild, Message: text}
}

func (c *ChildEnded) cancelledBy() string {
	text := ""
	if c.Cancelled != nil && c.Cancelled.By != "" {
		text = " by " + c.Cancelled.By
	}
	if c.Cancelled != nil && c.Cancelled.Reason != "" {
		text += ": " + c.Cancelled.Reason
	}
	return text
}

// overdue is the failure of an attempt whose child has taken too long. The child is cancelled once this is durable.
func overdue(v *Visit) *Failure {
	return &Failure{Kind: FailureTimeout, Message: fmt.Sprintf(
		"child run %s took longer than %s and is cancelled; raise `timeout` on node %q if it needs more",
		v.Child, v.Due.Sub(v.StartedAt).Round(time.Millisecond), v.Node)}
}

// errorValue is what ctx.error shows of the visit's failure.
func (v *Visit) errorValue() document.Value {
	if v.failure == nil || v.failure.Kind != FailureChild || v.childEnd == nil {
		return errorValue(v.failure)
	}
	return errorValue(v.failure, document.Member{Key: "child", Value: childValue(v.childEnd)})
}

// childValue is what ctx.error.child shows.
func childValue(b *event.ChildCompleted) document.Value {
	members := []document.Member{
		{Key: "run", Value: document.String(b.Child)},
		{Key: "status", Value: document.String(b.Status)},
	}
	if b.Kind != "" {
		members = append(members, document.Member{Key: "kind", Value: document.String(b.Kind)})
	}
	if b.Message != "" {
		members = append(members, document.Member{Key: "message", Value: document.String(b.Message)})
	}
	return document.Object(members...)
}

// What the events of children fold into.

func (s *State) childStarted(e event.Event, b event.ChildStarted) error {
	v := s.visit(b.Node, b.Visit)
	if v == nil || v.Attempt != b.Attempt {
		return foldError(e, "the attempt is not open")
	}
	v.Child, v.Phase, v.Due = b.Child, PhaseChild, b.Due
	return nil
}

func (s *State) childCompleted(e event.Event, b event.ChildCompleted) error {
	v := s.visit(b.Node, b.Visit)
	if v == nil || v.Attempt != b.Attempt || v.Child != b.Child {
		return foldError(e, "the attempt has no such child")
	}
	v.Phase, v.Due, v.childEnd = PhaseRunning, time.Time{}, &b
	return nil
}

// haltChildren has the children of a run that is ending be in flight, as what is executed is: they are being
// cancelled too, and the run ends when they have, or after CancelGrace.
func (s *State) haltChildren() {
	for i := range s.Visits {
		if v := &s.Visits[i]; v.Phase == PhaseChild {
			v.Phase, v.Due = PhaseRunning, time.Time{}
		}
	}
}
