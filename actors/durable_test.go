package actors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// tally counts its calls by their keys, and does what the test says with them.
type tally struct {
	mu    sync.Mutex
	calls map[string]int
	order []string
}

func (c *tally) count(call *tools.Call) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.calls[call.Key]++
	c.order = append(c.order, call.Key)
	return c.calls[call.Key]
}

// made is the keys of the calls, in order.
func (c *tally) made() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.order)
}

// tool returns the tool pay, which answers with what it is given.
func (c *tally) tool(do func(ctx context.Context, call tools.Call, nth int) error) tools.Tool {
	return tools.Tool{Name: "pay", Call: func(ctx context.Context, call tools.Call) (document.Value, error) {
		if err := do(ctx, call, c.count(&call)); err != nil {
			return document.Null, err
		}
		return call.Input, nil
	}}
}

func at(call tools.Call) string { return call.Key[strings.LastIndexByte(call.Key, '/')+1:] }

func durable(body string) string {
	return "name: order\nnodes:\n  order:\n    script: |\n      export default async function (state, ctx) {\n        " +
		strings.ReplaceAll(body, "\n", "\n        ") + "\n      }\n"
}

// A durable script calls tools one after the other and side by side, is told of errors, and changes the state as others do.
func TestDurableScriptCallsTools(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		var c tally
		e := openWith(t, runner, c.tool(func(_ context.Context, call tools.Call, nth int) error {
			if v, _ := call.Input.Get("fail"); !v.IsNull() && nth < 3 {
				return &tools.Error{Kind: "tool_error", Message: "declined"}
			}
			return nil
		}))
		e.save(durable(`
const first = await ctx.tool('pay', {n: state.n})
console.log('paid', first.n)
const [a, b] = await Promise.all([ctx.tool('pay', {n: 2}), ctx.tool('pay', {n: 3})])
const again = await ctx.tool('pay', {fail: true}, {retry: {max: 3, initial: '1ms'}})
let caught
try { await ctx.tool('pay', {fail: 1}) } catch (e) { caught = [e.kind, e.message] }
state.n += a.n + b.n
return {caught, again}`))
		e.begin("order", "r", `{"n":1}`)
		v := e.end("r")
		if got, want := v.State.String(), `{"again":{"fail":true},"caught":["tool_error","pay: declined"],"n":6}`; got != want || v.Status != workflow.StatusCompleted {
			t.Errorf("%s, %s; want %s; error %+v", v.Status, got, want, v.Error)
		}
		for call, want := range map[string]int{"1": 1, "2": 1, "3": 1, "4": 3, "5": 1} {
			if got := c.calls["r/order/1/"+call]; got != want {
				t.Errorf("call %s was made %d times, want %d", call, got, want)
			}
		}
		want := "RunStarted NodeStarted CallStarted CallCompleted ScriptLogged CallStarted CallStarted CallCompleted"
		if got := strings.Join(words(e.log("r")), " "); !strings.HasPrefix(got, want) {
			t.Errorf("the events are %s", got)
		}
	})
}

func words(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i], _, _ = strings.Cut(line, " ")
	}
	return out
}

// What a call's error that nobody catches does to the run, where it says it was, and that a retry makes no other call again.
func TestDurableScriptFailsAndIsRetried(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		var c tally
		broken := true
		e := openWith(t, runner, c.tool(func(_ context.Context, call tools.Call, _ int) error {
			if at(call) == "2" && broken {
				return &tools.Error{Kind: "tool_error", Message: "declined"}
			}
			return nil
		}))
		e.save(durable("const a = await ctx.tool('pay', {n: 1})\nconst b = await ctx.tool('pay', {n: 2})\nreturn {sum: a.n + b.n}"))
		e.begin("order", "r", `{}`)
		v := e.end("r")
		if f := v.Error; f == nil || f.Kind != "tool_error" || f.Message != "pay: declined" || f.Position == nil || f.Position.Line != 7 {
			t.Fatalf("the run ended with %+v", v.Error)
		}
		broken = false
		if _, err := e.Retry(t.Context(), "r", "ada"); err != nil {
			t.Fatal(err)
		}
		if v := e.end("r"); v.State.String() != `{"sum":3}` {
			t.Errorf("%s: %s, %+v", v.Status, v.State, v.Error)
		}
		if c.calls["r/order/1/1"] != 1 || c.calls["r/order/1/2"] != 2 {
			t.Errorf("the calls were %v", c.calls)
		}
	})
}

