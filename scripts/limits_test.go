package scripts_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirflow/weir/scripts"
)

// within fails the test if f takes longer than any limit would allow.
func within(t *testing.T, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		defer close(done) // also where f ends the test
		done <- f()
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(2 * time.Minute):
		t.Fatal("it does not end")
		return nil
	}
}

// TestTimeLimit shows the loops that the time limit ends, wherever they run.
func TestTimeLimit(t *testing.T) {
	e := scripts.New(scripts.Limits{Time: 30 * time.Millisecond})
	for _, body := range []string{
		`while (true);`,
		`for (;;) { try { while (true); } catch { } finally { } }`,
		`for (;;) { try { throw 1 } catch { } finally { continue } }`,
		`const f = () => f2(), f2 = () => { for (;;); }; [1].map(f)`,
		`return {get x() { for (;;); }}`,
		`return {toJSON() { for (;;); }}`,
		`state.x = {get y() { for (;;); }}`,
		`return new Proxy({}, {ownKeys() { for (;;); }})`,
		`throw {get message() { for (;;); }}`,
		`const e = new Error(); Object.defineProperty(e, "message", {get() { for (;;); }}); throw e`,
		`const e = new Error(); e.name = {toString() { for (;;); }}; throw e`,
		`console.log({get x() { for (;;); }})`,
		`function f() { Promise.resolve().then(f) } f()`,
		`(async () => { for (;;) await null })()`,
		`function* g() { for (;;) yield 1 } for (const x of g());`,
		`[3, 2, 1].sort(() => { for (;;); })`,
		`"abc".replace(/b/g, () => { for (;;); })`,
		`JSON.parse('[1]', () => { for (;;); })`,
		`for (const x of {[Symbol.iterator]: () => ({next: () => ({done: false})})});`,
		`new Array(...{[Symbol.iterator]: () => ({next: () => ({done: false})})})`,
		`state.list.length = 1e6; for (;;) state.list.indexOf(1)`,
		`class A { static { for (;;); } }`,
		`eval("for (;;);")`,
		`new Function("for (;;);")()`,
		`label: for (;;) { continue label }`,
		`state.a = 1; for (;;) state.a++`,
		`return Array.from({length: 1e6}, (_, i) => ({toJSON() { for (;;); }}))`,
		`for (;;) console.log("x")`,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			err := within(t, func() error {
				_, err := runIn(t, e, body, scripts.Scope{State: must(`{"list":[]}`)})
				return err
			})
			if f := failure(t, err, scripts.KindTimeout); !strings.Contains(f.Message, "limit of 30ms") || !strings.Contains(f.Message, "--script-limit time=") {
				t.Error(f.Message)
			}
		})
	}
}

// TestTimeoutPlace shows that a timeout says where the script was.
func TestTimeoutPlace(t *testing.T) {
	_, err := runIn(t, scripts.New(scripts.Limits{Time: 20 * time.Millisecond}), "let n = 0\n\nwhile (true) n++", scripts.Scope{})
	if f := failure(t, err, scripts.KindTimeout); f.Line != 3 {
		t.Errorf("placed in line %d", f.Line)
	}
}

// TestOwnTimeout shows that a node's own timeout counts in place of the engine's, in both directions.
func TestOwnTimeout(t *testing.T) {
	const busy = `const start = input.spin; for (let i = 0; i < start; i++); return 1`
	long := scripts.Scope{Input: must(`{"spin":300000}`), Ctx: scripts.Context{Timeout: time.Minute}}
	if _, err := runIn(t, scripts.New(scripts.Limits{Time: time.Millisecond}), busy, long); err != nil {
		t.Errorf("the engine's limit stood: %v", err)
	}
	short := scripts.Scope{Ctx: scripts.Context{Timeout: 10 * time.Millisecond}}
	_, err := runIn(t, scripts0, `for (;;);`, short)
	if f := failure(t, err, scripts.KindTimeout); !strings.Contains(f.Message, "10ms") {
		t.Error(f.Message)
	}
}

// TestBacktracking shows what happens to a regular expression that backtracks for ever: it cannot be interrupted, gives
// up by itself, and its lie that there was no match is never acted on.
func TestBacktracking(t *testing.T) {
	for timeout, method := range map[time.Duration]string{0: "exec", time.Minute: "test"} {
		t.Run(timeout.String(), func(t *testing.T) {
			t.Parallel()
			body := `const hit = /^(?=(a+)+$)(a+)+$/.` + method + `("a".repeat(40) + "!"); state.hit = hit; return "lie"`
			err := within(t, func() error {
				_, err := runIn(t, scripts0, body, scripts.Scope{State: must(`{}`), Ctx: scripts.Context{Timeout: timeout}})
				return err
			})
			f := failure(t, err, scripts.KindTimeout)
			if timeout > 0 && !strings.Contains(f.Message, "one match of a regular expression") {
				t.Error(f.Message)
			}
		})
	}
}

