package scripts_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/scripts"
)

// TestHostile runs what one process can contain. Each ends soon, as a clean error or harmlessly, and never in a panic.
// An empty kind says that the script may also succeed.
func TestHostile(t *testing.T) {
	e := scripts.New(scripts.Limits{Time: 10 * time.Second})
	for _, c := range []struct{ kind, body string }{
		// Thrown things that do not want to be looked at.
		{scripts.KindScript, `throw {toString() { throw 1 }}`},
		{scripts.KindScript, `throw {get message() { throw 1 }, get name() { throw 2 }}`},
		{scripts.KindScript, `throw Object.create(null)`},
		{scripts.KindScript, `throw undefined`},
		{scripts.KindScript, `throw null`},
		{scripts.KindScript, `throw Symbol("s")`},
		{scripts.KindScript, `throw 10n`},
		{scripts.KindScript, `throw () => 1`},
		{scripts.KindScript, `throw new Proxy({}, {get() { throw 1 }, ownKeys() { throw 2 }})`},
		{scripts.KindScript, `throw new Proxy(new Error("x"), {get() { throw 1 }})`},
		{scripts.KindScript, `const p = Proxy.revocable({}, {}); p.revoke(); throw p.proxy`},
		{scripts.KindScript, `const p = Proxy.revocable([], {}); p.revoke(); return p.proxy`},
		{scripts.KindScript, `const p = Proxy.revocable({}, {}); p.revoke(); state.x = p.proxy`},
		{scripts.KindScript, `const e = new Error("x"); e.message = {toString() { throw e }}; throw e`},
		{scripts.KindScript, `const e = new Error("x"); Object.defineProperty(e, "name", {get() { throw e }}); throw e`},
		{scripts.KindScript, `const e = new Error("x"); e.message = Symbol("m"); throw e`},
		{scripts.KindScript, `const e = new Error("x"); Object.setPrototypeOf(e, null); throw e`},
		{scripts.KindScript, `Error.prototype.toString = () => { throw 1 }; throw new Error("x")`},
		{scripts.KindScript, `class E extends Error { get message() { throw this } }; throw new E()`},
		{scripts.KindScript, `throw new AggregateError([new Error("a")], "all")`},
		{scripts.KindScript, `throw "x".repeat(1e5)`},
		{scripts.KindScript, `throw new Error("x".repeat(1e5))`},
		{scripts.KindScript, `const o = {}; o.o = o; throw o`},
		{scripts.KindScript, `throw state`},
		{scripts.KindScript, `throw console`},
		{scripts.KindScript, `throw ctx`},
		// Values that do not want to be converted.
		{scripts.KindScript, `return {get x() { throw new Error("no") }}`},
		{scripts.KindScript, `return {toJSON() { throw "no" }}`},
		{scripts.KindScript, `return new Proxy({}, {ownKeys() { throw 1 }})`},
		{scripts.KindScript, `return new Proxy({}, {ownKeys() { return 5 }})`},
		{scripts.KindScript, `return new Proxy({a: 1}, {getOwnPropertyDescriptor() { throw 1 }})`},
		{scripts.KindScript, `return new Proxy([], {get(t, k) { if (k === "length") throw 1; return t[k] }})`},
		{"", `return new Proxy([], {get(t, k) { return k === "length" ? "x" : t[k] }})`},
		{"", `return new Proxy([], {get(t, k) { return k === "length" ? -5 : t[k] }})`},
		{scripts.KindOutput, `return new Proxy([], {get(t, k) { return k === "length" ? 2**53 : 0 }})`},
		{scripts.KindLimit, `let p = {}; for (let i = 0; i < 1e4; i++) p = new Proxy(p, {}); return {p: {toJSON: p.x, get q() { return this.q }}}`},
		{scripts.KindOutput, `const a = []; a.length = 2**32 - 1; return a`},
		{scripts.KindLimit, `return {toJSON() { return {toJSON: this.toJSON} }}`},
		{scripts.KindLimit, `const f = d => ({get x() { return f(d + 1) }}); return f(0)`},
		{scripts.KindScript, `return new Proxy({}, {get(t, k, me) { return k === "toJSON" ? undefined : me }, ownKeys: () => ["a", "b"],
			getOwnPropertyDescriptor: () => ({value: 1, enumerable: true, configurable: true})})`},
		{"", `Object.prototype.toJSON = () => "x"; return {a: 1}`},
		{"", `Array.prototype.toJSON = function () { return 1 }; state.a = [1]`},
		{"", `Object.defineProperty(Object.prototype, "x", {get() { throw 1 }, enumerable: true}); return {}`},
		{"", `Object.defineProperty(Array.prototype, "0", {get() { return 1 }}); state.list.push(1); const a = []; a.length = 1; return a`},
		{"", `Object.defineProperty(Object.prototype, "a", {set() { }}); state.a = 1; return {a: 1}`},
		{"", `Object.setPrototypeOf(state, null); state.a = 1; return Object.keys(state)`},
		{"", `Object.setPrototypeOf(state.list, null); return state.list.length`},
		{"", `Object.setPrototypeOf(state, {get z() { return 1 }}); return state.z`},
		{"", `state.__proto__ = {evil: 1}; return ({}).evil`},
		{"", `return JSON.parse('{"__proto__": {"x": 1}}')`},
		{"", `state["__proto__"] = null; return state`},
		{scripts.KindScript, `Object.freeze(state)`},
		{scripts.KindScript, `Object.defineProperty(state, "x", {get() { return 1 }})`},
		{scripts.KindScript, `state[Symbol("x")] = 1`},
		{scripts.KindScript, `state.list.foo = 1`},
		{scripts.KindScript, `state.list[-1] = 1`},
		{scripts.KindScript, `state.list.length = -1`},
		{scripts.KindScript, `Reflect.construct(state, [])`},
		{scripts.KindScript, `state()`},
		{scripts.KindScript, `new console.log()`},
		{scripts.KindScript, `({} instanceof state)`},
		{"", `console.log.call(null, {get x() { throw 1 }})`},
		// Too much of something.
		{scripts.KindLimit, `return "x".repeat(2 ** 40)`},
		{scripts.KindLimit, `return "x".repeat(2 ** 31)`},
		{scripts.KindLimit, `return "abc".padStart(2 ** 40)`},
		{scripts.KindLimit, `return "abc".padEnd(1e10, "xy")`},
		{scripts.KindLimit, `return Array(1e9).fill(0)`},
		{scripts.KindLimit, `return new Array(4e9).join("x")`},
		{scripts.KindLimit, `const a = []; a.length = 4e9; return a.join("x")`},
		{scripts.KindLimit, `const a = []; a.length = 4e9; a.sort()`},
		{scripts.KindLimit, `const a = []; a.length = 4e9; return a.map(x => x)`},
		{scripts.KindLimit, `return Array.from({length: 1e9})`},
		{scripts.KindLimit, `return new ArrayBuffer(1e12)`},
		{scripts.KindLimit, `return new Uint8Array(1e10).length`},
		{scripts.KindLimit, `return new Float64Array(1e9).length`},
		{scripts.KindLimit, `class A extends Array {}; return new A(4e9).fill(1)`},
		{scripts.KindLimit, `JSON.parse("[".repeat(1e6))`},
		{scripts.KindScript, `return eval("x".repeat(10) + "(")`},
		{"", `return [..."x".repeat(1e5)].length`},
		{"", `return new Array(3).fill(0)`},
		{"", `return Array.from("abc").concat(Array.of(1), new Array(1, 2), Array(2).fill(1))`},
		{"", `return [Array(3) instanceof Array, [].constructor === Array, Array.isArray(new Array(1)), Array.name, new Uint8Array(4).length]`},
		// Ways out.
		{scripts.KindScript, `return require("fs")`},
		{scripts.KindScript, `return process.env`},
		{scripts.KindScript, `return fetch("http://localhost")`},
		{scripts.KindScript, `import("fs")`},
		{"", `return (function () { return typeof this })()`},
		{"", `return Object.getOwnPropertyNames(globalThis).filter(n => /go|process|require|load|read/i.test(n))`},
		{"", `return typeof [].constructor.constructor("return this")().process`},
		{"", "//# sourceMappingURL=file:///etc/passwd\nreturn 1"},
		{"", "return eval('1\\n//# sourceMappingURL=/etc/passwd')"},
		{"", `return console.log.constructor("return 1")()`},
		{"", `const {log} = console; log.x = 1; return log.name.length >= 0`},
		{"", `return ctx.exact.constructor === Function`},
	} {
		name := c.body[:min(len(c.body), 60)]
		t.Run(name, func(t *testing.T) {
			hostile := source{text: "console; ctx; state;" + c.body, origin: scripts.Origin{File: "h.js"}}
			err := within(t, func() error {
				_, err := runBoth(t.Context(), t, e, hostile, scripts.Scope{State: must(`{"list":[1,2]}`), Ctx: visit})
				return err
			})
			if err == nil && c.kind == "" {
				return
			}
			var f *scripts.Error
			if !errors.As(err, &f) {
				t.Fatalf("%v is no *scripts.Error", err)
			}
			if f.Kind != c.kind && c.kind != "" || f.Kind == scripts.KindTimeout {
				t.Errorf("kind %s, want %s: %s", f.Kind, c.kind, f.Message)
			}
			if c.kind == "" {
				t.Errorf("failed: %s", f.Message)
			}
			if f.Message == "" || len(f.Message) > 2000 || f.Line == 0 || f.File != "h.js" || strings.Contains(f.Message, "goja") {
				t.Errorf("not a clean error: %+v", f)
			}
		})
	}
}

