package scripts_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// runCode compiles and runs a script over {"n": 2}.
func runCode(t testing.TB, c scripts.Code) (scripts.Result, error) {
	t.Helper()
	return codeBoth(t.Context(), t, scripts0, c, scripts.Scope{State: must(`{"n":2}`), Input: must(`{"k":3}`), Ctx: visit})
}

// inline is a script in a workflow's file, in a block whose lines begin at column 7.
func inline(source string) scripts.Code {
	return scripts.Code{Source: source, Origin: scripts.Origin{File: "flow.yaml", Line: 10, Column: 7, Block: true}}
}

var library = scripts.Files{
	"lib/score.ts":       "import {base} from './base.js'\nexport interface Scored { n: number }\nexport const score = (s: Scored): number => base + s.n\n",
	"lib/base.ts":        "export const base: number = 100",
	"lib/index.ts":       "export * from './score'",
	"lib/names.json":     `{"first": "Ada"}`,
	"lib/prompt.md":      "Say \"hello\".\n",
	"lib/old.cjs":        "module.exports = {twice: n => 2 * n}",
	"lib/plain.js":       "export default function (n) { return n + 1 }",
	"lib/global.js":      "export const seen = () => [state.n, input.k, ctx.node]",
	"lib/state.js":       "export const state = 'mine', input = 1, ctx = 2\nexport default state",
	"lib/deep/up.ts":     "export {base} from '../base'",
	"lib/throws.ts":      "interface A { a: number }\n\nexport function fail(a: A): never {\n  const é = '😀'; throw new RangeError('no ' + a.a)\n}\n",
	"lib/a+b c%41.ts":    "export const odd = (): never => { throw new Error('odd') }",
	"lib/out.ts":         "export {x} from '../../x'",
	"steps/nodes/one.ts": "import {base} from '../../lib/base'\nexport default () => ({base})",
}

// TestLanguages shows what a script may be written in, and what it is called with.
func TestLanguages(t *testing.T) {
	for source, want := range map[string]string{
		// Modules.
		"export default function (s, c, i) { return [s.n, c.node, i.k] }":                      `[2,"score",3]`,
		"export default function () { return [state.n, ctx.node, input.k] }":                   `[2,"score",3]`,
		"export default (s) => s.n + 1":                                                        `3`,
		"export default async (s) => (await s.n) + 1":                                          `3`,
		"export default async function ({n}) { const m = await Promise.resolve(n); return m }": `2`,
		"const f = (s) => s.n\nexport { f as default }":                                        `2`,
		"let calls = 0\nexport default () => ++calls":                                          `1`,
		"export default () => this === undefined":                                              `true`,
		"/* export */ // import\n'use strict'\nexport default function f() { return f.name }":  `"f"`,
		// TypeScript.
		"const n: number = state.n\nreturn n + 1":                                                               `3`,
		"type A = {a?: string}\nconst a = {} as A\nreturn a.a ?? 'none'":                                        `"none"`,
		"enum E { A = 1, B }\nreturn E.B":                                                                       `2`,
		"function id<T>(x: T): T { return x }\nreturn id<number>(state.n!)":                                     `2`,
		"class P { constructor(private readonly n: number) {} get() { return this.n } }\nreturn new P(4).get()": `4`,
		"export default function (s: {n: number}, c: any): number { return s.n satisfies number }":              `2`,
		"abstract class A { abstract n(): number }\nclass B extends A { n() { return 5 } }\nreturn new B().n()": `5`,
		// Imports.
		"import {score} from './lib/score'\nexport default (s) => score(s)":                            `102`,
		"import {score} from './lib/score.ts'\nexport default (s) => score(s)":                         `102`,
		"import {score} from './lib/score.js'\nexport default (s) => score(s)":                         `102`,
		"import {score, type Scored} from './lib'\nexport default (s: Scored) => score(s)":             `102`,
		"import * as lib from './lib/index.ts'\nexport default (s) => lib.score(s)":                    `102`,
		"import names from './lib/names.json'\nexport default () => names.first":                       `"Ada"`,
		"import prompt from './lib/prompt.md'\nexport default () => prompt":                            `"Say \"hello\".\n"`,
		"import old from './lib/old.cjs'\nexport default () => old.twice(4)":                           `8`,
		"import inc from './lib/plain.js'\nexport default () => inc(4)":                                `5`,
		"import {seen} from './lib/global.js'\nexport default () => seen()":                            `[2,3,"score"]`,
		"import own, {state as s} from './lib/state.js'\nexport default (a) => [own, s, a.n, state.n]": `["mine","mine",2,2]`,
		"import {base} from './lib/deep/up'\nexport default () => base":                                `100`,
		"export default async () => (await import('./lib/base')).base":                                 `100`,
		"export {default} from './lib/plain.js'":                                                       `"[object Object]1"`,
		"export {default} from './steps/nodes/one.ts'":                                                 `{"base":100}`,
	} {
		c := inline(source)
		c.Folder = library
		r, err := runCode(t, c)
		if err != nil {
			t.Errorf("%s\n%v", source, err)
		} else if !document.Equal(r.Returned, must(want)) {
			t.Errorf("%s\ngives %s, want %s", source, r.Returned, want)
		}
	}
}

