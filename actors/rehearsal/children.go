package rehearsal

import (
	"fmt"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// foster starts the child run of an attempt, or answers for it.
func (r *run) foster(w work) {
	s := r.stage
	b := s.props.workflows[w.node.Workflow]
	var d *workflow.Definition // nil where the test answers for the run, or nobody can
	if b == nil {
		if known, ok := s.play.Workflow(w.node.Workflow); ok {
			d = known
		}
	}
	input, failure := s.company.executor.ChildInput(s.ctx, r.state, w.visit, w.item, d)
	if failure != nil {
		s.later(0, func() { r.finish(w, workflow.Outcome{Failure: failure}) })
		return
	}
	p := event.Parent{Run: r.state.Run, Node: w.id.node, Visit: w.id.visit, Attempt: w.id.number, Item: w.id.item}
	s.fostered++
	child := workflow.Child{Run: fmt.Sprintf("%.50s-%d", s.play.Test.Run, s.fostered), Workflow: w.node.Workflow, Revision: Revision}
	if b != nil {
		r.answerChild(w, p, child, b, input)
		return
	}
	if d == nil {
		s.fault(aboutCalls, "node %s runs workflow %s, which is in no file here; name its file under `also`, or write workflows: {%s: {returns: …}}",
			p.Node, w.node.Workflow, w.node.Workflow)
		return
	}
	s.later(0, func() { r.finish(w, workflow.Outcome{Child: &child}) })
	r.children[p] = s.begin(d, r, workflow.Start{Run: child.Run, Input: input, Parent: &p, Depth: r.state.Depth + 1})
}

// answerChild has a child run end as the test says.
func (r *run) answerChild(w work, p event.Parent, child workflow.Child, b *book, input document.Value) {
	s := r.stage
	a := b.next()
	if a == nil {
		s.fault(aboutCalls, "node %s runs workflow %s with %s, for which the test has no answer left: it has %d, under %s",
			p.Node, child.Workflow, shown(input), len(b.answers.List), b.name)
		return
	}
	s.held(b, a, input)
	end := workflow.ChildEnded{
		Node: p.Node, Visit: p.Visit, Attempt: p.Attempt, Item: p.Item, Child: child, Status: workflow.StatusCompleted, State: a.Returns,
	}
	if a.Fails != nil {
		end.Status, end.Failed = workflow.StatusFailed, &event.RunFailed{Kind: a.Fails.Kind, Message: a.Fails.Message}
	}
	if end.State.Kind() != document.KindObject {
		end.State = document.Object()
	}
	s.later(0, func() { r.finish(w, workflow.Outcome{Child: &child}) })
	s.later(a.Takes, func() { r.decide(end) })
}

// abandon cancels the child run of an attempt that does not wait for it any more, or does not want to.
func (r *run) abandon(p event.Parent) {
	if child := r.children[p]; child != nil && !child.ended() {
		by, reason := r.state.Disowns()
		child.decide(workflow.Cancel{By: by, Reason: reason})
	}
}
