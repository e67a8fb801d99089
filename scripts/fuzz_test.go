package scripts_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// FuzzCompile shows that every source compiles, and is warned of in its own lines, or is a clean error inside of them.
func FuzzCompile(f *testing.F) {
	for _, source := range []string{
		"", "return 1", "}", "})", "`${", "a) + (b", "/(/", "\"\n", "let é = 😀", "if (", "a\r\nb\u2028)", "await x", "export default 1", "//", "/*", "<!--",
		"if (a = b) return\nc", "x: for (;;) { switch (a) { case 1: break x } }", "class A { static { var b } #c = d }", "for (const [a = b] of c) (d) => { e }",
	} {
		f.Add(source)
	}
	e := scripts.New(scripts.Limits{SourceBytes: 4096})
	f.Fuzz(func(t *testing.T, source string) {
		script, body := e.CompileBody(source, scripts.Origin{File: "f.js"})
		x, expression := e.CompileExpression(source, scripts.Origin{File: "f.js", Line: 5, Column: 9, Block: true})
		var found []scripts.Warning
		if body == nil {
			found = script.Warnings(nil)
		}
		if expression == nil {
			found = append(found, x.Warnings()...)
		}
		for _, w := range found {
			if w.Line < 1 || w.Line > 5+len(source) || w.Column < 1 || w.Message == "" {
				t.Fatalf("%+v", w)
			}
		}
		for _, err := range []error{body, expression} {
			if err == nil {
				continue
			}
			var x *scripts.Error
			if !errors.As(err, &x) {
				t.Fatalf("%T %v", err, err)
			}
			lines := 5 + strings.Count(source, "\n") + strings.Count(source, "\r") + strings.Count(source, "\u2028") + strings.Count(source, "\u2029")
			if x.Line < 1 || x.Line > lines || x.Column < 1 || x.Column > 9+utf8.RuneCountInString(source) || x.Message == "" {
				t.Fatalf("%+v in %d lines", x, lines)
			}
		}
	})
}

// FuzzRun shows that every script over every state ends with a patch that fits or with a clean error.
func FuzzRun(f *testing.F) {
	for _, body := range []string{
		"state.a = 1", "state.list.push(state)", "delete state.list; return state", "throw state.list", "for (const x of state.list) x.n = 1",
		"state.list.splice(0, 1, {})", "return new Proxy(state, {})", "console.log(state, '%s', 1)", "state.list.sort(); return [...state.list]",
	} {
		f.Add(body, `{"a":0,"list":[{"n":9007199254740993},2]}`)
	}
	e := scripts.New(scripts.Limits{Time: 50 * time.Millisecond, SourceBytes: 1000})
	f.Fuzz(func(t *testing.T, body, text string) {
		state, err := document.Parse([]byte(text))
		if err != nil {
			t.Skip()
		}
		s, err := e.CompileBody(body, scripts.Origin{})
		if err != nil {
			t.Skip()
		}
		r, err := s.Run(t.Context(), scripts.Scope{State: state, Input: state, Ctx: visit})
		var x *scripts.Error
		if err != nil && !errors.As(err, &x) {
			t.Fatalf("%T %v", err, err)
		}
		if _, err := r.Patch.Apply(state); err != nil {
			t.Fatalf("%s over %s: %s does not fit: %v", body, state, r.Patch, err)
		}
	})
}