// TestScriptFiles shows how the ending of a file tells its language, and that it imports from where it is.
func TestScriptFiles(t *testing.T) {
	for file, c := range map[string]struct{ source, want string }{
		"a.ts":               {"return (state.n as number) + 1", `3`},
		"b.ts":               {"export default (s: {n: number}) => s.n", `2`},
		"c.mts":              {"const x = <T>(y: T) => y\nreturn x<number>(1)", `1`},
		"d.mjs":              {"export default () => 1", `1`},
		"e.js":               {"return state.n", `2`},
		"f.js":               {"export default () => 1", `1`},
		"steps/nodes/two.ts": {"import one from './one'\nexport default () => one()", `{"base":100}`},
		"old.script":         {"return 1", `1`},
	} {
		r, err := runCode(t, scripts.Code{Source: c.source, Origin: scripts.Origin{File: file, Line: 1, Column: 1, Block: true}, Folder: library})
		if err != nil || !document.Equal(r.Returned, must(c.want)) {
			t.Errorf("%s: %s, %v", file, r.Returned, err)
		}
	}
	_, err := runCode(t, scripts.Code{Source: "let a: number = 1\nreturn a", Origin: scripts.Origin{File: "a.js"}})
	if e := failure(t, err, scripts.KindScript); !strings.Contains(e.Message, "Unexpected token :") {
		t.Errorf("TypeScript in a file that says it is JavaScript: %v", e)
	}
}

// A module changes the state as the body of a function does.
func TestModuleChangesState(t *testing.T) {
	r, err := runCode(t, inline("export default function (s) { s.n++; state.m = [s.n]; console.log('n', s.n); return {done: true} }"))
	if err != nil {
		t.Fatal(err)
	}
	after, err := r.Patch.Apply(must(`{"n":2}`))
	if err != nil || !document.Equal(after, must(`{"n":3,"m":[3]}`)) || len(r.Console) != 1 {
		t.Errorf("%s, %v, %v", after, r.Console, err)
	}
}

