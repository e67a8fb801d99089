package tools

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/weirflow/weir/eventstore/document"
)

// Misfit is one thing that an input schema refuses, told so that a message for the author of the input can
// be made of it: a property that is missing, or one that is too much, or a value that must be another.
type Misfit struct {
	At      []string // the keys and indices that lead to the value
	Missing string   // a property that the value must have
	Extra   string   // a property that the value must not have
	Want    string   // what the value must be, in words: "a text"
	Type    bool     // the value's type is wrong, not only the value
	Known   []string // names or texts that could stand in the place of what is wrong
	Message string   // what is wrong, where nothing else says it
}

// Misfits returns what the input schema refuses of input that is known only in parts: unknown lists the
// ways to values that can be anything. Whatever they are, a call with such input fails with tool_input;
// what depends on them is not told. The order is always the same.
func (t Tool) Misfits(input document.Value, unknown [][]string) []Misfit {
	if t.schemas == nil || t.schemas.input == nil {
		return nil
	}
	var found *jsonschema.ValidationError
	if !errors.As(t.schemas.input.Validate(input.Any()), &found) {
		return nil
	}
	return newJudge(t.Input, unknown).misfits(found)
}

// judge tells which violations hold whatever the unknown values are.
type judge struct {
	schema  document.Value
	unknown map[string]bool // places of unknown values, as JSON Pointers
	holders map[string]bool // places of values that are unknown or hold an unknown one
}

func newJudge(schema document.Value, unknown [][]string) *judge {
	j := &judge{schema: schema, unknown: map[string]bool{}, holders: map[string]bool{}}
	for _, way := range unknown {
		j.unknown[document.Pointer(way...)] = true
		for i := range len(way) + 1 {
			j.holders[document.Pointer(way[:i]...)] = true
		}
	}
	return j
}

// misfits returns everything that is certainly wrong, in the order of places.
func (j *judge) misfits(root *jsonschema.ValidationError) []Misfit {
	all := j.certain(root)
	slices.SortFunc(all, compareMisfits)
	return slices.CompactFunc(all, func(a, b Misfit) bool { return compareMisfits(a, b) == 0 })
}

func compareMisfits(a, b Misfit) int {
	return cmp.Or(
		slices.CompareFunc(a.At, b.At, compareSteps),
		strings.Compare(a.Extra, b.Extra), strings.Compare(a.Want, b.Want), strings.Compare(a.Message, b.Message),
		strings.Compare(a.Missing, b.Missing),
	)
}

// compareSteps orders indices by their number, and keys behind them by their text.
func compareSteps(a, b string) int {
	i, err := strconv.Atoi(a)
	k, another := strconv.Atoi(b)
	switch {
	case err == nil && another == nil:
		return cmp.Or(cmp.Compare(i, k), strings.Compare(a, b))
	case err == nil:
		return -1
	case another == nil:
		return 1
	}
	return strings.Compare(a, b)
}

// certain returns what is certainly wrong, nothing where the violation may be none.
func (j *judge) certain(e *jsonschema.ValidationError) []Misfit {
	if len(j.unknown) > 0 && conditional(e.SchemaURL) {
		return nil
	}
	switch e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		var all []Misfit
		for _, cause := range e.Causes {
			all = append(all, j.certain(cause)...)
		}
		return all
	case *kind.AnyOf, *kind.OneOf:
		if len(e.Causes) > 0 {
			return j.alternatives(e)
		}
	}
	if j.depends(e) {
		return nil
	}
	return j.tell(e)
}

// conditional reports whether a schema applies only if another does or does not. A property of such a name
// makes the check milder, never stricter.
func conditional(schema string) bool {
	for _, word := range []string{"/then", "/else", "/unevaluated"} {
		if strings.Contains(schema, word) {
			return true
		}
	}
	return false
}

// depends reports whether a violation depends on unknown values. What is only about a value's type, its
// length or its keys does not depend on what it holds.
func (j *judge) depends(e *jsonschema.ValidationError) bool {
	shape := false
	switch e.ErrorKind.(type) {
	case *kind.Type, *kind.Required, *kind.AdditionalProperties, *kind.Dependency, *kind.DependentRequired, *kind.PropertyNames,
		*kind.MinProperties, *kind.MaxProperties, *kind.MinItems, *kind.MaxItems, *kind.AdditionalItems:
		shape = true
	}
	way := e.InstanceLocation
	for i := range len(way) + 1 {
		if j.unknown[document.Pointer(way[:i]...)] {
			return true
		}
	}
	return !shape && j.holders[document.Pointer(way...)]
}

// alternatives returns what is wrong with a value that fits none of several schemas. Where it has the type of
// one alone, that one was meant.
func (j *judge) alternatives(e *jsonschema.ValidationError) []Misfit {
	var meant [][]Misfit
	merged := Misfit{At: e.InstanceLocation, Type: true}
	var wants, claims []string
	for _, cause := range e.Causes {
		each := j.misfits(cause)
		if len(each) == 0 {
			return nil
		}
		for _, m := range each {
			claims = append(claims, m.claimFrom(len(e.InstanceLocation)))
		}
		one := each[0]
		here := len(each) == 1 && len(one.At) == len(e.InstanceLocation)
		if !here || !one.Type {
			meant = append(meant, each)
		}
		if here && one.Want != "" {
			wants = append(wants, one.Want)
		}
		merged.Type = merged.Type && one.Type
		merged.Known = append(merged.Known, one.Known...)
	}
	if len(meant) == 1 {
		return meant[0]
	}
	if len(wants) < len(e.Causes) {
		return []Misfit{{At: e.InstanceLocation, Message: strings.Join(slices.Compact(claims), ", or ")}}
	}
	merged.Want = strings.Join(slices.Compact(wants), ", or ")
	return []Misfit{merged}
}

// tell returns what one violation is about.
func (j *judge) tell(e *jsonschema.ValidationError) []Misfit {
	m := Misfit{At: e.InstanceLocation}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		all := make([]Misfit, len(k.Missing))
		for i, name := range k.Missing {
			all[i] = Misfit{At: e.InstanceLocation, Missing: name}
		}
		return all
	case *kind.AdditionalProperties:
		known := j.properties(e.SchemaURL)
		all := make([]Misfit, len(k.Properties))
		for i, name := range k.Properties {
			all[i] = Misfit{At: e.InstanceLocation, Extra: name, Known: known}
		}
		return all
	case *kind.Type:
		m.Type, m.Want = true, typeWords(k.Want)
	case *kind.Enum:
		m.Want, m.Known = valueWords(k.Want)
	case *kind.Const:
		m.Want, m.Known = valueWords([]any{k.Want})
	default:
		if m.Want = boundWords(e.ErrorKind); m.Want == "" {
			m.Message = boundMessage(e.ErrorKind)
		}
	}
	return []Misfit{m}
}

// properties returns the names of the properties that the schema of that address lists.
func (j *judge) properties(address string) []string {
	_, fragment, _ := strings.Cut(address, "#")
	pointer, err := url.PathUnescape(fragment)
	if err != nil {
		return nil
	}
	listed, _ := j.schema.Lookup(pointer + "/properties")
	var names []string
	for name := range listed.Members() {
		names = append(names, name)
	}
	return names
}
