package tools_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

// issues lists what code.issues finds as "line:column rule", with a + where it can be fixed.
func issues(t *testing.T, path, code string) []string {
	t.Helper()
	return listed(t, mustInvoke(t, "code.issues", map[string]any{"path": path, "code": code}))
}

func listed(t *testing.T, result document.Value) []string {
	t.Helper()
	var issue struct {
		Rule         string
		Line, Column int
		Fixable      bool
		Message      string
	}
	list := []string{}
	found, _ := result.Get("issues")
	for _, item := range found.Items() {
		if err := item.Decode(&issue); err != nil {
			t.Fatal(err)
		}
		if issue.Message == "" {
			t.Errorf("an issue of %s says nothing", issue.Rule)
		}
		text := fmt.Sprintf("%d:%d %s", issue.Line, issue.Column, issue.Rule)
		if issue.Fixable {
			text += " +"
		}
		list = append(list, text)
	}
	return list
}

func lines(n int, line string) string { return strings.Repeat("\t"+line+"\n", n) }

func TestRules(t *testing.T) {
	tests := []struct {
		rule string
		path string // lib.go unless it says otherwise
		code string
		want []string
	}{
		{"syntax", "", "package p\nfunc {\nvar = 1\n", []string{"2:6 syntax", "3:1 syntax"}},
		{"format", "", "package p\n\nfunc a() {\n  b()\n}\n", []string{"4:1 format +"}},
		{"format, but for space", "", "package p\n\nvar a = 1 \n", []string{"3:10 trailing_space +"}},
		{
			"trailing space", "", "package p \n\t\n/* a\t\nb */\n\nvar a = `x \n\t\n` + b \n",
			[]string{"1:10 trailing_space +", "2:1 trailing_space +", "3:5 trailing_space +", "8:6 trailing_space +"},
		},
		{"trailing space with carriage returns", "", "package p\r\n\r\nvar a = 1 \r\n", []string{"1:1 format +", "3:10 trailing_space +"}},
		{
			"debug print", "", "package p\n\nimport \"fmt\"\n\nfunc a(x []int) {\n\tprintln(x)\n\tprint(x[0])\n\tfmt.Println(x)\n\tfmt.Printf(\"\")\n\tfmt.Print()\n\t_ = fmt.Sprint()\n}\n",
			[]string{"6:2 debug_print +", "7:2 debug_print", "8:2 debug_print", "9:2 debug_print", "10:2 debug_print", "11:2 ignored_result"},
		},
		{"fmt in a program", "", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println()\n}\n", []string{}},
		{"fmt in a test", "lib_test.go", "package p\n\nimport \"fmt\"\n\nfunc a() {\n\tfmt.Println()\n}\n", []string{}},
		{"fmt by another name", "", "package p\n\nimport f \"fmt\"\n\nfunc a(fmt x) {\n\tf.Println()\n\tfmt.Println()\n}\n", []string{"6:2 debug_print"}},
		{"println of one's own", "", "package p\n\nfunc println() {}\n\nfunc a() {\n\tprintln()\n}\n", []string{}},
		{
			"todo", "", "package p // TODO: this\n\n/* a\n   b FIXME(x) c */\n\nvar a = 1 // HACK XXX\n\n// TODOS and methods are fine.\n\n// \"TODO\" counts\nvar s = \"TODO\"\n",
			[]string{"1:14 todo", "4:6 todo", "6:14 todo", "10:5 todo"},
		},
		{"long function", "", "package p\n\nfunc a() {\n" + lines(59, "b()") + "}\n", []string{"3:1 long_function"}},
		{"not too long", "", "package p\n\nfunc a() {\n" + lines(58, "b()") + "}\n", []string{}},
		{"complex function", "", "package p\n\nfunc a() {\n" + strings.Repeat("\tif b {\n\t}\n", 15) + "}\n", []string{"3:1 complex_function"}},
		{"not too complex", "", "package p\n\nfunc a() {\n" + strings.Repeat("\tif b {\n\t}\n", 14) + "}\n", []string{}},
		{"many parameters", "", "package p\n\nfunc a(b, c, d int, e, f, g string) {}\n\nfunc h(b, c, d int, e, f string) {}\n", []string{"3:1 many_parameters"}},
		{
			"deep nesting", "",
			"package p\n\nfunc a() {\n\tif b {\n\t\tfor {\n\t\t\tswitch {\n\t\t\tcase b:\n\t\t\t\tfunc() {\n\t\t\t\t\tif c {\n\t\t\t\t\t\tif d {\n\t\t\t\t\t\t}\n\t\t\t\t\t}\n\t\t\t\t}()\n\t\t\t}\n\t\t}\n\t}\n}\n",
			[]string{"9:6 deep_nesting"},
		},
		{
			"else is not deeper", "",
			"package p\n\nfunc a() {\n\tif b {\n\t} else if c {\n\t} else if d {\n\t} else if e {\n\t} else if f {\n\t} else {\n\t\tg()\n\t}\n}\n",
			[]string{},
		},
		{
			"naked return", "",
			"package p\n\nfunc a() (n int) {\n" + lines(30, "b()") + "\tfunc() { return }()\n\treturn\n}\n\nfunc c() {\n" + lines(40, "b()") + "\treturn\n}\n\nfunc d() (n int) {\n\treturn\n}\n",
			[]string{"35:2 naked_return"},
		},
		{
			"missing doc", "",
			"package p\n\nfunc A() {}\n\nfunc (t *t) B() {}\n\nfunc (t T) C() {}\n\ntype D int\n\n// E is documented.\ntype E int\n\n// Both are.\nvar (\n\tF = 1\n\tG = 2\n)\n\nconst (\n\tH = 1\n\ti = 2\n\t// J is.\n\tJ = 3\n\tK = 4 // K is, too\n)\n",
			[]string{"3:6 missing_doc", "7:12 missing_doc", "9:6 missing_doc", "21:2 missing_doc"},
		},
		{"missing doc in a program", "", "package main\n\nfunc A() {}\n", []string{}},
		{"missing doc in a test", "a_test.go", "package p\n\nfunc TestA() {}\n", []string{}},
		{
			"context first", "", "package p\n\nimport \"context\"\n\nfunc a(n int, ctx context.Context) {}\n\nfunc b(ctx context.Context, n int) {}\n",
			[]string{"5:15 context_first"},
		},
		{
			"empty error branch", "",
			"package p\n\nfunc a() {\n\tif err != nil {\n\t}\n\tif readErr := b(); readErr != nil {\n\t}\n\tif err != nil {\n\t\t// It does not matter because.\n\t}\n\tif x != nil {\n\t}\n\tif err != nil {\n\t} else {\n\t\tc()\n\t}\n}\n",
			[]string{"4:2 empty_error_branch", "6:2 empty_error_branch"},
		},
		{
			"ignored result", "",
			"package p\n\nfunc a() {\n\t_ = b.c()\n\t_ = b() // It cannot fail.\n\t// Nor can this.\n\t_, _ = b()\n\t_ = c\n\t_, x = b()\n\t_, _ = b(), c()\n}\n",
			[]string{"4:2 ignored_result"},
		},
		{
			"unwrapped error", "",
			"package p\n\nimport \"fmt\"\n\nvar a = fmt.Errorf(\"x: %v\", err)\nvar b = fmt.Errorf(\"x: %w\", err)\nvar c = fmt.Errorf(\"x: %v\", d)\n",
			[]string{"5:29 unwrapped_error"},
		},
		{
			"error text", "",
			"package p\n\nimport (\n\t\"errors\"\n\t\"fmt\"\n)\n\nvar (\n\ta = errors.New(\"Not found\")\n\tb = fmt.Errorf(\"not %s.\", \"found\")\n\tc = errors.New(\"HTTP failed\")\n\td = errors.New(\"wait...\")\n\te = errors.New(\"no!\")\n\tf = errors.New(\"\")\n)\n",
			[]string{"9:17 error_text", "10:17 error_text", "13:17 error_text"},
		},
		{
			"panic in a library", "",
			"package p\n\nfunc a() {\n\tpanic(1)\n}\n\nfunc mustB() {\n\tpanic(1)\n}\n\nfunc init() {\n\tpanic(1)\n}\n",
			[]string{"4:2 panic_in_library"},
		},
		{"panic in a program", "", "package main\n\nfunc a() {\n\tpanic(1)\n}\n", []string{}},
		{
			"defer in a loop", "",
			"package p\n\nfunc a() {\n\tfor {\n\t\tdefer b()\n\t\tfor range c {\n\t\t\tif d {\n\t\t\t\tdefer b()\n\t\t\t}\n\t\t}\n\t\tfunc() {\n\t\t\tdefer b()\n\t\t}()\n\t}\n\tdefer func() {\n\t\tfor range c {\n\t\t\tdefer b()\n\t\t}\n\t}()\n}\n",
			[]string{"5:3 defer_in_loop", "8:5 defer_in_loop", "17:4 defer_in_loop"},
		},
		{"generated", "", "// Code generated by hand. DO NOT EDIT.\n\npackage p\n\nfunc A() {\nprintln() \n}\n", []string{}},
		{"clean", "", "// Package p is.\npackage p\n\n// A does.\nfunc A() {}\n", []string{}},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			path := test.path
			if path == "" {
				path = "lib.go"
			}
			if diff := cmp.Diff(test.want, issues(t, path, test.code)); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, test.code)
			}
		})
	}
}

