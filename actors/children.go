package actors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// A node may run another workflow, and a map may do so for each of its items. The attempt starts a child run under an id
// that follows from the attempt, so that starting it again finds the same run, whoever forgot that it was started. From then on the parent only waits, and is
// parked. The child's actor tells the parent when the child's end is durable; a parent that does not wait for it any
// more cancels it. What a crash keeps from being told, or cancelled, the next start finds in the list of runs.

// childSpace is the namespace of the ids of child runs (RFC 9562, version 5).
var childSpace = uuid.MustParse("b1a3f0d6-3f7e-5d0f-9c55-2f1f0a6f7a11")

// childID returns the id of the run that an attempt starts.
func childID(p event.Parent) string {
	name := fmt.Appendf(nil, "default\x00%s\x00%s\x00%d\x00%d", p.Run, p.Node, p.Visit, p.Attempt)
	if p.Item > 0 {
		name = fmt.Appendf(name, "\x00%d", p.Item)
	}
	return uuid.NewSHA1(childSpace, name).String()
}

// foster starts the child run of an attempt, which the commit that began it has made durable, and tells the actor.
func (a *actor) foster(w *work) {
	s := a.system
	f := w.finish()
	attempt := event.Parent{Run: w.state.Run, Node: f.Node, Visit: f.Visit, Attempt: f.Attempt, Item: f.Item}
	child, existed, err := s.startChild(s.running, w, attempt)
	if errors.Is(err, ErrClosed) || errors.Is(err, context.Canceled) {
		<-s.running.Done() // so that the actor sees why this failed; the next owner starts the child again
	}
	if err != nil {
		f.Outcome.Failure = childFailure(w.node, err)
		a.deliver(f)
		return
	}
	f.Outcome.Child = &workflow.Child{Run: child.Run, Workflow: child.Workflow, Revision: child.Revision}
	if existed && child.Status.Ended() {
		s.report(child.Run) // before the attempt's timeout, which may be over
	}
	a.deliver(f)
	// The run may have ended meanwhile, or be cancelled, and have found no child to cancel.
	if st := a.released.Load(); st.Ending() || !st.Awaits(attempt) {
		s.abandon(child.Run, st)
	}
}

// startChild starts the child run of an attempt, or finds it where it was started before.
func (s *System) startChild(ctx context.Context, w *work, attempt event.Parent) (child View, existed bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.logger.Error("panic in a node", "run", w.state.Run, "node", w.node.Name, "visit", w.visit.Number, "panic", r)
			err = &workflow.Failure{Kind: tools.KindPanic, Message: fmt.Sprint(r)}
		}
	}()
	ev := s.evaluates(ctx, w)
	input, err := w.arguments(ev)
	if err != nil {
		return View{}, false, err
	}
	return s.Start(ctx, StartRequest{
		Workflow: w.node.Workflow, Run: childID(attempt), Input: input, parent: &attempt, depth: w.state.Depth + 1,
	})
}

// childFailure says why the child of a node's attempt could not be started.
func childFailure(node *workflow.Node, err error) *workflow.Failure {
	f := (*workflow.Failure)(nil)
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, ErrWorkflowNotFound):
		return &workflow.Failure{Kind: workflow.FailureUnknownWorkflow, Message: fmt.Sprintf(
			"node %q runs the workflow %s, which is not saved; save it, and retry the run", node.Name, node.Workflow)}
	case errors.Is(err, ErrInvalidInput):
		return &workflow.Failure{Kind: workflow.FailureInvalidInput, Message: fmt.Sprintf(
			"what node %q gives a run of workflow %s cannot be its input: %v; say by `with` what it gets", node.Name, node.Workflow, err)}
	default:
		return &workflow.Failure{Kind: workflow.FailureChild, Message: fmt.Sprintf(
			"the run of workflow %s could not be started: %v", node.Workflow, err)}
	}
}

// family does what a run's new durable state means to the runs above and below it. It does not wait for that.
func (s *System) family(before, after *workflow.State) {
	for _, attempt := range workflow.Abandoned(before, after) {
		s.wait.Go(func() { s.abandon(childID(attempt), after) })
	}
	if after.Parent != nil && after.Status().Ended() && (before == nil || !before.Status().Ended()) {
		s.wait.Go(func() { s.tell(after) })
	}
}

