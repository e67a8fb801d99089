package scripts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// warningsOf compiles a script of a file and tells what it is warned of, a line each.
func warningsOf(t *testing.T, file, source string, folder scripts.Files) string {
	t.Helper()
	script, err := scripts.New(scripts.Limits{}).Compile(scripts.Code{
		Source: source, Origin: scripts.Origin{File: file, Line: 1, Column: 1, Block: true}, Item: "entry", Folder: folder,
	})
	if err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	return tell(script.Warnings(folder))
}

func tell(found []scripts.Warning) string {
	lines := make([]string, len(found))
	for i, w := range found {
		lines[i] = fmt.Sprintf("%s:%d:%d %s: %s; %s", w.File, w.Line, w.Column, w.Code, w.Message, w.Hint)
	}
	return strings.Join(lines, "\n")
}

// TestWarnings holds what scripts are warned of, and where, in each language.
func TestWarnings(t *testing.T) {
	for _, c := range []struct{ file, source, want string }{
		{"a.js", "const count = 1\nreturn {n: cuont}", "a.js:2:12 unknown_name: nothing is called `cuont` here"},
		{"a.js", "total = 3", "a.js:1:1 unknown_name: nothing is called `total` here; declare it, as in let total = …, or write state.total"},
		{"a.js", "setTimeout(() => {}, 10)", "a.js:1:1 unknown_name: nothing is called `setTimeout` here; a script does not wait"},
		{"a.js", "return {r: fetch('x'), s: fetch('y')}", "a.js:1:12 unknown_name: nothing is called `fetch`"},
		{"a.js", "return 1\n// and\nstate.n = 2", "a.js:3:1 unreachable_code: this is never reached: the script, or its function, has returned before"},
		{"a.js", "throw new Error('x'); state.n = 2", "a.js:1:23 unreachable_code: this is never reached: an error has been thrown"},
		{"a.js", "for (const x of state.xs) { continue; x() }", "a.js:1:39 unreachable_code: this is never reached: `continue`"},
		{"a.js", "for (;;) { state.n++ }\nstate.m = 1", "a.js:2:1 unreachable_code: this is never reached: the statement before"},
		{"a.js", "if (state.a) { return 1 } else { throw 2 }\nstate.n = 1", "a.js:2:1 unreachable_code"},
		{"a.js", "switch (state.a) { case 1: return 2; state.n = 1; default: }", "a.js:1:38 unreachable_code"},
		{"a.js", "switch (state.a) { case 1: throw 1; default: return 2 }\nstate.n = 1", "a.js:2:1 unreachable_code"},
		{"a.js", "try { return 1 } finally { state.n = 1 }\nstate.m = 1", "a.js:2:1 unreachable_code"},
		{"a.js", "if (state.a = 1) return", "a.js:1:5 assignment_in_condition: = assigns here, and the condition is what was assigned; write ==="},
		{"a.js", "return {n: state.a = 1 ? 2 : 3}", ""},
		{"a.js", "while (state.a = true) { break }", "a.js:1:8 assignment_in_condition"},
		{"a.js", "return {xs: state.xs.filter(x => { x > 1 })}", "a.js:1:29 missing_return: the function that filter calls for its value returns none; write x => value"},
		{"a.js", "return {xs: state.xs.map(x => { id: x.id })}", "a.js:1:26 missing_return: the function that map"},
		{"a.js", "return {n: state.xs.reduce((n, x) => { if (x) return n + x }, 0)}", "a.js:1:28 missing_return: the function that reduce calls for its value does not return one on every way"},
		{"a.js", "state.xs.sort(function (a, b) { if (a < b) return -1; if (a > b) return 1 }).reverse()", "a.js:1:15 missing_return: the function that sort"},
		{"a.js", "state.xs.sort((a, b) => { a - b })", "a.js:1:15 missing_return: the function that sort calls for its value returns none"},
		{"a.js", "state.xs.map(x => { x.n++ })", ""},
		{"a.ts", "const n: number = 1;\nreturn {n: m as number}", "a.ts:2:12 unknown_name: nothing is called `m` here"},
		{"a.ts", "let n: number = 1;\nif (n = 2) { return {n} }", "a.ts:2:5 assignment_in_condition"},
		{"a.ts", "let n: number = 1;\nif ((n = state.x)) { return {n} }", ""},
		{"a.ts", "export default function (state: State) {\n  return {}\n  state.n = missing;\n}", "a.ts:3:3 unreachable_code: this is never reached: the script, or its function, has returned before; take it out, or put it before\na.ts:3:13 unknown_name: nothing is called `missing` here"},
		{"steps/b.ts", "import {twice} from '../lib/twice'\nexport default () => ({n: twice(2)})", "lib/twice.ts:3:10 unknown_name: nothing is called `factr` here"},
		{"a.mjs", "import {one} from './lib/one.js'\nexport default function () { if (one()) return {} }", "lib/one.js:3:7 assignment_in_condition"},
	} {
		got := warningsOf(t, c.file, c.source, scripts.Files{
			"lib/twice.ts": "const factor: number = 2\nexport function twice(n: number) {\n  return factr * n\n}",
			"lib/one.js":   "export function one() {\n  let a\n  if (a = 1) return (a)\n  while ((a = 2)) return a\n}",
		})
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s\n got %s\nwant %s", c.source, got, c.want)
		}
	}
}