// The engine ends in good order while a durable script has calls under way: they are made again with the same key, and those
// that had completed are not.
func TestDurableScriptGoesOnAfterRestart(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		var c tally
		entered := make(chan struct{}, 10)
		e := openWith(t, runner, c.tool(func(ctx context.Context, call tools.Call, nth int) error {
			if at(call) == "1" || nth > 1 {
				return nil
			}
			entered <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}))
		e.save(durable("const a = await ctx.tool('pay', {n: 1})\nctx.log('once')\nconst [b, c] = await Promise.all([ctx.tool('pay', {n: 2}), ctx.tool('pay', {n: 3})])\nreturn {sum: a.n + b.n + c.n}"))
		e.begin("order", "r", `{}`)
		<-entered
		<-entered
		e.restart()
		if v := e.end("r"); v.State.String() != `{"sum":6}` {
			t.Errorf("%s: %s, %+v", v.Status, v.State, v.Error)
		}
		if got := fmt.Sprint(c.calls); got != "map[r/order/1/1:1 r/order/1/2:2 r/order/1/3:2]" {
			t.Errorf("the calls were %s", got)
		}
		if got := strings.Count(strings.Join(e.log("r"), " "), "ScriptLogged"); got != 1 {
			t.Errorf("the script logged %d times", got)
		}
	})
}

// A script that does not end when it is cancelled holds its run up for a moment only.
func TestDurableScriptLoopsWhenCancelled(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		e := openWith(t, runner)
		e.save(durable("for (;;) try { await ctx.sleep('1h') } catch (e) { while (true) ; }"))
		e.begin("order", "r", `{}`)
		e.parked(1)
		if _, err := e.Cancel(t.Context(), "r", "ada", "enough"); err != nil {
			t.Fatal(err)
		}
		if v := e.end("r"); v.Status != workflow.StatusCancelled || v.EndedAt.Sub(v.StartedAt) > 20*time.Second {
			t.Errorf("%+v", v)
		}
	})
}

// A run that is moved to a revision whose script does something else is told which entry differs; one that goes on with what was is
// not disturbed.
func TestDurableScriptThatDiffers(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		var c tally
		e := openWith(t, runner, c.tool(func(context.Context, tools.Call, int) error { return nil }))
		e.save(durable("const a = await ctx.tool('pay', {n: 1})\nawait ctx.sleep('1ms')\nreturn a.m.n"))
		e.begin("order", "r", `{}`)
		if v := e.end("r"); v.Error == nil || v.Error.Kind != "script_error" {
			t.Fatalf("%+v", v.Error)
		}
		e.save(durable("const a = await ctx.tool('pay', {n: 2})\nreturn a.n"))
		if _, err := e.RetryWith(t.Context(), "r", "ada", actors.Latest); err != nil {
			t.Fatal(err)
		}
		v := e.end("r")
		want := `the script does not repeat what it has done: entry 1 of its journal is ctx.tool("pay", {"n":1}), and the code now calls ctx.tool("pay", {"n":2}); let it do what it did, or begin a new run`
		if f := v.Error; f == nil || f.Kind != workflow.FailureNondeterministic || f.Message != want || f.Position == nil || f.Position.Line != 6 {
			t.Errorf("%+v", v.Error)
		}
		e.save(durable("const a = await ctx.tool('pay', {n: 1})\nawait ctx.sleep('1ms')\nreturn {n: a.n}"))
		if _, err := e.RetryWith(t.Context(), "r", "ada", actors.Latest); err != nil {
			t.Fatal(err)
		}
		if v := e.end("r"); v.State.String() != `{"n":1}` || len(c.made()) != 1 {
			t.Errorf("%s, %+v, calls %v", v.State, v.Error, c.made())
		}
	})
}

// Of a tool that must not be called twice, a call that a crash cut short is not repeated: the script is told.
func TestDurableScriptOfUnknownOutcome(t *testing.T) {
	isolations(t, func(t *testing.T, runner *scripts.Engine) {
		entered, release := make(chan struct{}), make(chan struct{})
		once := tools.Tool{Name: "wire", AtMostOnce: true, Call: func(context.Context, tools.Call) (document.Value, error) {
			close(entered)
			<-release
			return document.Null, errors.New("cut short")
		}}
		e := openWith(t, runner, once)
		e.save(durable("try { await ctx.tool('wire', {}, {retry: {max: 5}}) } catch (e) { return {kind: e.kind} }"))
		e.begin("order", "r", `{}`)
		<-entered
		closing := make(chan struct{})
		go func() {
			defer close(closing)
			e.stop()
		}()
		time.Sleep(50 * time.Millisecond)
		close(release)
		<-closing
		e.start()
		if v := e.end("r"); v.State.String() != `{"kind":"unknown_outcome"}` {
			t.Errorf("%s, %+v", v.State, v.Error)
		}
	})
}
