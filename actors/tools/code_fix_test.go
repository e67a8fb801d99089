package tools_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

// fixed runs code.fix and returns the code, the fixes as "line rule" and how many are left.
func fixed(t *testing.T, code string, options map[string]any) (string, []string, string) {
	t.Helper()
	input := map[string]any{"code": code, "path": "a.go"}
	for key, value := range options {
		input[key] = value
	}
	got := mustInvoke(t, "code.fix", input)
	text, _ := got.Get("code")
	after, _ := text.AsString()
	return after, fixes(t, got), get(t, got, "/remaining")
}

func fixes(t *testing.T, result document.Value) []string {
	t.Helper()
	list := []string{}
	found, _ := result.Get("fixes")
	for i := range found.Items() {
		at := fmt.Sprintf("/fixes/%d/", i)
		list = append(list, get(t, result, at+"line")+" "+strings.Trim(get(t, result, at+"rule"), `"`))
	}
	return list
}

// body is a source whose only function, of parameters x int and s struct, has these lines.
func body(lines ...string) string {
	text := "package p\n\ntype s struct {\n\tn int\n\tp *s\n}\n\nvar global int\n\nfunc a(x int, v s, q *s, i, j any, xs []int) {\n"
	for _, line := range lines {
		if line != "" {
			text += "\t" + line
		}
		text += "\n"
	}
	return text + "}\n"
}

func TestFixRemovesDebugPrints(t *testing.T) {
	tests := []struct {
		name       string
		from, want string
		fixes      int
	}{
		{"alone", body("println(x)", "b()"), body("b()"), 1},
		{"with a comment", body("b()", "println(x) // debug", "b()"), body("b()", "b()"), 1},
		{"over lines", body("println(", "\tx, // debug", ")", "b()"), body("b()"), 1},
		{"within a line", body("b(); println(x); b()"), body("b()", "b()"), 2},
		{"at the end of a line", body("b(); println(x)"), body("b()"), 2},
		{"before a comment", body("println(x) /* keep */", "b()"), body("/* keep */", "b()"), 1},
		{"in a block of one line", body("if x > 1 { println(x) }", "b()"), body("if x > 1 {", "}", "b()"), 2},
		{"in a case", body("switch {", "case x > 1:", "\tprintln(x)", "default:", "\tprintln()", "}"), body("switch {", "case x > 1:", "default:", "}"), 2},
		{"between blank lines", body("b()", "", "println(x)", "", "b()"), body("b()", "", "b()"), 1},
		{"kept neat", body("b()", "if x > 1 {", "\tb()", "\tprintln(x)", "}"), body("b()", "if x > 1 {", "\tb()", "}"), 1},
		{"used elsewhere", body("y := 1", "println(y)", "b(y)"), body("y := 1", "b(y)"), 1},
		{"constants", body(`println("a"+"b", 1<<3, len("abc"), 'x', 1/2, true, -1)`), body(), 1},
		{"harmless", body("println(x+1, !(x > 1), ^x, len(xs), cap(xs), string(rune(x)), float64(x)*2, v.n, x == 1, global)"), body(), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			after, done, remaining := fixed(t, test.from, nil)
			if diff := cmp.Diff(test.want, after); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(done) != test.fixes || remaining != "0" {
				t.Errorf("fixes %v, %s remain", done, remaining)
			}
		})
	}
}

func TestFixKeepsPrintsThatMatter(t *testing.T) {
	for name, code := range map[string]string{
		"a call":                    body("println(f())"),
		"a receive":                 body("println(<-ch)"),
		"an index":                  body("println(xs[0])"),
		"a pointer's field":         body("println(q.n)"),
		"a field behind a pointer":  body("println(v.p.n)"),
		"a dereference":             body("println(*q)"),
		"a division":                body("println(1 / x)"),
		"a shift":                   body("println(1 << x)"),
		"comparing interfaces":      body("println(i == j)"),
		"a conversion to an array":  body("println([1]int(xs)[0])"),
		"an assertion":              body("println(i.(int))"),
		"an unknown name":           body("println(elsewhere)"),
		"another package's name":    body("println(os.Args)"),
		"the last use of a package": strings.Replace(body("println(unsafe.Sizeof(x))"), "\n\n", "\n\nimport \"unsafe\"\n\n", 1),
		"the last use":              body("y := 1", "println(y)"),
		"the last use but writing":  body("y := 1", "y = 2", "y++", "y += 1", "println(y)"),
		"the last use of a range":   body("for k := range xs {", "\tprintln(k)", "}"),
		"two last uses":             body("y := 1", "println(y)", "println(y + 1)"),
		"the last use in a switch":  body("switch y := i.(type) {", "case int:", "\tprintln(y)", "}"),
		"deferred":                  body("defer println(x)"),
		"in a goroutine":            body("go println(x)"),
		"a function of one's own":   "package p\n\nfunc println(x int) {\n\tb(x)\n}\n\nfunc a(x int) {\n\tprintln(x)\n}\n",
		"a variable of one's own":   "package p\n\nfunc a(println func(int)) {\n\tprintln(1)\n}\n",
		"len of one's own":          "package p\n\nfunc len(x int) int {\n\treturn b(x)\n}\n\nfunc a(x int) {\n\tprintln(len(x))\n}\n",
		"fmt":                       "package p\n\nimport \"fmt\"\n\nfunc a(x int) {\n\tfmt.Println(x)\n}\n",
	} {
		after, done, remaining := fixed(t, code, nil)
		if after != code || len(done) > 0 || remaining != "0" {
			t.Errorf("%s: fixes %v, %s remain:\n%s", name, done, remaining, cmp.Diff(code, after))
		}
	}
}

