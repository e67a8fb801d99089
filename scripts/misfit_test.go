package scripts_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/scripts"
)

// TestMisfits shows that what JSON cannot hold is an error that names the place, and is never lost or bent.
func TestMisfits(t *testing.T) {
	for what, message := range map[string]string{
		`NaN`:                              "NaN",
		`1 / 0`:                            "is Infinity, which JSON",
		`-1 / 0`:                           "is -Infinity, which JSON",
		`new Map([[1, 2]])`:                "a Map",
		`new Set([1])`:                     "a Set",
		`new WeakMap()`:                    "a WeakMap",
		`new WeakSet()`:                    "a WeakSet",
		`Promise.resolve(1)`:               "a Promise (await it, in a module: export default async function (state, ctx) { … }), which JSON",
		`(async () => 1)()`:                "a Promise",
		`Symbol("x")`:                      "a Symbol",
		`Object(Symbol("x"))`:              "a Symbol",
		`10n`:                              "a BigInt",
		`Object(10n)`:                      "a BigInt",
		`() => 1`:                          "a function",
		`class {}`:                         "a function",
		`Math.max`:                         "a function",
		`new Proxy(() => 1, {})`:           "a function",
		`new ArrayBuffer(1)`:               "an ArrayBuffer",
		`new Uint8Array(1)`:                "a Uint8Array",
		`new DataView(new ArrayBuffer(1))`: "a DataView",
		`(function*() {})()`:               "a Generator",
		`[1].values()`:                     "an Array Iterator",
		`/x/`:                              "a RegExp",
		`new Error("x")`:                   "an Error",
		`console`:                          "the console",
		`(() => { const o = {}; o.o = o; return o })()`:         "contains itself",
		`(() => { const a = [{}]; a[0].back = a; return a })()`: "contains itself",
		`state`:                     "",
		`{toJSON() { return NaN }}`: "NaN",
	} {
		if what == "state" {
			continue
		}
		for _, c := range []struct{ body, path string }{
			{"console; state.a = {b: [0, " + what + "]}", "state.a.b[1]"},
			{"console; state.list.push(" + what + ")", "state.list[1]"},
			{"console; state.list[0].x = " + what, "state.list[0].x"},
			{"console; return {\"odd key\": " + what + "}", `the returned value["odd key"]`},
			{"console; return " + what, "the returned value"},
		} {
			_, err := run(t, c.body, `{"list":[{}]}`)
			if err == nil {
				t.Errorf("%s: no error", c.body)
				continue
			}
			if e := failure(t, err, scripts.KindScript); !strings.HasPrefix(e.Message, c.path) || !strings.Contains(e.Message, message) {
				t.Errorf("%s: message %q lacks %q or %q", c.body, e.Message, c.path, message)
			}
		}
	}
}

// TestCycles shows the cycles that a state can be tied into.
func TestCycles(t *testing.T) {
	for body, path := range map[string]string{
		`state.self = state`:                    "state.self contains itself",
		`state.a.up = state`:                    "state.a.up contains itself",
		`state.a.self = state.a`:                "state.a.self contains itself",
		`state.list.push(state.list)`:           "state.list[1] contains itself",
		`state.list[0].l = state.list`:          "state.list[0].l contains itself",
		`const o = {a: state.a}; state.a.o = o`: "state.a.o.a contains itself",
		`state.x = state.a; state.a.y = state.list; state.list[0] = state.x`: "contains itself",
		`state.a.n = 1; const o = {}; o.o = [o]; return o`:                   "contains itself",
	} {
		_, err := run(t, body, `{"a":{},"list":[{}]}`)
		if e := failure(t, err, scripts.KindScript); !strings.Contains(e.Message, path) {
			t.Errorf("%s: message %q lacks %q", body, e.Message, path)
		}
	}
}

// TestSharedIsNoCycle shows that the same object in several places is as many copies.
func TestSharedIsNoCycle(t *testing.T) {
	_, after := mustRun(t, `state.b = state.a; state.c = [state.a, state.a]; state.a.n = 1`, `{"a":{"n":0}}`)
	if want := `{"a":{"n":1},"b":{"n":1},"c":[{"n":1},{"n":1}]}`; after.String() != want {
		t.Errorf("state is %s, want %s", after, want)
	}
}

// TestRejectedPromise shows that a failure inside of an async function is not lost.
func TestRejectedPromise(t *testing.T) {
	for _, body := range []string{
		`(async () => { null.x })()`,
		`Promise.reject(new TypeError("no"))`,
		`Promise.resolve().then(() => { throw new TypeError("no") })`,
		`async function f() { await 1; throw new TypeError("no") } f()`,
	} {
		_, err := run(t, body, `{}`)
		if e := failure(t, err, scripts.KindScript); !strings.Contains(e.Message, "TypeError") || !strings.Contains(e.Message, "nobody handled it") {
			t.Errorf("%s: %s", body, e.Message)
		}
	}
	_, after := mustRun(t, `
		async function f() { await null; throw new Error("no") }
		f().catch(e => { state.caught = e.message })
		Promise.all([1, Promise.resolve(2)]).then(all => { state.all = all })
		function* g() { yield 1; yield* [2, 3] }
		state.generated = [...g()]`, `{}`)
	if want := `{"all":[1,2],"caught":"no","generated":[1,2,3]}`; after.String() != want {
		t.Errorf("state is %s, want %s", after, want)
	}
}
