//# Array.from with a function => [0,2,4]
return Array.from({length: 3}, (_, i) => i * 2)
//# Array.of and isArray => [[7],true]
return [Array.of(7), Array.isArray([])]
//# at => ["c",null]
return [["a", "b", "c"].at(-1), [].at(0) ?? null]
//# concat and spread => [1,2,3,4]
return [1].concat([2], 3, ...[[4]])
//# copyWithin => [4,5,3,4,5]
return [1, 2, 3, 4, 5].copyWithin(0, 3)
//# entries, keys, values => [[0,"a"],0,"a"]
const a = ["a"]; return [[...a.entries()][0], [...a.keys()][0], [...a.values()][0]]
//# every and some => [true,false]
return [[1, 2].every(x => x > 0), [1, 2].some(x => x > 2)]
//# fill => [0,7,7]
return [0, 0, 0].fill(7, 1)
//# filter, map, reduce, reduceRight => [12,"cba"]
return [[1, 2, 3].filter(x => x > 1).map(x => x * 2).reduce((a, b) => a + b, 2), ["a", "b", "c"].reduceRight((a, b) => a + b)]
//# find and findIndex => [2,1]
return [[1, 2].find(x => x > 1), [1, 2].findIndex(x => x > 1)]
//# findLast and findLastIndex => [3,2]
return [[1, 2, 3].findLast(x => x > 1), [1, 2, 3].findLastIndex(x => x > 1)]
//# flat and flatMap => [[1,2,[3]],[1,1,2,2]]
return [[1, [2, [3]]].flat(), [1, 2].flatMap(x => [x, x])]
//# includes, indexOf, lastIndexOf => [true,1,2]
return [[NaN].includes(NaN), [1, 2, 2].indexOf(2), [1, 2, 2].lastIndexOf(2)]
//# join and reverse => "c,b,a"
return ["a", "b", "c"].reverse().join()
//# push, pop, shift, unshift => [[0,2],1,3]
const a = [1, 2, 3]; const p = a.pop(), s = a.shift(); a.unshift(0); return [a, s, p]
//# slice and splice => [[2,3],[2],[1,9,3]]
const a = [1, 2, 3]; const s = a.slice(1), r = a.splice(1, 1, 9); return [s, r, a]
//# sort is stable => "a1b1a2b2"
return [{k: 2, v: "a2"}, {k: 1, v: "a1"}, {k: 2, v: "b2"}, {k: 1, v: "b1"}].sort((x, y) => x.k - y.k).map(x => x.v).join("")
//# toReversed => [[2,1],[1,2]]
const a = [1, 2]; return [a.toReversed(), a]
//# toSorted => [[1,2,3],[3,1,2]]
const a = [3, 1, 2]; return [a.toSorted(), a]
//# toSpliced => [[1,9,3],[1,2,3]]
const a = [1, 2, 3]; return [a.toSpliced(1, 1, 9), a]
//# with => [[1,9],[1,2]]
const a = [1, 2]; return [a.with(-1, 9), a]
//# Array.fromAsync => [[1,2],[2]]
const r = []; Array.fromAsync({length: 1, 0: 1}, async x => x + 1).then(a => r.push(a)); Array.fromAsync([Promise.resolve(1), 2]).then(a => r.unshift(a)); return r
//# holes => [3,[1]]
const a = [, , 1]; return [a.length, Object.values(a)]
//# length cuts off => [1]
const a = [1, 2, 3]; a.length = 1; return a
//# Symbol.isConcatSpreadable => [1]
return [].concat({length: 1, 0: 1, [Symbol.isConcatSpreadable]: true})
//# subclasses => [true,2]
class L extends Array { last() { return this[this.length - 1] } } const l = L.from([1, 2]); return [l instanceof L, l.map(x => x).last()]