func TestFixTextAndFormat(t *testing.T) {
	tests := []struct {
		name       string
		from, want string
		fixes      []string
	}{
		{"nothing to do", "package p\n", "package p\n", []string{}},
		{
			"space", "package p \n\nvar a = `x \n\t` \t\n", "package p\n\nvar a = `x \n\t`\n",
			[]string{"1 trailing_space", "4 trailing_space"},
		},
		{"space before carriage returns", "package p \r\n\r\nvar a = 1\r\n", "package p\n\nvar a = 1\n", []string{"1 trailing_space", "1 format"}},
		{"format", "package p\n\nfunc a(){if (x){\nb(0XFF, 1E3)}}", "package p\n\nfunc a() {\n\tif x {\n\t\tb(0xFF, 1e3)\n\t}\n}\n", []string{"3 format"}},
		{
			"imports", "package p\n\nimport (\n\t\"b\"\n\t\"a\"\n\t\"b\"\n)\n", "package p\n\nimport (\n\t\"a\"\n\t\"b\"\n)\n",
			[]string{"4 format"},
		},
		{"everything", "package p\n\nfunc a() {\n  println(1) \n  b() \n}\n", "package p\n\nfunc a() {\n\tb()\n}\n", []string{"4 debug_print", "4 trailing_space", "5 trailing_space", "4 format"}},
		{"generated", "// Code generated by hand. DO NOT EDIT.\n\npackage p \n", "// Code generated by hand. DO NOT EDIT.\n\npackage p \n", []string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			after, done, remaining := fixed(t, test.from, nil)
			if diff := cmp.Diff(test.want, after); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.fixes, done); diff != "" || remaining != "0" {
				t.Errorf("%s remain (-want +got):\n%s", remaining, diff)
			}
		})
	}
}

func TestFixInSteps(t *testing.T) {
	code := "package p\n\nfunc a() {\n  println(1)\n  b() \n  println(2)\n}\n"
	for _, step := range []struct {
		fixes     []string
		remaining string
	}{
		{[]string{"4 debug_print"}, "3"},
		{[]string{"4 trailing_space"}, "2"},
		{[]string{"5 debug_print"}, "1"},
		{[]string{"4 format"}, "0"},
		{[]string{}, "0"},
	} {
		after, done, remaining := fixed(t, code, map[string]any{"limit": 1})
		if diff := cmp.Diff(step.fixes, done); diff != "" || remaining != step.remaining {
			t.Errorf("%s remain (-want +got):\n%s", remaining, diff)
		}
		code = after
	}
	if want := "package p\n\nfunc a() {\n\tb()\n}\n"; code != want {
		t.Errorf("got %s", code)
	}
	if _, done, remaining := fixed(t, "package p \n", map[string]any{"limit": 0}); len(done) != 0 || remaining != "1" {
		t.Errorf("limit 0 made %v, %s remain", done, remaining)
	}
}

func TestFixOnlyWhatIsWanted(t *testing.T) {
	code := "package p\n\nfunc a() {\n  println(1)\n  b() \n}\n"
	after, done, remaining := fixed(t, code, map[string]any{"rules": []any{"trailing_space"}})
	if want := "package p\n\nfunc a() {\n  println(1)\n  b()\n}\n"; after != want || len(done) != 1 || remaining != "0" {
		t.Errorf("made %v, %s remain:\n%s", done, remaining, after)
	}
	_, err := invoke(t, "code.fix", map[string]any{"code": code, "path": "a.go", "rules": []any{"todo"}})
	failed(t, err, tools.KindInput)
}

func TestFixSeveralFiles(t *testing.T) {
	got := mustInvoke(t, "code.fix", map[string]any{"limit": 2, "files": []any{
		map[string]any{"path": "a.go", "code": "package p \n", "owner": "ada"},
		map[string]any{"path": "b.go", "code": "package p\n"},
		map[string]any{"path": "c.go", "code": "package p \n\nvar a = 1 \n"},
	}})
	want := document.MustParse(`{
		"files": [
			{"path": "a.go", "code": "package p\n", "owner": "ada"},
			{"path": "b.go", "code": "package p\n"},
			{"path": "c.go", "code": "package p\n\nvar a = 1 \n"}
		],
		"fixes": [{"path": "a.go", "rule": "trailing_space", "line": 1}, {"path": "c.go", "rule": "trailing_space", "line": 1}],
		"fix_count": 2,
		"remaining": 1
	}`)
	if !document.Equal(got, want) {
		t.Errorf("got %s", got)
	}
}
