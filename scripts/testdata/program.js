// Interprets a random program over state. It runs once over a view and once over plain objects; what it
// returns and what becomes of state must be the same. What differs on purpose is avoided here, see viewDifferences.
const out = []
const v = [state, state.a, state.b, state.c, {fresh: [1]}, ["fresh"]]
const keys = ["a", "b", "c", "0", "1", "10", "x y"]
const literals = [
  () => 1, () => "text", () => null, () => true, () => 0.5, () => undefined, () => ({}), () => [],
  () => ({a: 1, b: [2]}), () => [{a: 1}, 2], () => -7, () => "",
  () => -0, () => [1, , 3], () => Object.assign([1, 2], {name: "lost"}), () => { const x = {n: 1}; return {x, a: [x, x]} },
  () => ({get b() { return [7] }}), () => ({set a(x) { this.b = x }, get a() { return this.b ?? null }}),
  () => Object.freeze({a: [1]}), () => Object.freeze([1, {b: 2}]), () => ({[Symbol.for("s")]: 1, a: 2}),
  () => new class { toJSON() { return {a: [this.a ?? 0]} } }(), () => new Date(0), () => new Number(2), () => Object.create(null),
  () => new class { x = 1; get y() { return 2 } }(),
]
const isObject = x => x !== null && typeof x === "object" && !Array.isArray(x)
const isArray = Array.isArray
const show = x => JSON.stringify(x)
const rank = x => { try { return String(show(x)) } catch { return "cycle" } }
const key = k => keys[k % keys.length]
const place = (list, k) => k % (list.length + 1)
const get = (x, k) => isArray(x) ? x[place(x, k)] : isObject(x) ? x[key(k)] : x
const put = (x, k, val) => {
  if (isArray(x)) x[place(x, k)] = val
  else if (isObject(x)) x[key(k)] = val
}
const lists = f => (i, j, k, n) => { if (isArray(v[i])) f(v[i], i, j, k, n) }
const objects = f => (i, j, k, n) => { if (isObject(v[i])) f(v[i], i, j, k, n) }
const either = (list, object) => (i, j, k, n) => {
  if (isArray(v[i])) list(v[i], i, j, k, n)
  else if (isObject(v[i])) object(v[i], i, j, k, n)
}
const literal = n => literals[n % literals.length]()
const kept = [] // returned with what was seen
const iterators = []
const identities = new Map()
let proxied = false // goja follows prototypes that lead in a circle through a Proxy until its stack ends
const bare = x => Object.getOwnPropertySymbols(x).length === 0
const simple = x => x === null || typeof x !== "object"
const dense = l => [...l]
const compare = (a, b) => { const x = rank(a), y = rank(b); return x < y ? -1 : x > y ? 1 : 0 }