// TestMatchesAreWatched shows that with a long time limit, too, regular expressions match as ever, and that every way to
// match leads through what watches the time (see watchMatches).
func TestMatchesAreWatched(t *testing.T) {
	const body = `const s = "a1b22", all = () => [/\d+/.exec(s)[0], /\d/.test(s), s.match(/\d+/)[0], s.match(/\d+/g), [...s.matchAll(/\d+/g)].length,
			s.search(/\d/), s.split(/\d+/), s.replace(/\d+/g, "#"), s.replaceAll(/\d/g, "#"), /(?=b)\w/.exec(s).index, RegExp.prototype.exec.name]
		`
	want := `["1",true,"1",["1","22"],2,1,["a","b",""],"a#b#","a#b##",2,"exec"]`
	for _, timeout := range []time.Duration{0, time.Minute} {
		r, err := runIn(t, scripts0, body+`return all()`, scripts.Scope{Ctx: scripts.Context{Timeout: timeout}})
		if err != nil || r.Returned.String() != want {
			t.Errorf("with timeout %v: %s %v", timeout, r.Returned, err)
		}
	}
	r, _ := mustRun(t, `
		let n = 0; const exec = RegExp.prototype.exec
		RegExp.prototype.exec = function (s) { n++; return exec.call(this, s) }
		const s = "a1", ways = [() => s.match(/1/), () => s.match(/1/g), () => [...s.matchAll(/1/g)], () => s.search(/1/), () => s.split(/1/),
			() => s.replace(/1/, ""), () => s.replace(/1/g, ""), () => s.replaceAll(/1/g, "")]
		return ways.map(way => { n = 0; way(); return n > 0 })`, `{}`)
	if strings.Contains(r.Returned.String(), "false") {
		t.Errorf("not every way to match uses exec: %s", r.Returned)
	}
}

func TestCancel(t *testing.T) {
	for name, e := range map[string]*scripts.Engine{"in-process": scripts0, "process": scripts0.Isolated(pool0)} {
		t.Run(name, func(t *testing.T) { testCancel(t, e) })
	}
}

func testCancel(t *testing.T, e *scripts.Engine) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := e.CompileBody(`state.n = 1; for (;;);`, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	go func() {
		<-started
		cancel()
	}()
	err = within(t, func() error {
		close(started)
		_, err := s.Run(ctx, scripts.Scope{State: must(`{}`)})
		return err
	})
	if _ = failure(t, err, scripts.KindCancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v is no context.Canceled", err)
	}
	_, err = s.Run(ctx, scripts.Scope{State: must(`{}`)})
	_ = failure(t, err, scripts.KindCancelled)
	x, err := e.CompileExpression(`state.n`, scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.Eval(ctx, scripts.Scope{State: must(`{"n":1}`)})
	_ = failure(t, err, scripts.KindCancelled)

	expired, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = s.Run(expired, scripts.Scope{State: must(`{}`)})
	if _ = failure(t, err, scripts.KindTimeout); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v is no context.DeadlineExceeded", err)
	}
}

func TestCallDepth(t *testing.T) {
	for _, body := range []string{
		`(function f() { f() })()`,
		`(function f() { try { f() } catch { } finally { f() } })()`,
		`const o = {get x() { return this.x }}; return o`,
		`const o = {toJSON() { return JSON.stringify(this) }}; return o`,
		`const o = {toString() { return "" + this }}; return "" + o`,
		`const p = new Proxy({}, {get(_, k, me) { return me[k] }}); return p.x`,
		`class A { constructor() { new A() } }; new A()`,
		`const f = () => [1].map(f); f()`,
		`throw {get message() { return this.message }}`,
	} {
		err := within(t, func() error {
			_, err := run(t, body, `{}`)
			return err
		})
		var e *scripts.Error
		if !errors.As(err, &e) || (e.Kind != scripts.KindLimit && !strings.HasPrefix(body, "throw")) {
			t.Errorf("%s: %v", body, err)
		}
	}
	deep := `const f = n => n === 0 ? 0 : 1 + f(n - 1); return f(%)`
	if _, err := run(t, strings.Replace(deep, "%", "900", 1), `{}`); err != nil {
		t.Errorf("900 calls: %v", err)
	}
	_, err := runIn(t, scripts.New(scripts.Limits{CallDepth: 50}), strings.Replace(deep, "%", "100", 1), scripts.Scope{})
	if f := failure(t, err, scripts.KindLimit); !strings.Contains(f.Message, "50 calls") || f.Line != 1 {
		t.Errorf("%+v", f)
	}
}

