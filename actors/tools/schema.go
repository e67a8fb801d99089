package tools

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

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
	if err != nil {
		var invalid *jsonschema.SchemaValidationError
		if errors.As(err, &invalid) {
			var violations *jsonschema.ValidationError
			if errors.As(invalid.Err, &violations) {
				return nil, errors.New(strings.Join(violationLines(violations), "; "))
			}
		}
		return nil, err
	}
	return compiled, nil
}

// violations returns one line for everything in value that the schema does not allow, each with the
// place as a JSON Pointer, or nothing where value fits.
func violations(schema *jsonschema.Schema, value document.Value) []string {
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
	return violationLines(found)
}

var english = message.NewPrinter(language.English)

// violationLines flattens the tree of causes to its leaves. Alternatives (anyOf, oneOf) become one line:
// a reader wants to know that one of them must hold, not a line for each that does not.
func violationLines(root *jsonschema.ValidationError) []string {
	var lines []string
	var walk func(e *jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		switch e.ErrorKind.(type) {
		case *kind.AnyOf, *kind.OneOf:
			lines = append(lines, alternatives(e))
			return
		}
		if len(e.Causes) == 0 {
			lines = append(lines, at(e.InstanceLocation)+e.ErrorKind.LocalizedString(english))
			return
		}
		for _, cause := range e.Causes {
			walk(cause)
		}
	}
	walk(root)
	slices.Sort(lines)
	lines = slices.Compact(lines)
	if rest := len(lines) - violationsMax; rest > 0 {
		lines = append(lines[:violationsMax], fmt.Sprintf("and %d more", rest))
	}
	return lines
}

func alternatives(e *jsonschema.ValidationError) string {
	var each []string
	for _, cause := range e.Causes {
		for _, line := range violationLines(cause) {
			each = append(each, strings.TrimPrefix(line, at(e.InstanceLocation)))
		}
	}
	if len(each) == 0 {
		return at(e.InstanceLocation) + e.ErrorKind.LocalizedString(english)
	}
	return at(e.InstanceLocation) + strings.Join(slices.Compact(each), ", or ")
}

// at writes an instance location the way messages begin: nothing for the whole value.
func at(location []string) string {
	if len(location) == 0 {
		return ""
	}
	return document.Pointer(location...) + ": "
}
