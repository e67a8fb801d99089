//# Date.parse and toISOString => "2026-01-02T03:04:05.000Z"
return new Date(Date.parse("2026-01-02T03:04:05Z")).toISOString()
//# Date.UTC and getters => [2026,0,2,5]
const d = new Date(Date.UTC(2026, 0, 2)); return [d.getUTCFullYear(), d.getMonth(), d.getDate(), d.getDay()]
//# setters carry over => "2026-03-01T00:00:00.000Z"
const d = new Date("2026-02-28"); d.setDate(29); return d.toISOString()
//# dates with a zone => "2026-01-01T22:00:00.000Z"
return new Date("2026-01-02T00:00:00+02:00").toISOString()
//# getTimezoneOffset => 0
return new Date().getTimezoneOffset()
//# toString and toUTCString => ["Thu Jan 01 1970 00:00:00 GMT+0000 (UTC)","Thu, 01 Jan 1970 00:00:00 GMT"]
return [new Date(0).toString(), new Date(0).toUTCString()]
//# toLocaleDateString with options => "1/1/1970"
return new Date(0).toLocaleDateString("en-US", {timeZone: "UTC"})
//! there is no Intl; put the parts of toISOString() together
//# Intl.DateTimeFormat => "1/1/1970"
return new Intl.DateTimeFormat("en-US").format(new Date(0))
//! there is no Intl; put the parts of toISOString() together
//# Temporal => "1970-01-01"
return Temporal.Instant.fromEpochMilliseconds(0).toString().slice(0, 10)
//! use Date
//# JSON.stringify with indentation and a function => "{\n \"a\": 2\n}"
return JSON.stringify({a: 1, b: undefined}, (k, v) => v === 1 ? 2 : v, 1)
//# JSON.stringify is well-formed => "\"\\ud800\""
return JSON.stringify("\uD800")
//# JSON.parse with a function => {"a":2}
return JSON.parse('{"a":1}', (k, v) => k === "a" ? v + 1 : v)
//# toJSON => "\"1970-01-01T00:00:00.000Z\""
return JSON.stringify(new Date(0))
//# JSON.rawJSON => "{\"a\":1.10}"
return JSON.stringify({a: JSON.rawJSON("1.10")})
//# eval and Function => [3,4]
return [eval("1 + 2"), new Function("a", "return a + 1")(3)]
//# URL => "/b"
return new URL("http://a/b").pathname
//! it belongs to browsers and Node; a regular expression takes a URL apart
//# TextEncoder => 2
return new TextEncoder().encode("é").length
//! it belongs to browsers and Node; encodeURIComponent gives the bytes
//# fetch => "function"
return typeof fetch
//! a script has no network; call a tool
//# require => "function"
return typeof require
//! import from the workflow's folder, in a module