func TestSizes(t *testing.T) {
	e := scripts.New(scripts.Limits{OutputBytes: 1000, SourceBytes: 200})
	state := must(`{"big":"` + strings.Repeat("x", 5000) + `","list":[` + strings.Repeat(`{"n":1},`, 500) + `0]}`)
	for kind, bodies := range map[string][]string{
		scripts.KindOutput: {
			`return "x".repeat(2000)`,
			`state.x = "x".repeat(2000)`,
			`state.x = Array.from({length: 5000}, () => 0)`,
			`const a = []; a[4e9] = 1; return a`,
			`const a = []; a.length = 4294967295; state.a = a`,
			`return {copy: state.big}`,
			`return {big: state.big, copy: state.list}`,
			`let o = {}; for (let i = 0; i < 100; i++) o = {a: o, b: o}; return o`,
			`let o = state; for (let i = 0; i < 60; i++) o = [o, o]; return o`,
			`for (let i = 0; i < 60; i++) { state.list = [state.list, state.list] }`,
		},
		scripts.KindLimit: {
			`state.list[4e9] = 1`,
			`state.list.length = 4294967295`,
			`let o = {}; for (let i = 0; i < 2000; i++) o = [o]; return o`,
			`let o = {}; for (let i = 0; i < 2000; i++) o = {o}; state.o = o`,
			`const f = () => ({toJSON: f}); return f()`,
		},
	} {
		for _, body := range bodies {
			_, err := runIn(t, e, body, scripts.Scope{State: state})
			_ = failure(t, err, kind)
		}
	}
	for _, body := range []string{
		`return {...state, n: 1}`,
		`return {list: [...state.list, 1]}`,
		`state.list = [...state.list, {n: 2}]; state.big2 = 1`,
		`return "x".repeat(900)`,
		`state.big = state.big`,
	} {
		if _, err := runIn(t, e, body, scripts.Scope{State: state}); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	_, err := e.CompileBody(strings.Repeat(" ", 201), scripts.Origin{})
	_ = failure(t, err, scripts.KindLimit)
	_, err = evalBoth(t, e, source{text: `[...state.big]`}, scripts.Scope{State: state})
	_ = failure(t, err, scripts.KindOutput)
}

// TestOwnOutputSize shows that a visit's own limit for its output counts in place of the engine's, in both directions.
func TestOwnOutputSize(t *testing.T) {
	e := scripts.New(scripts.Limits{OutputBytes: 1000})
	for limit, fits := range map[int]bool{500: false, 0: false, 1999: false, 2100: true} {
		sc := scripts.Scope{State: must(`{}`), Ctx: scripts.Context{OutputBytes: limit}}
		_, returned := runIn(t, e, `return "x".repeat(2000)`, sc)
		_, changed := runIn(t, e, `state.x = "x".repeat(2000)`, sc)
		_, evaluated := evalBoth(t, e, source{text: `"x".repeat(2000)`}, sc)
		for what, err := range map[string]error{"returned": returned, "changed": changed, "evaluated": evaluated} {
			if !fits {
				_ = failure(t, err, scripts.KindOutput)
			} else if err != nil {
				t.Errorf("%s with %d bytes allowed: %v", what, limit, err)
			}
		}
	}
}

// TestNothingLeaks runs many scripts at once that are stopped in all ways; TestMain looks for goroutines.
func TestNothingLeaks(t *testing.T) {
	e := scripts.New(scripts.Limits{Time: 20 * time.Millisecond})
	before := runtime.NumGoroutine()
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*time.Millisecond)
			defer cancel()
			body := []string{`for (;;);`, `return 1`, `throw 1`, `state.x = 1`}[i%4]
			s, err := e.CompileBody(body, scripts.Origin{})
			if err != nil {
				t.Error(err)
				return
			}
			for range 20 {
				_, _ = s.Run(ctx, scripts.Scope{State: must(`{}`)})
			}
		})
	}
	all.Wait()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+2; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
