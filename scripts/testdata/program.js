// Interprets a random program over state. It runs once over a view and once over plain objects; what it
// returns and what becomes of state must be the same. What differs on purpose is avoided here, see viewDifferences.
const out = []
const v = [state, state.a, state.b, state.c, {fresh: [1]}, ["fresh"]]
const keys = ["a", "b", "c", "0", "1", "10", "x y"]
const literals = [
  () => 1, () => "text", () => null, () => true, () => 0.5, () => undefined, () => ({}), () => [],
  () => ({a: 1, b: [2]}), () => [{a: 1}, 2], () => -7, () => "",
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
  lists((l) => { l.sort((a, b) => { const x = rank(a), y = rank(b); return x < y ? -1 : x > y ? 1 : 0 }) }),
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
  objects((o, i, j) => { if (isObject(v[j])) Object.assign(o, v[j]) }),
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
]
for (const [operation, i, j, k, n] of input) {
  try {
    operations[operation % operations.length](i % v.length, j % v.length, k, n)
  } catch (e) {
    out.push(e.name)
  }
}
return out
