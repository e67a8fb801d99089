package tools

import (
	"errors"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirflow/weir/eventstore/document"
)

// Schema is a JSON Schema, of draft 2020-12 unless it names another, that is ready to check values. It may be used
// from any number of goroutines.
type Schema struct {
	source   document.Value
	compiled *jsonschema.Schema
}

// Violation is one thing that a schema refuses of a value.
type Violation struct {
	Pointer string // JSON Pointer into the value
	Message string // what is expected there
}

// CompileSchema reads a schema. What keeps it from being one is told by its places in the schema, which is nil then. Null
// allows every value.
func CompileSchema(source document.Value) (*Schema, []Misfit) {
	compiled, err := compileSchema(source)
	if e := (*schemaError)(nil); errors.As(err, &e) {
		return nil, e.misfits
	}
	if err != nil {
		return nil, []Misfit{{Message: err.Error()}}
	}
	return &Schema{source: source, compiled: compiled}, nil
}

// Violations returns everything that the schema refuses of a value, the first violationsMax of many. Texts of the
// value, which may be secret, are not among it. A nil schema refuses nothing.
func (s *Schema) Violations(value document.Value) []Violation {
	if s == nil || s.compiled == nil {
		return nil
	}
	err := s.compiled.Validate(value.Any())
	if err == nil {
		return nil
	}
	var found *jsonschema.ValidationError
	if !errors.As(err, &found) {
		return []Violation{{Message: err.Error()}}
	}
	misfits := newJudge(s.source, nil).misfits(found)
	if len(misfits) == 0 {
		return []Violation{{Message: err.Error()}}
	}
	violations := make([]Violation, min(len(misfits), violationsMax))
	for i := range violations {
		m := &misfits[i]
		violations[i] = Violation{Pointer: document.Pointer(m.At...), Message: m.told(value)}
	}
	return violations
}
