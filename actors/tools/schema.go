package tools

import (
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirflow/weir/eventstore/document"
)

// violationsMax bounds how many violations one message lists.
const violationsMax = 20

// schemas are a tool's compiled schemas; nil allows anything.
type schemas struct {
	input, output *jsonschema.Schema
}

func compileSchemas(t Tool) (*schemas, error) {
	input, err := compileSchema(t.Input)
	if err != nil {
		return nil, fmt.Errorf("tool %s: input schema: %w", t.Name, err)
	}
	output, err := compileSchema(t.Output)
	if err != nil {
		return nil, fmt.Errorf("tool %s: output schema: %w", t.Name, err)
	}
	return &schemas{input: input, output: output}, nil
}

// noLoader refuses every reference out of the schema: compiling must read neither files nor the network.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s is outside the schema; put it under $defs", url)
}

func compileSchema(schema document.Value) (*jsonschema.Schema, error) {
	if schema.IsNull() {
		return nil, nil
	}
	const place = "schema:tool"
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	if err := compiler.AddResource(place, schema.Any()); err != nil {
		return nil, err
	}
	compiled, err := compiler.Compile(place)
	if misfits := malformed(err); len(misfits) > 0 {
		return nil, &schemaError{misfits: misfits, schema: schema}
	}
	return compiled, err
}

// schemaError says what keeps a schema from being one.
type schemaError struct {
	misfits []Misfit
	schema  document.Value
}

func (e *schemaError) Error() string { return strings.Join(lines(e.misfits, e.schema), "; ") }

// malformed returns what a schema's own schema refuses of it, nothing where the error is another.
func malformed(err error) []Misfit {
	var invalid *jsonschema.SchemaValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	var violations *jsonschema.ValidationError
	if !errors.As(invalid.Err, &violations) {
		return nil
	}
	return newJudge(document.Null, nil).misfits(violations)
}

// violations returns one line for everything in value that the schema does not allow, each with the
// place as a JSON Pointer, or nothing where value fits. Texts of the value, which may be secret, are not shown.
func violations(schema *jsonschema.Schema, source, value document.Value) []string {
	if schema == nil {
		return nil
	}
	err := schema.Validate(value.Any())
	if err == nil {
		return nil
	}
	var found *jsonschema.ValidationError
	if !errors.As(err, &found) {
		return []string{err.Error()}
	}
	if told := lines(newJudge(source, nil).misfits(found), value); len(told) > 0 {
		return told
	}
	return []string{err.Error()}
}

// lines words what was found wrong with a value, the first violationsMax of many.
func lines(misfits []Misfit, value document.Value) []string {
	out := make([]string, 0, min(len(misfits), violationsMax+1))
	for i, m := range misfits {
		if i == violationsMax {
			out = append(out, fmt.Sprintf("and %d more", len(misfits)-i))
			break
		}
		line := m.told(value)
		if place := document.Pointer(m.At...); place != "" {
			line = place + ": " + line
		}
		out = append(out, line)
	}
	return out
}

// told is what is wrong at the place of the misfit, in words.
func (m *Misfit) told(value document.Value) string {
	text := m.claim()
	if at, ok := value.Lookup(document.Pointer(m.At...)); ok && m.Want != "" {
		text += remark(m, at)
	}
	return text
}

// remark adds to what a value must be what it is, or what it was probably meant to be.
func remark(m *Misfit, value document.Value) string {
	text, _ := value.AsString()
	if near := nearest(text, m.Known); near != "" {
		return fmt.Sprintf(" (did you mean `%s`?)", near)
	}
	if m.Type {
		return ", not " + kindWords(value)
	}
	return ""
}
