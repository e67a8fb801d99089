package scripts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/scripts"
)

// way is how the turns of a durable script are taken.
type way struct {
	name   string
	engine *scripts.Engine
	living bool // by one execution that lives on; else each turn begins anew
}

// ways is how they can be taken, which all come to the same.
var ways = []way{
	{"living", scripts0, true},
	{"anew", scripts0, false},
	{"living in processes", scripts0.Isolated(pool0), true},
	{"anew in processes", scripts0.Isolated(pool0), false},
}

// journal plays the world to a durable script: it keeps what is recorded, and ends calls as the test says.
type journal struct {
	t      testing.TB
	script *scripts.Script
	scope  scripts.Scope
	living *scripts.Durable // nil: every turn begins anew

	calls  []scripts.Call
	ends   []scripts.End
	seen   int
	logged []string
	before func() // each turn; nil for nothing
}

func newJournal(t testing.TB, source string, w way) *journal {
	t.Helper()
	script, err := w.engine.Compile(inline(source))
	if err != nil {
		t.Fatal(err)
	}
	j := &journal{t: t, script: script, seen: -1, scope: scripts.Scope{State: must(`{"n":2,"list":[1]}`), Input: must(`{"k":3}`), Ctx: visit}}
	if w.living {
		j.living = script.Durable(j.scope)
	}
	return j
}

// after is the journal.
func (j *journal) after(made, seen int) scripts.Record {
	return scripts.Record{Calls: j.calls[made:], Ends: j.ends[seen:], Logged: j.seen}
}

func (j *journal) execution() *scripts.Durable {
	if j.living != nil {
		return j.living
	}
	return j.script.Durable(j.scope)
}

// turn runs the script and records what it has called and logged.
func (j *journal) turn() (scripts.Turn, error) {
	if j.before != nil {
		j.before()
	}
	d := j.execution()
	turn, err := d.Turn(j.t.Context(), j.after)
	j.calls = append(j.calls, turn.Calls...)
	for _, line := range turn.Result.Console {
		j.logged = append(j.logged, line.Text)
	}
	j.seen = d.Seen()
	return turn, err
}

func (j *journal) end(place int, result string) {
	at := visit.Now.Add(time.Duration(len(j.ends)+1) * time.Minute)
	e := scripts.End{Place: place, At: at}
	if kind, failed := strings.CutPrefix(result, "!"); failed {
		e.Failed, e.Message = kind, "no luck"
	} else {
		e.Result = must(result)
	}
	j.ends = append(j.ends, e)
}

// answer ends the call that is open for the longest time: a tool with its arguments, or fails where it is called fail, a sleep with
// null, a signal with its name.
func (j *journal) answer() {
	switch c := j.calls[len(j.ends)]; {
	case c.Name == "fail":
		j.end(len(j.ends), "!tool_error")
	case c.Kind == scripts.CallTool:
		j.end(len(j.ends), c.Args.String())
	case c.Kind == scripts.CallSignal:
		j.end(len(j.ends), fmt.Sprintf("%q", c.Name))
	default:
		j.end(len(j.ends), "null")
	}
}

// play runs the script to its end, with the calls ending one turn at a time in the order in which they were made.
func (j *journal) play() string {
	for range 100 {
		turn, err := j.turn()
		switch {
		case err != nil:
			return "error " + err.Error()
		case turn.Done:
			return fmt.Sprintf("%s %s %q", turn.Result.Returned, turn.Result.Patch, j.logged)
		case len(j.ends) == len(j.calls):
			return "waits for nothing"
		}
		j.answer()
	}
	return "does not end"
}

