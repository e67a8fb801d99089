package scripts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/scripts"
)

func TestConsoleText(t *testing.T) {
	for args, want := range map[string]string{
		``:                                   ``,
		`"a", 'b', 1, true, null, undefined`: `a b 1 true null undefined`,
		`{a: 1, b: ["x", {c: null}]}`:        `{"a":1,"b":["x",{"c":null}]}`,
		`state`:                              `{"id":9007199254740993,"list":[1,2]}`,
		`"list:", state.list`:                `list: [1,2]`,
		`undefined, [undefined, () => 1, function f() {}]`: `undefined [undefined,[Function],[Function: f]]`,
		`NaN, 1/0, -0, 10n, Symbol("s")`:                   `NaN Infinity -0 10n Symbol(s)`,
		`new Map([[1, {a: 2}]]), new Set(["x"])`:           `Map [[1,{"a":2}]] Set ["x"]`,
		`new TypeError("bad"), [new Error("e")]`:           `TypeError: bad [Error: e]`,
		`new Date(0), /x/g, Promise.resolve(1)`:            `1970-01-01T00:00:00.000Z /x/g Promise {}`,
		`(() => { const o = {}; o.o = o; return o })()`:    `{"o":[Circular]}`,
		`[[[[[[[[[[1]]]]]]]]]]`:                            `[[[[[[[[[Array]]]]]]]]]`,
		`"%s is %d%% of %j", "a", 5, {x: 1}, "more"`:       `a is 5% of {"x":1} more`,
		`"%i %f %o %x %", 1.5, "2.5", {a: 1}`:              `1 2.5 {"a":1} %x %`,
		`"100%", "x"`:                                      `100% x`,
		`"%s"`:                                             `%s`,
		`"%d", {}`:                                         `NaN`,
		`new Proxy([1], {})`:                               `[1]`,
		`"line\nbreak", ["line\nbreak"]`: `line
break ["line\nbreak"]`,
	} {
		r, err := run(t, "console.log("+args+")", `{"id":9007199254740993,"list":[1,2]}`)
		if err != nil {
			t.Errorf("console.log(%s): %v", args, err)
			continue
		}
		if len(r.Console) != 1 || r.Console[0].Text != want {
			t.Errorf("console.log(%s) wrote %+v, want %q", args, r.Console, want)
		}
	}
}

// TestConsoleNeverFails logs what throws when it is looked at.
func TestConsoleNeverFails(t *testing.T) {
	const thrower = `{get() { throw new Error("no") }, ownKeys() { throw "none" }, getPrototypeOf() { throw 1 }}`
	for args, want := range map[string]string{
		`{a: 1, get b() { throw new Error("no") }, c: {get d() { throw "plain" }}}`:                                                `{"a":1,"b":[getter threw: Error: no],"c":{"d":[getter threw: plain]}}`,
		`"before", {get a() { throw 1 }}, "after"`:                                                                                 `before {"a":[getter threw: 1]} after`,
		`"%s and %j", {get a() { throw null }}, 2`:                                                                                 `{"a":[getter threw: null]} and 2`,
		`Object.defineProperty([1, 2], 0, {get() { throw {x: 1} }})`:                                                               `[[getter threw: an object was thrown],2]`,
		`(() => { const o = {get x() { throw o }}; return o })()`:                                                                  `{"x":[getter threw: an object was thrown]}`,
		`new Proxy({a: 1}, ` + thrower + `)`:                                                                                       `[cannot be shown: none]`,
		`[new Proxy([1], ` + thrower + `)]`:                                                                                        `[[cannot be shown: Error: no]]`,
		`new Proxy([1], {get: () => undefined})`:                                                                                   `[]`,
		`new Proxy([1], {get: () => Symbol("s")})`:                                                                                 `[cannot be shown: TypeError: Cannot convert a Symbol value to a number]`,
		`{toString() { throw 1 }, toJSON() { throw 2 }}`:                                                                           `{"toString":[Function: toString],"toJSON":[Function: toJSON]}`,
		`Object.assign(new Date(0), {toJSON() { throw new Error("no") }})`:                                                         `[cannot be shown: Error: no]`,
		`Object.assign(/x/, {toString() { throw new Error("no") }})`:                                                               `[cannot be shown: Error: no]`,
		`Object.defineProperty(new Error(), "message", {get() { throw 3 }})`:                                                       `[cannot be shown: 3]`,
		`Object.assign(new Error("e"), {name: {toString() { throw 4 }}})`:                                                          `[cannot be shown: 4]`,
		`Object.assign(new Set([1]), {[Symbol.iterator]() { throw 5 }})`:                                                           `Set [[iterator threw: 5]]`,
		`(() => { const e = Object.defineProperty(new Error(), "message", {get() { throw e }}); return {get x() { throw e }} })()`: `{"x":[getter threw: something that cannot be shown]}`,
		`class { static get name() { throw 6 } }`:                                                                                  `[cannot be shown: 6]`,
	} {
		r, err := run(t, "console.log("+args+"); return {done: true}", `{}`)
		if err != nil {
			t.Errorf("console.log(%s): %v", args, err)
			continue
		}
		if len(r.Console) != 1 || r.Console[0].Text != want || r.Returned.String() != `{"done":true}` {
			t.Errorf("console.log(%s) wrote %+v, want %q", args, r.Console, want)
		}
	}
	r, err := run(t, `const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); console.log(proxy, [proxy])`, `{}`)
	if err != nil || len(r.Console) != 1 || !strings.HasPrefix(r.Console[0].Text, "[cannot be shown: TypeError: ") {
		t.Errorf("a revoked proxy: %+v, %v", r.Console, err)
	}
}

