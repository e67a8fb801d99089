package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// A node of kind KindChild starts a run of another workflow, and its attempt ends with that run; so it is with each item
// of a map whose work is of that kind. The core says when: a visit, or an item, in PhaseRunning whose NodeStarted is
// durable wants its child started, under an id that follows from the attempt, so that starting it again finds the same
// run. What has started it reports so by an Outcome with a Child; the child's end comes as ChildEnded.

// Child is a run that an attempt has started.
type Child struct{ Run, Workflow, Revision string }

// ChildEnded reports that the run that an attempt started has ended. It is ignored where the attempt does not wait for a
// run any more. It may come before the report that the run was started.
type ChildEnded struct {
	Node           string
	Visit, Attempt int
	Item           int // of a map, whose attempt it then is; else 0
	Child          Child
	Status         Status
	State          document.Value      // the child's last
	Failed         *event.RunFailed    // of a child that failed
	Cancelled      *event.RunCancelled // of a child that was cancelled
}

// EndOf returns what the parent of a child run that has ended is to be told.
func EndOf(s *State) ChildEnded {
	c := ChildEnded{
		Node: s.Parent.Node, Visit: s.Parent.Visit, Attempt: s.Parent.Attempt, Item: s.Parent.Item,
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

// Fosters reports whether the visit's attempt is one that child runs belong to: they are to be started, or go on.
func (s *State) Fosters(v *Visit) bool {
	return s.ended == "" && s.nodeOf(v).fosters() && (v.Phase == PhaseRunning || v.Phase == PhaseChild)
}

// fostered returns the attempts that a child run belongs to each.
func (s *State) fostered() []event.Parent {
	var found []event.Parent
	for k := range s.Visits {
		v := &s.Visits[k]
		switch {
		case !s.Fosters(v):
		case v.Items == nil:
			found = append(found, event.Parent{Run: s.Run, Node: v.Node, Visit: v.Number, Attempt: v.Attempt})
		default:
			for _, i := range v.Items.Open {
				if i.fosters() {
					found = append(found, event.Parent{Run: s.Run, Node: v.Node, Visit: v.Number, Attempt: i.Attempt, Item: i.Number})
				}
			}
		}
	}
	return found
}

// fosters reports whether the item's child run is to be started, or goes on, where the visit has it so.
func (i *Item) fosters() bool { return i.Phase == PhaseRunning || i.Phase == PhaseChild }

// Awaits reports whether the child run of an attempt belongs to it still.
func (s *State) Awaits(p event.Parent) bool {
	v := s.visit(p.Node, p.Visit)
	if v == nil || !s.Fosters(v) || (v.Items == nil) != (p.Item == 0) {
		return false
	}
	if v.Items == nil {
		return v.Attempt == p.Attempt
	}
	at := v.Items.item(p.Item)
	return at >= 0 && v.Items.Open[at].Attempt == p.Attempt && v.Items.Open[at].fosters()
}

// Abandoned returns the attempts whose child runs are not wanted any more as the run comes from one state to the next: those
// that have ended otherwise than by their child, and all of a run that begins to end. Those that have ended by
// their child are among them, too. There is no state before that of a run that has just been read.
func Abandoned(before, after *State) []event.Parent {
	if !after.def.calls {
		return nil
	}
	wanted := after.fostered()
	var found []event.Parent
	if after.Ending() && (before == nil || !before.Ending()) {
		found = slices.Clone(wanted)
	}
	if before == nil {
		return found
	}
	kept := make(map[event.Parent]bool, len(wanted))
	for _, p := range wanted {
		kept[p] = true
	}
	for _, p := range before.fostered() {
		if !kept[p] {
			found = append(found, p)
		}
	}
	return found
}

// Disowns says who cancels a child run that the run does not wait for any more, or does not want to, and why.
func (s *State) Disowns() (by, reason string) {
	switch c := s.Cancelling; {
	case c != nil:
		return c.By, fmt.Sprintf("its parent run %s was cancelled", s.Run)
	case s.Failing != nil && s.ended == "":
		return "", fmt.Sprintf("its parent run %s has failed", s.Run)
	case s.ended != "":
		return "", fmt.Sprintf("its parent run %s has ended", s.Run)
	}
	return "", fmt.Sprintf("its parent run %s does not wait for it any more", s.Run)
}

// tooDeep is the failure of a node that would start a run below one that is as deep as may be.
func (s *State) tooDeep(node *Node) *Failure {
	return &Failure{Kind: FailureDepthLimit, Message: fmt.Sprintf(
		"node %q would start a run of workflow %s below %d others, which is as deep as limits.depth allows; raise it, or let the workflows call each other less deep",
		node.Name, node.Workflow, s.Depth)}
}

// childStarted records the run that an attempt, of an item where there is one, goes on as. A run that is ending records it
// with its end.
func (d *decision) childStarted(v *Visit, i *Item, c *Child) {
	b := event.ChildStarted{
		Node: v.Node, Visit: v.Number, Attempt: v.Attempt, Child: c.Run, Workflow: c.Workflow, Revision: c.Revision,
	}
	known := v.Child
	if i != nil {
		b.Attempt, b.Item, known = i.Attempt, i.Number, i.Child
	}
	if known != "" {
		return
	}
	if timeout := d.s.def.Nodes[v.at].Timeout; timeout > 0 {
		b.Due = v.StartedAt.Add(timeout)
	}
	d.emit(b)
}

// childEnded ends an attempt as its child has ended.
func (d *decision) childEnded(c ChildEnded) {
	if d.over() || !d.s.Awaits(event.Parent{Node: c.Node, Visit: c.Visit, Attempt: c.Attempt, Item: c.Item}) {
		return
	}
	v, i := d.s.visit(c.Node, c.Visit), (*Item)(nil)
	o := Outcome{Duration: d.now.Sub(v.StartedAt)}
	if c.Item > 0 {
		i = v.Items.Open[v.Items.item(c.Item)]
		o.Duration = d.now.Sub(i.StartedAt)
	}
	d.childStarted(v, i, &c.Child)
	b := event.ChildCompleted{
		Node: c.Node, Visit: c.Visit, Attempt: c.Attempt, Item: c.Item, Child: c.Child.Run, Status: string(c.Status), State: c.State.Digest(),
	}
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
	case c.Item > 0:
		o.Result, o.HasResult = c.State, true
	default:
		o.Result, o.HasResult = d.childResult(v, c.State), true
	}
	d.emit(b)
	if v = d.s.visit(c.Node, c.Visit); c.Item > 0 {
		d.finishItem(v, Finish{Node: c.Node, Visit: c.Visit, Attempt: c.Attempt, Item: c.Item, Outcome: o})
		return
	}
	d.conclude(v, &o)
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
