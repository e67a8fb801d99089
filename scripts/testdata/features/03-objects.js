//# Object.assign => {"a":1,"b":2}
return Object.assign({a: 1}, null, {b: 2})
//# Object.create and getPrototypeOf => true
const p = {}; return Object.getPrototypeOf(Object.create(p)) === p
//# Object.defineProperty => [1,[]]
const o = Object.defineProperty({}, "x", {value: 1}); return [o.x, Object.keys(o)]
//# Object.entries, keys, values => [[["a",1]],["a"],[1]]
const o = {a: 1}; return [Object.entries(o), Object.keys(o), Object.values(o)]
//# Object.fromEntries => {"a":1}
return Object.fromEntries(new Map([["a", 1]]))
//# Object.freeze, isFrozen, seal => [true,true,"TypeError"]
const o = Object.freeze({a: 1}); try { o.a = 2 } catch (e) { return [Object.isFrozen(o), Object.isSealed(Object.seal({})), e.name] }
//# Object.getOwnPropertyDescriptors => true
return Object.getOwnPropertyDescriptors({a: 1}).a.writable
//# Object.groupBy => {"even":[2],"odd":[1,3]}
return Object.fromEntries(Object.entries(Object.groupBy([2, 1, 3], x => x % 2 ? "odd" : "even")))
//# Object.groupBy has no prototype => true
return Object.getPrototypeOf(Object.groupBy([], x => x)) === null
//# Object.hasOwn => [true,false]
return [Object.hasOwn({a: 1}, "a"), Object.hasOwn({}, "toString")]
//# Object.is => [true,false]
return [Object.is(NaN, NaN), Object.is(0, -0)]
//# the order of keys => ["1","2","b","a"]
return Object.keys({b: 1, 2: 1, a: 1, 1: 1})
//# Reflect => [true,["a"],3]
return [Reflect.has({a: 1}, "a"), Reflect.ownKeys({a: 1}), Reflect.apply((a, b) => a + b, null, [1, 2])]
//# Reflect.construct => true
class A {} return Reflect.construct(A, []) instanceof A
//# Proxy => "got x"
return new Proxy({}, {get: (_, k) => "got " + k}).x
//# Proxy.revocable => "TypeError"
const {proxy, revoke} = Proxy.revocable({}, {}); revoke(); try { proxy.x } catch (e) { return e.name }
//# Symbol and description => ["d",true]
return [Symbol("d").description, Symbol.for("x") === Symbol.for("x")]
//# Symbol.iterator => [1,2]
return [...{*[Symbol.iterator]() { yield 1; yield 2 }}]
//# Symbol.toPrimitive => 42
return +{[Symbol.toPrimitive]: () => 42}
//# Symbol.toStringTag => "[object X]"
return String({[Symbol.toStringTag]: "X"})
//# Symbol.hasInstance => true
return 1 instanceof {[Symbol.hasInstance]: () => true}
//# Symbol.species => true
return Array[Symbol.species] === Array
//# structuredClone => [{"a":[1,{"b":2}]},false]
const o = {a: [1, {b: 2}]}; const c = structuredClone(o); return [c, c.a === o.a]
//# structuredClone of cycles, Map, Set, Date, RegExp => [true,1,true,0,"g"]
const o = {m: new Map([["k", 1]]), s: new Set([2]), d: new Date(0), r: /x/g}; o.self = o; const c = structuredClone(o); return [c.self === c, c.m.get("k"), c.s.has(2), c.d.getTime(), c.r.flags]
//# structuredClone of the state => {"list":[1,2]}
const c = structuredClone({list: [1]}); c.list.push(2); return c
//# structuredClone refuses functions => "DataCloneError"
try { structuredClone(() => 1) } catch (e) { return e.name }
//# __proto__ in literals => true
const p = {}; return Object.getPrototypeOf({__proto__: p}) === p
//# instanceof and constructor => [true,true]
class A {} return [new A() instanceof A, new A().constructor === A]
