// WeakRef and FinalizationRegistry. A script ends long before anything is collected.
(function (define) {
  const object = (name, o) => {
    if (o === null || typeof o !== 'object' && typeof o !== 'function') throw new TypeError(`${name}: an object is needed`)
  }
  class WeakRef {
    #target
    constructor(target) { object('WeakRef', target); this.#target = target }
    deref() { return this.#target }
    get [Symbol.toStringTag]() { return 'WeakRef' }
  }
  class FinalizationRegistry {
    constructor(cleanup) { if (typeof cleanup !== 'function') throw new TypeError('FinalizationRegistry: a function is needed') }
    register(target) { object('FinalizationRegistry', target) }
    unregister() { return false }
    get [Symbol.toStringTag]() { return 'FinalizationRegistry' }
  }
  define(globalThis, {WeakRef, FinalizationRegistry})
})
