package tools

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
)

func toolWith(t *testing.T, schema string) Tool {
	t.Helper()
	registry, err := NewRegistry(Tool{
		Name: "a", Input: document.MustParse(schema), Call: func(context.Context, Call) (document.Value, error) { return document.Null, nil },
	})
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	tool, _ := registry.Lookup("a")
	return tool
}

func TestMisfits(t *testing.T) {
	for _, test := range []struct {
		schema, input string
		unknown       [][]string
		want          []Misfit
	}{
		{`true`, `{"a": 1}`, nil, nil},
		{`{"type": ["string", "boolean", "null"]}`, `1`, nil, []Misfit{{Want: "null, true, false or a text", Type: true}}},
		{`{"type": "string"}`, `null`, [][]string{{}}, nil},
		{`{"required": ["b", "c"]}`, `{"a": null}`, [][]string{{"a"}}, []Misfit{{Missing: "b"}, {Missing: "c"}}},
		{
			`{"properties": {"x": {"properties": {"y": {}, "z": {}}, "additionalProperties": false}}}`, `{"x": {"w": null, "v": 1}}`,
			[][]string{{"x", "w"}},
			[]Misfit{{At: []string{"x"}, Extra: "v", Known: []string{"y", "z"}}, {At: []string{"x"}, Extra: "w", Known: []string{"y", "z"}}},
		},
		{`{"enum": ["a", "b", 3, null, {"c": 1}]}`, `{"x": null}`, nil, []Misfit{{Want: `a, b, 3, null or {"c":1}`, Known: []string{"a", "b"}}}},
		{`{"enum": ["a", "b", {"c": 1}]}`, `{"c": null}`, [][]string{{"c"}}, nil},
		{`{"items": {"maximum": 3}}`, `[1, 4, 5]`, [][]string{{"2"}}, []Misfit{{At: []string{"1"}, Want: "at most 3"}}},
		{`{"items": {"multipleOf": 0.25, "exclusiveMaximum": 1.5}}`, `[1.5]`, nil, []Misfit{{At: []string{"0"}, Want: "less than 1.5"}}},
		{`{"minLength": 2, "pattern": "^x"}`, `"a"`, nil, []Misfit{{Want: "a text of at least 2 characters"}, {Want: "a text that matches ^x"}}},
		{`{"maxItems": 1}`, `[null, null]`, [][]string{{"0"}, {"1"}}, []Misfit{{Message: "it has 2 items, and may have 1"}}},
		{`{"uniqueItems": true}`, `[1, 1]`, [][]string{{"1"}}, nil},
		{`{"uniqueItems": true}`, `[1, 1]`, nil, []Misfit{{Message: "the items [0] and [1] are equal"}}},
		{`{"anyOf": [{"type": "string"}, {"type": "array"}]}`, `{}`, nil, []Misfit{{Want: "a text, or a list", Type: true}}},
		{`{"anyOf": [{"type": "string"}, {"items": {"type": "null"}, "type": "array"}]}`, `[1]`, nil, []Misfit{{At: []string{"0"}, Want: "null", Type: true}}},
		{`{"anyOf": [{"type": "string"}, {"items": {"type": "null"}, "type": "array"}]}`, `[1]`, [][]string{{"0"}}, nil},
		{`{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}`, `{}`, nil, []Misfit{{Message: "`a` is missing, or `b` is missing"}}},
		{`{"not": {"required": ["a"]}}`, `{"a": null}`, [][]string{{"a"}}, nil},
		{`{"not": {"required": ["a"]}}`, `{"a": null}`, nil, []Misfit{{Message: "'not' failed"}}},
		{`{"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}}`, `{"a": 1}`, [][]string{{"a"}}, nil},
		{`{"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}}`, `{"a": 1}`, nil, []Misfit{{Missing: "b"}}},
		{`{"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"properties": {"c": {}}, "additionalProperties": false}}}`, `{"a": {"d": 1}}`, nil, []Misfit{{At: []string{"a"}, Extra: "d", Known: []string{"c"}}}},
		{`{"properties": {"a b": {"properties": {"c": {}}, "additionalProperties": false}}}`, `{"a b": {"d": 1}}`, nil, []Misfit{{At: []string{"a b"}, Extra: "d", Known: []string{"c"}}}},
	} {
		got := toolWith(t, test.schema).Misfits(document.MustParse(test.input), test.unknown)
		for i := range got {
			if len(got[i].At) == 0 {
				got[i].At = nil
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s, %s, %v (-want +got):\n%s", test.schema, test.input, test.unknown, diff)
		}
	}
}

// TestMisfitsAreCertain fills the unknown places of random inputs in many ways: what Misfits refuses must be refused
// however they are filled. With nothing unknown, it refuses exactly what a call refuses.
func TestMisfitsAreCertain(t *testing.T) {
	const inner = `{"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}, "b": {"enum": [1, "x", null, [1]]}}, "additionalProperties": false, "required": ["a"]}`
	schemas := []string{
		inner, string(httpInput.AppendJSON(nil)),
		`{"anyOf": [` + inner + `, {"type": "array", "items": {"type": "string"}, "minItems": 1}, {"const": "x"}]}`,
		`{"oneOf": [` + inner + `, {"required": ["b"]}, {"type": "array", "contains": {"const": 1}, "maxContains": 1}]}`,
		`{"allOf": [{"minProperties": 1}, {"maxProperties": 2}, {"propertyNames": {"maxLength": 1}}], "patternProperties": {"^a": ` + inner + `}}`,
		`{"if": ` + inner + `, "then": {"required": ["b"]}, "else": {"properties": {"a": {"type": "string"}, "c": false}}}`,
		`{"not": ` + inner + `, "uniqueItems": true, "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"b": {"required": ["c"]}}}`,
		`{"properties": {"a": {"$ref": "#/$defs/x"}, "b": {"type": ["array", "object"], "items": {"$ref": "#/$defs/x"}, "maxItems": 1}}, "$defs": {"x": ` + inner + `}}`,
		`{"type": "object", "anyOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": true}}], "unevaluatedProperties": false}`,
		`{"prefixItems": [{"type": "string"}, ` + inner + `], "items": false, "properties": {"then": {"type": "string", "pattern": "^x"}}}`,
	}
	var tools []Tool
	for _, schema := range schemas {
		tools = append(tools, toolWith(t, schema))
	}
	random := rand.New(rand.NewPCG(7, 11))
	refused := 0
	for range 8_000 {
		tool := tools[random.IntN(len(tools))]
		input := randomValue(random, 3)
		var unknown [][]string
		if random.IntN(4) > 0 {
			unknown = holes(random, input, nil)
		}
		partial := filled(input, unknown, func() document.Value { return document.Null })
		misfits := tool.Misfits(partial, unknown)
		if len(unknown) == 0 {
			if lines := violations(tool.schemas.input, tool.Input, input); (len(lines) > 0) != (len(misfits) > 0) {
				t.Fatalf("%s, %s: a call says %v, Misfits %+v", tool.Input, input, lines, misfits)
			}
			continue
		}
		if len(misfits) == 0 {
			continue
		}
		refused++
		for range 25 {
			whole := filled(input, unknown, func() document.Value { return randomValue(random, 2) })
			if lines := violations(tool.schemas.input, tool.Input, whole); len(lines) == 0 {
				t.Fatalf("%s: with %v unknown %s is refused for %+v, but %s fits", tool.Input, unknown, partial, misfits, whole)
			}
		}
	}
	if refused < 500 {
		t.Errorf("only %d inputs with unknown parts were refused", refused)
	}
}

func randomValue(random *rand.Rand, depth int) document.Value {
	if depth > 0 && random.IntN(3) > 0 {
		if random.IntN(3) == 0 {
			items := make([]document.Value, random.IntN(3))
			for i := range items {
				items[i] = randomValue(random, depth-1)
			}
			return document.Array(items...)
		}
		names := []string{"a", "b", "c", "then", "url", "headers", "allow_status", "method"}
		var members []document.Member
		for _, name := range names {
			if random.IntN(3) == 0 {
				members = append(members, document.Member{Key: name, Value: randomValue(random, depth-1)})
			}
		}
		return document.Object(members...)
	}
	return document.MustParse([]string{`null`, `1`, `0`, `1.5`, `404`, `"x"`, `""`, `"xyz"`, `true`, `"GET"`}[random.IntN(10)])
}

// holes chooses places of a value, none inside of another.
func holes(random *rand.Rand, v document.Value, way []string) (out [][]string) {
	if random.IntN(4) == 0 {
		return [][]string{way}
	}
	for key, child := range v.Members() {
		out = append(out, holes(random, child, append(slices.Clip(way), key))...)
	}
	for i, child := range v.Items() {
		out = append(out, holes(random, child, append(slices.Clip(way), strconv.Itoa(i)))...)
	}
	return out
}

func filled(v document.Value, places [][]string, with func() document.Value) document.Value {
	for _, way := range places {
		if len(way) == 0 {
			return with()
		}
		patched, err := document.Patch{{Op: "replace", Path: document.Pointer(way...), Value: with()}}.Apply(v)
		if err != nil {
			panic(err)
		}
		v = patched
	}
	return v
}

// The order does not depend on that of Go's maps.
func TestMisfitsAreOrdered(t *testing.T) {
	tool := toolWith(t, `{"additionalProperties": {"type": "string"}, "required": ["z", "y", "x"]}`)
	input := document.MustParse(`{"a": 1, "b": 2, "10": 3, "9": [], "1b": {}, "01": 1, "1": 1}`)
	var first string
	for range 50 {
		var b strings.Builder
		for _, m := range tool.Misfits(input, nil) {
			b.WriteString(strings.Join(m.At, "/") + m.Missing + " ")
		}
		if first == "" {
			first = b.String()
		}
		if b.String() != first || first != "x y z 01 1 9 10 1b a b " {
			t.Fatalf("got %q, then %q", first, b.String())
		}
	}
}
