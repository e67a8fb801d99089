package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

func TestEval(t *testing.T) {
	const state = `{"a":1,"o":{"x":[1,2]},"s":"t","big":12345678901234567890,"list":[9007199254740993],"toString":3}`
	for expression, want := range map[string]string{
		`state.a + 1`:                       `2`,
		`state.a >= 1 && state.s`:           `"t"`,
		`state.o`:                           `{"x":[1,2]}`,
		`state.missing`:                     `null`,
		`state?.missing?.deeper`:            `null`,
		`undefined`:                         `null`,
		`{a: 1}`:                            `{"a":1}`,
		`{a: state.o.x}.a`:                  `[1,2]`,
		`function() { return 1 }()`:         `1`,
		`1, 2`:                              `2`,
		`state.a // a comment`:              `1`,
		"state.a /* and\nanother */ + 1":    `2`,
		`"(" + ")"`:                         `"()"`,
		"`${state.a})`":                     `"1)"`,
		`/[)]/.test(")")`:                   `true`,
		`input.code + ctx.node + ctx.visit`: `"xscore2"`,
		`state.big`:                         `12345678901234567890`,
		`input.ids[0]`:                      `9007199254740993`,
		`state["list"][0]`:                  `9007199254740993`,
		`state.list`:                        `[9007199254740993]`,
		`{all: state, l: state.list}.l`:     `[9007199254740993]`,
		`state.list.length`:                 `1`,
		`state.o.x[7]`:                      `null`,
		`state.toString`:                    `3`,
		`[...state.o.x, 3]`:                 `[1,2,3]`,
		`new Set(state.o.x).size`:           `2`,
		`(() => { let n = 0; for (const x of state.o.x) n += x; return n })()`: `3`,
		"  \n state.a \n ": `1`,
	} {
		got, err := eval(t, expression, state)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
		} else if got.String() != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

func TestNoExpression(t *testing.T) {
	for _, c := range []struct{ source, message string }{
		{``, "an expression is needed"},
		{" \n", "an expression is needed"},
		{`a; b`, "one expression is needed"},
		{`a;`, "one expression is needed"},
		{`return 1`, "one expression is needed"},
		{`if (a) b`, "one expression is needed"},
		{`const a = 1`, "one expression is needed"},
		{`a) + (b`, "this `)` closes nothing"},
		{`a)(b`, "this `)` closes nothing"},
		{`a); evil(); (b`, "this `)` closes nothing"},
		{`1);}), (function() { return (2`, "this `)` closes nothing"},
		{`a] + [b`, "this `]` closes nothing"},
		{`1 /*`, "the comment that begins here is not closed"},
		{`(1`, "the expression ends before this `(` is closed"},
		{`1 +`, "Unexpected end of input"},
		{`"open`, "the string that begins here is not closed"},
		{`...state.list`, "Unexpected token ..."},
		{`,`, "Unexpected token ,"},
		{`await x`, "await is not possible"},
		{`state.x = `, "Unexpected end of input"},
		{`/(/`, "Invalid regular expression: Unterminated group"},
		{"/[a\\]/ + 1", "the [ in the regular expression"},
		{`// nothing`, "an expression is needed"},
		{`/* nothing */ `, "an expression is needed"},
		{`state.a and state.b`, "write && for `and`"},
		{`not state.a`, "write ! for `not`"},
		{`state.a === “x”`, "“ is not a quote in JavaScript"},
		{`return state.a`, "leave out `return`"},
		{"\xff", "UTF-8"},
	} {
		_, err := scripts0.CompileExpression(c.source, scripts.Origin{File: "f.yaml", Line: 3, Column: 5})
		if err == nil {
			t.Errorf("%q compiled", c.source)
			continue
		}
		e := failure(t, err, scripts.KindScript)
		if !strings.HasPrefix(e.Message, "SyntaxError: ") || !strings.Contains(e.Message, c.message) {
			t.Errorf("%q: message %q lacks %q", c.source, e.Message, c.message)
		}
		if e.File != "f.yaml" || e.Line != 3 || e.Column < 5 {
			t.Errorf("%q: placed at %s:%d:%d", c.source, e.File, e.Line, e.Column)
		}
	}
}

// TestExpressionReads shows that nothing an expression sees can be changed, however it is tried.
func TestExpressionReads(t *testing.T) {
	for _, c := range []struct{ expression, message string }{
		{`state.a = 1`, "state cannot be changed: an expression only reads"},
		{`delete state.a`, "state cannot be changed"},
		{`state.list.push(1)`, "state.list cannot be changed"},
		{`state.list.sort()`, "state.list cannot be changed"},
		{`state.list.length = 0`, "state.list cannot be changed"},
		{`state.o.deep.x = 1`, "state.o.deep cannot be changed"},
		{`state["odd key"].x = 1`, `state["odd key"] cannot be changed`},
		{`Object.assign(state, {a: 1})`, "state cannot be changed"},
		{`Object.defineProperty(state, "a", {value: 1, writable: true, enumerable: true, configurable: true})`, "state cannot be changed"},
		{`Reflect.set(state, "a", 1)`, "state cannot be changed"},
		{`input.code = 1`, "input cannot be changed"},
		{`ctx.run = 1`, "ctx.run cannot be changed"},
		{`state = 1`, "Assignment to constant variable"},
		{`leak = 1`, "leak is not defined"},
	} {
		_, err := eval(t, c.expression, `{"a":0,"list":[2,1],"o":{"deep":{}},"odd key":{}}`)
		e := failure(t, err, scripts.KindScript)
		if !strings.Contains(e.Message, c.message) {
			t.Errorf("%s: message %q lacks %q", c.expression, e.Message, c.message)
		}
	}
}

func TestTruth(t *testing.T) {
	state := document.MustParse(`{"zero":0,"empty":"","list":[],"n":null,"big":12345678901234567890}`)
	for expression, want := range map[string]bool{
		`state.zero`: false, `state.empty`: false, `state.n`: false, `state.none`: false, `0/0`: false, `-0`: false,
		`state.list`: true, `state`: true, `"0"`: true, `state.big`: true, `state.list.length === 0`: true, `() => 0`: true,
	} {
		if got, err := holdsBoth(t, scripts0, source{text: expression}, scope(state)); err != nil || got != want {
			t.Errorf("%s is %t (%v), want %t", expression, got, err, want)
		}
	}
	if _, err := holdsBoth(t, scripts0, source{text: `(async () => false)()`}, scope(state)); err == nil || !strings.Contains(err.Error(), "Promise") {
		t.Errorf("a promise was taken for true: %v", err)
	}
}
