package tools

// Builtin returns the tools that come with weir.
func Builtin(_ Options) []Tool {
	return nil
}