// TestConsoleKeepsToTheLimits logs what does not end when it is looked at.
func TestConsoleKeepsToTheLimits(t *testing.T) {
	for args, kind := range map[string]string{
		`{get x() { for (;;); }}`:                               scripts.KindTimeout,
		`{get x() { try { for (;;); } catch {} }}`:              scripts.KindTimeout,
		`{get x() { throw {get message() { for (;;); }} }}, {}`: "",
		`{get x() { const e = new Error(); Object.defineProperty(e, "message", {get() { for (;;); }}); throw e }}`: scripts.KindTimeout,
		`new Proxy({}, {ownKeys() { for (;;); }})`:                 scripts.KindTimeout,
		`Object.assign(/x/, {toString() { for (;;); }})`:           scripts.KindTimeout,
		`{get x() { return this.x }}`:                              scripts.KindLimit,
		`Array.from({length: 1e4}, () => ({get x() { throw 1 }}))`: "",
	} {
		limits := scripts.Limits{Time: time.Minute}
		if kind == scripts.KindTimeout {
			limits.Time = 30 * time.Millisecond
		}
		_, err := runIn(t, scripts.New(limits), "console.log("+args+")", scripts.Scope{})
		if kind == "" {
			if err != nil {
				t.Errorf("console.log(%s): %v", args, err)
			}
			continue
		}
		_ = failure(t, err, kind)
	}
}

func TestConsoleLines(t *testing.T) {
	r, err := runBoth(t.Context(), t, scripts0, source{
		text:   "console.debug(1)\nfunction f() {\n  console.info('two')\n}\nf(); console.warn(state)\nconst {log, error} = console; log(4); error(5)",
		origin: scripts.Origin{File: "f.yaml", Line: 10, Column: 3, Block: true},
	}, scripts.Scope{State: must(`{}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []scripts.Line{
		{Level: "debug", Text: "1", File: "f.yaml", Line: 10},
		{Level: "info", Text: "two", File: "f.yaml", Line: 12},
		{Level: "warn", Text: "{}", File: "f.yaml", Line: 14},
		{Level: "log", Text: "4", File: "f.yaml", Line: 15},
		{Level: "error", Text: "5", File: "f.yaml", Line: 15},
	}
	for i := range r.Console {
		if r.Console[i].Column < 3 {
			t.Errorf("line %d has column %d", i, r.Console[i].Column)
		}
		r.Console[i].Column = 0
	}
	if diff := cmp.Diff(want, r.Console); diff != "" {
		t.Error(diff)
	}
}

// TestConsoleOfFailure shows that what was logged before a failure is not lost.
func TestConsoleOfFailure(t *testing.T) {
	for _, body := range []string{
		`console.log("before"); null.x`,
		`console.log("before"); return NaN`,
		`console.log("before"); return () => 1`,
		`console.log("before"); (function f() { f() })()`,
		`console.log("before"); throw {toString() { throw 1 }}`,
	} {
		_, err := run(t, body, `{}`)
		var e *scripts.Error
		if !errors.As(err, &e) || len(e.Console) != 1 || e.Console[0].Text != "before" {
			t.Errorf("%s: %+v", body, err)
		}
	}
}

func TestConsoleLimits(t *testing.T) {
	e := scripts.New(scripts.Limits{ConsoleBytes: 100, ConsoleLines: 10, Time: time.Minute})
	for _, c := range []struct {
		body, last string
		lines      int
	}{
		{`for (let i = 0; i < 1e5; i++) console.log(i)`, "console was cut here: more than 10 lines; allow more with the flag `--script-limit lines=…`", 11},
		{`console.log("x".repeat(60)); console.log("é".repeat(60)); console.log("more")`, "console was cut here: more than 100 bytes; allow more with the flag `--script-limit console=…`", 3},
		{`console.log("x".repeat(1e6))`, "console was cut here: more than 100 bytes; allow more with the flag `--script-limit console=…`", 2},
		{`const a = Array.from({length: 1e5}, (_, i) => ({i})); console.log(a); console.log("more")`, "console was cut here: more than 100 bytes; allow more with the flag `--script-limit console=…`", 2},
		{`console.log("x".repeat(100)); console.log("")`, "", 2},
	} {
		r, err := runIn(t, e, c.body, scripts.Scope{})
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, line := range r.Console {
			size += len(line.Text)
			if !strings.HasPrefix(line.Text, "console was") && strings.ContainsRune(line.Text, '�') {
				t.Errorf("%s: a character was cut in two", c.body)
			}
		}
		if len(r.Console) != c.lines || r.Console[len(r.Console)-1].Text != c.last || size > 100+len(c.last) {
			t.Errorf("%s: %d lines, %d bytes, the last is %q", c.body, len(r.Console), size, r.Console[len(r.Console)-1].Text)
		}
	}
}
