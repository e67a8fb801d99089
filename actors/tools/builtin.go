package tools

import "slices"

// Builtin returns the tools that come with weir.
func Builtin(options Options) []Tool {
	return slices.Concat([]Tool{httpTool(options)}, codeTools(), classicTools())
}
