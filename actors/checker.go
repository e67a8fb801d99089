package actors

import (
	"context"
	"maps"
	"slices"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// Workflow implements workflow.Checker.
func (c checker) Workflow(name string) (known bool, others []string) {
	c.catalog.mu.RLock()
	defer c.catalog.mu.RUnlock()
	if c.catalog.names[name] != nil {
		return true, nil
	}
	return false, slices.Sorted(maps.Keys(c.catalog.names))
}

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
