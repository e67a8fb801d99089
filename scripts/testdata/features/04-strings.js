//# at, charAt, charCodeAt, codePointAt => ["c","a",97,128512]
return ["abc".at(-1), "abc".charAt(0), "abc".charCodeAt(0), "😀".codePointAt(0)]
//# String.fromCodePoint => "😀"
return String.fromCodePoint(128512)
//# includes, startsWith, endsWith => [true,true,true]
return ["abc".includes("b"), "abc".startsWith("b", 1), "abc".endsWith("b", 2)]
//# padStart and padEnd => ["007","7--"]
return ["7".padStart(3, "0"), "7".padEnd(3, "-")]
//# repeat => "abab"
return "ab".repeat(2)
//# replace and replaceAll => ["b-a","x.x"]
return ["a-b".replace(/(\w)-(\w)/, "$2-$1"), "a.a".replaceAll("a", "x")]
//# split and join => ["a","b"]
return "a,b".split(",")
//# trim, trimStart, trimEnd => ["x","x "," x"]
return [" x ".trim(), " x ".trimStart(), " x ".trimEnd()]
//# slice, substring, substr => ["bc","ab","b"]
return ["abc".slice(-2), "abc".substring(2, 0), "abc".substr(1, 1)]
//# toUpperCase and toLowerCase => ["SS","é"]
return ["ß".toUpperCase(), "É".toLowerCase()]
//# iteration by code points => 2
return [..."a😀"].length
//# normalize => [1,2]
return ["é".normalize("NFC").length, "é".normalize("NFD").length]
//# isWellFormed and toWellFormed => [false,true,"�"]
return ["\uD800".isWellFormed(), "a😀".isWellFormed(), "\uD800".toWellFormed()]
//# matchAll => ["1","2"]
return [..."a1b2".matchAll(/\d/g)].map(m => m[0])
//# search and match => [1,["1","2"]]
return ["a1".search(/\d/), "1a2".match(/\d/g)]
//# localeCompare => -1
return "a".localeCompare("b")
//# localeCompare orders as people do => -1
return "ä".localeCompare("z", "de")
//# localeCompare with options => 0
return "a".localeCompare("A", undefined, {sensitivity: "base"})
//! there is no Intl; compare toLowerCase() of both
//# encodeURIComponent, decodeURIComponent => ["a%20%C3%A9","a é"]
return [encodeURIComponent("a é"), decodeURIComponent("a%20%C3%A9")]
//# escape and unescape => ["%E9","é"]
return [escape("é"), unescape("%E9")]
//# toLocaleUpperCase => "I"
return "i".toLocaleUpperCase()
//# bold, anchor and other HTML => "<b>x</b>"
return "x".bold()
//! they belong to web pages
//# btoa and atob => "aGk="
return btoa("hi")
//! they belong to browsers; there is no short way in a script
