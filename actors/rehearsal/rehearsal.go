package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// Company carries out rehearsals with one set of tools and one engine of scripts. It may be used by several goroutines at
// once.
type Company struct {
	executor *actors.Executor
	tools    *tools.Registry // as they are
}

// New returns a company. The tools are called only where they are pure, and no test answers in their place.
func New(registry *tools.Registry, engine *scripts.Engine) (*Company, error) {
	all := registry.All()
	for i := range all {
		all[i] = standIn(all[i])
	}
	understudies, err := tools.NewRegistry(all...)
	if err != nil {
		return nil, fmt.Errorf("taking the place of the tools: %w", err)
	}
	return &Company{executor: actors.NewExecutor(understudies, engine), tools: registry}, nil
}

// Checker returns what workflows, and files of tests, are to be checked against. It is told which workflows there are.
func (c *Company) Checker(workflows func(name string) (known bool, others []string)) workflow.Checker {
	return c.executor.Checker(workflows)
}

// Play is a rehearsal: a test of a workflow.
type Play struct {
	Definition *workflow.Definition
	// Workflow returns the workflow of a child run; ok is false where there is none of that name.
	Workflow func(name string) (d *workflow.Definition, ok bool)
	Test     workflow.Test
}

// Run is what one run has come to.
type Run struct {
	ID         string
	Definition *workflow.Definition // nil of a child run that the test has answered for
	Status     workflow.Status
	State      *workflow.State
	Events     []event.Event
}

// Duration is how long the run took, of the time that was skipped.
func (r *Run) Duration() time.Duration { return r.State.At.Sub(r.State.StartedAt) }

// Result is what a rehearsal has come to.
type Result struct {
	Run        Run
	Children   []Run      // in the order in which they began
	Mismatches []Mismatch // of what the test expects; none: it has passed
}

// Passed reports whether all came as the test expects.
func (r *Result) Passed() bool { return len(r.Mismatches) == 0 }

// Rehearse carries out a test. The error is that of ctx; all else that goes wrong is a mismatch.
func (c *Company) Rehearse(ctx context.Context, p Play) (Result, error) {
	s := &stage{company: c, play: &p, now: p.Test.Now, props: newProps(&p.Test)}
	s.ctx = context.WithValue(ctx, stageKey{}, s)
	input, err := actors.CheckInput(p.Definition, p.Test.Input)
	if err != nil {
		s.fault(aboutInput, "%v", err)
		input = document.Object()
	}
	root := s.begin(p.Definition, nil, workflow.Start{Run: p.Test.Run, Input: input})
	s.carryOn(root)
	if err := ctx.Err(); err != nil {
		return Result{}, fmt.Errorf("rehearsing %s: %w", p.Test.Name, err)
	}
	result := Result{Run: root.result()}
	for _, r := range s.runs[1:] {
		result.Children = append(result.Children, r.result())
	}
	if result.Mismatches = s.faults; s.faults == nil {
		s.uncued()
		result.Mismatches = slices.Concat(s.noted, s.props.unused(), compare(&result.Run, &p.Test.Expect))
	}
	return result, nil
}

// stage is one rehearsal that goes on. It has one goroutine, and a clock that jumps from one happening to the next.
type stage struct {
	company  *Company
	play     *Play
	ctx      context.Context
	now      time.Time
	runs     []*run      // in the order in which they began
	agenda   []happening // in the order in which it happens
	props    *props
	cues     cues
	fostered int
	call     *call      // that is being answered
	faults   []Mismatch // the test cannot be carried out
	noted    []Mismatch // it can, and yet does not fit the run
}

// fault ends the rehearsal: the test cannot be carried out.
func (s *stage) fault(about About, format string, args ...any) {
	s.faults = append(s.faults, Mismatch{About: about, Message: fmt.Sprintf(format, args...)})
}

func (s *stage) note(about About, format string, args ...any) {
	s.noted = append(s.noted, Mismatch{About: about, Message: fmt.Sprintf(format, args...)})
}

// carryOn goes on until the run, and all below it, has ended, or nothing is left to come.
func (s *stage) carryOn(root *run) {
	for s.ctx.Err() == nil && s.faults == nil {
		if s.dispatch() {
			continue
		}
		if root.ended() && !s.childrenGoOn() {
			return
		}
		at, what := s.next(root)
		if what == nil {
			return
		}
		if at.After(s.now) {
			s.now = at
		}
		what()
	}
}

// dispatch has the first run act that can do so without time passing.
func (s *stage) dispatch() bool {
	for _, r := range s.runs {
		if r.act() {
			return true
		}
	}
	return false
}

func (s *stage) childrenGoOn() bool {
	return slices.ContainsFunc(s.runs[1:], func(r *run) bool { return !r.ended() })
}

// next returns what happens next, and when: at one time, what comes from outside or ends goes before what is due. It returns
// nil where the test wants the run to wait, and nothing but its limit is left.
func (s *stage) next(root *run) (at time.Time, what func()) {
	if len(s.agenda) > 0 {
		at, what = s.agenda[0].at, s.take
	}
	for _, r := range s.runs {
		if due, ok := r.state.NextDue(); ok && (what == nil || due.Before(at)) {
			at, what = due, func() { r.decide(workflow.Tick{}) }
		}
	}
	if s.play.Test.Expect.Status == workflow.StatusWaiting && !root.state.Ending() && !at.Before(root.state.Deadline()) {
		return at, nil
	}
	return at, what
}

// happening is something that will happen at a time.
type happening struct {
	at time.Time
	do func()
}

// later has something happen, after what happens at the same time and was known before.
func (s *stage) later(after time.Duration, do func()) {
	at := s.now.Add(after)
	i := slices.IndexFunc(s.agenda, func(h happening) bool { return h.at.After(at) })
	if i < 0 {
		i = len(s.agenda)
	}
	s.agenda = slices.Insert(s.agenda, i, happening{at, do})
}

// take has the first of what is to happen do so.
func (s *stage) take() {
	do := s.agenda[0].do
	s.agenda = s.agenda[1:]
	do()
}

// result is what has become of a run.
func (r *run) result() Run {
	return Run{ID: r.state.Run, Definition: r.state.Definition(), Status: r.state.Status(), State: r.state, Events: r.events}
}
