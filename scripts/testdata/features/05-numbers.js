//# Number.isInteger, isSafeInteger, isNaN, isFinite => [true,true,false,true]
return [Number.isInteger(1), Number.isSafeInteger(2 ** 53 - 1), Number.isNaN("x"), Number.isFinite(1)]
//# parseInt and parseFloat => [255,1.5]
return [parseInt("ff", 16), Number.parseFloat("1.5x")]
//# toFixed, toPrecision, toExponential => ["1.50","1.5e+3","1.5e+3"]
return [(1.5).toFixed(2), (1500).toPrecision(2), (1500).toExponential(1)]
//# toString with a radix => ["ff","0.1"]
return [(255).toString(16), (0.5).toString(2)]
//# the shortest text => "0.30000000000000004"
return String(0.1 + 0.2)
//# Math.sign, trunc, cbrt, hypot => [-1,1,3,5]
return [Math.sign(-3), Math.trunc(1.9), Math.cbrt(27), Math.hypot(3, 4)]
//# Math.log2, log10, log1p, expm1 => [3,2,0,0]
return [Math.log2(8), Math.log10(100), Math.log1p(0), Math.expm1(0)]
//# Math.fround, clz32, imul => [5.5,31,10]
return [Math.fround(5.5), Math.clz32(1), Math.imul(2, 5)]
//# Math.sinh, cosh, tanh, asinh, acosh, atanh => [0,1,0,0,0,0]
return [Math.sinh(0), Math.cosh(0), Math.tanh(0), Math.asinh(0), Math.acosh(1), Math.atanh(0)]
//# Math.round and the others => [3,-2,2,3]
return [Math.round(2.5), Math.round(-2.5), Math.floor(2.7), Math.ceil(2.1)]
//# Math.f16round => 1.099609375
return Math.f16round(1.1)
//! use Math.fround, or whole numbers
//# Math.sumPrecise => 0.6
return Math.sumPrecise([0.1, 0.2, 0.3])
//! add up whole numbers, such as cents
//# Number.EPSILON and the limits => [true,true]
return [Number.EPSILON === 2 ** -52, Number.MAX_SAFE_INTEGER === 2 ** 53 - 1]
//# bit operations => [1,7,6,-2,4,2147483647]
return [5 & 3, 5 | 3, 5 ^ 3, ~1, 1 << 2, -1 >>> 1]
//# toLocaleString with options => "1,234.50"
return (1234.5).toLocaleString("en", {minimumFractionDigits: 2})
//! there is no Intl; use toFixed
//# Intl.NumberFormat => "1,234.5"
return new Intl.NumberFormat("en").format(1234.5)
//! there is no Intl; use toFixed
