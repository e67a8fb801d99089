// String.prototype.isWellFormed and toWellFormed, RegExp.escape.
(function (define) {
  const lone = c => c.length === 1 && c >= '\uD800' && c <= '\uDFFF'
  const text = (name, s) => {
    if (s === null || s === undefined) throw new TypeError(`String.prototype.${name} is called on ${s}`)
    return String(s)
  }
  define(String.prototype, {
    isWellFormed() { for (const c of text('isWellFormed', this)) if (lone(c)) return false; return true },
    toWellFormed() { let s = ''; for (const c of text('toWellFormed', this)) s += lone(c) ? '\uFFFD' : c; return s },
  })
  const controls = {'\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r'}
  const hex = c => {
    const code = c.charCodeAt(0)
    return code < 256 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u' + code.toString(16).padStart(4, '0')
  }
  define(RegExp, {
    escape(s) {
      if (typeof s !== 'string') throw new TypeError(`RegExp.escape: ${typeof s} is not a string`)
      let escaped = ''
      for (const c of s) {
        if (escaped === '' && /[0-9A-Za-z]/.test(c)) escaped += hex(c)
        else if ('^$\\.*+?()[]{}|/'.includes(c)) escaped += '\\' + c
        else if (controls[c]) escaped += controls[c]
        else if (',-=<>#&!%:;@~\'`"'.includes(c) || c.trim() === '' || lone(c)) escaped += hex(c)
        else escaped += c
      }
      return escaped
    },
  })
})
