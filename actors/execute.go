package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// defaultToolTimeout bounds an attempt where neither the node nor the tool says how long it may take.
const defaultToolTimeout = time.Minute

// work is one attempt to be executed.
type work struct {
	node  *workflow.Node // the work, where it is of an item
	visit workflow.Visit // a copy: the run may move on meanwhile
	item  *workflow.Item // of a map; nil for a visit that is executed as a whole
	call  *workflow.Call // of a durable script; nil for others
	life  *life          // of the script that takes a turn; nil for others
	state *workflow.State
}

// finish is a report about the attempt, still without an outcome.
func (w *work) finish() workflow.Finish {
	f := workflow.Finish{Node: w.visit.Node, Visit: w.visit.Number, Attempt: w.visit.Attempt}
	if w.item != nil {
		f.Attempt, f.Item = w.item.Attempt, w.item.Number
	}
	if w.call != nil {
		f.Attempt, f.Call = w.call.Attempt, w.call.Number
	}
	return f
}

// scope is what the attempt's scripts and templates see.
func (w *work) scope(ev workflow.Evaluator) (workflow.Scope, error) {
	if w.item != nil {
		return w.state.ItemScope(&w.visit, w.item, ev)
	}
	return w.state.Scope(&w.visit), nil
}

// arguments is what the attempt's tool, or its child run, is given.
func (w *work) arguments(ev workflow.Evaluator) (document.Value, error) {
	if w.item == nil {
		return w.state.Arguments(&w.visit, ev)
	}
	sc, err := w.scope(ev)
	if err != nil {
		return document.Null, err
	}
	return w.state.ItemArguments(&w.visit, sc, ev)
}

// toolCall is what a tool is called with.
func (w *work) toolCall(sc workflow.Scope, ev workflow.Evaluator) (tools.Call, error) {
	c := tools.Call{
		Key: w.visit.Key(w.state.Run), Run: w.state.Run, Node: w.visit.Node, Visit: w.visit.Number, Attempt: sc.Attempt, Timeout: w.node.Timeout,
	}
	var err error
	switch {
	case w.call != nil:
		c.Key, c.Number = w.visit.CallKey(w.state.Run, w.call), w.call.Number
		c.Attempt, c.Input = w.call.Attempt, w.call.Args
	case w.item == nil:
		c.Input, err = w.state.Arguments(&w.visit, ev)
	default:
		c.Key, c.Item = w.visit.ItemKey(w.state.Run, w.item), w.item.Number
		c.Input, err = w.state.ItemArguments(&w.visit, sc, ev)
	}
	return c, err
}

// pure reports whether executing the node shows nothing to anybody, so that it may run over events that
// are not durable yet and be run again if they are lost.
func (s *System) pure(node *workflow.Node) bool {
	switch {
	case node.Checkpoint, node.Kind == workflow.KindChild:
		return false
	case node.Kind == workflow.KindTool:
		tool, ok := s.tools.Lookup(node.Tool)
		return ok && tool.Pure && !s.gates.limited(node)
	default:
		return true
	}
}

// execute runs one attempt to its end. It never panics and always returns an outcome.
func (s *System) execute(ctx context.Context, w *work) (o workflow.Outcome) {
	s.executing.enter(w)
	begun := time.Now()
	defer func() {
		s.executing.leave(w)
		if r := recover(); r != nil {
			s.logger.Error("panic in a node", "run", w.state.Run, "node", w.node.Name, "visit", w.visit.Number, "panic", r)
			o = workflow.Outcome{Failure: &workflow.Failure{Kind: tools.KindPanic, Message: fmt.Sprint(r)}}
		}
		o.Duration = time.Since(begun)
	}()
	if w.node.Kind == workflow.KindTool && s.gates.limited(w.node) {
		leave, failure := s.admit(ctx, w)
		if failure != nil {
			return workflow.Outcome{Failure: failure}
		}
		defer leave()
		begun = time.Now()
	}
	limit := s.timeout(w.node)
	if left := time.Until(w.state.Deadline()); left < limit {
		limit = max(left, time.Millisecond) // what is cut short then fails by limits.duration
	}
	return s.perform(ctx, w, limit)
}

// executor does what an attempt consists of. It knows neither the run's place in a store, nor the clock.
type executor struct {
	tools    *tools.Registry
	scripts  *scripts.Engine
	isolated *scripts.Engine // of workflows with `isolation: process`
}

// engineOf returns the engine for the scripts of a workflow.
func (x *executor) engineOf(def *workflow.Definition) *scripts.Engine {
	if def.Isolated {
		return x.isolated
	}
	return x.scripts
}

// perform executes one attempt within a limit.
func (x *executor) perform(ctx context.Context, w *work, limit time.Duration) workflow.Outcome {
	ev := x.evaluates(ctx, w)
	sc, err := w.scope(ev)
	if err != nil {
		return workflow.Outcome{Failure: failureOf(err)}
	}
	switch w.node.Kind {
	case workflow.KindScript:
		return x.executeScript(ctx, w, sc, limit)
	case workflow.KindSet:
		result, err := w.node.Set.Eval(ev, sc)
		return outcome(result, err)
	case workflow.KindTool:
		call, err := w.toolCall(sc, ev)
		if err != nil {
			return workflow.Outcome{Failure: failureOf(err)}
		}
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return x.executeTool(ctx, w, call, limit)
	case workflow.KindSleep, workflow.KindUntil, workflow.KindWait, workflow.KindMap, workflow.KindChild: // a map has its items executed, a child is a run, the others do nothing
	}
	return workflow.Outcome{Failure: &workflow.Failure{
		Kind: workflow.FailureTool, Message: fmt.Sprintf("nodes of kind %s are not executed", w.node.Kind),
	}}
}