// TestWarningsOfExpressions holds what conditions and ${…} are warned of.
func TestWarningsOfExpressions(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	for source, want := range map[string]string{
		"state.a > 1 && item.b":                             "f.yaml:7:31 unknown_name: nothing is called `item` here",
		"console.log(1)":                                    "f.yaml:7:16 unknown_name: nothing is called `console` here; only a node's script has one",
		"state.status = 'done'":                             "f.yaml:7:16 assignment_in_condition",
		"(() => { state.a > 1 })()":                         "f.yaml:7:17 missing_return: the function that gives the expression its value",
		"(function () { if (state.a) return 1 })()":         "f.yaml:7:17 missing_return",
		"() => state.a > 1":                                 "f.yaml:7:16 uncalled_function: the expression is a function, which nobody calls; write what it returns",
		"function () { return state.a > 1 }":                "f.yaml:7:16 uncalled_function",
		"state.xs.some(x => { x.ok })":                      "f.yaml:7:30 missing_return: the function that some",
		"(() => { if (state.a) { return 1 } return 2 })()":  "",
		"state.xs.some(x => x.ok) || input.n === ctx.visit": "",
	} {
		e, err := engine.CompileExpression(source, scripts.Origin{File: "f.yaml", Line: 7, Column: 16})
		if err != nil {
			t.Fatal(err)
		}
		if got := tell(e.Warnings()); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}

// TestUnknownNamesHaveCandidates looks at the names that an unknown one may mean.
func TestUnknownNamesHaveCandidates(t *testing.T) {
	script, err := scripts.New(scripts.Limits{}).CompileBody("const total = 1\nfunction f(price) { return totl + price }\nreturn f(Numbr(2))", scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	found := script.Warnings(nil)
	has := func(w, list int, name string) bool { return slices.Contains(found[w].Known[list], name) }
	if len(found) != 2 || !has(0, 0, "total") || !has(0, 0, "price") || !has(0, 0, "state") || !has(1, 1, "Number") || has(1, 0, "price") {
		t.Errorf("warned of %+v", found)
	}
}

// TestNoWarningsOfValidScripts goes over programs that do what they are meant to, those of testdata/valid, and over them as
// TypeScript, too.
func TestNoWarningsOfValidScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/valid/*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for n, source := range strings.Split(string(text), "\n// ---\n") {
			name := filepath.Base(file)
			if got := warningsOf(t, name, source, nil); got != "" {
				t.Errorf("program %d of %s: %s\n%s", n+1, name, got, source)
			}
			if got := warningsOf(t, strings.TrimSuffix(name, filepath.Ext(name))+".ts", source, nil); got != "" {
				t.Errorf("program %d of %s as TypeScript: %s\n%s", n+1, name, got, source)
			}
		}
	}
}

// TestNoWarningsOfFeatures goes over the programs of the table of features, which give what they should.
func TestNoWarningsOfFeatures(t *testing.T) {
	files, err := filepath.Glob("testdata/features/*.js")
	if err != nil || len(files) == 0 {
		t.Fatal("no features", err)
	}
	for _, file := range files {
		for _, f := range readFeatures(t, file) {
			if f.reason != "" {
				continue
			}
			script, err := scripts0.CompileBody(f.body, scripts.Origin{})
			if err != nil {
				t.Errorf("%s: %v", f.name, err)
				continue
			}
			if got := tell(script.Warnings(nil)); got != "" {
				t.Errorf("%s: %s\n%s", f.name, got, f.body)
			}
		}
	}
}

// TestWarningsAreBounded looks at a source with more mistakes than anybody reads.
func TestWarningsAreBounded(t *testing.T) {
	var source strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&source, "n%d;\n", i)
	}
	if n := strings.Count(warningsOf(t, "a.js", source.String(), nil), "\n") + 1; n != 50 {
		t.Errorf("%d warnings", n)
	}
}
