package scripts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// orders returns a state with a list of orders and some plain members, of about so many bytes.
func orders(bytes int) document.Value {
	var items []document.Value
	for size := 0; size < bytes; {
		item := document.MustParse(fmt.Sprintf(
			`{"id":%d,"name":"order number %d","price":%d.5,"quantity":%d,"tags":["a","b"],"paid":true}`,
			len(items), len(items), len(items)%100, len(items)%7))
		items = append(items, item)
		size += item.Size() + 1
	}
	return document.MustParse(`{"score":71,"threshold":80,"round":3}`).With("orders", document.Array(items...))
}

func scope(state document.Value) scripts.Scope {
	return scripts.Scope{State: state, Ctx: scripts.Context{Run: "run-1", Node: "node", Visit: 1, Attempt: 1, Now: time.Unix(1700000000, 0)}}
}

// bare is the least that goja can do: a fresh runtime, a compiled function, a call with a value that is there already,
// the result as a Go value.
func bare(b *testing.B, body string, state func(*goja.Runtime) goja.Value) {
	program := goja.MustCompile("bare", "(function(state){"+body+"})", true)
	b.ReportAllocs()
	for b.Loop() {
		rt := goja.New()
		f, err := rt.RunProgram(program)
		if err != nil {
			b.Fatal(err)
		}
		call, _ := goja.AssertFunction(f)
		b.StopTimer()
		v := state(rt)
		b.StartTimer()
		result, err := call(goja.Undefined(), v)
		if err != nil {
			b.Fatal(err)
		}
		_ = result.Export()
	}
}

// small returns a state for bare that costs next to nothing to make.
func small(rt *goja.Runtime) goja.Value {
	o := rt.NewObject()
	_ = o.Set("score", 71)
	_ = o.Set("threshold", 80)
	return o
}

const condition = "state.score >= state.threshold"

func BenchmarkCondition(b *testing.B) {
	b.Run("goja", func(b *testing.B) {
		program := goja.MustCompile("bare", "(function(state){return "+condition+"})", true)
		b.ReportAllocs()
		for b.Loop() {
			rt := goja.New()
			f, _ := rt.RunProgram(program)
			call, _ := goja.AssertFunction(f)
			if _, err := call(goja.Undefined(), small(rt)); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KB", 1 << 10}, {"1MB", 1 << 20}} {
		state := orders(size.bytes)
		b.Run(size.name, func(b *testing.B) { benchmarkTest(context.Background(), b, state) })
		b.Run(size.name+"/cancellable", func(b *testing.B) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			benchmarkTest(ctx, b, state)
		})
	}
}

func benchmarkTest(ctx context.Context, b *testing.B, state document.Value) {
	x, err := scripts.New(scripts.Limits{}).CompileExpression(condition, scripts.Origin{})
	if err != nil {
		b.Fatal(err)
	}
	sc := scope(state)
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := x.Test(ctx, sc); ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func benchmarkRun(b *testing.B, state document.Value, body string) {
	s, err := scripts.New(scripts.Limits{}).CompileBody(body, scripts.Origin{})
	if err != nil {
		b.Fatal(err)
	}
	sc := scope(state)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Run(context.Background(), sc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransform100KB(b *testing.B) {
	const body = "return {totals: state.orders.filter(o => o.paid && o.quantity > 2).map(o => ({id: o.id, total: o.price * o.quantity}))}"
	state := orders(100 << 10)
	text := state.String()
	b.Run("goja", func(b *testing.B) {
		bare(b, body, func(rt *goja.Runtime) goja.Value {
			parse, _ := goja.AssertFunction(rt.Get("JSON").ToObject(rt).Get("parse"))
			v, err := parse(goja.Undefined(), rt.ToValue(text))
			if err != nil {
				b.Fatal(err)
			}
			return v
		})
	})
	b.Run("goja/parsed", func(b *testing.B) {
		program := goja.MustCompile("bare", "(function(text){const state=JSON.parse(text);"+body+"})", true)
		b.ReportAllocs()
		for b.Loop() {
			rt := goja.New()
			f, _ := rt.RunProgram(program)
			call, _ := goja.AssertFunction(f)
			if _, err := call(goja.Undefined(), rt.ToValue(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("weir", func(b *testing.B) { benchmarkRun(b, state, body) })
}

func BenchmarkPushInto1MB(b *testing.B) {
	const push = "state.orders.push({id: -1, name: 'new'})"
	state := orders(1 << 20)
	b.Run("goja/empty list", func(b *testing.B) {
		program := goja.MustCompile("bare", "(function(state){"+push+"})", true)
		b.ReportAllocs()
		for b.Loop() {
			rt := goja.New()
			f, _ := rt.RunProgram(program)
			call, _ := goja.AssertFunction(f)
			o := rt.NewObject()
			_ = o.Set("orders", rt.NewArray())
			if _, err := call(goja.Undefined(), o); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("push", func(b *testing.B) { benchmarkRun(b, state, push) })
	b.Run("spread", func(b *testing.B) { benchmarkRun(b, state, "state.orders = [...state.orders, {id: -1}]") })
	b.Run("member", func(b *testing.B) { benchmarkRun(b, state, "state.orders[5000].paid = false") })
}

func BenchmarkNothing(b *testing.B)   { benchmarkRun(b, orders(1<<10), "") }
func BenchmarkSmallStep(b *testing.B) { benchmarkRun(b, orders(1<<10), "state.round += 1") }
func BenchmarkReturned(b *testing.B) {
	benchmarkRun(b, orders(1<<10), "return {round: state.round + 1}")
}

func BenchmarkConsole(b *testing.B) {
	benchmarkRun(b, orders(1<<10), "console.log('round', state.round)")
}

func BenchmarkDirectPath(b *testing.B) {
	x, err := scripts.New(scripts.Limits{}).CompileExpression("state.orders[3].name", scripts.Origin{})
	if err != nil {
		b.Fatal(err)
	}
	sc := scope(orders(1 << 10))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Eval(context.Background(), sc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCachedCompile(b *testing.B) {
	e := scripts.New(scripts.Limits{})
	source := "return {" + strings.Repeat("a: state.a,", 50) + "}"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.CompileBody(source, scripts.Origin{File: "a.yaml", Line: 3, Column: 9}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompile compiles a plain script that is in no cache.
func BenchmarkCompile(b *testing.B) {
	source := "const found = state.orders.filter(o => o.paid && o.quantity > 2 * 1)\n" + strings.Repeat("state.a = found.map(o => o.id)\n", 20) + "return {found}"
	b.ReportAllocs()
	for b.Loop() {
		if _, err := scripts.New(scripts.Limits{}).CompileBody(source, scripts.Origin{File: "a.yaml", Line: 3, Column: 9}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGuards shows what naming a guarded function costs an execution.
func BenchmarkGuards(b *testing.B) {
	for _, c := range []struct{ name, body string }{
		{"none", "return 'x'.concat('y')"},
		{"repeat", "return 'x'.repeat(3)"},
		{"JSON.parse", "return JSON.parse('1')"},
		{"new Array", "return new Array(3).length"},
		{"length=", "const a = []; a.length = 2; return a.length"},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkRun(b, orders(100), c.body) })
	}
}
