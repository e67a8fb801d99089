// A function behind the return is hoisted.
return helper()
function helper() { return {n: 1} }
// ---
switch (state.a) { case 1: return {n: 1}; break; case 2: state.n = 2; default: state.n = 3 }
state.after = true
// ---
for (;;) { if (state.n++ > 3) break }
while (true) { if (state.n-- < 0) { break } }
do { state.n++; if (state.n > 9) break } while (true)
state.after = true
// ---
outer: while (true) { for (;;) { switch (state.n) { case 1: break; default: break outer } state.n = 1 } }
state.after = true
// ---
block: { if (state.a) break block; state.b = 1 }
state.after = true
// ---
try { if (state.a) return {n: 1}; throw new Error('x') } catch (e) { state.failed = e.message }
state.after = true
// ---
try { state.n = 1 } catch { return } finally { state.m = 2 }
state.after = true
// ---
if (state.a) return
else if (state.b) throw new Error('b')
state.after = true
// ---
function* numbers() { for (;;) { yield 1 } }
const found = state.xs?.find(x => { if (x > 1) return true })
const some = [1, 2].some(x => { if (x > 1) { state.n = x; return true } })
const kept = [1, 2].filter(function (x) { for (const y of [1]) { if (x === y) return true } return false })
return {found, some, kept, n: [3, 1].sort((a, b) => { if (a < b) { return -1 } else { return 1 } }), next: numbers().next().value}
// ---
let m
const re = /a(.)/g
while (m = re.exec('abac')) state.last = m[1]
while ((m = re.exec('abac')) !== null) state.last = m[1]
if ((m = re.exec('ab'))) state.first = m[1]
for (let x; x = state.queue?.pop();) state.x = x
// ---
[1, 2].map(x => { state.sum = (state.sum ?? 0) + x })
;[1, 2].forEach(x => { state.sum += x })
const all = [1].map(x => { throw new Error('never ' + x) }, [].length)
return {all, sums: [1].reduce((sum, x) => { if (x) { return sum + x } throw new Error('x') }, 0)}
// ---
const handlers = {filter(f) { return f }, empty: [1].map(() => {})}
return {n: handlers.empty.length, v: [1, 2].flatMap(x => { switch (x) { case 1: return [x]; default: return [] } })}
// ---
var a = 1
if (a == 1 || a === 2 && (state.b = a)) return {ok: a >= 1}
return
var unused
// ---
const test = state.n = 1
const choice = state.a ? state.b = 1 : 2
return {test, choice, c: (state.c = 3) ? 1 : 2}
