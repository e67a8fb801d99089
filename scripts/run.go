package scripts

import (
	"context"

	"github.com/weirflow/weir/eventstore/document"
)

// Script is a compiled function body. It is safe for concurrent use.
type Script struct{}

// Expression is a compiled expression. It is safe for concurrent use.
type Expression struct{}

// CompileBody compiles a function body.
func (e *Engine) CompileBody(source string, o Origin) (*Script, error) { return &Script{}, nil }

// CompileExpression compiles one expression.
func (e *Engine) CompileExpression(source string, o Origin) (*Expression, error) {
	return &Expression{}, nil
}

// Run executes the script once.
func (s *Script) Run(ctx context.Context, sc Scope) (Result, error) { return Result{}, nil }

// Eval executes the expression once.
func (x *Expression) Eval(ctx context.Context, sc Scope) (document.Value, error) {
	return document.Null, nil
}

// Test reports whether the expression is truthy.
func (x *Expression) Test(ctx context.Context, sc Scope) (bool, error) { return false, nil }
