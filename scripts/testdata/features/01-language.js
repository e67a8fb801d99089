//# let, const and block scope => [1,2]
let a = 1; { let a = 2; var b = a } return [a, b]
//# arrow functions => 3
return ((a, b) => a + b)(1, 2)
//# default, rest and spread parameters => [1,5,[3,4]]
const f = (a, b = 5, ...c) => [a, b, c]; return f(...[1], undefined, 3, 4)
//# destructuring => [1,[3],"d",{"z":3}]
const [a, , ...b] = [1, 2, 3], {x: {y = "d"}, ...c} = {x: {}, z: 3}; return [a, b, y, c]
//# template literals and tags => ["1+2=3","a1b"]
const t = (s, ...v) => s[0] + v[0] + s[1]; return [`1+2=${1 + 2}`, t`a${1}b`]
//# String.raw => "a\\n1"
return String.raw`a\n${1}`
//# classes, inheritance, super => "B:A"
class A { n() { return "A" } } class B extends A { n() { return "B:" + super.n() } } return new B().n()
//# class fields, static and private => [1,2,3,4]
class A { a = 1; static b = 2; #c = 3; static #d = 4; c() { return this.#c } static d() { return A.#d } } return [new A().a, A.b, new A().c(), A.d()]
//# private methods and accessors => [1,2]
class A { #m() { return 1 } get #g() { return 2 } all() { return [this.#m(), this.#g] } } return new A().all()
//# #x in object => [true,false]
class A { #x; static has(o) { return #x in o } } return [A.has(new A()), A.has({})]
//# static blocks => 3
class A { static n; static { A.n = 3 } } return A.n
//# getters, setters and computed names => [2,5]
const k = "x"; const o = {n: 1, get [k]() { return this.n + 1 }, set [k](v) { this.n = v }}; const r = o.x; o.x = 5; return [r, o.n]
//# generators => [1,2,"r"]
function* g() { const x = yield 1; yield x; return "r" } const i = g(); return [i.next().value, i.next(2).value, i.next().value]
//# yield* => [0,1,2]
function* a() { yield 1; yield 2 } function* b() { yield 0; yield* a() } return [...b()]
//# for of over entries => ["a1","b2"]
const r = []; for (const [k, v] of Object.entries({a: 1, b: 2})) r.push(k + v); return r
//# for in => ["a","b"]
const r = []; for (const k in {a: 1, b: 2}) r.push(k); return r
//# labels, break and continue => [0,1,3]
const r = []; outer: for (let i = 0; i < 5; i++) { for (;;) { if (i === 2) continue outer; if (i === 4) break outer; break } r.push(i) } return r
//# closures over a loop's variable => [0,1,2]
const f = []; for (let i = 0; i < 3; i++) f.push(() => i); return f.map(g => g())
//# switch => "b"
switch (2) { case 1: return "a"; case 2: return "b"; default: return "c" }
//# try, catch without a binding, finally => ["c","f"]
const r = []; try { throw 1 } catch { r.push("c") } finally { r.push("f") } return r
//# optional chaining => [null,1,null]
const o = {a: {b: () => 1}}; return [o.x?.y.z ?? null, o.a?.b?.(), o.c?.() ?? null]
//# ?? and the logical assignments => [0,1,2,3]
let a = null, b = 0, c = 1; a ??= 1; b ||= 2; c &&= 3; return [0 ?? 9, a, b, c]
//# ** and **= => [8,9]
let a = 3; a **= 2; return [2 ** 3, a]
//# numeric separators, binary and octal => [1000000,5,8]
return [1_000_000, 0b101, 0o10]
//# BigInt => "1267650600228229401496703205376"
return (2n ** 100n).toString()
//# BigInt.asIntN and asUintN => ["-1","255"]
return [BigInt.asIntN(8, 255n).toString(), BigInt.asUintN(8, -1n).toString()]
//# new.target => [true,false]
function F() { return {n: new.target === F} } return [new F().n, (function () { return new.target !== undefined })()]
//# async functions in order => ["a","b","c"]
const r = []; (async () => { r.push("a"); await 0; r.push("c") })(); r.push("b"); return r
//# generators' return and throw => [[1,true],"x"]
function* g() { try { yield 0 } catch (e) { return e } } const a = g(), b = g(); a.next(); b.next(); return [[a.return(1).value, a.next().done], b.throw("x").value]
//# tail of a strict function: this is undefined => true
return (function () { return this === undefined })()
//# comma, void, typeof, in, delete => [2,"undefined",true,[]]
const o = {a: 1}; const has = "a" in o; delete o.a; return [(1, 2), typeof void 0, has, Object.keys(o)]
//# async generators => [1,2]
const r = []; async function* g() { yield 1; yield 2 } (async () => { for await (const x of g()) r.push(x) })(); return r
//# for await => ["a"]
const r = []; (async () => { for await (const x of [Promise.resolve("a")]) r.push(x) })(); return r
//# import() => 1
return import("x") ? 1 : 1
//! only a module imports
//# tagged templates keep their strings => true
const t = s => s; const f = () => t`a`; return f() === f()
//# globalThis => true
return globalThis.Object === Object
//# Error with cause => "c"
return new Error("m", {cause: "c"}).cause
//# AggregateError => [1,2]
return new AggregateError([1, 2], "m").errors
//# Error.prototype.stack => true
return new Error("m").stack.includes("m")
//# Error.isError => [true,false]
return [Error.isError(new TypeError("x")), Error.isError({})]
//# using declarations => ["body","b","a"]
const seen = [], end = name => ({[Symbol.dispose]() { seen.push(name) }}); { using a = end("a"), b = end("b"); seen.push("body") } return seen
//# await using => ["body","end"]
const seen = []; (async () => { await using a = {async [Symbol.asyncDispose]() { seen.push("end") }}; seen.push("body") })(); return seen
//# Symbol.asyncIterator => [1,2]
const seen = []; (async () => { for await (const x of {async *[Symbol.asyncIterator]() { yield 1; yield 2 }}) seen.push(x) })(); return seen
//# DisposableStack => 1
const s = new DisposableStack(); s.defer(() => 0); return 1
//! put each end under `Symbol.dispose`, or into `finally`
//# decorators => "class"
const d = (c, ctx) => class extends c { n = ctx.kind }; @d class A {} return new A().n
