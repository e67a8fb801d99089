package workflow

import (
	_ "embed"
	"slices"
)

//go:embed tests_schema.json
var testsSchema []byte

// TestsSchema returns the JSON Schema (draft-07) of a file of tests, for editors. It says what ParseTests says about the shape;
// names that must exist are for ParseTests alone.
func TestsSchema() []byte { return slices.Clone(testsSchema) }
