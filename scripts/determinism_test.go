package scripts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/scripts"
)

// TestTimeStands shows that time is the instant of the visit, in UTC wherever the machine stands.
func TestTimeStands(t *testing.T) {
	r, _ := mustRun(t, `
		const a = Date.now(), b = new Date(), c = Date()
		for (let i = 0; i < 1e5; i++);
		return [Date.now() === a, b.getTime() === a, b.toISOString(), ctx.now, c, new Date(ctx.now).getTime() === a,
			new Date(2020, 0, 1).toISOString(), b.getTimezoneOffset(), b.getHours(), new Date(NaN).getTime() !== 0]`, `{}`)
	want := `[true,true,"2026-03-04T03:06:07.089Z","2026-03-04T03:06:07.089Z","Wed Mar 04 2026 03:06:07 GMT+0000 (UTC)",true,` +
		`"2020-01-01T00:00:00.000Z",0,3,true]`
	if got := r.Returned.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r, err := runIn(t, scripts0, `return Date.now()`, scripts.Scope{})
	if err != nil || r.Returned.String() != "0" {
		t.Errorf("without an instant: %s %v", r.Returned, err)
	}
}

// TestRandom pins the numbers: a visit that is replayed by a later release must see the same.
func TestRandom(t *testing.T) {
	const body = `return [Math.random(), Math.random(), Math.random()]`
	r, _ := mustRun(t, body, `{}`)
	first := r.Returned.String()
	if want := `[0.4999188929043127,0.7647075819073836,0.26995974113228594]`; first != want {
		t.Errorf("Math.random gave %s, want %s", first, want)
	}
	seen := map[string]bool{first: true}
	for _, ctx := range []scripts.Context{
		{Run: "run-2", Node: "score", Visit: 2},
		{Run: "run-1", Node: "scor", Visit: 2},
		{Run: "run-1", Node: "score", Visit: 3},
		{Run: "run-1s", Node: "core", Visit: 2},
	} {
		r, err := runIn(t, scripts0, body, scripts.Scope{Ctx: ctx})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Returned.String(); seen[got] {
			t.Errorf("%+v gives the same numbers as another visit", ctx)
		} else {
			seen[got] = true
		}
	}
	again := visit
	again.Attempt, again.Now = 9, time.Time{}
	r, err := runIn(t, scripts0, body, scripts.Scope{Ctx: again})
	if err != nil || r.Returned.String() != first {
		t.Errorf("another attempt gives other numbers: %s %v", r.Returned, err)
	}
	r, _ = mustRun(t, `let s = 0, n = 1e5; for (let i = 0; i < n; i++) { const x = Math.random(); if (x < 0 || x >= 1) throw x; s += x } return Math.round(s / n * 100)`, `{}`)
	if r.Returned.String() != "50" {
		t.Errorf("the mean is %s hundredths", r.Returned)
	}
}

func TestContext(t *testing.T) {
	c := visit
	c.Error = must(`{"kind":"timeout","attempts":[1,2]}`)
	r, err := runIn(t, scripts0, `return [ctx, Object.keys(ctx), ctx.error.kind, ctx.error.attempts.length, ctx.error === ctx.error,
		"exact" in ctx, ctx.nothing, typeof ctx.exact, JSON.parse(JSON.stringify(ctx)).node]`, scripts.Scope{Ctx: c})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"attempt":1,"error":{"attempts":[1,2],"kind":"timeout"},"node":"score","now":"2026-03-04T03:06:07.089Z","run":"run-1","visit":2},` +
		`["run","node","visit","attempt","now","error"],"timeout",2,true,true,null,"function","score"]`
	if got := r.Returned.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for body, message := range map[string]string{
		`ctx.visit = 3`:                         "ctx.visit cannot be changed",
		`delete ctx.run`:                        "ctx.run cannot be changed",
		`ctx.error.kind = "other"`:              "ctx.error cannot be changed",
		`console.log = 1`:                       "console.log cannot be changed",
		`state.x = input; state.x.list.push(1)`: "input.list cannot be changed",
	} {
		_, err := runIn(t, scripts0, body, scripts.Scope{State: must(`{}`), Input: must(`{"list":[]}`), Ctx: c})
		if e := failure(t, err, scripts.KindScript); !strings.Contains(e.Message, message) {
			t.Errorf("%s: message %q lacks %q", body, e.Message, message)
		}
	}
	if r, _ := mustRun(t, `return ctx.error`, `{}`); r.Returned.String() != "null" {
		t.Errorf("ctx.error is %s", r.Returned)
	}
}

// TestNothingStays shows that whatever a script does to its world is gone with it.
func TestNothingStays(t *testing.T) {
	const pollute = `
		globalThis.leak = 1; Object.prototype.polluted = 1; Array.prototype.push = () => 7; String.prototype.trim = null
		Math.max = () => 0; JSON.stringify = () => "x"; Date.now = () => 1; Array.prototype[Symbol.iterator] = null
		Function.prototype.call = null; RegExp.prototype.exec = () => null; Number.prototype.toString = () => "n"
		Object.defineProperty(Object.prototype, "toJSON", {value: () => "gone"}); delete globalThis.Map; undefined
		try { Object.freeze(Object.prototype) } catch {}
		Promise.prototype.then = null; Error.prototype.toString = () => "e"; Symbol.iterator.x = 1`
	const probe = `return [typeof leak, ({}).polluted, [].push(1), " a ".trim(), Math.max(1, 2), JSON.stringify({a: 1}), Date.now(),
		[...[1]], /a/.test("a"), (5).toString(), typeof Map, String(new Error("m")), (() => 3).call(), Object.isFrozen(Object.prototype)]`
	want := `["undefined",null,1,"a",2,"{\"a\":1}",1772593567089,[1],true,"5","function","Error: m",3,false]`
	for range 1000 {
		if _, err := run(t, strings.ReplaceAll(pollute, "Symbol.iterator.x = 1", ""), `{}`); err != nil {
			t.Fatal(err)
		}
	}
	if r, _ := mustRun(t, probe, `{}`); r.Returned.String() != want {
		t.Errorf("got  %s\nwant %s", r.Returned, want)
	}
}
