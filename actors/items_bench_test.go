package actors_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// BenchmarkMap measures the items of one map, every event durable at the end: scripts, which run ahead one after the
// other, and a tool with effects, whose items begin once that is durable, eight or a hundred at once.
func BenchmarkMap(b *testing.B) {
	effect := tools.Tool{Name: "effect", Description: "returns what it is given", Call: func(_ context.Context, c tools.Call) (document.Value, error) {
		return c.Input, nil
	}}
	for _, c := range []struct {
		name, work string
		items      int
	}{
		{"scripts", `node: {script: "return {n: x.n * 2}"}`, 10_000},
		{"scripts", `node: {script: "return {n: x.n * 2}"}`, 100_000},
		{"effects/concurrency=8", `node: effect`, 10_000},
		{"effects/concurrency=100", `node: effect, concurrency: 100`, 10_000},
	} {
		b.Run(fmt.Sprintf("%s/items=%d", c.name, c.items), func(b *testing.B) {
			e := open(b, effect)
			e.save(fmt.Sprintf("name: m\nlimits: {fan_out: 100000, output_size: 4MiB}\nnodes:\n  each: {map: {over: \"${state.xs}\", as: x, %s}, into: ys}\n", c.work))
			items := make([]string, c.items)
			for i := range items {
				items[i] = fmt.Sprintf(`{"n": %d}`, i%1000)
			}
			input := `{"xs": [` + strings.Join(items, ",") + `]}`
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				run := fmt.Sprintf("r%d", i)
				e.begin("m", run, input)
				v := e.end(run)
				if v.Status != workflow.StatusCompleted {
					b.Fatal(v.Error)
				}
				if ys, _ := v.State.Get("ys"); ys.Len() != c.items {
					b.Fatalf("%d results", ys.Len())
				}
				if i == 0 {
					b.ReportMetric(float64(e.commits(run)), "commits/run")
					b.ReportMetric(float64(v.LastEvent), "events/run")
				}
			}
			b.ReportMetric(float64(b.N*c.items)/b.Elapsed().Seconds(), "items/s")
		})
	}
}
