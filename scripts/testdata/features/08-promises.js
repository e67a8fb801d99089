//# then, catch, finally => [1,"e","f"]
const r = []; Promise.resolve(1).then(x => { r.push(x); throw "e" }).catch(e => r.push(e)).finally(() => r.push("f")); return r
//# Promise.all => [1,2]
const r = []; Promise.all([1, Promise.resolve(2)]).then(a => r.push(...a)); return r
//# Promise.allSettled, any, race => {"s":["rejected","fulfilled"],"a":2,"r":1}
const o = {}; Promise.allSettled([Promise.reject(1), 2]).then(s => { o.s = s.map(x => x.status) })
Promise.any([Promise.reject(1), 2]).then(a => { o.a = a }); Promise.race([1, 2]).then(r => { o.r = r }); return o
//# Promise.withResolvers => [1]
const r = [], {promise, resolve} = Promise.withResolvers(); promise.then(x => r.push(x)); resolve(1); return r
//# Promise.try => ["thrown"]
const r = []; Promise.try(() => { throw "thrown" }).catch(e => r.push(e)); return r
//# queueMicrotask => [1,2]
const r = []; queueMicrotask(() => r.push(2)); r.push(1); return r
//# await inside of async functions => [1]
const r = []; (async () => r.push(await Promise.resolve(1)))(); return r
//# await at the top of a script => 1
return await 1
//! write a module: export default async function (state) { … }
//# setTimeout => 0
setTimeout(() => 0); return 0
//! a script does not wait; a `sleep` node does, or ctx.sleep in a durable script