// TestModulePlaces shows where errors are placed that come up in other text than the author's. ¶ marks the place.
func TestModulePlaces(t *testing.T) {
	for _, c := range []struct{ source, place, message string }{
		// goja places an error at run time somewhere in the expression.
		{"type A = {\n  a: number\n}\nconst é: string = '😀'; null.¶x", "", "TypeError: Cannot read property 'x'"},
		{"export default function (s: any) {\n  return s.a.¶b\n}", "", "TypeError: Cannot read property 'b'"},
		{"export default async function (s: any) {\n  await 1\n  throw ¶new RangeError('late')\n}", "", "RangeError: late"},
		{"import {fail} from './lib/throws'\nexport default () => fail({a: 1})", "lib/throws.ts:4:24", "RangeError: no 1"},
		{"import {odd} from './lib/a+b c%41'\nexport default () => odd()", "lib/a+b c%41.ts:1:41", "Error: odd"},
		{"interface A {}\nexport const x = 1", "flow.yaml:10:7", "the module has no default export, which is the script: write export default function"},
		{"export default 1", "flow.yaml:10:7", "TypeError: the default export of the module is no function"},
		{"export default () => new Promise(() => {})", "flow.yaml:10:7", "waits for a Promise that nothing will ever settle"},
		{"import x from ¶'fs'\nexport default () => x", "", `cannot import "fs": it is a part of Node`},
		{"import x from ¶'node:crypto'\nexport default () => x", "", `it is a part of Node`},
		{"import x from ¶'lodash'\nexport default () => x", "", `cannot import "lodash": there are no packages here`},
		{"import x from ¶'lib/score'\nexport default () => x", "", `a path begins with ./ or ../; write "./lib/score.ts"`},
		{"import x from ¶'/etc/passwd'\nexport default () => x", "", "it is an absolute path"},
		{"import x from ¶'C:/x.ts'\nexport default () => x", "", "it is an absolute path"},
		{"import x from ¶'../x'\nexport default () => x", "", "it is outside of the workflow's folder"},
		{"import x from ¶'./lib/../../x'\nexport default () => x", "", "it is outside of the workflow's folder"},
		{"import x from ¶'https://example.org/x.js'\nexport default () => x", "", "scripts import nothing from elsewhere"},
		{"import x from ¶'./lib/scores'\nexport default () => x", "", `the workflow's folder has no file lib/scores, also with none of the endings .ts, .mts, .js`},
		{"import x from './lib/out'\nexport default () => x", "lib/out.ts:1:17", "it is outside of the workflow's folder"},
		{"import {¶nothing} from './lib/base'\nexport default () => nothing", "", `No matching export in "lib/base.ts" for import "nothing"`},
		{"export default () => ¶import.meta.url", "", "there is no import.meta here"},
		{"export default (s) => ¶import(s.x)", "", "a path between quotes is needed"},
		{"const x = 1\nexport default ¶)", "", "Unexpected \")\""},
		{"¶await 1\nexport default () => 1", "", "await is not possible at the top of a module: put it into the script, export default async function (state, ctx) { … }"},
		{"let a: number = ¶await f()", "", "await is not possible outside of an async function: make the function around it async, or write a module"},
		{"let a: number = 1\nlet b: ¶= 2", "", "SyntaxError: Unexpected \"=\""},
		{"let a = 1\nlet b = ¶;", "", "SyntaxError: Unexpected token ;"},
		{"let a: number = 1\n}; evil(); (function() {", "flow.yaml:11:7", "this `}` closes nothing"},
		{"let a: number = 1\nreturn 1\n¶}\nfunction x() {", "", "this `}` closes nothing"},
	} {
		before, after, marked := strings.Cut(c.source, "¶")
		code := inline(before + after)
		code.Folder = library
		_, err := runCode(t, code)
		e := failure(t, err, scripts.KindScript)
		want := scripts.Error{File: "flow.yaml", Line: 10 + strings.Count(before, "\n"), Column: 7 + len([]rune(before[strings.LastIndex(before, "\n")+1:]))}
		want.Message = e.Message
		place, _, _ := strings.Cut(e.Error(), ": ")
		wantPlace, _, _ := strings.Cut(want.Error(), ": ")
		if !marked {
			wantPlace = c.place
		}
		if place != wantPlace || !strings.Contains(e.Message, c.message) {
			t.Errorf("%s\n%v\nwant %s: %s", c.source, e, wantPlace, c.message)
		}
	}
}

// A library that is one long line, as bundlers write it, takes as long to translate as one of many lines, and its places
// are found beyond characters of several bytes, too.
func TestLongLines(t *testing.T) {
	library := func(end string) string {
		return "export const é=['😀'].map(s=>s.length);" + end + strings.Repeat("[1,2].map(n=>n+1);"+end, 3_000) +
			"export const fail=()=>{throw new Error('here')}"
	}
	took := map[string]time.Duration{}
	for _, end := range []string{"\n", ""} {
		c := inline("import {é, fail} from './lib/long.js'\nexport default () => é[0] && fail()")
		c.Folder = scripts.Files{"lib/long.js": library(end)}
		began := time.Now()
		_, err := runCode(t, c)
		took[end] = time.Since(began)
		e := failure(t, err, scripts.KindScript)
		before, _, _ := strings.Cut(library(end), "new Error")
		line, column := 1+strings.Count(before, "\n"), 1+utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:])
		if e.File != "lib/long.js" || e.Line != line || e.Column != column {
			t.Errorf("thrown at %s:%d:%d, want line %d, column %d", e.File, e.Line, e.Column, line, column)
		}
	}
	if took[""] > 10*took["\n"] {
		t.Errorf("one line takes %v, many lines take %v", took[""], took["\n"])
	}
}
