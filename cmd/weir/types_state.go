package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// union is the types in TypeScript that a value may have, each once; none where there can be no value.
type union []string

// or returns the types of both.
func (u union) or(more union) union {
	for _, each := range more {
		if !slices.Contains(u, each) {
			u = append(u, each)
		}
	}
	for _, whole := range []string{"any", "unknown"} {
		if slices.Contains(u, whole) {
			return union{whole}
		}
	}
	return u
}

// String is the type as TypeScript writes it.
func (u union) String() string {
	if len(u) == 0 {
		return "never"
	}
	return strings.Join(u, " | ")
}

// list is the type of a list of such values.
func (u union) list() union {
	if len(u) > 1 {
		return union{"(" + u.String() + ")[]"}
	}
	return union{u.String() + "[]"}
}

// member is what stands under a key of an object.
type member struct {
	name     string
	further  bool // it stands for all other keys, and has no name
	doc      string
	required bool
	types    union
}

func furtherKeys(types union) member { return member{further: true, required: true, types: types} }

var identifier = regexp.MustCompile(`^[A-Za-z_$][\w$]*$`)

// write writes the member, on lines of its own. The word goes before its name.
func (m *member) write(b *strings.Builder, indent, word string) {
	if m.doc != "" {
		b.WriteString(indent + "/** " + comment(m.doc, indent) + " */\n")
	}
	name := m.name
	switch {
	case m.further:
		name = "[key: string]"
	case !identifier.MatchString(name):
		name = quoted(name)
	}
	if !m.required {
		name += "?"
	}
	b.WriteString(indent + word + name + ": " + m.types.String() + "\n")
}

// comment is a text as it can stand in a comment, its further lines indented.
func comment(text, indent string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "*/", "*\\/")
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "\n"+indent+" * ")
}

// quoted is a text as a literal: between single quotes where nothing in it needs an escape.
func quoted(text string) string {
	literal := document.String(text).String()
	if strings.ContainsAny(literal, `\'`) {
		return literal
	}
	return "'" + literal[1:len(literal)-1] + "'"
}

// stateTypes returns the types of the state and the input of workflows, whose keys stand together. One that is under a key of
// several may be what any of them says. Where a workflow declares nothing, any key may be there.
func stateTypes(definitions []*workflow.Definition) string {
	known := map[string]member{}
	open := false
	for _, d := range definitions {
		open = open || len(d.Reducers)+len(d.Schemas) == 0
		for key := range d.Reducers {
			if _, ok := d.Schemas[key]; !ok {
				known[key] = member{name: key, doc: known[key].doc, types: union{"any"}}
			}
		}
		for key, schema := range d.Schemas {
			m := known[key]
			if m.doc == "" {
				m.doc = descriptionOf(schema)
			}
			m.name, m.types = key, m.types.or(typeOf(schema, "  "))
			known[key] = m
		}
	}
	var members []member
	for _, key := range slices.Sorted(maps.Keys(known)) {
		members = append(members, known[key])
	}
	if open {
		members = append(members, furtherKeys(union{"any"}))
	}
	var b strings.Builder
	b.WriteString("/** The run's state. A key is absent until the input, or a node, gives it a value. */\ninterface State {\n")
	for _, m := range members {
		m.write(&b, "  ", "")
	}
	b.WriteString("}\n\n/** What the run was started with. It is read-only. */\ninterface Input {\n")
	for _, m := range members {
		m.write(&b, "  ", "readonly ")
	}
	b.WriteString("}\n")
	return b.String()
}

func descriptionOf(schema document.Value) string {
	value, _ := schema.Get("description")
	text, _ := value.AsString()
	return text
}