// TestDurable shows what durable scripts come to, in whichever way their turns are taken.
func TestDurable(t *testing.T) {
	for body, want := range map[string]string{
		"return 1":          `1 [] []`,
		"state.n++; return": `null [{"op":"replace","path":"/n","value":3}] []`,
		"const r = await ctx.tool('echo', {a: state.n}); state.n = r.a + 1; return r":                                 `{"a":2} [{"op":"replace","path":"/n","value":3}] []`,
		"await ctx.sleep('1h'); state.list.push(await ctx.signal('go')); return {}":                                   `{} [{"op":"add","path":"/list/-","value":"go"}] []`,
		"const [a, b] = await Promise.all([ctx.tool('echo', {a: 1}), ctx.tool('echo', {b: 2})]); return {...a, ...b}": `{"a":1,"b":2} [] []`,
		"return await Promise.race([ctx.tool('echo', {a: 1}), ctx.sleep(5)])":                                         `{"a":1} [] []`,
		"return await Promise.any([ctx.tool('fail'), ctx.tool('echo', {a: 1})])":                                      `{"a":1} [] []`,
		"return (await Promise.allSettled([ctx.tool('fail'), ctx.sleep(1)])).map(r => r.status)":                      `["rejected","fulfilled"] [] []`,
		"try { await ctx.tool('fail', {x: 1}) } catch (e) { return [e.kind, e.message, e.tool, e instanceof Error] }": `["tool_error","no luck","fail",true] [] []`,
		"try { await ctx.tool('fail') } finally { await ctx.sleep(1) }":                                               `error flow.yaml:11:23: no luck`,
		"await ctx.tool('fail')":                                                                                                       `error flow.yaml:11:17: no luck`,
		"ctx.tool('fail'); await ctx.sleep(1); return 1":                                                                               `error flow.yaml:11:11: no luck`,
		"ctx.tool('fail').then(() => 2); await ctx.sleep(1); await ctx.sleep(1)":                                                       `error flow.yaml:11:11: no luck`,
		"const p = ctx.tool('fail'); await ctx.sleep(1); return await p.catch(() => 3)":                                                `3 [] []`,
		"const a = [ctx.now, Date.now()]; await ctx.sleep(1); return [a, ctx.now, new Date().toISOString()]":                           `[["2026-03-04T03:06:07.089Z",1772593567089],"2026-03-04T03:07:07.089Z","2026-03-04T03:07:07.089Z"] [] []`,
		"console.log('a'); await ctx.sleep(1); ctx.log('b', 1); await ctx.sleep(1); console.warn('c')":                                 `null [] ["a" "b 1" "c"]`,
		"for (let i = 0; i < 20; i++) await ctx.tool('echo', {i}); return ctx.attempt":                                                 `1 [] []`,
		"const r = await ctx.tool('echo', {list: state.list}); r.list.push(2); state.copy = r.list; r.list.push(3); return state.list": `[1] [{"op":"add","path":"/copy","value":[1,2,3]}] []`,
		"return ctx.tool('echo')": `{} [] []`,
		"const go = async n => n ? (await ctx.tool('echo', {n})).n + await go(n - 1) : 0; return go(4)": `10 [] []`,
	} {
		source := "export default async function (state, ctx) {\n" + body + "\n}"
		var calls []scripts.Call
		for i, w := range ways {
			j := newJournal(t, source, w)
			if got := j.play(); got != want {
				t.Errorf("%s\n%s gives %s\nwant %s", body, w.name, got, want)
			}
			if i == 0 {
				calls = j.calls
			}
			if diff := cmp.Diff(calls, j.calls); diff != "" {
				t.Errorf("%s\ncalls (-%s +%s):\n%s", body, ways[0].name, w.name, diff)
			}
		}
	}
}

// What is random in a script is the same in every execution of it, and not the same in another visit.
func TestDurableRandom(t *testing.T) {
	const source = "export default async (s, ctx) => { const a = [ctx.random(), Math.random(), ctx.uuid()]; await ctx.sleep(1); return [a, ctx.uuid(), ctx.random()] }"
	first := newJournal(t, source, ways[0]).play()
	for _, w := range ways {
		if again := newJournal(t, source, w).play(); again != first {
			t.Errorf("%s\n%s: %s", first, w.name, again)
		}
	}
	other := newJournal(t, source, ways[0])
	other.scope.Ctx.Visit++
	other.living = other.script.Durable(other.scope)
	if got := other.play(); got == first {
		t.Error("two visits draw the same")
	}
}

