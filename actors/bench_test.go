package actors_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// loopSource is a loop of one script node with a script condition.
const loopSource = `
name: loop
nodes:
  count: {script: "state.i++"}
edges:
  count: [{when: "state.i < input.steps", to: count}]
limits: {steps: 1000000}
`

// BenchmarkLoop measures steps of one run: a script and a condition each, every event durable at the end.
func BenchmarkLoop(b *testing.B) {
	for _, steps := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("steps=%d", steps), func(b *testing.B) {
			e := open(b)
			e.save(loopSource)
			commits := 0
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				run := fmt.Sprintf("r%d", i)
				e.begin("loop", run, fmt.Sprintf(`{"i": 0, "steps": %d}`, steps))
				if v := e.end(run); v.Status != workflow.StatusCompleted {
					b.Fatal(v.Error)
				}
				if i == 0 {
					commits = e.commits(run)
				}
			}
			b.ReportMetric(float64(b.N*steps)/b.Elapsed().Seconds(), "steps/s")
			b.ReportMetric(float64(commits), "commits/run")
		})
	}
}

// BenchmarkFiveNodes measures runs of five nodes in a row, 64 at a time: scripts, which run ahead, and a
// tool with effects, which waits for durability at every node.
func BenchmarkFiveNodes(b *testing.B) {
	effect := tools.Tool{Name: "effect", Description: "returns at once", Call: func(context.Context, tools.Call) (document.Value, error) {
		return document.Object(), nil
	}}
	for name, node := range map[string]string{
		"scripts": `{script: "return {x: (state.x ?? 0) + 1}"}`,
		"effects": `effect`,
	} {
		b.Run(name, func(b *testing.B) {
			e := open(b, effect)
			source := "name: five\nnodes:\n"
			for i := range 5 {
				source += fmt.Sprintf("  n%d: %s\n", i, node)
			}
			e.save(source + "edges: {n0: n1, n1: n2, n2: n3, n3: n4}\n")
			var next atomic.Int64
			b.ReportAllocs()
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					run := fmt.Sprintf("r%d", next.Add(1))
					if _, _, err := e.Start(b.Context(), actors.StartRequest{Workflow: "five", Run: run}); err != nil {
						b.Error(err)
						return
					}
					if v, err := e.Wait(b.Context(), run); err != nil || v.Status != workflow.StatusCompleted {
						b.Error(v.Status, err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
			b.ReportMetric(float64(e.commits("r1")), "commits/run")
		})
	}
}

// BenchmarkFanOut measures one run that branches into many nodes, each of which writes a key, and joins them.
func BenchmarkFanOut(b *testing.B) {
	for _, node := range []string{`{script: "return {[ctx.node]: 1}"}`, `{tool: effect, into: k%d}`} {
		kind, _, _ := strings.Cut(node[1:], ":")
		b.Run(kind, func(b *testing.B) {
			const branches = 1000
			e := open(b, tools.Tool{Name: "effect", Call: func(context.Context, tools.Call) (document.Value, error) { return document.Int(1), nil }})
			var nodes, names, edges strings.Builder
			for i := range branches {
				fmt.Fprintf(&nodes, "  n%d: %s\n", i, strings.ReplaceAll(node, "%d", strconv.Itoa(i)))
				fmt.Fprintf(&names, "n%d, ", i)
				fmt.Fprintf(&edges, "  n%d: join\n", i)
			}
			e.save("name: fan\nnodes:\n  split: {set: {}}\n  join: {script: 'return {keys: Object.keys(state).length}'}\n" + nodes.String() +
				"edges:\n  split: [" + strings.TrimSuffix(names.String(), ", ") + "]\n" + edges.String())
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				run := fmt.Sprintf("r%d", i)
				e.begin("fan", run, `{}`)
				v := e.end(run)
				if keys, _ := v.State.Get("keys"); v.Status != workflow.StatusCompleted || keys.String() != strconv.Itoa(branches) {
					b.Fatal(v.Status, v.Error, keys)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/run")
		})
	}
}
