package main

import (
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// typeOf returns the type of the values that a JSON Schema lets pass. It may be wider than the schema, never narrower: a
// keyword that only narrows (pattern, minimum, allOf, not) is passed over, and what has no type of its own is unknown.
func typeOf(schema document.Value, indent string) union {
	if all, ok := schema.AsBool(); ok && !all {
		return nil
	}
	if _, elsewhere := schema.Get("$ref"); elsewhere { // beside which draft-07 reads nothing
		return union{"unknown"}
	}
	if only, ok := schema.Get("const"); ok {
		return union{literal(only)}
	}
	var types union
	if all, ok := schema.Get("enum"); ok {
		for _, each := range all.Items() {
			types = types.or(union{literal(each)})
		}
		return types
	}
	if named, ok := schema.Get("type"); ok {
		if name, one := named.AsString(); one {
			return typeNamed(name, schema, indent)
		}
		for _, each := range named.Items() {
			name, _ := each.AsString()
			types = types.or(typeNamed(name, schema, indent))
		}
		return types
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if all, ok := schema.Get(key); ok {
			for _, each := range all.Items() {
				types = types.or(typeOf(each, indent))
			}
			return types
		}
	}
	return union{"unknown"}
}

// literal is the type of one value alone.
func literal(value document.Value) string {
	switch value.Kind() {
	case document.KindString:
		text, _ := value.AsString()
		return quoted(text)
	case document.KindArray, document.KindObject:
		return "unknown"
	default:
		return value.String()
	}
}

// typeNamed returns what of a type's values a schema lets pass.
func typeNamed(name string, schema document.Value, indent string) union {
	switch name {
	case "string", "boolean", "null":
		return union{name}
	case "number", "integer":
		return union{"number"}
	case "array":
		items, every := schema.Get("items")
		if _, some := schema.Get("prefixItems"); some || !every || items.Kind() == document.KindArray {
			return union{"unknown"}.list()
		}
		return typeOf(items, indent).list()
	case "object":
		return union{objectType(schema, indent)}
	default:
		return union{"unknown"}
	}
}

// objectType returns the type of objects. Keys that a schema does not name are left out of it, unless it speaks of them.
func objectType(schema document.Value, indent string) string {
	var required []string
	if names, ok := schema.Get("required"); ok {
		for _, each := range names.Items() {
			name, _ := each.AsString()
			required = append(required, name)
		}
	}
	var members []member
	inner := indent + "  "
	properties, _ := schema.Get("properties")
	for name, each := range properties.Members() {
		members = append(members, member{
			name: name, doc: descriptionOf(each), required: slices.Contains(required, name), types: typeOf(each, inner),
		})
	}
	for _, name := range required {
		if _, known := properties.Get(name); !known {
			members = append(members, member{name: name, required: true, types: union{"unknown"}})
		}
	}
	further, told := schema.Get("additionalProperties")
	_, patterns := schema.Get("patternProperties")
	closed := told && document.Equal(further, document.Bool(false))
	switch {
	case len(members) == 0 && told && !patterns:
		return "{[key: string]: " + typeOf(further, indent).String() + "}"
	case len(members) == 0:
		return "{[key: string]: unknown}"
	case patterns, told && !closed: // TypeScript wants every member to fit them
		members = append(members, furtherKeys(union{"unknown"}))
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, m := range members {
		m.write(&b, inner, "")
	}
	b.WriteString(indent + "}")
	return b.String()
}
