package scripts_test

import (
	"context"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// BenchmarkIsolated shows what a process of its own costs, beside the same call in this process. "same state" asks about one
// state again and again, as the conditions of a choice do; "next state" about one that has changed in a member, as a loop
// does; "other state" about states of other runs in turn, which have to be sent whole.
func BenchmarkIsolated(b *testing.B) {
	pool := scripts.NewPool(scripts.PoolConfig{Size: 1})
	defer func() { _ = pool.Close() }() // it never fails
	here := scripts.New(scripts.Limits{})
	for _, engine := range []struct {
		name string
		*scripts.Engine
	}{{"in-process", here}, {"process", here.Isolated(pool)}} {
		b.Run("script/"+engine.name, func(b *testing.B) {
			s, err := engine.CompileBody("return {n: 1}", scripts.Origin{})
			if err != nil {
				b.Fatal(err)
			}
			sc := scope(must(`{}`))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Run(context.Background(), sc); err != nil {
					b.Fatal(err)
				}
			}
		})
		for _, size := range []struct {
			name  string
			bytes int
		}{{"1KB", 1 << 10}, {"100KB", 100 << 10}} {
			state := orders(size.bytes)
			other := state.With("round", document.Int(4))
			for _, c := range []struct {
				name   string
				states [2]document.Value
				runs   [2]string
			}{
				{"same state", [2]document.Value{state, state}, [2]string{"r", "r"}},
				{"next state", [2]document.Value{state, other}, [2]string{"r", "r"}},
				{"other state", [2]document.Value{state, other}, [2]string{"r", "s"}},
			} {
				b.Run("condition/"+size.name+"/"+c.name+"/"+engine.name, func(b *testing.B) {
					benchmarkCondition(b, engine.Engine, c.states, c.runs)
				})
			}
		}
	}
}

func benchmarkCondition(b *testing.B, e *scripts.Engine, states [2]document.Value, runs [2]string) {
	x, err := e.CompileExpression(condition, scripts.Origin{})
	if err != nil {
		b.Fatal(err)
	}
	scopes := [2]scripts.Scope{scope(states[0]), scope(states[1])}
	scopes[0].Ctx.Run, scopes[1].Ctx.Run = runs[0], runs[1]
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if holds, err := x.Test(context.Background(), scopes[i%2]); holds || err != nil {
			b.Fatal(holds, err)
		}
	}
}

// BenchmarkIsolatedStart shows what it costs to have a process ready, as after one that was ended.
func BenchmarkIsolatedStart(b *testing.B) {
	for b.Loop() {
		pool := scripts.NewPool(scripts.PoolConfig{Size: 1})
		if err := pool.Start(context.Background()); err != nil {
			b.Fatal(err)
		}
		_ = pool.Close() // it never fails
	}
}