// TestDurableDiffers shows how a script is told that it does not do again what it has done.
func TestDurableDiffers(t *testing.T) {
	const was = "export default async function (state, ctx) {\n  const a = await ctx.tool('pay', {amount: 5})\n  await ctx.sleep('1h')\n  return a\n}"
	for change, want := range map[[2]string]string{
		{"amount: 5", "amount: 6"}:                              `flow.yaml:11:29: the script does not repeat what it has done: entry 1 of its journal is ctx.tool("pay", {"amount":5}), and the code now calls ctx.tool("pay", {"amount":6}); let it do what it did, or begin a new run`,
		{"'pay'", "'charge'"}:                                   `flow.yaml:11:29: the script does not repeat what it has done: entry 1 of its journal is ctx.tool("pay", {"amount":5}), and the code now calls ctx.tool("charge", {"amount":5}); let it do what it did, or begin a new run`,
		{"'1h'", "'2h'"}:                                        `flow.yaml:12:19: the script does not repeat what it has done: entry 2 of its journal is ctx.sleep("1h0m0s"), and the code now calls ctx.sleep("2h0m0s"); let it do what it did, or begin a new run`,
		{"await ctx.sleep('1h')", "await ctx.signal('ok')"}:     `flow.yaml:12:19: the script does not repeat what it has done: entry 2 of its journal is ctx.sleep("1h0m0s"), and the code now calls ctx.signal("ok"); let it do what it did, or begin a new run`,
		{"await ctx.sleep('1h')", ""}:                           `flow.yaml:10:7: the script does not repeat what it has done: entry 2 of its journal is ctx.sleep("1h0m0s"), and the code now makes no such call; let it do what it did, or begin a new run`,
		{"const a = await", "ctx.sleep('1h'); const a = await"}: `flow.yaml:11:13: the script does not repeat what it has done: entry 1 of its journal is ctx.tool("pay", {"amount":5}), and the code now calls ctx.sleep("1h0m0s"); let it do what it did, or begin a new run`,
		{"const a = await", "const a ="}:                        `flow.yaml:12:19: the script does not repeat what it has done: entry 2 of its journal is ctx.sleep("1h0m0s"), and the code now makes it after the end of 0 calls, not of 1; let it do what it did, or begin a new run`,
		{"return a", "return {a}"}:                              "",
	} {
		for _, w := range ways {
			j := newJournal(t, was, w)
			for range 2 {
				if _, err := j.turn(); err != nil {
					t.Fatal(err)
				}
				if len(j.ends) == 0 {
					j.end(0, `{"id":1}`)
				}
			}
			source := strings.Replace(was, change[0], change[1], 1)
			changed := newJournal(t, source, w)
			changed.calls, changed.ends, changed.seen = j.calls, j.ends, j.seen
			_, err := changed.turn()
			got := ""
			if err != nil {
				got = err.Error()
				if f := new(scripts.Error); !errors.As(err, &f) || f.Kind != scripts.KindNondeterministic {
					t.Errorf("%q: %#v", change, err)
				}
			}
			if got != want {
				t.Errorf("%q, %s, gives\n%s\nwant\n%s", change, w.name, got, want)
			}
		}
	}
}

// TestDurableCancel shows what a script can do when its run is cancelled.
func TestDurableCancel(t *testing.T) {
	for body, want := range map[string]string{
		"await ctx.sleep('1h')": `cancelled flow.yaml:11:17: the run was cancelled`,
		"try { await ctx.signal('x') } catch (e) { return [e.kind, e.signal] }":                                                          `["cancelled","x"] []`,
		"try { await ctx.sleep(1) } finally { state.n = 0; ctx.log('bye') }":                                                             `cancelled flow.yaml:11:23: the run was cancelled [bye]`,
		"try { await Promise.all([ctx.sleep(1), ctx.tool('a')]) } catch (e) { try { await ctx.tool('b') } catch (f) { return f.kind } }": `"cancelled" []`,
		"for (;;) try { await ctx.sleep(1) } catch { await new Promise(() => {}) }":                                                      `cancelled flow.yaml:10:7: the run was cancelled, and the script went on to wait`,
		"for (;;) try { await ctx.sleep(1) } catch { }":                                                                                  `cancelled flow.yaml:10:7: the run was cancelled, and the script went on to wait`,
		"try { await ctx.sleep(1) } catch { throw new TypeError('mine') }":                                                               `script_error flow.yaml:11:48: TypeError: mine`,
	} {
		for _, w := range ways {
			j := newJournal(t, "export default async function (state, ctx) {\n"+body+"\n}", w)
			if _, err := j.turn(); err != nil {
				t.Fatal(err)
			}
			d := j.execution()
			turn, err := d.Cancel(t.Context(), j.after)
			var got string
			var lines []scripts.Line
			if f := new(scripts.Error); errors.As(err, &f) {
				got, lines = f.Kind+" "+f.Error(), f.Console
			} else {
				got = turn.Result.Returned.String() + " " + turn.Result.Patch.String()
			}
			for _, line := range lines {
				got += " [" + line.Text + "]"
			}
			if got != want {
				t.Errorf("%s\n%s gives %s\nwant %s", body, w.name, got, want)
			}
		}
	}
}