// TestHostileSource compiles what would kill or stop the compiler.
func TestHostileSource(t *testing.T) {
	const n = 256 << 10
	for name, source := range map[string]string{
		"open parentheses":  strings.Repeat("(", n),
		"parentheses":       strings.Repeat("(", n/2) + strings.Repeat(")", n/2),
		"brackets":          strings.Repeat("[", n/2) + strings.Repeat("]", n/2),
		"blocks":            strings.Repeat("{", n/2) + strings.Repeat("}", n/2),
		"functions":         strings.Repeat("(()=>{", n/8) + strings.Repeat("})", n/8),
		"templates":         strings.Repeat("`${", n/5) + strings.Repeat("}`", n/5),
		"hidden in strings": strings.Repeat(`(")"+`, n/5),
		"sums":              strings.Repeat("1+", n/2-1) + "1",
		"powers":            strings.Repeat("1**", n/3-1) + "1",
		"negations":         strings.Repeat("!", n-1) + "1",
		"conditions":        strings.Repeat("1?1:", n/4-1) + "1",
		"assignments":       "let a;" + strings.Repeat("a=", n/2-4) + "1",
		"else if":           strings.Repeat("if(a){}else ", n/12-1) + "{}",
		"calls":             "a" + strings.Repeat("(1)", n/3-1),
		"members":           "a" + strings.Repeat(".a", n/2-1),
		"loops":             strings.Repeat("for(let a=1;;)", n/14-1) + ";",
		"default arrows":    strings.Repeat("(a=", 30) + "1" + strings.Repeat(")=>1", 30),
		"async arrows":      strings.Repeat("async (a=", 30) + "1" + strings.Repeat(") => 1", 30),
		"groups":            "/" + strings.Repeat("(", 2000) + strings.Repeat(")", 2000) + "/",
		"too long":          strings.Repeat(" ", n+1),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			err := within(t, func() error {
				_, err := scripts0.CompileBody(source, scripts.Origin{File: "h.js"})
				return err
			})
			var f *scripts.Error
			if !errors.As(err, &f) || len(f.Message) > 2000 {
				t.Errorf("%.200v after %v", err, time.Since(began))
			}
		})
	}
}

// TestTranslatorIsBounded shows that what would make the translator recurse without end, or take minutes, does not reach it.
func TestTranslatorIsBounded(t *testing.T) {
	const many = 20_000
	for name, unit := range map[string]string{
		"arrow functions": "a=>", "conditions": "a?", "assignments": "a=", "negations": "!", "types": "a as A<", "statements": "if(a)", "labels": "a:",
		"decorators": "@a ", "constructors": "new ", "in strings that never end": "'\n!", "behind a misunderstood slash": ") /[']/ !",
	} {
		for _, source := range []string{strings.Repeat(unit, many), "import './long'\nexport default () => 1"} {
			c := scripts.Code{Source: source, Origin: scripts.Origin{File: "a.ts"}, Folder: scripts.Files{"long.ts": strings.Repeat(unit, many)}}
			if _, err := scripts0.Compile(c); err == nil || !strings.Contains(err.Error(), "nests more than 1000 deep") {
				t.Errorf("%s: %.200v", name, err)
			}
		}
	}
}
