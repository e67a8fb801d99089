package actors

import (
	"context"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// Executor executes attempts, one at a time, just as a System does, for who carries runs on without a store and in a time
// of its own: package rehearsal does. It may be used by several goroutines at once.
type Executor struct{ executor }

// NewExecutor returns an executor that calls these tools and runs scripts with this engine, those of isolated workflows, too.
func NewExecutor(registry *tools.Registry, engine *scripts.Engine) *Executor {
	return &Executor{executor{tools: registry, scripts: engine, isolated: engine}}
}

// Checker returns what workflows are to be checked against that the executor shall execute. It is told which other
// workflows there are.
func (x *Executor) Checker(workflows func(name string) (known bool, others []string)) workflow.Checker {
	return checker{workflows: workflows, tools: x.tools, scripts: x.scripts, isolated: x.isolated}
}

// Evaluator returns what evaluates the conditions and templates of a workflow's runs, until ctx ends.
func (x *Executor) Evaluator(ctx context.Context, d *workflow.Definition) workflow.Evaluator {
	return &evaluator{engine: x.engineOf(d), ctx: ctx, outputBytes: d.Limits.OutputBytes}
}

// Execute executes the running attempt of a visit, or of an item of it, item nil for none, which must be of a tool, a script or a set.
// How long that took is left for the caller to say. A durable script takes a turn, for which its visit's life is kept.
func (x *Executor) Execute(ctx context.Context, s *workflow.State, v *workflow.Visit, item *workflow.Item, l *Life) workflow.Outcome {
	w := workOf(s, v, item)
	if item == nil && w.node.Script.Bundle != nil && !v.Compensates() {
		if l.life.stale(v) {
			l.life = life{attempt: v.Attempt}
		}
		l.life.ending, w.life = s.Ending(), &l.life
	}
	return x.perform(ctx, w, x.timeout(w.node))
}

// Life is the execution of a durable script, which lives on between the turns of a visit. The zero value has not begun.
type Life struct{ life life }

// ExecuteCall executes the running attempt of a call that a visit's script has made.
func (x *Executor) ExecuteCall(ctx context.Context, s *workflow.State, v *workflow.Visit, c *workflow.Call) workflow.Outcome {
	w := &work{node: CallNode(v, c), visit: *v, call: c, state: s}
	return x.perform(ctx, w, x.timeout(w.node))
}

// Timeout is how long one attempt at the work of a node may take.
func (x *Executor) Timeout(work *workflow.Node) time.Duration { return x.timeout(work) }

// ChildInput returns the input of the child run that a running attempt starts, or why it cannot start one. The child's
// definition may be nil; then its schemas are not looked at.
func (x *Executor) ChildInput(ctx context.Context, s *workflow.State, v *workflow.Visit, item *workflow.Item, child *workflow.Definition) (document.Value, *workflow.Failure) {
	w := workOf(s, v, item)
	input, err := w.arguments(x.evaluates(ctx, w))
	if err == nil {
		input, err = CheckInput(child, input)
	}
	if err != nil {
		return document.Null, childFailure(w.node, err)
	}
	return input, nil
}

// CheckInput returns the input of a workflow's run as a start takes it, or why it takes none such. The error is
// ErrInvalidInput. Where the definition is nil, the input may be any that some workflow takes.
func CheckInput(d *workflow.Definition, input document.Value) (document.Value, error) {
	_, input, err := StartRequest{Run: "r", Input: input}.check()
	if err == nil && d != nil {
		err = compileSchemas(d).admits(d.Name, input)
	}
	return input, err
}

func workOf(s *workflow.State, v *workflow.Visit, item *workflow.Item) *work {
	node, _ := s.Definition().Node(v.Node) // Fold has refused other visits
	if item != nil {
		node = node.Map.Work
	}
	return &work{node: node, visit: *v, item: item, state: s}
}
