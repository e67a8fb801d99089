//# map, filter, take, drop, toArray => [6,8]
return [1, 2, 3, 4, 5].values().map(x => x * 2).filter(x => x > 2).drop(1).take(2).toArray()
//# flatMap => [1,1,2,2]
return [1, 2].values().flatMap(x => [x, x]).toArray()
//# reduce, some, every, find, forEach => [6,true,false,2,[1,2,3]]
const i = () => [1, 2, 3].values(), r = []; i().forEach(x => r.push(x)); return [i().reduce((a, b) => a + b), i().some(x => x > 2), i().every(x => x > 2), i().find(x => x > 1), r]
//# helpers of generators are lazy => [0,1]
function* n() { for (let i = 0; ; i++) yield i } return n().take(2).toArray()
//# take closes the iterator => ["closed"]
const r = []; function* g() { try { yield 1; yield 2 } finally { r.push("closed") } } [...g().take(1)]; return r
//# Iterator.from => [2,3]
return Iterator.from({i: 0, next() { return {done: this.i > 1, value: ++this.i} }}).map(x => x + 1).toArray()
//# Iterator is extended => true
class C extends Iterator { next() { return {done: true} } } return new C().toArray().length === 0
//# helpers of Map and Set => [["a"],[2]]
return [new Map([["a", 1]]).keys().toArray(), new Set([1]).values().map(x => x + 1).toArray()]
//# instanceof Iterator => true
return [].values() instanceof Iterator
//# Iterator.concat => [1,2,3]
return Iterator.concat([1], [2, 3]).toArray()
