package actors_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// BenchmarkParkedDurable measures what 40,000 parked durable scripts cost, of which half sleep and half wait for a signal: the
// memory of all, with what the store and the list of runs keep of them, and the time until one of them has been signalled,
// replayed, and has ended durably.
func BenchmarkParkedDurable(b *testing.B) {
	const runs = 40_000
	e := open(b)
	e.save(durable("await ctx.sleep('1ms')\nawait ctx.sleep('24h')"))
	e.begin("order", "sleeping", "{}")
	e.parked(1)
	e.save(durable("await ctx.sleep('1ms')\nreturn {by: await ctx.signal('go', {timeout: '24h'})}"))
	e.begin("order", "waiting", "{}")
	e.parked(2)
	before := held()
	tomorrow := time.Now().Add(24 * time.Hour)
	e.copies(runs/2, map[string]time.Time{"sleeping": tomorrow, "waiting": tomorrow})
	e.restart()
	if e.Parked() != runs+2 || e.Active() != 0 {
		b.Fatalf("%d runs are parked and %d held", e.Parked(), e.Active())
	}
	more := held() - before
	for i := 0; b.Loop(); i++ {
		if i == runs/2 {
			b.Fatal("there are not so many runs")
		}
		run := copyID("waiting", i)
		if _, err := e.Signal(b.Context(), run, "go", "", document.String("bob"), ""); err != nil {
			b.Fatal(err)
		}
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			b.Fatal(v.Status)
		}
	}
	b.ReportMetric(float64(more)/(1<<20), "MiB")
	b.ReportMetric(float64(more)/runs, "B/run")
}

// BenchmarkReplayParked measures a durable script with 1,000 completed calls that is parked: from a signal's coming, over the reading of
// its events and the replay of all its calls, to its durable end.
func BenchmarkReplayParked(b *testing.B) {
	echo := tools.Tool{Name: "echo", Pure: true, Call: func(_ context.Context, c tools.Call) (document.Value, error) { return c.Input, nil }}
	e := open(b, echo)
	e.save(durable("let n = 0\nfor (let i = 0; i < 1000; i++) n += (await ctx.tool('echo', {i, text: 'some text'})).i\nawait ctx.signal('go')\nreturn {n}"))
	e.begin("order", "sample", "{}")
	e.parked(1)
	e.copies(200, map[string]time.Time{"sample": {}})
	e.restart()
	i := 0
	for b.Loop() {
		run := copyID("sample", i)
		if i++; i > 200 {
			b.Fatal("there are not so many runs: use -benchtime 100x")
		}
		if _, err := e.Signal(b.Context(), run, "go", "", document.Null, ""); err != nil {
			b.Fatal(err)
		}
		if v := e.end(run); v.State.String() != `{"n":499500}` {
			b.Fatal(v.State, v.Error)
		}
	}
}

// BenchmarkDurableCalls measures the calls of a pure tool that a durable script makes one after the other, in this process and in
// one of its own.
func BenchmarkDurableCalls(b *testing.B) {
	pool := scripts.NewPool(scripts.PoolConfig{Size: 1})
	defer func() { _ = pool.Close() }() // it never fails
	for _, runner := range []*scripts.Engine{newScripts(), newScripts().Isolated(pool)} {
		b.Run(runner.Isolation(), func(b *testing.B) { benchmarkDurableCalls(b, runner) })
	}
}

func benchmarkDurableCalls(b *testing.B, runner *scripts.Engine) {
	const calls = 2000
	echo := tools.Tool{Name: "echo", Pure: true, Call: func(_ context.Context, c tools.Call) (document.Value, error) { return c.Input, nil }}
	e := openWith(b, runner, echo)
	e.save(durable(fmt.Sprintf("for (let i = 0; i < %d; i++) await ctx.tool('echo', {i})", calls)))
	for i := 0; b.Loop(); i++ {
		run := fmt.Sprintf("r%d", i)
		e.begin("order", run, "{}")
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			b.Fatal(v.Status, v.Error)
		}
	}
	b.ReportMetric(float64(calls*b.N)/b.Elapsed().Seconds(), "calls/s")
}
