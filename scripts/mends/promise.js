// Promise.withResolvers, Promise.try, Array.fromAsync and queueMicrotask.
(function (define) {
  define(Promise, {
    withResolvers() {
      let resolve, reject
      const promise = new this((yes, no) => { resolve = yes; reject = no })
      return {promise, resolve, reject}
    },
    try(callback, ...args) { return new this(resolve => resolve(callback(...args))) },
  })
  define(Array, {
    fromAsync(items, callback, self) {
      const Made = typeof this === 'function' ? this : Array
      return (async () => {
        if (callback !== undefined && typeof callback !== 'function') throw new TypeError(`Array.fromAsync: ${typeof callback} is not a function`)
        const take = async (item, i) => callback ? callback.call(self, await item, i) : item
        let i = 0
        if (items[Symbol.asyncIterator] ?? items[Symbol.iterator]) {
          const made = new Made()
          const iterator = (items[Symbol.asyncIterator] ?? items[Symbol.iterator]).call(items)
          for (;;) {
            const {done, value} = await iterator.next()
            if (done) break
            made[i] = await take(value, i)
            i++
          }
          made.length = i
          return made
        }
        const length = Math.min(Math.max(Math.trunc(Number(items.length)) || 0, 0), Number.MAX_SAFE_INTEGER)
        const made = new Made(length)
        for (; i < length; i++) made[i] = await take(items[i], i)
        made.length = length
        return made
      })()
    },
  })
  define(globalThis, {
    queueMicrotask(callback) {
      if (typeof callback !== 'function') throw new TypeError(`queueMicrotask: ${typeof callback} is not a function`)
      Promise.resolve().then(() => { callback() })
    },
  })
})
