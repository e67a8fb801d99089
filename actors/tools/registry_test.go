package tools_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

func echo(_ context.Context, call tools.Call) (document.Value, error) { return call.Input, nil }

func TestRegistryRefusesBadTools(t *testing.T) {
	schema := document.MustParse
	_, err := tools.NewRegistry(
		tools.Tool{Name: "a.fine-name_1", Call: echo},
		tools.Tool{Name: "a.fine-name_1", Call: echo},
		tools.Tool{Name: "Upper", Call: echo},
		tools.Tool{Name: "", Call: echo},
		tools.Tool{Name: "1st", Call: echo},
		tools.Tool{Name: "a b", Call: echo},
		tools.Tool{Name: "a\n", Call: echo},
		tools.Tool{Name: strings.Repeat("a", 65), Call: echo},
		tools.Tool{Name: "nothing"},
		tools.Tool{Name: "hasty", Call: echo, Timeout: -1},
		tools.Tool{Name: "shouts", Call: echo, Kinds: []string{"fine", "Quota"}},
		tools.Tool{Name: "bad.input", Call: echo, Input: schema(`{"type": "strnig", "required": "x"}`)},
		tools.Tool{Name: "bad.output", Call: echo, Output: schema(`{"$ref": "#/$defs/none"}`)},
		tools.Tool{Name: "file", Call: echo, Input: schema(`{"$ref": "file:///etc/passwd"}`)},
		tools.Tool{Name: "web", Call: echo, Input: schema(`{"$ref": "https://example.com/schema"}`)},
	)
	if err == nil {
		t.Fatal("the registry took them all")
	}
	message := err.Error()
	for _, want := range []string{
		"tool a.fine-name_1 is registered twice",
		`tool name "Upper" is not allowed; begin with a lower-case letter`,
		`tool name "" is not allowed`,
		`tool name "1st"`,
		`tool name "a b"`,
		`tool name "a\n"`,
		"has 65 bytes; write at most 64",
		"tool nothing has no Call function",
		"tool hasty has a negative timeout",
		`tool shouts declares the error kind "Quota"; write it like quota_exceeded`,
		"tool bad.input: input schema: /required: must be a list, not a text; /type: must be array, boolean, ",
		"tool bad.output: output schema:",
		"file:///etc/passwd is outside the schema; put it under $defs",
		"https://example.com/schema is outside the schema",
	} {
		if !strings.Contains(message, want) {
			t.Errorf("the error lacks %q:\n%s", want, message)
		}
	}
}

func TestRegistryFindsTools(t *testing.T) {
	registry, err := tools.NewRegistry(
		tools.Tool{Name: "http.request", Call: echo},
		tools.Tool{Name: "code.issues", Call: echo},
		tools.Tool{Name: "code.fix", Call: echo},
	)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range registry.All() {
		names = append(names, tool.Name)
	}
	if !slices.Equal(names, []string{"code.fix", "code.issues", "http.request"}) {
		t.Errorf("got %v", names)
	}
	registry.All()[0].Name = "changed"
	if _, ok := registry.Lookup("code.fix"); !ok {
		t.Error("All gives the registry's own list away")
	}
	if _, ok := registry.Lookup("code"); ok {
		t.Error("found a tool that is not there")
	}
	for name, want := range map[string]string{
		"http.requset": "http.request", "http_request": "http.request", "htp.request": "http.request",
		"code.issue": "code.issues", "code.fx": "code.fix", "CODE.FIX": "", "": "", "something.else": "",
		"request": "",
	} {
		if got := registry.Near(name); got != want {
			t.Errorf("near %q: got %q, want %q", name, got, want)
		}
	}
}

// A registry knows the kinds that all calls may end with, and those that its tools declare.
func TestRegistryKnowsKinds(t *testing.T) {
	none, err := tools.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	some, err := tools.NewRegistry(
		tools.Tool{Name: "a", Call: echo, Kinds: []string{"quota", "zoo", tools.KindTool}}, tools.Tool{Name: "b", Call: echo, Kinds: []string{"quota"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	common := tools.Kinds()
	slices.Sort(common)
	if !slices.Equal(none.Kinds(), common) {
		t.Errorf("an empty registry has %v, want %v", none.Kinds(), common)
	}
	want := append(common, "quota", "zoo")
	slices.Sort(want)
	if !slices.Equal(some.Kinds(), want) {
		t.Errorf("got %v, want %v", some.Kinds(), want)
	}
}

func TestBuiltinToolsRegister(t *testing.T) {
	registry, err := tools.NewRegistry(tools.Builtin(tools.Options{})...)
	if err != nil {
		t.Fatal(err)
	}
	pure, impure := 0, []string{}
	for _, tool := range registry.All() {
		if tool.Description == "" || tool.Input.IsNull() {
			t.Errorf("%s has no description or input schema", tool.Name)
		}
		if tool.Pure {
			pure++
		} else {
			impure = append(impure, tool.Name)
		}
	}
	if pure != 15 || !slices.Equal(impure, []string{"http.request"}) {
		t.Errorf("%d tools are pure, %v are not", pure, impure)
	}
}
