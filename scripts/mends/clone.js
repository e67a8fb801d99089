// structuredClone, of what a script can have.
(function (define) {
  const refuse = what => {
    const e = new Error(`structuredClone: ${what} cannot be cloned`)
    Object.defineProperty(e, 'name', {value: 'DataCloneError', configurable: true, writable: true})
    throw e
  }
  const errors = {Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError}
  const clone = (v, seen) => {
    if (typeof v === 'function') refuse(`the function ${v.name || '(without a name)'}`)
    if (typeof v === 'symbol') refuse(String(v))
    if (v === null || typeof v !== 'object') return v
    const known = seen.get(v)
    if (known) return known
    const keep = copy => (seen.set(v, copy), copy)
    const members = copy => {
      for (const key of Object.keys(v)) copy[key] = clone(v[key], seen)
      return copy
    }
    if (Array.isArray(v)) {
      const copy = keep([])
      copy.length = v.length
      return members(copy)
    }
    if (v instanceof Date) return keep(new Date(v.getTime()))
    if (v instanceof RegExp) return keep(new RegExp(v.source, v.flags))
    if (v instanceof Map) {
      const copy = keep(new Map())
      for (const [key, item] of [...v]) copy.set(clone(key, seen), clone(item, seen))
      return copy
    }
    if (v instanceof Set) {
      const copy = keep(new Set())
      for (const item of [...v]) copy.add(clone(item, seen))
      return copy
    }
    if (v instanceof Error) {
      const copy = keep(new (errors[v.name] ?? Error)(v.message))
      for (const key of ['stack', 'cause']) {
        if (Object.hasOwn(v, key)) Object.defineProperty(copy, key, {value: clone(v[key], seen), configurable: true, writable: true})
      }
      return copy
    }
    if (v instanceof ArrayBuffer) return keep(v.slice(0))
    if (ArrayBuffer.isView(v)) {
      const buffer = clone(v.buffer, seen)
      return keep(new v.constructor(buffer, v.byteOffset, v instanceof DataView ? v.byteLength : v.length))
    }
    if (v instanceof Boolean || v instanceof Number || v instanceof String || v instanceof BigInt) return keep(Object(v.valueOf()))
    if (v instanceof Promise || v instanceof WeakMap || v instanceof WeakSet) refuse(`a ${v.constructor.name}`)
    return members(keep({}))
  }
  define(globalThis, {
    structuredClone(value) {
      if (arguments.length === 0) throw new TypeError('structuredClone needs a value')
      return clone(value, new Map())
    },
  })
})
