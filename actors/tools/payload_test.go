package tools

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
)

func TestSchemaViolations(t *testing.T) {
	schema, misfits := CompileSchema(document.MustParse(`{
		"type": "object", "required": ["ok"], "additionalProperties": false,
		"properties": {"ok": {"type": "boolean"}, "by": {"enum": ["ada", "bob"]}, "notes": {"type": "array", "items": {"type": "string"}}}
	}`))
	if len(misfits) > 0 {
		t.Fatal(misfits)
	}
	for value, want := range map[string][]Violation{
		`{"ok": true, "notes": ["x"]}`: nil,
		`{}`:                           {{"", "`ok` is missing"}},
		`{"ok": "secret", "notes": [1]}`: {
			{"/notes/0", "must be a text, not a number"}, {"/ok", "must be true or false, not a text"},
		},
		`{"ok": true, "by": "adda", "note": []}`: {
			{"", "`note` is not allowed (did you mean `notes`?)"}, {"/by", "must be ada or bob (did you mean `ada`?)"},
		},
		`7`: {{"", "must be an object, not a number"}},
	} {
		if diff := cmp.Diff(want, schema.Violations(document.MustParse(value))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
	}
	for _, anything := range []string{`null`, `true`, `{}`, `{"$schema": "http://json-schema.org/draft-07/schema#"}`} {
		schema, misfits := CompileSchema(document.MustParse(anything))
		if len(misfits) > 0 || schema.Violations(document.Int(7)) != nil {
			t.Errorf("%s does not allow everything: %v", anything, misfits)
		}
	}
}

func TestSchemasThatAreNone(t *testing.T) {
	for source, want := range map[string][]string{
		`{"properties": {"a": {"type": "text"}}}`:        {"/properties/a/type"},
		`{"required": "a"}`:                              {"/required"},
		`{"$ref": "https://example.com/s.json"}`:         {""},
		`{"properties": {"a": {"pattern": "("}}}`:        {"/properties/a/pattern"},
		`{"$schema": "https://example.com/other-draft"}`: {""},
	} {
		schema, misfits := CompileSchema(document.MustParse(source))
		if violations := schema.Violations(document.Int(7)); violations != nil {
			t.Errorf("%s refuses %v", source, violations)
		}
		var places []string
		for _, m := range misfits {
			places = append(places, document.Pointer(m.At...))
			if m.claim() == "" {
				t.Errorf("%s: nothing is said of %v", source, m)
			}
		}
		if diff := cmp.Diff(want, places); diff != "" {
			t.Errorf("%s (-want +got):\n%s%+v", source, diff, misfits)
		}
	}
}
