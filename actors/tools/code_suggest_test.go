package tools_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

func suggestions(t *testing.T, result document.Value) []string {
	t.Helper()
	list := []string{}
	found, _ := result.Get("suggestions")
	for i := range found.Items() {
		at := fmt.Sprintf("/suggestions/%d/", i)
		list = append(list, strings.ReplaceAll(get(t, result, at+"severity")+" "+get(t, result, at+"text")+" "+get(t, result, at+"places"), `"`, ""))
	}
	return list
}

func TestSuggest(t *testing.T) {
	got := mustInvoke(t, "code.suggest", map[string]any{
		"functions": []any{
			map[string]any{"name": "fine", "receiver": "", "line": 1, "length": 60, "complexity": 15, "parameters": 5},
			map[string]any{"name": "wide", "receiver": "T", "line": 2, "length": 6, "complexity": 1, "parameters": 6},
			map[string]any{"name": "huge", "receiver": "*T", "line": 3, "length": 61, "complexity": 16, "parameters": 6, "path": "a.go"},
		},
		"issues": []any{
			map[string]any{"rule": "todo", "severity": "info", "line": 4},
			map[string]any{"rule": "complex_function", "severity": "warning", "line": 3},
			map[string]any{"rule": "format", "severity": "warning", "line": 5, "path": "a.go"},
			map[string]any{"rule": "format", "severity": "warning", "line": 1, "path": "b.go"},
			map[string]any{"rule": "empty_error_branch", "severity": "error", "line": 9},
			map[string]any{"rule": "from_elsewhere", "severity": "warning", "line": 9},
			map[string]any{"rule": "from_elsewhere_too", "line": 9},
		},
	})
	want := []string{
		"error Handle the errors that empty branches drop [{line:9}]",
		"warning (*T).huge has a complexity of 16 and 61 lines and 6 parameters: split it [{line:3,path:a.go}]",
		"warning T.wide has 6 parameters: gather those that belong together in a struct [{line:2}]",
		"warning Run gofmt (2 places) [{line:5,path:a.go},{line:1,path:b.go}]",
		"warning Look at what from_elsewhere has found [{line:9}]",
		"info Do what the open comments say, or drop them [{line:4}]",
		"info Look at what from_elsewhere_too has found [{line:9}]",
	}
	if diff := cmp.Diff(want, suggestions(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSuggestWithoutFunctions(t *testing.T) {
	got := mustInvoke(t, "code.suggest", map[string]any{"issues": []any{map[string]any{"rule": "complex_function", "severity": "warning", "line": 3}}})
	if diff := cmp.Diff([]string{"warning Split complex functions or flatten their branches [{line:3}]"}, suggestions(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := suggestions(t, mustInvoke(t, "code.suggest", map[string]any{})); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	_, err := invoke(t, "code.suggest", map[string]any{"issues": "many"})
	failed(t, err, tools.KindInput)
}

func TestSuggestIsBounded(t *testing.T) {
	var functions, issues []any
	for i := range 80 {
		functions = append(functions, map[string]any{"name": "f", "line": i, "length": 100})
		issues = append(issues, map[string]any{"rule": "todo", "severity": "info", "line": i})
	}
	if got := suggestions(t, mustInvoke(t, "code.suggest", map[string]any{"functions": functions})); len(got) != 50 {
		t.Errorf("%d suggestions", len(got))
	}
	got := mustInvoke(t, "code.suggest", map[string]any{"issues": issues})
	if n, _ := got.Lookup("/suggestions/0/places"); n.Len() != 5 || get(t, got, "/suggestions/0/count") != "80" {
		t.Errorf("got %s", got)
	}
}
