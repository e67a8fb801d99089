// Functions are hoisted, and so is var.
state.n = twice(later)
var later = 2
function twice(x) { return 2 * x }
// ---
// A closure uses what is declared behind it.
const f = () => value + 1
const value = 1
return {n: f()}
// ---
// Default parameters see those before them, and what is around.
const base = 1
function add(a, b = a + base, {c = b, ...others} = {}, [d = c,, ...rest] = []) { return [a, b, c, d, others, rest, arguments.length] }
return {n: add(1)}
// ---
if (typeof fetch === 'function') { fetch('x') }
return {has: typeof nothing}
// ---
const a = 1, b = 2
return {a, b, ['k' + a]: b, async m() { return a }, get g() { return b }, set g(v) { state.v = v }, *gen() { yield a }}
// ---
outer: for (const x of state.xs ?? []) {
  inner: for (let i = 0, n = 2; i < n; i++) {
    if (x.y) continue outer
    if (x.z) break inner
  }
}
// ---
const {x, y: {z = 1} = {}, ...rest} = state, [p, [q] = [], ...r] = state.list ?? []
let s; ({s, t: state.t, u: [state.u] = []} = {s: 1})
return {x, z, rest, p, q, r, s}
// ---
try { state.n() } catch ({message, cause: {kind} = {}}) { state.m = message + kind } finally { state.done = true }
try { state.n() } catch { state.failed = true }
// ---
class A { #p = 1; static s = A.name; static { this.t = A.s } has(o) { return #p in o } get p() { return this.#p } [Symbol.iterator]() { return this } }
class B extends A { constructor(...args) { super(...args); this.q = new.target.name } }
const C = class D { self() { return D } }
return {n: new B().p, c: new C().self().name}
// ---
const fib = function self(n) { return n < 2 ? n : self(n - 1) + self(n - 2) }
return {n: fib(5)}
// ---
return {n: state?.a?.b?.[input.key]?.(ctx.now), e: entry?.x, u: undefined, inf: Infinity, nan: NaN}
// ---
eval('var made = 1; state.n = made')
return {n: made}
// ---
globalThis.made = 2
return {n: made}
// ---
new Function('made2 = 1')()
return {n: made2}
// ---
switch (state.a) { case 1: let one = 1; state.n = one; break; case 2: function two() { return 2 } state.n = two(); break; default: class Three {} state.n = new Three() }
// ---
for (var i in state) state[i] = i
for (const k in state) state[k] = k
for (let i = 0, f = () => i; i < 1; i++) state.f = f()
for (state.x of [1, 2]) state.y = state.x
return {last: i}
// ---
return {a: structuredClone(state), b: Object.groupBy([1], x => x), c: Iterator.from([1]).toArray(), d: new WeakRef(state) ? 1 : 0, e: parseInt('1'), f: encodeURIComponent('x')}
// ---
const tag = (strings, ...values) => strings.raw.join('') + values.length
return {text: tag`a${state.n}b`, label: `${((x) => x)(1)}`}
// ---
async function work() { await Promise.all([1].map(async x => { await x })) }
work()
// ---
const {length} = 'abc', fun = ({length}) => length
return {length, n: fun('x')}
