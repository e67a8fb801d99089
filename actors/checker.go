package actors

import (
	"context"
	"slices"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// checker answers what Parse asks about tools, scripts and workflows.
type checker struct {
	workflows func(name string) (known bool, others []string)
	tools     *tools.Registry
	scripts   *scripts.Engine
	isolated  *scripts.Engine
}

func (c checker) Tool(name string) (known bool, near string) {
	if _, ok := c.tools.Lookup(name); ok {
		return true, ""
	}
	return false, c.tools.Near(name)
}

// Workflow implements workflow.Checker.
func (c checker) Workflow(name string) (known bool, others []string) { return c.workflows(name) }

// Isolation implements workflow.Checker. The first process is started for it.
func (c checker) Isolation() error { return c.isolated.Ready(context.Background()) }

// Kinds implements workflow.Checker.
func (c checker) Kinds() []string { return slices.Concat(scripts.Kinds(), c.tools.Kinds()) }

// Misfits implements workflow.Checker.
func (c checker) Misfits(name string, arguments document.Value, unknown [][]string) []workflow.Misfit {
	tool, ok := c.tools.Lookup(name)
	if !ok {
		return nil
	}
	return misfitsOf(tool.Misfits(arguments, unknown))
}

// Schema implements workflow.Checker.
func (c checker) Schema(schema document.Value) []workflow.Misfit {
	_, found := tools.CompileSchema(schema)
	return misfitsOf(found)
}

func misfitsOf(found []tools.Misfit) []workflow.Misfit {
	misfits := make([]workflow.Misfit, len(found))
	for i, m := range found {
		misfits[i] = workflow.Misfit(m)
	}
	return misfits
}

// Body implements workflow.Checker.
func (c checker) Body(s *workflow.Script, files map[string]string) (*workflow.ScriptBundle, error) {
	code := codeOf(s)
	code.Folder = scripts.Files(files)
	script, err := c.scripts.Compile(code)
	if err != nil {
		return nil, failureIn(s, err)
	}
	return (*workflow.ScriptBundle)(script.Bundle()), nil
}

// Expression implements workflow.Checker.
func (c checker) Expression(e *workflow.Expression) error {
	if _, err := c.scripts.CompileItemExpression(e.Source, originOf(e), e.Item); err != nil {
		return failureIn(e, err)
	}
	return nil
}

// Remarks implements workflow.Checker.
func (c checker) Remarks(s *workflow.Script, expression bool, files map[string]string) []workflow.Remark {
	var found []scripts.Warning
	if expression {
		if x, err := c.scripts.CompileItemExpression(s.Source, originOf(s), s.Item); err == nil {
			found = x.Warnings()
		}
	} else if x, err := c.scripts.Compile(codeOf(s)); err == nil {
		found = x.Warnings(scripts.Files(files))
	}
	remarks := make([]workflow.Remark, len(found))
	for i, w := range found {
		remarks[i] = workflow.Remark{
			Code: w.Code, Message: w.Message, Hint: w.Hint, Name: w.Name, Known: w.Known,
			Position: s.At(workflow.Position{File: w.File, Line: w.Line, Column: w.Column}),
		}
	}
	return remarks
}
