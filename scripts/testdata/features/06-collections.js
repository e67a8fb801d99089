//# Map => [2,1,true,["a","b"]]
const m = new Map([["a", 1], ["b", 2]]); return [m.size, m.get("a"), m.has("b"), [...m.keys()]]
//# Map.groupBy => [["odd",[1,3]],["even",[2]]]
return [...Map.groupBy([1, 2, 3], x => x % 2 ? "odd" : "even")]
//# Map.groupBy with objects as keys => [1]
const k = {}; return Map.groupBy([1], () => k).get(k)
//# Set => [2,true]
const s = new Set([1, 2, 2]); return [s.size, s.has(2)]
//# Set.prototype.union => [1,2,3]
return [...new Set([1, 2]).union(new Set([2, 3]))]
//# Set.prototype.intersection => [2]
return [...new Set([1, 2]).intersection(new Set([2, 3]))]
//# Set.prototype.difference => [1]
return [...new Set([1, 2]).difference(new Set([2, 3]))]
//# Set.prototype.symmetricDifference => [1,3]
return [...new Set([1, 2]).symmetricDifference(new Set([2, 3]))]
//# Set.prototype.isSubsetOf, isSupersetOf, isDisjointFrom => [true,true,true]
return [new Set([1]).isSubsetOf(new Set([1, 2])), new Set([1, 2]).isSupersetOf(new Set([1])), new Set([1]).isDisjointFrom(new Set([2]))]
//# Set methods take a Map => [1]
return [...new Set([1, 3]).intersection(new Map([[1, "x"]]))]
//# WeakMap and WeakSet => [1,true]
const k = {}; return [new WeakMap([[k, 1]]).get(k), new WeakSet([k]).has(k)]
//# WeakRef => 1
return new WeakRef({a: 1}).deref().a
//# insertion order while it changes => [1,2,3]
const s = new Set([1]), r = []; for (const x of s) { r.push(x); if (x < 3) s.add(x + 1) } return r
//# ArrayBuffer and DataView => [258,2]
const b = new ArrayBuffer(4), v = new DataView(b); v.setUint16(0, 258); return [v.getUint16(0), v.getUint16(0, true) >> 8 === 2 ? 2 : v.getUint8(1)]
//# typed arrays => [[1,255,44],3]
const a = Uint8Array.of(1, 255, 300); return [Array.from(a), a.length]
//# typed arrays: at, toSorted, with, findLast => [3,[1,2,3],[9,1,2],3]
const a = new Uint8Array([3, 1, 2]); return [new Uint8Array([1, 3]).at(-1), [...a.toSorted()], [...a.with(0, 9)], a.findLast(x => x > 2)]
//# Float16Array => 1.5
return new Float16Array([1.5])[0]
//! use Float32Array
//# resizable ArrayBuffer => 2
const b = new ArrayBuffer(1, {maxByteLength: 4}); b.resize(2); return b.byteLength
//! make a new one and copy
//# SharedArrayBuffer and Atomics => 1
return Atomics.add(new Int32Array(new SharedArrayBuffer(4)), 0, 1) + 1
//! a script has no threads to share memory with
//# FinalizationRegistry => "function"
return typeof new FinalizationRegistry(() => 1).register
