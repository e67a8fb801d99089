//# named groups => "2026"
return /(?<year>\d{4})/.exec("in 2026").groups.year
//# named groups in replacements => "b-a"
return "a-b".replace(/(?<x>a)-(?<y>b)/, "$<y>-$<x>")
//# lookbehind => ["5"]
return "€5 $6".match(/(?<=€)\d/)
//# negative lookbehind and lookahead => ["b"]
return "ab cb".match(/(?<!c)b(?!x)/)
//# backreferences => true
return /(a)\1/.test("aa") && /(?<x>b)\k<x>/.test("bb")
//# sticky => [1,-1]
const r = /a/y; r.lastIndex = 1; return ["ba".search(/a/), r.test("bba") ? 1 : -1]
//# dotAll => true
return /a.b/s.test("a\nb")
//# unicode and code points => [true,1]
return [/^.$/u.test("😀"), "😀".match(/\u{1F600}/u).length]
//# multiline and ignoring case => ["a","A"]
return "a\nA".match(/^a$/gim)
//# lastIndex and global => [1,3]
const r = /a/g, l = []; while (r.test("aba")) l.push(r.lastIndex); return l
//# flags => "gimsuy"
return /x/gimsuy.flags
//# Symbol.replace and the others => "x"
return "a".replace({[Symbol.replace]: () => "x"}, "")
//# greedy, lazy and counted => [["aaa"],["a"],["aa"]]
return ["aaa".match(/a+/), "aaa".match(/a+?/), "aaa".match(/a{2}/)]
//# RegExp.prototype[Symbol.matchAll] => 2
return [...RegExp("a", "g")[Symbol.matchAll]("aba")].length
//# RegExp.escape => "\\x61\\.b"
return RegExp.escape("a.b")
//# indices, the flag d => [[1,2]]
return [/b/d.exec("ab").indices[0]]
//! goja has no flag d; use the index of the match and its length
//# sets of characters, the flag v => true
return /^[\w--\d]$/v.test("a")
//! goja has no flag v; write the characters out
//# Unicode properties => true
return /^\p{L}$/u.test("é")
//! goja would match the letter p; write out the characters, as in [a-zà-ÿ]
//# Unicode properties in RegExp() => true
return new RegExp("^\\p{L}$", "u").test("é")
//! as in a literal
//# modifiers => true
return /(?i:a)b/.test("Ab")
//! goja has none; write [aA]
//# the same name in two alternatives => "2"
return /(?<x>1)a|(?<x>2)b/.exec("2b").groups.x
