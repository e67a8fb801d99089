package workflow

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/weirflow/weir/eventstore/document"
)

func compiledSchema(t *testing.T, schema []byte) *jsonschema.Schema {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	if err := c.AddResource("schema.json", v); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// structural are the codes that the schema should know of.
var structural = []string{CodeUnknownKey, CodeMissing, CodeWrongType, CodeInvalidName, CodeInvalidValue, CodeMixedList, CodeNotYet}

// unschooled are values that Parse refuses for reasons that the schema cannot give.
var unschooled = []string{
	"is shorter than initial", "the longest there is", "MiB, not \"", // comparisons of texts
	"the workflow is named", "the expression is empty", "nothing around it", "is empty; ", "more problems", "is no time with a date", "but a signal has one",
	"not a cron line", "there is no time zone", "must be 1s or longer",
}

func verdict(source string) (accepted, schooled bool, problems Problems) {
	_, problems = Parse([]byte(source), Options{Format: FormatJSON})
	accepted = true
	for _, p := range problems.Errors() {
		if slices.ContainsFunc(unschooled, func(s string) bool { return strings.Contains(p.String(), s) }) {
			return false, false, problems
		}
		accepted = accepted && !slices.Contains(structural, p.Code)
	}
	return accepted, true, problems
}

func checkAgreement(t *testing.T, s *jsonschema.Schema, what string, v document.Value) {
	t.Helper()
	accepted, schooled, problems := verdict(v.String())
	if !schooled {
		return
	}
	if err := s.Validate(v.Any()); (err == nil) != accepted {
		t.Errorf("%s: schema says %v, Parse says\n%v\n%s", what, err, problems, v)
	}
}

// TestSchemaAcceptsTheExamples reads the workflows that people copy, and their tests.
func TestSchemaAcceptsTheExamples(t *testing.T) {
	s := compiledSchema(t, Schema())
	files, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples found", err)
	}
	tests := compiledSchema(t, TestsSchema())
	for _, file := range files {
		s := s
		if strings.HasSuffix(file, "_test.yaml") {
			s = tests
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := &parser{opts: Options{File: file}, def: &Definition{}}
		root := p.read(source)
		if len(p.list.all) > 0 {
			t.Fatal(p.list.all)
		}
		if err := s.Validate(root.value().Any()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestSchemaAgreesWithParse holds the schema against every dialogue, and against everything that one change
// makes of a workflow that uses every key: a value replaced, a key removed, a key added, anywhere.
func TestSchemaAgreesWithParse(t *testing.T) {
	s := compiledSchema(t, Schema())
	for _, file := range parseFiles(t) {
		for _, c := range parseCases(t, file) {
			p := &parser{opts: c.options(), def: &Definition{}}
			if root := p.read([]byte(c.source)); root != nil && len(p.list.all) == 0 {
				checkAgreement(t, s, file+": "+c.title, root.value())
			}
		}
	}
	base := document.MustParse(everyKey)
	checkAgreement(t, s, "the base", base)
	if accepted, _, problems := verdict(everyKey); !accepted {
		t.Fatal(problems)
	}
	changes := 0
	for _, path := range paths(base, "") {
		for _, value := range strayValues {
			for _, op := range []string{"replace", "add"} {
				at := path
				if op == "add" {
					if v, _ := base.Lookup(path); v.Kind() != document.KindObject {
						continue
					}
					at = path + "/" + []string{"stray", "to", "max", "tool", "with", "when", "map", "node", "into"}[changes%9]
				}
				if changes++; changes%schemaStride != 0 {
					continue
				}
				changed, err := document.Patch{{Op: op, Path: at, Value: document.MustParse(value)}}.Apply(base)
				if err != nil {
					t.Fatal(err)
				}
				checkAgreement(t, s, fmt.Sprintf("%s %s %s", op, at, value), changed)
			}
		}
		if path != "" {
			if changed, err := (document.Patch{{Op: "remove", Path: path}}).Apply(base); err == nil {
				checkAgreement(t, s, "remove "+path, changed)
			}
		}
	}
	t.Logf("%d changes", changes)
}

func paths(v document.Value, at string) []string {
	out := []string{at}
	for key, child := range v.Members() {
		out = append(out, paths(child, at+document.Pointer(key))...)
	}
	for i, child := range v.Items() {
		out = append(out, paths(child, fmt.Sprintf("%s/%d", at, i))...)
	}
	return out
}

var strayValues = []string{
	`null`, `true`, `0`, `1`, `1.0`, `1e2`, `-1`, `1.5`, `2000000000`, `""`, `" "`, `"a"`, `"b c"`, `"30s"`, `"10/30s"`, `"10/0s"`, `"30"`, `"0s"`, `"0"`, `"-1s"`, `".5h"`, `"1.h2ms"`, `"1d"`, `"4MiB"`, `"$end"`, `"$fail"`,
	`"${a}"`, `"x ${a}"`, `"append"`, `"process"`, `"x.tsx"`, `"exponential"`, `"timeout"`, `"*"`, `"cancelled"`, `"stopped"`, `"unknown_outcome"`, `["failed"]`, `["unknown_outcome"]`, `"fan_out_limit"`, `["fan_out_limit"]`, `"UPPER"`, `"$blob"`, `"state"`, `"yield"`, `"a-b"`, `"collect"`,
	`[]`, `["a"]`, `["a", "b"]`, `["a", {"to": "b"}]`, `[{"to": "a"}, {"to": "b"}]`, `[1]`, `[null]`, `{}`, `{"to": "a"}`, `{"on": "timeout"}`, `{"max": 3}`, `{"$blob": 1}`,
	`{"${a}": 1}`, `{"tool": "a"}`, `{"tool": "a", "script": "b"}`, `{"reduce": "add"}`, `{"a": "b"}`, `{"a": null}`, `{"A b": "c"}`,
}

const everyKey = `{
	"$schema": "x", "x-any": [1], "name": "n", "start": "a", "isolation": "in-process", "labels": {"l": "v"},
	"state": {"s": "append", "t": {"reduce": "add"}, "u": {"schema": {"type": "object"}}, "v": {"reduce": "append", "schema": true}},
	"schedules": {
		"s": {"cron": "0 3 * * *", "time_zone": "Europe/Berlin", "input": {"x": ["${ctx.now}"]}, "overlap": "queue", "catch_up": "all", "paused": true},
		"t": {"every": "30s", "overlap": "allow", "catch_up": "none"}
	},
	"signals": {"approve": {"schema": {"type": "object"}}, "note": {}, "any": {"schema": true}},
	"queue": {"concurrency": 10, "rate": "100/1m", "total": 100, "key": "${input.t}", "priority": "${input.p}"},
	"limits": {"steps": 3, "duration": "1h", "state_size": "4MiB", "output_size": 1000, "fan_out": 10, "calls": 10},
	"nodes": {
		"a": {
			"tool": "t", "with": {"x": [1, {"y": "${state.z}"}]}, "into": "k", "timeout": "3s", "checkpoint": true,
			"limit": {"concurrency": 2, "rate": "10/1s", "key": "${state.t}", "priority": 3},
			"compensate": {"tool": "u", "with": {"id": "${state.id}"}, "into": "k", "retry": {"max": 2}, "timeout": "3s"},
			"retry": {"max": 3, "backoff": "constant", "initial": "1s", "cap": "2s", "jitter": 0.5, "on": ["timeout"]},
			"catch": [{"on": "timeout", "to": "b"}, {"to": "$fail"}]
		},
		"b": {"script": "x", "compensate": "u", "catch": {"on": ["timeout", "panic"], "to": "a"}},
		"c": {"script_file": "x.js", "catch": "a"},
		"m": {
			"map": {
				"over": "${state.xs}", "as": "x", "concurrency": 3, "on_error": "collect",
				"node": {"tool": "t", "with": {"x": "${x}"}, "timeout": "3s", "retry": {"max": 2}, "limit": {"key": "${x.t}"}}
			}, "into": "k", "timeout": "3s", "catch": "b", "checkpoint": true
		},
		"n": {"map": {"over": "${a}", "as": "x", "workflow": "w", "with": {"x": "${x}"}, "concurrency": 3}, "into": "k"}, "p": {"map": {"over": [1], "workflow": "w"}},
		"o": {"map": {"over": [1, "${a}"], "node": "t"}}, "q": {"map": {"over": {"a": 1}, "node": {"set": {"x": "${item}"}}}},
		"r": {"map": {"over": "${a}", "node": {"script": "return item"}}}, "s": {"map": {"over": "${a}", "node": {"script_file": "x.js"}}},
		"d": {"set": {"x": 1}}, "e": {"sleep": "1s"}, "h": {"until": "${state.t}", "catch": "a"}, "i": {"until": 1767225600000}, "j": {"until": "2026-12-24T18:00:00Z"},
		"k": {"wait": "note", "timeout": "1h"}, "l": {"wait": {"signal": "approve", "timeout": "1h", "schema": {"type": "object"}}, "into": "k"},
		 "f": "t", "g": {"tool": "t", "with": "${state}"}
	},
	"edges": {
		"a": "b", "b": ["c"], "c": {"to": "d"},
		"d": [{"when": "x", "to": "a", "max": 3, "exhausted": "e"}, {"when": true, "to": "f", "loop": false}]
	}
}`
