package scripts_test

// hostileScript is a script that means harm.
type hostileScript struct {
	name, body string
	kinds      string // the kinds that it may fail with in a process of its own, by spaces; "ok" where it may also succeed
	here       bool   // one process contains it, too
}

// hostileSet is what a process of its own contains, and what of it the engine's own process does. Those that it does not are the
// list in docs/scripts.md of what no limit stops.
var hostileSet = []hostileScript{
	// Memory, step by step.
	{"a list that grows", `const l = []; for (;;) l.push([1, 2, 3, 4])`, "script_limit timeout", true},
	{"a list of itself that grows", `const l = []; for (;;) l.push(l)`, "script_limit timeout", true},
	{"a Map that grows", `const m = new Map(); for (let i = 0;; i++) m.set(i, {i})`, "script_limit timeout", true},
	{"a Set that grows", `const s = new Set(); for (let i = 0;; i++) s.add("key " + i)`, "script_limit timeout", true},
	{"an object that grows", `const o = {}; for (let i = 0;; i++) o["key" + i] = i`, "script_limit timeout", true},
	{"the state that grows", `for (let i = 0;; i++) state["k" + i] = [i]`, "script_limit timeout", true},
	{"a string that doubles", `let s = "x"; for (;;) s += s`, "script_limit timeout", false},
	{"a template that doubles", "let s = 'x'; for (;;) s = `${s}${s}`", "script_limit timeout", false},
	{"a string of two bytes a character that doubles", `let s = "\u4e00"; for (;;) s = s + s`, "script_limit timeout", false},
	{"concat that doubles", `let l = [1]; for (;;) l = l.concat(l)`, "script_limit timeout", false},
	{"spread that doubles", `let l = [1]; for (;;) l = [...l, ...l]`, "script_limit timeout", false},
	{"join that doubles", `let s = "x"; for (;;) s = [s, s].join(s)`, "script_limit timeout", false},
	{"replace that doubles", `let s = "xx"; for (;;) s = s.replaceAll("x", s)`, "script_limit timeout", false},
	{"closures that are kept", `let f = () => 0; for (;;) { const g = f; f = () => g }`, "script_limit timeout", true},
	{"errors that are kept", `const l = []; for (;;) try { null.x } catch (e) { l.push(e) }`, "script_limit timeout", true},
	{"a queue of promises", `const f = () => { Promise.resolve().then(f); Promise.resolve().then(f) }; f()`, "script_limit timeout", true},
	{"typed arrays that are kept", `const l = []; for (;;) l.push(new Float64Array(100000))`, "script_limit timeout", true},
	{"symbols that are kept", `const l = []; for (let i = 0;; i++) l.push(Symbol("s" + i))`, "script_limit timeout", true},

	// Memory in one piece, under names that no guard sees.
	{"repeat", `return "x"["rep" + "eat"](2 ** 40)`, "script_limit", false},
	{"repeat, within what can be had", `return "x"["rep" + "eat"](2 ** 33)`, "script_limit", false},
	{"padStart", `return "x"["pad" + "Start"](2 ** 40, "yz")`, "script_limit script_error", false},
	{"an ArrayBuffer", `const name = "Array" + "Buffer"; return new globalThis[name](2 ** 40)`, "script_limit script_error", false},
	{"a Uint8Array", `return new (Object.getPrototypeOf(Int8Array)["na" + "me"] && globalThis["Uint8" + "Array"])(2 ** 36)`, "script_limit script_error", false},
	{"a shared buffer's view", `return new DataView(new globalThis["Array" + "Buffer"](2 ** 35))`, "script_limit script_error", false},
	{"fill of a long list", `const a = []; a["len" + "gth"] = 2 ** 32 - 1; a.fill(0)`, "script_limit timeout", false},
	{"join of a long list", `const a = []; a["len" + "gth"] = 2 ** 32 - 1; return a.join("xxxxxxxx")`, "script_limit timeout", false},
	{"sort of a long list", `const a = []; a["len" + "gth"] = 2 ** 32 - 1; a.sort()`, "script_limit timeout ok", false},
	{"apply of a long list", `return Math.max.apply(null, {["len" + "gth"]: 2 ** 31})`, "script_limit script_error timeout", false},
	{"from of what is long", `return globalThis["Arr" + "ay"]["fr" + "om"]({["len" + "gth"]: 2 ** 32 - 1})`, "script_limit timeout", false},
	{"fromCharCode of many", `return String.fromCharCode.apply(null, {["len" + "gth"]: 2 ** 31})`, "script_limit script_error timeout", false},

	// Native loops.
	{"indexOf over a pretender", `return [].indexOf.call({length: 2 ** 53}, 1)`, "timeout", false},
	{"includes over a pretender", `return [].includes.call({length: 2 ** 53}, 1)`, "timeout", false},
	{"lastIndexOf over a pretender", `return [].lastIndexOf.call({length: 2 ** 53}, 1)`, "timeout", false},
	{"reverse of a pretender", `return [].reverse.call({length: 2 ** 53 - 1})`, "timeout script_limit", false},
	{"forEach over a pretender", `return [].forEach.call({length: 2 ** 53}, () => 0)`, "timeout", false},
	{"every over a pretender", `return [].every.call({length: 2 ** 53}, () => true)`, "timeout", false},
	{"splice of a pretender", `return [].splice.call({length: 2 ** 53 - 1}, 0, 1)`, "timeout script_limit", false},
	{"unshift of a pretender", `return [].unshift.call({length: 2 ** 53 - 5}, 1)`, "timeout script_limit", false},
	{"copyWithin a pretender", `return [].copyWithin.call({length: 2 ** 53 - 1}, 0, 5)`, "timeout script_limit", false},
	{"join of a pretender", `return [].join.call({length: 2 ** 53 - 1})`, "timeout script_limit", false},
	{"JSON.stringify of a pretender", `return JSON.stringify(new Proxy([], {get: (t, k) => k === "length" ? 2 ** 53 - 1 : 0}))`, "timeout script_limit", false},

	// Arithmetic.
	{"a power of BigInts", `const n = 1000000000n; return String(10n ** n)`, "timeout script_limit", false},
	{"a shift of BigInts", `const n = 1n << 40n; return (1n << n) > 0n`, "timeout script_limit script_error", false},
	{"a product of BigInts that doubles", `let n = 3n; for (;;) n *= n`, "timeout script_limit", false},
	{"digits of a BigInt", `let n = 7n; for (let i = 0; i < 24; i++) n *= n; return String(n).length`, "timeout script_limit", false},

	// Regular expressions.
	{"nested repetition", `return /^(?=(a+)+$)(a+)+$/.test("a".repeat(40) + "!")`, "timeout", false},
	{"nested repetition without lookahead", `return /^(a+)+$/.test("a".repeat(1e5) + "!")`, "timeout ok", true},
	{"alternatives that overlap", `return /^(?!x)(a|a)*\1?$/.test("a".repeat(60) + "!")`, "timeout ok", false},
	{"back references", `return /(x+x+)+\1y/.exec("x".repeat(60))`, "timeout ok", false},
	{"a split that backtracks", `return ("a".repeat(35) + "!").split(/(?=(a+)+b)(a+)+b/)`, "timeout ok", false},

	// Depth.
	{"recursion", `(function f() { f() })()`, "script_limit", true},
	{"recursion through getters", `const o = {get x() { return this.x }}; return o.x`, "script_limit", true},
	{"recursion through proxies", `const p = new Proxy({}, {get: (t, k, me) => me[k]}); return p.x`, "script_limit", true},
	{"recursion through toJSON", `const o = {toJSON() { return JSON.stringify(this) }}; return o`, "script_limit", true},
	{"recursion through sort", `const f = () => [2, 1].sort(f); f()`, "script_limit", true},
	{"nested lists as a text", `let o = []; for (let i = 0; i < 2e6; i++) o = [o]; return String(o)`, "script_limit timeout", false},
	{"nested lists as JSON", `let o = []; for (let i = 0; i < 2e6; i++) o = [o]; return JSON.stringify(o)`, "script_limit timeout script_error", false},
	{"nested lists made flat", `let o = []; for (let i = 0; i < 2e6; i++) o = [o]; return o.flat(Infinity)`, "script_limit timeout", false},
	{"nested lists returned", `let o = []; for (let i = 0; i < 1e5; i++) o = [o]; return o`, "script_limit timeout", true},
	{"nested brackets in eval", `return (0, eval)("[".repeat(5e6) + "]".repeat(5e6))`, "script_limit timeout script_error", false},
	{"nested brackets in Function", `return Function("return " + "(".repeat(5e6) + "1" + ")".repeat(5e6))`, "script_limit timeout script_error", false},
	{"nested JSON", `return JSON["par" + "se"]("[".repeat(5e6) + "]".repeat(5e6))`, "script_limit timeout script_error", false},
	{"proxies in proxies", `let p = {}; for (let i = 0; i < 3e6; i++) p = new Proxy(p, {}); return p.x`, "script_limit timeout", false},
	{"prototypes of prototypes", `let o = {}; for (let i = 0; i < 3e6; i++) o = Object.create(o); return o.x`, "script_limit timeout ok", true},
	{"a state that inherits of itself", `Object.setPrototypeOf(state, Object.create(state)); return state.x`, "script_error", true},
	{"a state that inherits of itself by a Proxy", `const p = new Proxy(state, {}); Object.setPrototypeOf(p, state); return state.x`, "script_error", true},
	{"a state that inherits of itself, asked under another name", `Object["setProto" + "typeOf"](state, state); return state.x`, "script_limit", false},
	{"bound functions of bound functions", `let f = () => 1; for (let i = 0; i < 3e6; i++) f = f.bind(); return f()`, "script_limit timeout", false},

	// Loops that look at no limit of their own.
	{"a loop", `for (;;);`, "timeout", true},
	{"a loop with labels", `a: for (;;) { b: for (;;) { continue a } }`, "timeout", true},
	{"a loop that catches all", `for (;;) try { throw 1 } catch { continue } finally { continue }`, "timeout", true},
	{"a generator without an end", `function* g() { for (;;) yield 1 } for (const x of g());`, "timeout", true},
	{"a generator that is spread", `function* g() { for (;;) yield 1 } return [...g()]`, "script_limit timeout", true},
	{"a generator that will not close", `function* g() { for (;;) try { yield 1 } finally { continue } } for (const x of g()) break`, "timeout ok", true},
	{"an async loop", `(async () => { for (;;) await null })()`, "timeout", true},
	{"a chain of promises", `function f() { return Promise.resolve().then(f) } f()`, "timeout script_limit", true},
	{"an iterator without an end", `return Array.from({[Symbol.iterator]: () => ({next: () => ({done: false, value: 1})})})`, "script_limit timeout", true},
	{"a comparison without reason", `const a = Array.from({length: 1e5}, (_, i) => i); for (;;) a.sort(() => Math.random() - 0.5)`, "timeout", true},
	{"a comparison that grows the list", `const a = [3, 2, 1]; a.sort(() => { for (let i = 0; i < 1e5; i++) a.push(i); return -1 })`, "timeout script_limit ok", true},
	{"console without an end", `for (;;) console.log("x".repeat(1000), {a: [1, 2, 3]})`, "timeout", true},
	{"a result that is looked at for ever", `return {get x() { for (;;); }}`, "timeout", true},
	{"a toJSON that never ends", `return {toJSON() { for (;;); }}`, "timeout", true},
	{"toString of what is thrown", `throw {get message() { for (;;); }}`, "timeout", true},
	{"Symbol.toPrimitive that never ends", `return 1 + {[Symbol.toPrimitive]() { for (;;); }}`, "timeout", true},
	{"Symbol.species", `class A extends Array { static get [Symbol.species]() { for (;;); } } return new A(1, 2).map(x => x)`, "timeout ok", true},
	{"a tag that caches", "const t = s => s; const l = []; for (let i = 0;; i++) l.push(eval('t`' + i + '`'))", "script_limit timeout", true},
	{"eval that loops", `return (0, eval)("for (;;);")`, "timeout", true},
	{"Function that loops", `return Function("for (;;);")()`, "timeout", true},

	// Outputs.
	{"a text that is too long", `return "x".repeat(5e6)`, "output_too_large timeout", true},
	{"a list that says it is long", `const a = []; a.length = 2 ** 32 - 1; return a`, "output_too_large timeout", true},
	{"an object that doubles", `let o = {}; for (let i = 0; i < 60; i++) o = {a: o, b: o}; return o`, "output_too_large timeout", true},
	{"a state that doubles", `for (let i = 0; i < 60; i++) state.l = [state.l, state.l]`, "output_too_large timeout", true},
	{"a proxy without an end", `return new Proxy([], {get: (t, k) => k === "length" ? 2 ** 53 - 1 : 0})`, "output_too_large timeout", true},

	// Ways out.
	{"process through a constructor", `return [].constructor.constructor("return process")().env`, "script_error", true},
	{"require", `return [].constructor.constructor("return require")()("fs")`, "script_error", true},
	{"Go through a constructor", `return console.log.constructor.constructor("return this")().constructor.constructor("return go")()`, "script_error", true},
	{"import", `return [].constructor.constructor("return import('fs')")()`, "script_error", true},
	{"a source map that names a file", `return eval("1\n//# sourceMappingURL=/etc/passwd")`, "ok", true},
	{"prototypes that everybody has", `Object.prototype.toJSON = Array.prototype.toJSON = () => "gone"; Object.prototype.kind = "x"; return {a: [1]}`, "ok", true},
	{"prototypes that are taken away", `for (const k of Reflect.ownKeys(globalThis)) try { delete globalThis[k] } catch {} return {a: 1}`, "ok", true},
}