// tell tells a child's end to its parent, which is woken for it.
func (s *System) tell(child *workflow.State) {
	end := workflow.EndOf(child)
	s.insist(child.Parent.Run, func(ctx context.Context) error {
		_, err := s.send(ctx, child.Parent.Run, end)
		return err
	})
}

// report tells the end of a child that has no actor to do so.
func (s *System) report(child string) {
	s.insist(child, func(ctx context.Context) error {
		st, err := s.durable(ctx, child)
		switch {
		case err == nil && st.Parent != nil && st.Status().Ended():
			s.tell(st)
		case err != nil && s.running.Err() == nil:
			s.logger.Error("the end of a child run cannot be read for its parent", "run", child, "error", err)
		}
		return err
	})
}

// abandon cancels a child run that its parent does not wait for any more, or does not want to. One that was set going again
// by a person belongs to that person. One that has ended is told to a parent that is ending, which waits for that.
func (s *System) abandon(child string, parent *workflow.State) {
	waits := parent.Ending() && !parent.Status().Ended()
	if !waits && !s.carries(child) {
		return // the usual case: the attempt has ended because its child has
	}
	by, reason := parent.Disowns()
	s.insist(child, func(ctx context.Context) error {
		st, err := s.durable(ctx, child)
		switch {
		case errors.Is(err, ErrRunNotFound): // who starts it sees to it
			return nil
		case err != nil:
			return err
		case st.Status().Ended():
			if waits {
				s.tell(st)
			}
			return nil
		case st.Retried():
			return nil
		}
		_, err = s.Cancel(ctx, child, by, reason)
		if ended := (*StatusError)(nil); errors.As(err, &ended) {
			return nil // and its actor tells
		}
		return err
	})
}

// insist does what concerns a run until it succeeds. It gives up where the run is not carried on, or the system closes: then the
// next start sees to it.
func (s *System) insist(run string, do func(context.Context) error) {
	for {
		err := do(s.running)
		if err == nil || s.running.Err() != nil || !s.carries(run) {
			return
		}
		s.logger.Warn("a run and its parent do not come together; it is tried again", "run", run, "after", unreadPause, "error", err)
		select {
		case <-time.After(unreadPause):
		case <-s.running.Done():
		}
	}
}

// reunite finds the children that have ended and whose parents do not know, and those that go on though their parents
// do not wait for them. Neither takes reading a run that waits. told is closed when the former have been told: no
// parent should find first that a timeout is over.
func (s *System) reunite(ctx context.Context) (told <-chan struct{}, err error) {
	untold, err := s.list.index.Untold(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding the ends of child runs: %w", err)
	}
	orphans, err := s.list.index.Orphans(ctx)
	if err != nil {
		return nil, fmt.Errorf("finding the orphans: %w", err)
	}
	if len(untold)+len(orphans) > 0 {
		s.logger.Info("child runs are brought together with their parents", "ended", len(untold), "orphans", len(orphans))
	}
	done := make(chan struct{})
	s.wait.Go(func() {
		defer close(done)
		s.some(untold, s.report)
	})
	s.wait.Go(func() { s.some(orphans, s.disown) })
	return done, nil
}

// disown cancels a child run as its parent would have, unless the parent's events say that it wants it: the list of runs
// does not know of a map's items whose children are only just being started.
func (s *System) disown(child string) {
	st, err := s.durable(s.running, child)
	if err == nil && st.Parent != nil {
		var parent *workflow.State
		if parent, err = s.durable(s.running, st.Parent.Run); err == nil {
			if parent.Ending() || !parent.Awaits(*st.Parent) {
				s.abandon(child, parent)
			}
			return
		}
	}
	if retired := (*eventstore.RetiredError)(nil); s.running.Err() == nil && !errors.As(err, &retired) {
		s.logger.Error("an orphan cannot be cancelled", "run", child, "error", err)
	}
}

// some does something for many runs, readingMost at a time. Where the system closes it leaves the rest.
func (s *System) some(runs []string, do func(run string)) {
	var all sync.WaitGroup
	defer all.Wait()
	slots := make(chan struct{}, readingMost)
	for _, run := range runs {
		select {
		case slots <- struct{}{}:
			all.Go(func() {
				do(run)
				<-slots
			})
		case <-s.running.Done():
			return
		}
	}
}
