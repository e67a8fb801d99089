package workflow

import (
	_ "embed"
	"slices"
)

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft-07) of a workflow's source, for editors. It says what Parse says
// about the shape of a source; names that must exist, scripts, the arguments of tools and the graph as a
// whole are Parse's alone.
func Schema() []byte { return slices.Clone(schema) }
