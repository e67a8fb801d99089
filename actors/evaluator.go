package actors

import (
	"context"
	"errors"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// evaluator runs the JavaScript of templates and conditions. It remembers whether a call was cut short from outside: what was
// decided over such a call does not count.
type evaluator struct {
	engine      *scripts.Engine
	ctx         context.Context
	outputBytes int // what the run allows one output
	interrupted bool
}

func (v *evaluator) Condition(e *workflow.Expression, sc workflow.Scope) (bool, error) {
	x, err := v.engine.CompileItemExpression(e.Source, originOf(e), e.Item)
	if err != nil {
		return false, failureIn(e, err)
	}
	holds, err := x.Test(v.ctx, scopeOf(sc, v.outputBytes))
	return holds, v.failure(e, err)
}

func (v *evaluator) Value(e *workflow.Expression, sc workflow.Scope) (document.Value, error) {
	x, err := v.engine.CompileItemExpression(e.Source, originOf(e), e.Item)
	if err != nil {
		return document.Null, failureIn(e, err)
	}
	value, err := x.Eval(v.ctx, scopeOf(sc, v.outputBytes))
	return value, v.failure(e, err)
}

// Elapsed is zero: an attempt is timed as a whole.
func (v *evaluator) Elapsed() time.Duration { return 0 }

func (v *evaluator) failure(e *workflow.Expression, err error) error {
	if err == nil {
		return nil
	}
	if v.ctx.Err() != nil {
		v.interrupted = true
	}
	return failureIn(e, err)
}

func scopeOf(sc workflow.Scope, outputBytes int) scripts.Scope {
	seen := scripts.Scope{State: sc.State, Input: sc.Input, Ctx: scripts.Context{
		Run: sc.Run, Node: sc.Node, Visit: sc.Visit, Attempt: sc.Attempt, Now: sc.Now, Error: sc.Error,
		OutputBytes: outputBytes,
	}}
	if i := sc.Item; i != nil {
		seen.Item = &scripts.Item{Value: i.Value, Index: i.Index, Key: i.Key, Keyed: i.Keyed}
	}
	return seen
}

// originOf is where the engine counts a script's positions from; failureIn and lineIn turn what it counted
// into places of the workflow's file.
func originOf(s *workflow.Script) scripts.Origin {
	from, block := s.Frame()
	return scripts.Origin{File: from.File, Line: from.Line, Column: from.Column, Block: block}
}

// codeOf is a node's script as the engine takes it.
func codeOf(s *workflow.Script) scripts.Code {
	return scripts.Code{Source: s.Source, Origin: originOf(s), Item: s.Item, Bundle: (*scripts.Bundle)(s.Bundle)}
}

// failureIn translates an error of a script. The result is never nil.
func failureIn(s *workflow.Script, err error) *workflow.Failure {
	f := failureOf(err)
	if f.Position != nil {
		at := s.At(*f.Position)
		f.Position = &at
	}
	return f
}

// failureOf translates the errors of scripts and tools into the core's. The result is never nil.
func failureOf(err error) *workflow.Failure {
	var (
		script *scripts.Error
		tool   *tools.Error
		known  *workflow.Failure
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &script):
		f := &workflow.Failure{Kind: script.Kind, Message: script.Message}
		if script.Line > 0 {
			f.Position = &event.Position{File: script.File, Line: script.Line, Column: script.Column}
		}
		return f
	case errors.As(err, &tool):
		return &workflow.Failure{Kind: tool.Kind, Message: tool.Message}
	case errors.Is(err, context.DeadlineExceeded):
		return &workflow.Failure{Kind: workflow.FailureTimeout, Message: err.Error()}
	case errors.Is(err, context.Canceled):
		return &workflow.Failure{Kind: workflow.FailureCancelled, Message: err.Error()}
	default:
		return &workflow.Failure{Kind: workflow.FailureTool, Message: err.Error()}
	}
}