// evaluates returns what evaluates the attempt's templates.
func (x *executor) evaluates(ctx context.Context, w *work) *evaluator {
	return &evaluator{engine: x.engineOf(w.state.Definition()), ctx: ctx, outputBytes: w.state.Definition().Limits.OutputBytes}
}

// admit returns once the attempt has its turn to call its tool, or why it cannot have it. The caller calls leave when the call has
// ended.
func (s *System) admit(ctx context.Context, w *work) (leave func(), failure *workflow.Failure) {
	ev := s.evaluates(ctx, w)
	sc, err := w.scope(ev)
	if err != nil {
		return nil, failureOf(err)
	}
	key, priority, failure := w.node.Limit.Place(w.state, ev, sc)
	if failure != nil {
		return nil, failure
	}
	if leave, err = s.gates.enter(ctx, w, key, priority); err != nil {
		return nil, s.uncalled(w)
	}
	return leave, nil
}

// uncalled is why an attempt has failed that was cut short while it waited for its tool, which it has not called.
func (s *System) uncalled(w *work) *workflow.Failure {
	kind, why := workflow.FailureCancelled, "the run was cancelled"
	if s.running.Err() != nil {
		kind, why = workflow.FailureStopped, "the engine was stopped"
	}
	return &workflow.Failure{Kind: kind, Message: fmt.Sprintf("%s while the attempt waited for its turn to call %s", why, w.node.Tool)}
}

// timeout is how long one attempt of the node may take.
func (x *executor) timeout(node *workflow.Node) time.Duration {
	if node.Timeout > 0 {
		return node.Timeout
	}
	if node.Kind == workflow.KindTool {
		if tool, ok := x.tools.Lookup(node.Tool); ok && tool.Timeout > 0 {
			return tool.Timeout
		}
		return defaultToolTimeout
	}
	return x.scripts.Limits().Time
}

func (x *executor) executeScript(ctx context.Context, w *work, seen workflow.Scope, limit time.Duration) workflow.Outcome {
	source := &w.node.Script
	script, err := x.engineOf(w.state.Definition()).Compile(codeOf(source))
	if err != nil {
		return workflow.Outcome{Failure: failureIn(source, err)}
	}
	sc := scopeOf(seen, w.state.Definition().Limits.OutputBytes)
	if w.life != nil && w.life.begin(w, script, sc) {
		return x.takeTurn(ctx, w, limit)
	}
	sc.Ctx.Timeout = limit
	result, err := script.Run(ctx, sc)
	if err != nil {
		return scriptFailure(source, err)
	}
	return scriptOutcome(source, result)
}

func scriptFailure(source *workflow.Script, err error) workflow.Outcome {
	o := workflow.Outcome{Failure: failureIn(source, err)}
	if se := (*scripts.Error)(nil); errors.As(err, &se) {
		o.Console = logLines(source, se.Console)
	}
	return o
}

func scriptOutcome(source *workflow.Script, result scripts.Result) workflow.Outcome {
	return workflow.Outcome{
		Patch: result.Patch, Result: result.Returned, HasResult: result.HasReturned, Console: logLines(source, result.Console),
	}
}

func (x *executor) executeTool(ctx context.Context, w *work, call tools.Call, limit time.Duration) workflow.Outcome {
	tool, ok := x.tools.Lookup(w.node.Tool)
	if !ok {
		return workflow.Outcome{Failure: &workflow.Failure{
			Kind: workflow.FailureTool, Message: fmt.Sprintf("this engine has no tool %q", w.node.Tool),
		}}
	}
	result, err := tool.Invoke(ctx, call)
	o := outcome(result, err)
	if o.Failure != nil && o.Failure.Kind == workflow.FailureTimeout && ctx.Err() != nil {
		whose := fmt.Sprintf("on node %q", w.node.Name)
		if w.call != nil {
			whose = "of the call"
		}
		o.Failure = Overdue(w.node.Tool, whose, limit, o.Failure.Message)
	}
	return o
}

// Overdue is the failure of an attempt whose tool took longer than the limit; whose timeout that is, it says.
func Overdue(tool, whose string, limit time.Duration, message string) *workflow.Failure {
	return &workflow.Failure{Kind: workflow.FailureTimeout, Message: fmt.Sprintf(
		"tool %s took longer than %s; raise `timeout` %s if it needs more: %s", tool, limit, whose, message)}
}

func logLines(s *workflow.Script, lines []scripts.Line) []event.LogLine {
	if len(lines) == 0 {
		return nil
	}
	out := make([]event.LogLine, len(lines))
	for i, l := range lines {
		at := s.At(workflow.Position{File: l.File, Line: l.Line, Column: l.Column})
		out[i] = event.LogLine{Level: l.Level, Text: l.Text, File: at.File, Line: at.Line, Column: at.Column}
	}
	return out
}

func outcome(result document.Value, err error) workflow.Outcome {
	if err != nil {
		return workflow.Outcome{Failure: failureOf(err)}
	}
	return workflow.Outcome{Result: result, HasResult: true}
}
