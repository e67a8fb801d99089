// The well-known symbols that using declarations and for await look for. The translator takes these where they are there.
(function (define) {
  const names = ['dispose', 'asyncDispose', 'asyncIterator']
  define(Symbol, Object.fromEntries(names.map(name => [name, Symbol(`Symbol.${name}`)])))
})