// TestDurableMisuse shows what a script is told that calls wrongly.
func TestDurableMisuse(t *testing.T) {
	for body, want := range map[string]string{
		"await ctx.tool()":                                              `TypeError: ctx.tool takes a name first, such as ctx.tool("http.request")`,
		"await ctx.tool('a', {x: NaN})":                                 `the arguments of ctx.tool.x is NaN, which JSON cannot hold`,
		"await ctx.tool('a', {}, {retries: 3})":                         `TypeError: ctx.tool has no option "retries"; it has retry, timeout`,
		"await ctx.tool('a', {}, {retry: 3})":                           `TypeError: retry of ctx.tool takes its options as an object with max, backoff, initial, cap, on`,
		"await ctx.tool('a', {}, {retry: {}})":                          `TypeError: retry of ctx.tool needs max, the number of attempts in all, from 1 to 1000: write retry: {max: 3}`,
		"await ctx.tool('a', {}, {retry: {max: 2, backoff: 'linear'}})": `TypeError: backoff of retry of ctx.tool is exponential or constant, not "linear"`,
		"await ctx.tool('a', {}, {timeout: 0})":                         `TypeError: timeout of ctx.tool must be more than nothing, not 0s`,
		"await ctx.sleep('soon')":                                       `TypeError: ctx.sleep takes a text such as "1h30m", or a number of milliseconds, not "soon"`,
		"await ctx.sleep()":                                             `TypeError: ctx.sleep takes a text such as "1h30m", or a number of milliseconds`,
		"await ctx.signal('a', '1h')":                                   `TypeError: ctx.signal takes its options as an object with timeout`,
		"ctx.tool('a')":                                                 `the script has ended without waiting for ctx.tool("a"), which would then not be called: await it`,
		"await new Promise(() => {})":                                   `waits for nothing`,
		"ctx.tool = 1":                                                  `TypeError: ctx.tool cannot be changed: ctx is read-only`,
		"await ctx.tool('a', {text: 'x'.repeat(2e6)})":                  `the arguments of ctx.tool is more than the limit of 1048576 bytes for one output: return less, keep it elsewhere and return where, or allow more with ` + "`limits.output_size`",
		"return {toJSON() { ctx.tool('a'); return 1 }}":                 `TypeError: ctx.tool("a") comes too late: the script has ended`,
	} {
		for _, w := range ways {
			got := newJournal(t, "export default async function (state, ctx) {\n"+body+"\n}", w).play()
			if !strings.HasSuffix(got, want) {
				t.Errorf("%s\n%s gives %s\nwant %s", body, w.name, got, want)
			}
		}
	}
	_, err := runCode(t, inline("return ctx.tool('a')"))
	if err == nil || !strings.Contains(err.Error(), "a module, export default async function") {
		t.Errorf("a script that is no module is told: %v", err)
	}
}

// A turn that was cut short cannot be gone on with; a new execution can.
func TestDurableTimeout(t *testing.T) {
	for _, w := range ways {
		j := newJournal(t, "export default async (s, ctx) => { await ctx.sleep(1); while (ctx.now) ; }", w)
		d := j.script.Durable(j.scope)
		d.Timeout = 50 * time.Millisecond
		j.living = d
		if _, err := j.turn(); err != nil {
			t.Fatal(err)
		}
		j.end(0, "null")
		_, err := j.turn()
		if f := new(scripts.Error); !errors.As(err, &f) || f.Kind != scripts.KindTimeout || !strings.Contains(f.Message, "limit of 50ms") {
			t.Errorf("%s: %v", w.name, err)
		}
		if !d.Broken() {
			t.Errorf("%s: the execution is said to be able to go on", w.name)
		}
	}
}
