package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// TestPosition shows where errors are placed. The marker ¶ is taken out of the source; it shows the place that is meant.
func TestPosition(t *testing.T) {
	for _, c := range []struct {
		name, source, message string
		runtime               bool
	}{
		{"unexpected token", "let a = 1\nlet b = ¶= + 2", "SyntaxError: Unexpected token =", false},
		{"stray parenthesis", "let a = 1\nlet b = ¶) + 2", "SyntaxError: this `)` closes nothing", false},
		{"stray brace", "let a = 1\n¶}\nlet b", "SyntaxError: this `}` closes nothing", false},
		{"breaking out", "¶}}); evil(); (function(){{", "SyntaxError: this `}` closes nothing", false},
		{"breaking out into a function", "¶}}, function() {{", "SyntaxError: this `}` closes nothing", false},
		{"open brace", "let a\nif (state.a) ¶{\n  f()", "SyntaxError: the script ends before this `{` is closed", false},
		{"open parenthesis", "\nf¶(1,\n2", "SyntaxError: the script ends before this `(` is closed", false},
		{"unfinished", "let a = 1\nreturn a +¶\n", "SyntaxError: Unexpected end of input: the script ends where more must follow", false},
		{"twice declared", "let a = 1\nlet ¶a = 2", "SyntaxError: Identifier 'a' has already been declared", false},
		{"our names", "¶var state = 1", "SyntaxError: Identifier 'state' has already been declared", false},
		{"import", "{\n¶import x from 'y' }", "import and export belong into modules", false},
		{"await", "\nlet x = ¶await f()", "await is not possible outside of an async function", false},
		{"regular expression", "let s = 'é'\nlet a = ¶/(/", "SyntaxError: Invalid regular expression: Unterminated group", false},
		{"after characters of several bytes", "let é = '😀€'; ¶) x", "SyntaxError: this `)` closes nothing", false},
		{"property of undefined", "let o\nconst x = 'é' + o.¶missing", "TypeError: Cannot read property 'missing' of undefined", true},
		{"call of nothing", "\n\n  state.¶f()", "TypeError: Object has no member 'f'", true},
		{"throw", "function f() {\n  throw ¶new RangeError('too far')\n}\nf()", "RangeError: too far", true},
		{"throw a string", "\n¶throw 'plain'", "plain", true},
		{"unknown name", "state.a = 1\nstate.b = ¶nothing", "ReferenceError: nothing is not defined", true},
		{"inside of a callback", "[1].map(x => {\n  ¶null.x\n})", "TypeError: Cannot read property 'x' of undefined", true},
		{"an error of native code", "\n¶[].reduce((a, b) => a)", "TypeError", true},
		{"carriage returns", "let a\r\nlet b\r¶b.c", "TypeError: Cannot read property 'c' of undefined", true},
		{"an error made elsewhere", "const e = ¶new Error('early')\n\nthrow e", "Error: early", true},
		{"a function that console lacks", "console.¶table(1)", "Object has no member 'table': console has debug, log, info, warn, error", true},
		{"replacing the state", "¶state = {...state, x: 1}", "set its members", true},
		{"a write to input", "\n  ¶input.x = 1", "TypeError: input cannot be changed", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, after, _ := strings.Cut(c.source, "¶")
			text := before + after
			lines := strings.FieldsFunc(strings.ReplaceAll(before, "\r\n", "\n")+"|", func(r rune) bool { return r == '\n' || r == '\r' })
			line := 1 + strings.Count(strings.ReplaceAll(strings.ReplaceAll(before, "\r\n", "\n"), "\r", "\n"), "\n")
			column := len([]rune(lines[len(lines)-1]))
			fail := func(o scripts.Origin) *scripts.Error {
				_, err := scripts0.CompileBody(text, o)
				if c.runtime && err == nil {
					_, err = runBoth(t.Context(), t, scripts0, source{text: text, origin: o}, scripts.Scope{State: document.Object(), Input: document.Object()})
				}
				if err == nil {
					t.Fatal("no error")
				}
				return failure(t, err, scripts.KindScript)
			}
			check := func(e *scripts.Error, wantLine, wantColumn int) {
				t.Helper()
				if e.File != "f.yaml" || e.Line != wantLine || !near(c.runtime, e.Column, wantColumn) {
					t.Errorf("placed at %s:%d:%d, want line %d, column %d (%s)", e.File, e.Line, e.Column, wantLine, wantColumn, e.Message)
				}
				if !strings.Contains(e.Message, c.message) {
					t.Errorf("message %q lacks %q", e.Message, c.message)
				}
			}
			check(fail(scripts.Origin{File: "f.yaml"}), line, column)
			check(fail(scripts.Origin{File: "f.yaml", Line: 10, Column: 7, Block: true}), 9+line, 6+column)
			inline := fail(scripts.Origin{File: "f.yaml", Line: 10, Column: 7})
			if line == 1 {
				check(inline, 10, 6+column)
				return
			}
			check(inline, 10, 7)
			if want := "(line " + string(rune('0'+line)) + " of the script)"; !strings.Contains(inline.Message, want) {
				t.Errorf("message %q lacks %q", inline.Message, want)
			}
		})
	}
}

// near allows what goja allows itself: it places a runtime error somewhere in the expression.
func near(runtime bool, got, want int) bool {
	if !runtime {
		return got == want
	}
	return got-want <= 12 && want-got <= 12
}

func TestErrorText(t *testing.T) {
	for want, e := range map[string]scripts.Error{
		"m":           {Message: "m"},
		"f.js: m":     {Message: "m", File: "f.js"},
		"f.js:3:4: m": {Message: "m", File: "f.js", Line: 3, Column: 4},
		"3:4: m":      {Message: "m", Line: 3, Column: 4},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestStacks shows that the stacks which a script reads name the places that were written.
func TestStacks(t *testing.T) {
	const body = "function f() {\n  return new Error('é')\n}\nconst e = '😀' && f()\n"
	folder := scripts.Files{"lib/a b.ts": "export const lost = (): Error => new Error('x')"}
	for _, c := range []struct {
		source string
		want   []string
	}{
		{body + "return e.stack", []string{"at f (flow.yaml:11:16", "flow.yaml:13:25"}},
		{"const n: number = 1\n" + body + "return e.stack", []string{"at f (flow.yaml:12:16", "flow.yaml:14:24"}},
		{"import {lost} from './lib/a b'\nexport default function run() {\n  return lost().stack\n}", []string{"at lost (lib/a%20b.ts:1:34", "at run (flow.yaml:12:16"}},
	} {
		code := inline(c.source)
		code.Folder = folder
		r, err := runCode(t, code)
		if err != nil {
			t.Fatal(err)
		}
		stack, _ := r.Returned.AsString()
		for _, want := range c.want {
			if !strings.Contains(stack, want) {
				t.Errorf("%s\nhas the stack %s\nwant %s", c.source, stack, want)
			}
		}
	}
}
