package examples_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Every rule finds what it is there for, and spares what only looks like it. Issues are told as line:column rule.
func TestPythonRules(t *testing.T) {
	parameters := "a, b, c, d, e, f"
	nested := "def f(a):\n  if a:\n    for b in a:\n      while b:\n        with b:\n          try: pass\n          finally: pass\n"
	tests := []struct {
		code string
		want []string
	}{
		// Imports.
		{"import os, sys as s\nfrom a.b import c, d as e\nprint(c.os)\n", []string{"1:8 unused_import", "1:19 unused_import", "2:25 unused_import", "3:1 debug_print"}},
		{"import a.b\na.b.c()\nimport x as x\nfrom __future__ import annotations\nimport _w\n", nil},
		{"try:\n    import json\nexcept ImportError:\n    json = None\n", nil},
		{"import os, re, abc, ast\n__all__ = ['os', \"re\"]\ndef f(a: 'abc.ABC') -> None: return cast('ast', a)\n", nil},
		{"import os  # noqa\nimport re\n\ndef f():\n    'Uses re.'\n", []string{"2:8 unused_import"}},
		{"from os import *\nexcept_ = print('x')\n", []string{"1:1 wildcard_import"}},
		// Variables.
		{"def f():\n    a = 1\n    b: int = 2\n    c, d = 3, 4\n    e = g = 5\n    return e\n", []string{"2:5 unused_variable", "3:5 unused_variable", "5:9 unused_variable"}},
		{"def f():\n    a = 1\n    def g(): return f'{a}'\n    b = 2\n    return [g for g in (lambda: b)()]\n", nil},
		{"def f():\n    a = 1\n    return locals()\ndef g():\n    global b\n    b = 1\nc = 1\nclass D:\n    e = 1\n", nil},
		{"try:\n    pass\nexcept A as e:\n    pass\n\ndef f():\n    try: pass\n    except A as e: pass\n    a = 1\n    a += 1\n", []string{"8:17 unused_variable"}},
		{"def f(x):\n    y = 1\n    return x(y=2)\n", []string{"2:5 unused_variable"}},
		// Builtins.
		{"def f(id, *list, **kw): return id, list, kw\nmax = 1\nfor type in a: pass\n", []string{"1:7 shadowed_builtin", "1:12 shadowed_builtin", "2:1 shadowed_builtin", "3:5 shadowed_builtin"}},
		{"class A:\n    id = 1\n    def list(self): return self.id\na.type = f(id=1)\n", nil},
		{"def print(a): pass\nprint(1)\n", []string{"1:5 shadowed_builtin"}},
		{"print = log\nException = a\ntry: f()\nexcept: pass\n", []string{"1:1 shadowed_builtin", "4:1 bare_except"}},
		// Mistakes.
		{"assert (a, 'b')\nassert (a), 'b'\nif a is 'x' or 1 is not b: pass\nif a is b is None: pass\n", []string{"1:1 assert_tuple", "3:6 is_literal", "3:18 is_literal"}},
		{"# TODO: a\n'# TODO'\nf'{a}# TODO'\na = 1  # a XXX b, todo\n", []string{"1:3 todo", "4:12 todo"}},
		// Functions.
		{"def f(" + parameters + "): pass\nclass A:\n    def f(self, a, b, c, d, e): pass\n    @staticmethod\n    def g(" + parameters + "): pass\n", []string{"1:1 many_parameters", "5:5 many_parameters"}},
		{nested, []string{"6:11 deep_nesting"}},
		{"def f(a):\n" + strings.Repeat("    if a: a()\n", 16), []string{"1:1 complex_function"}},
		{"def f(a):\n" + strings.Repeat("    a()\n", 60) + "\n\ndef g(): pass\n", []string{"1:1 long_function"}},
		// Programs print what they have to say.
		{"import sys\nprint(sys.argv)\n", nil},
		{"if __name__ == '__main__':\n    print('a')\n    print('DEBUG', a)\n    breakpoint()\n", []string{"3:5 debug_print", "4:5 debug_print"}},
		// What is valid.
		{"def f():\n    x = yield\n    return 1. + .5, x\nwith (open(a) as b, open(c) as d.e,): pass\nmatch a:\n    case {}: pass\n", nil},
		{"\ufeffif a:\r\n\tb(\\\r\n1)\r\n\r\n\tc()\r\n", nil},
		{"", nil},
	}
	files := make([]document.Value, len(tests))
	for i, test := range tests {
		files[i] = pythonFile(fmt.Sprint(i), test.code)
	}
	state := run(t, openPython(t), "code-review-python", document.Object(
		document.Member{Key: "files", Value: document.Array(files...)}, document.Member{Key: "threshold", Value: document.Int(0)},
	))
	found := map[string][]string{}
	for _, issue := range at(t, state, "/issues").Items() {
		path := str(at(t, issue, "/path"))
		found[path] = append(found[path], fmt.Sprintf("%s:%s %s", at(t, issue, "/line"), at(t, issue, "/column"), str(at(t, issue, "/rule"))))
	}
	for i, test := range tests {
		if got := found[fmt.Sprint(i)]; !slices.Equal(got, test.want) {
			t.Errorf("%s\nhas %q, want %q", test.code, got, test.want)
		}
	}
}

// The imports of a package are there for others.
func TestPythonPackage(t *testing.T) {
	code := "from .a import b\n"
	state := run(t, openPython(t), "code-review-python", pythonInput(20, pythonFile("a/__init__.py", code), pythonFile("a/init.py", code)))
	want(t, state, map[string]string{"/issue_count": "1", "/issues/0/path": `"a/init.py"`})
}

// A content is parsed once, however many files have it and however often they are looked at.
func TestPythonReviewsContentOnce(t *testing.T) {
	system := openPython(t)
	view, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "code-review-python", Input: pythonInput(
		20, pythonFile("a.py", roughPython), pythonFile("b.py", "b = 1\n"), pythonFile("c.py", "c = 1  # TODO\n"), pythonFile("d.py", "b = 1\n"),
	)})
	if err != nil {
		t.Fatal(err)
	}
	var items []int
	for raw, err := range system.Follow(t.Context(), view.Run, 0) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Decode(raw.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := e.Body.(event.NodeStarted); ok && b.Node == "review" && b.Items > 0 {
			items = append(items, b.Items)
		}
		if raw.Type.Terminal() {
			break
		}
	}
	if !slices.Equal(items, []int{3, 1, 1}) {
		t.Errorf("the rounds look at %v contents", items)
	}
}

// BenchmarkPython reviews a file of 491 lines in a run of its own: it is parsed, looked at, judged and compared.
func BenchmarkPython(b *testing.B) {
	code, err := os.ReadFile("code-review-python/testdata/textwrap.py")
	if err != nil {
		b.Fatal(err)
	}
	system := openPython(b)
	for b.Loop() {
		run(b, system, "code-review-python", pythonInput(20, pythonFile("textwrap.py", string(code))))
	}
	b.ReportMetric(float64(b.N*strings.Count(string(code), "\n"))/b.Elapsed().Seconds(), "lines/s")
}