func TestIssuesCountAndBound(t *testing.T) {
	code := "package p\n\nfunc a() {\n" + strings.Repeat("\tprintln(1)\n", 1500) + "}\n"
	got := mustInvoke(t, "code.issues", map[string]any{"path": "a.go", "code": code})
	if get(t, got, "/issue_count") != "1501" || get(t, got, "/fixable_count") != "1500" ||
		get(t, got, "/severities") != `{"error":0,"info":0,"warning":1501}` {
		t.Errorf("got %s", got.Without("issues"))
	}
	if n := len(listed(t, got)); n != 1000 {
		t.Errorf("%d issues are listed", n)
	}
}

func TestIssuesOptions(t *testing.T) {
	code := "package p\n\nfunc a(b, c int) {\n\tif b > c {\n\t}\n} \n"
	got := mustInvoke(t, "code.issues", map[string]any{
		"path": "a.go", "code": code, "ignore": []any{"trailing_space"},
		"limits": map[string]any{"lines": 3, "complexity": 1, "parameters": 1, "nesting": 0},
	})
	want := []string{"3:1 long_function", "3:1 complex_function", "3:1 many_parameters", "4:2 deep_nesting"}
	if diff := cmp.Diff(want, listed(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for option, want := range map[string]string{
		`{"ignore": ["todos"]}`:         "in_library or defer_in_loop (did you mean `todo`?)",
		`{"limits": {"line": 1}}`:       "/limits: `line` is not allowed (did you mean `lines`?)",
		`{"limits": {"lines": "many"}}`: "/limits/lines: must be a whole number, not a text",
	} {
		input := document.MustParse(option).With("code", document.String(code)).With("path", document.String("a.go"))
		_, err := builtin(t, "code.issues").Invoke(t.Context(), tools.Call{Input: input})
		if message := failed(t, err, tools.KindInput); !strings.Contains(message, want) {
			t.Errorf("message %q lacks %q", message, want)
		}
	}
}

// A file of the same package may give a builtin another meaning; one of another package may not.
func TestIssuesKnowTheirPackage(t *testing.T) {
	user := map[string]any{"path": "p/a.go", "code": "package p\n\nfunc a() {\n\tprintln(1)\n}\n"}
	own := map[string]any{"path": "p/b.go", "code": "package p\n\nfunc println(int) {}\n"}
	foreign := map[string]any{"path": "q/b.go", "code": "package p\n\nfunc println(int) {}\n"}
	broken := map[string]any{"path": "p/c.go", "code": "package"}
	for _, test := range []struct {
		files []any
		want  []string
	}{
		{[]any{user, own}, []string{}},
		{[]any{user, foreign}, []string{"4:2 debug_print +"}},
		{[]any{user, broken}, []string{"4:2 debug_print +", "1:8 syntax"}},
	} {
		got := listed(t, mustInvoke(t, "code.issues", map[string]any{"files": test.files}))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
