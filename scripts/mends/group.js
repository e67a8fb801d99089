// Object.groupBy and Map.groupBy.
(function (define) {
  const group = (name, items, key, of) => {
    if (items === null || items === undefined) throw new TypeError(`${name}: ${items} has no items`)
    if (typeof of !== 'function') throw new TypeError(`${name}: ${typeof of} is not a function`)
    const groups = new Map()
    let i = 0
    for (const item of items) {
      const k = key(of(item, i++))
      const known = groups.get(k)
      if (known) known.push(item)
      else groups.set(k, [item])
    }
    return groups
  }
  define(Object, {
    groupBy(items, callback) {
      const found = Object.create(null)
      const key = k => typeof k === 'symbol' ? k : `${k}`
      for (const [k, list] of group('Object.groupBy', items, key, callback)) found[k] = list
      return found
    },
  })
  define(Map, {
    groupBy(items, callback) { return group('Map.groupBy', items, k => k, callback) },
  })
})
