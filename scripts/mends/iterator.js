// Iterator and its helpers.
(function (define) {
  const proto = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))
  const callable = (name, f) => {
    if (typeof f !== 'function') throw new TypeError(`Iterator.prototype.${name}: ${typeof f} is not a function`)
  }
  const count = (name, n) => {
    const whole = Math.trunc(Number(n))
    if (Number.isNaN(Number(n)) || whole < 0) throw new RangeError(`Iterator.prototype.${name}: ${String(n)} must be a number from 0`)
    return whole
  }
  const object = (name, o) => {
    if (o === null || typeof o !== 'object' && typeof o !== 'function') throw new TypeError(`Iterator.prototype.${name} is called on something that is no object`)
    return o
  }
  // each makes the items of an iterator iterable, whose next is looked up once; leaving early closes the iterator.
  const each = (name, o) => {
    const iterator = object(name, o), next = iterator.next
    return {
      [Symbol.iterator]: () => ({
        next: () => next.call(iterator),
        return: () => { iterator.return?.(); return {} },
      }),
    }
  }
  const helper = Object.create(proto)
  const made = new WeakMap()
  define(helper, {
    next() { return made.get(this).next() },
    return() { return made.get(this).return() },
  })
  Object.defineProperty(helper, Symbol.toStringTag, {value: 'Iterator Helper', configurable: true})
  // lazy is the iterator of a generator, which closes what it goes over even when it has not begun.
  const lazy = (o, generator) => {
    const h = Object.create(helper), g = generator()
    let begun = false
    made.set(h, {
      next: () => { begun = true; return g.next() },
      return: () => {
        if (!begun) { begun = true; o?.return?.() }
        g.return()
        return {value: undefined, done: true}
      },
    })
    return h
  }
  const flattened = v => {
    if (v === null || typeof v !== 'object') throw new TypeError('Iterator.prototype.flatMap: the function must return an iterable object')
    const method = v[Symbol.iterator]
    return method === undefined || method === null ? each('flatMap', v) : v
  }
  define(proto, {
    map(f) {
      callable('map', f)
      const items = each('map', this)
      return lazy(this, function* () { let i = 0; for (const v of items) yield f(v, i++) })
    },
    filter(f) {
      callable('filter', f)
      const items = each('filter', this)
      return lazy(this, function* () { let i = 0; for (const v of items) if (f(v, i++)) yield v })
    },
    take(n) {
      const most = count('take', n), items = each('take', this)
      return lazy(this, function* () {
        let left = most
        if (left === 0) { items[Symbol.iterator]().return(); return }
        for (const v of items) { yield v; if (--left === 0) return }
      })
    },
    drop(n) {
      const skip = count('drop', n), items = each('drop', this)
      return lazy(this, function* () { let left = skip; for (const v of items) { if (left > 0) left--; else yield v } })
    },
    flatMap(f) {
      callable('flatMap', f)
      const items = each('flatMap', this)
      return lazy(this, function* () { let i = 0; for (const v of items) yield* flattened(f(v, i++)) })
    },
    reduce(f, ...initial) {
      callable('reduce', f)
      let i = 0, has = initial.length > 0, sum = initial[0]
      for (const v of each('reduce', this)) {
        if (has) sum = f(sum, v, i)
        else { sum = v; has = true }
        i++
      }
      if (!has) throw new TypeError('Iterator.prototype.reduce: there is no first value')
      return sum
    },
    toArray() { return [...each('toArray', this)] },
    forEach(f) { callable('forEach', f); let i = 0; for (const v of each('forEach', this)) f(v, i++) },
    some(f) { callable('some', f); let i = 0; for (const v of each('some', this)) if (f(v, i++)) return true; return false },
    every(f) { callable('every', f); let i = 0; for (const v of each('every', this)) if (!f(v, i++)) return false; return true },
    find(f) { callable('find', f); let i = 0; for (const v of each('find', this)) if (f(v, i++)) return v },
  })
  function Iterator() {
    if (new.target === undefined || new.target === Iterator) throw new TypeError('Iterator is only to be extended')
  }
  Object.defineProperty(Iterator, 'prototype', {value: proto, writable: false})
  Object.defineProperty(proto, 'constructor', {value: Iterator, writable: true, configurable: true})
  define(Iterator, {
    from(o) {
      if (o === null || typeof o !== 'object' && typeof o !== 'string') throw new TypeError('Iterator.from: an iterator or iterable is needed')
      const method = o[Symbol.iterator]
      const iterator = method === undefined || method === null ? o : method.call(o)
      if (proto.isPrototypeOf(iterator)) return iterator
      const next = iterator.next, h = Object.create(helper)
      made.set(h, {
        next: () => next.call(iterator),
        return: () => { const close = iterator.return; return close ? close.call(iterator) : {value: undefined, done: true} },
      })
      return h
    },
    concat(...all) {
      for (const o of all) if (o === null || typeof o !== 'object' || typeof o[Symbol.iterator] !== 'function') throw new TypeError('Iterator.concat: each must be iterable')
      return lazy(null, function* () { for (const o of all) yield* o })
    },
  })
  define(globalThis, {Iterator})
})