const operations = [
  (i, j, k) => { v[i] = get(v[j], k) },
  (i, j, k) => { v[i] = get(v[j], k) },
  (i, j, k) => put(v[i], k, v[j]),
  (i, j, k, n) => put(v[i], k, literal(n)),
  (i, j, k, n) => put(v[i], k, literal(n)),
  (i, j, k) => put(v[i], k, get(v[i], k + 1)),
  (i, j, k, n) => put(get(v[i], k), n, v[j]),
  objects((o, i, j, k) => out.push(delete o[key(k)])),
  lists((l, i, j, k, n) => out.push(l.push(v[j], literal(n)))),
  lists((l, i, j) => out.push(l.push(v[j]))),
  lists((l, i, j) => { v[j] = l.pop() }),
  lists((l, i, j) => { v[j] = l.shift() }),
  lists((l, i, j, k, n) => out.push(l.unshift(literal(n), v[j]))),
  lists((l, i, j, k, n) => { v[j] = l.splice(k % 4, n % 3, v[j]) }),
  lists((l, i, j, k, n) => { v[j] = l.splice(-1 - k % 3, n % 3) }),
  lists((l, i, j) => { v[j] = l.reverse() }),
  lists((l) => { l.sort(compare) }),
  lists((l, i, j, k, n) => { l.fill(literal(n), k % 3, 2 + k % 5) }),
  lists((l, i, j, k, n) => { l.copyWithin(k % 3, n % 4) }),
  lists((l, i, j, k) => { l.length = place(l, k) }),
  lists((l, i, j, k) => { [l[0], l[l.length - 1]] = [l[l.length - 1], l[0]] }),
  (i, j) => { v[i] = {...v[j]} },
  lists((l, i, j, k, n) => { v[j] = [...l, literal(n)] }),
  lists((l, i, j) => { v[j] = l.concat(v[j], l) }),
  lists((l, i, j, k, n) => { v[j] = l.slice(k % 4, n % 5) }),
  lists((l, i, j) => { v[j] = l.filter(x => typeof x === "object") }),
  lists((l, i, j) => { v[j] = l.map((x, at) => at % 2 ? x : [x]) }),
  lists((l, i, j) => { v[j] = l.flat() }),
  lists((l, i, j) => { v[j] = l.find(isObject) }),
  lists((l) => { for (const x of l) if (isObject(x)) x.seen = l.length }),
  objects((o, i, j) => { if (isObject(v[j]) && bare(v[j])) Object.assign(o, v[j]) }),
  objects((o, i, j) => { v[j] = Object.fromEntries(Object.entries(o)) }),
  objects((o, i, j) => { const {a, ...rest} = o; v[i] = a; v[j] = rest }),
  objects((o) => { for (const name of Object.keys(o)) if (name !== "b") delete o[name] }),
  objects((o) => { for (const name in o) if (name > "a") delete o[name] }),
  objects((o) => { [o.a, o.b] = [o.b, o.a] }),
  objects((o) => { o.n = (o.n ?? 0) + 1; o.b ||= []; o.c &&= {c: o.c} }),
  (i, j) => { const copy = v[i]; v[i] = v[j]; v[j] = copy },
  (i, j) => { if (v[j] !== undefined) v[i] = JSON.parse(show(v[j])) },
  (i) => out.push(show(v[i])),
  (i, j) => out.push([v[i] === v[j], v[i] == v[j], Object.is(v[i], v[j])].join()),
  (i, j, k) => out.push(show(get(v[i], k)) + typeof get(v[i], k)),
  either(
    (l, i, j) => out.push([l.length, l.indexOf(v[j]), l.lastIndexOf(v[j]), l.includes(v[j]), 0 in l, l.length in l, show(l.at(-1))].join()),
    (o, i, j, k) => out.push([Object.keys(o), key(k) in o, Object.hasOwn(o, key(k)), show(Object.values(o))].join())),
  either(
    l => { let s = ""; for (const at in l) s += at; for (const [at, x] of l.entries()) s += at + show(x); out.push(s) },
    o => { let s = ""; for (const name in o) s += name + show(o[name]); out.push(s) }),
  either(
    l => out.push([isArray(l), l.every(isObject), l.some(isObject), l.reduce((n, x) => n + (isObject(x) ? 1 : 0), 0), l.findIndex(isObject)].join()),
    o => out.push([isArray(o), Object.getOwnPropertyNames(o), Reflect.ownKeys(o).length, o.propertyIsEnumerable("a"), show(Object.getOwnPropertyDescriptor(o, "a"))].join())),
  // More methods of lists.
  lists((l, i, j) => { v[j] = l.toReversed() }),
  lists((l, i, j) => { v[j] = l.toSorted(compare) }),
  lists((l, i, j, k, n) => { v[j] = l.toSpliced(k % 4, n % 3, v[j], literal(n)) }),
  lists((l, i, j, k, n) => { v[j] = l.with(k - 4, literal(n)) }),
  lists((l, i, j) => { v[j] = l.flatMap(x => [x, [x]]) }),
  lists((l, i, j) => { v[j] = l.flat(2) }),
  lists((l, i, j) => { v[j] = l.findLast(isObject) }),
  lists((l, i, j, k) => { v[j] = l.at(-1 - k % 3) }),
  lists((l, i, j) => { v[j] = Array.from(l, (x, at) => at % 2 ? x : {x}) }),
  lists((l, i, j) => { v[j] = Array.of(...l, v[j]) }),
  lists((l, i, j) => { const [first, ...rest] = l; v[i] = first; v[j] = rest }),
  lists((l, i, j) => { v[j] = Object.groupBy(l, x => typeof x) }),
  lists((l, i, j) => { v[j] = l.reduceRight((all, x) => { all.push(x); return all }, []) }),
  lists((l, i, j, k, n) => { l.splice(k % 4) }),
  lists((l, i, j, k, n) => { l.splice(k % 4, 0, ...v.filter(isArray)[0] ?? [], literal(n)) }),
  lists((l, i, j, k, n) => { l.copyWithin(-1 - k % 3, n % 3, 2 + k % 4) }),
  lists((l, i, j, k, n) => { l.fill(v[j], -1 - k % 3, -(n % 2)) }),
  lists((l) => { if (l.every(simple)) l.sort() }),
  lists((l) => { l.sort((a, b) => rank(b).length - rank(a).length) }),
  lists((l, i, j, k, n) => { out.push(l.unshift(), l.push(), l.push(v[j], v[j], literal(n))) }),
  lists((l, i, j) => { if (isArray(v[j])) Object.assign(l, dense(v[j])) }),
  lists((l, i, j) => { if (isArray(v[j]) && l.length && v[j].length) [l[0], v[j][0]] = [v[j][0], l[0]] }),
  lists((l) => { if (rank(l) !== "cycle") out.push(l.join("-") + String(l)) }),
  lists((l, i, j, k) => out.push([l.lastIndexOf(v[j], k), l.indexOf(v[j], -k), l.includes(v[j], k), l.findLastIndex(isObject)].join())),
  lists((l, i, j, k) => out.push([Object.keys(l), Object.entries(l).length, Object.getOwnPropertyNames(l), Reflect.ownKeys(l).length, show(l.name)].join())),
  lists((l, i, j, k) => out.push([l.hasOwnProperty("length"), "name" in l, -1 in l, String(k) in l, Object.hasOwn(l, k), Symbol.iterator in l].join())),
  lists((l, i, j, k) => out.push(show([Object.getOwnPropertyDescriptor(l, "length"), Object.getOwnPropertyDescriptor(l, k), l[-1]]))),
  lists((l) => out.push(delete l[l.length], delete l.name, Reflect.deleteProperty(l, "length"))),
  lists((l) => { if (l.length > 1) l.length = "1" }),
  lists((l) => { l.length = -1 }),
  lists((l, i, j, k) => { if (k < l.length) Object.defineProperty(l, k, {value: v[j]}) }),
  lists((l, i, j, k, n) => out.push(Reflect.set(l, place(l, k), literal(n)))),

  // Lists that change while something goes over them.
  lists((l, i, j) => { let more = 3; for (const x of l) if (more-- > 0) l.push(v[j]) }),
  lists((l) => { for (const x of l) l.shift() }),
  lists((l) => { l.forEach((x, at, all) => { if (at % 2) all.pop() }) }),
  lists((l, i, j) => { v[j] = l.map((x, at, all) => { all[at] = [x]; return x }) }),
  lists((l, i, j) => { v[j] = l.filter((x, at, all) => { all.length = Math.min(all.length, 2); return true }) }),
  lists((l) => { for (const [at, x] of l.entries()) if (isObject(x)) l.splice(at, 1) }),
  lists((l) => { let n = 0; for (const at in l) { l.unshift(at); if (++n > 2) break } }),
  lists((l, i, j, k) => { iterators[k % 3] = [l[Symbol.iterator](), l.entries(), l.keys()][k % 3] }),
  (i, j, k) => { if (iterators[k % 3]) { const {done, value} = iterators[k % 3].next(); v[i] = value; out.push(done) } },

  // Objects as ECMAScript's own functions see them.
  objects((o, i, j, k) => out.push([Reflect.set(o, key(k), v[j]), Reflect.has(o, key(k + 1)), Reflect.deleteProperty(o, key(k + 2))].join())),
  objects((o, i, j, k) => { if (Object.hasOwn(o, key(k))) Object.defineProperty(o, key(k), {value: v[j]}) }),
  objects((o, i, j, k) => { Object.defineProperty(o, key(k), {value: v[j], writable: true, enumerable: true, configurable: true}) }),
  objects((o) => out.push(show(Object.getOwnPropertyDescriptors(o)) + Object.getOwnPropertySymbols(o).length)),
  objects((o, i, j) => { v[j] = Object.create(o) }),
  objects((o, i, j) => { if (!proxied && !v[j]?.toJSON) Object.setPrototypeOf(o, isObject(v[j]) ? v[j] : null) }),
  objects((o, i, j, k) => out.push([key(k) in o, o.hasOwnProperty?.(key(k)), show(o[key(k)]), Object.getPrototypeOf(o) === Object.prototype].join())),
  objects((o) => { let n = 0; for (const name in o) { o["z" + n++] = o[name]; if (n > 2) break } }),
  objects((o, i, j) => { for (const [name, x] of Object.entries(o)) o[name] = [x] }),
  objects((o, i, j) => { v[j] = Object.entries(o).flat() }),
  objects((o, i, j) => out.push(Array.prototype.push.call(o, v[j]))),
  objects((o, i, j) => { v[j] = Array.prototype.slice.call(o) }),
  objects((o, i, j, k) => { const {[key(k)]: x = 5, ...rest} = o; v[i] = x; v[j] = rest }),
  objects((o, i, j, k, n) => { put(o, k, {...o, ...literal(n), again: o[key(k)]}) }),
  objects((o, i, j, k) => { o[key(k)]?.push?.(v[j]); o[key(k)] ??= [] }),

  // Anything.
  (i, j, k) => { v[i] = get(get(v[j], k), k + 1) },
  (i, j, k) => { put(v[i], k, [v[j], {in: v[j]}]) },
  (i, j) => { v[i] = structuredClone(v[j]) },
  (i, j) => { if (isObject(v[j])) { v[i] = new Proxy(v[j], {}); proxied = true } },
  (i, j, k) => out.push(get(v[i], k) === get(v[i], k), Object.is(get(v[i], k), -0), new Set([v[i], v[j], get(v[i], k)]).size),
  (i, j, k) => { out.push(identities.get(v[i]) ?? "new"); identities.set(v[j], k) },
  (i) => out.push([Object.isFrozen(v[i]), Object.isSealed(v[i]), Object.isExtensible(v[i])].join()),
  (i) => out.push([v[i] instanceof Object, v[i] instanceof Array, Object.prototype.toString.call(v[i])].join()),
  (i) => out.push(JSON.stringify(v[i], null, 1) + JSON.stringify(v[i], ["a", "b", "n"])),
  (i) => out.push(JSON.stringify(v[i], (name, x) => typeof x === "number" ? x + 1 : x)),
  (i) => { if (kept.length < 3) kept.push(v[i]) },
]
for (const [operation, i, j, k, n] of input) {
  try {
    operations[operation % operations.length](i % v.length, j % v.length, k, n)
  } catch (e) {
    out.push(e.name)
  }
}
return [out.map(String), kept]
