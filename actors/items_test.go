package actors_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

// items are the events of a run's items, as "Type item/attempt".
func (e *engine) items(run string) []string {
	e.t.Helper()
	var lines []string
	for _, ev := range e.told(run) {
		switch b := ev.Body.(type) {
		case event.NodeStarted:
			if b.Item > 0 {
				lines = append(lines, fmt.Sprintf("NodeStarted %d/%d", b.Item, b.Attempt))
			}
		case event.NodeCompleted:
			if b.Item > 0 {
				lines = append(lines, fmt.Sprintf("NodeCompleted %d/%d", b.Item, b.Attempt))
			}
		case event.NodeFailed:
			if b.Item > 0 {
				lines = append(lines, fmt.Sprintf("NodeFailed %d/%d %s", b.Item, b.Attempt, b.Kind))
			}
		default:
		}
	}
	return lines
}

// TestMapOfScripts sees what the scripts of items see, and that each costs one event.
func TestMapOfScripts(t *testing.T) {
	e := open(t)
	e.save(`
name: w
nodes:
  list: {map: {over: "${state.xs}", as: x, node: {script: "console.log(x); return x * state.k + ctx.index"}}, into: ys}
  object: {map: {over: "${input.o}", node: {set: {key: "${ctx.key}", twice: "${item}${item}"}}, concurrency: 1}, into: o}
  again: {map: {over: "${state.ys}", node: {script: "if (ctx.attempt < 2) throw 1; return ctx.attempt", retry: {max: 2, initial: 1ms}}}, into: zs, checkpoint: true}
edges: {list: object, object: again}
`)
	e.begin("w", "r", `{"xs": [1, 2, 3], "k": 10, "o": {"a": "x", "b": "y"}}`)
	v := e.end("r")
	want := `{"k":10,"o":{"a":{"key":"a","twice":"xx"},"b":{"key":"b","twice":"yy"}},"xs":[1,2,3],"ys":[10,21,32],"zs":[2,2,2]}`
	if v.Status != workflow.StatusCompleted || v.State.String() != want {
		t.Fatalf("the run is %s with %s and %+v", v.Status, v.State, v.Error)
	}
	items := e.items("r")
	slices.Sort(items[:3]) // on a busy machine one may overtake another
	if got, want := strings.Join(items[:5], ","), "NodeCompleted 1/1,NodeCompleted 2/1,NodeCompleted 3/1,NodeCompleted 1/1,NodeCompleted 2/1"; got != want {
		t.Errorf("events of items %s, want %s", got, want)
	}
}

// TestMapItemsChangeNothing has an item write to the state.
func TestMapItemsChangeNothing(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes:\n  a: {map: {over: [1, 2], node: {script: \"state.n = item\"}}}\n")
	e.begin("w", "r", `{}`)
	v := e.end("r")
	if v.Error == nil || v.Error.Kind != workflow.FailureScript || !strings.HasPrefix(v.Error.Message, "item 1 of 2: ") ||
		!strings.Contains(v.Error.Message, "return the value") || v.Error.Position.Line != 3 {
		t.Errorf("the run is %s with %+v", v.Status, v.Error)
	}
}

// TestMapSideBySide sees that as many items are called at once as the map says, each under its key.
func TestMapSideBySide(t *testing.T) {
	var now, most atomic.Int64
	full := make(chan struct{})
	r := &recorder{call: func(ctx context.Context, c tools.Call) (document.Value, error) {
		defer now.Add(-1)
		if n := now.Add(1); n > most.Load() {
			if most.Store(n); n == 5 {
				close(full)
			}
		}
		select {
		case <-full:
			return document.String(c.Key), nil
		case <-ctx.Done():
			return document.Null, ctx.Err()
		}
	}}
	e := open(t, r.tool("effect"))
	e.save("name: w\nnodes: {a: {map: {over: \"${state.xs}\", node: effect, concurrency: 5}, into: keys}}")
	e.begin("w", "r", `{"xs": [{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}]}`)
	v := e.end("r")
	keys, _ := v.State.Get("keys")
	for i, key := range keys.Items() {
		if text, _ := key.AsString(); text != fmt.Sprintf("r/a/1/%d", i+1) {
			t.Errorf("item %d was called as %s", i+1, key)
		}
	}
	if keys.Len() != 12 || most.Load() != 5 {
		t.Errorf("%d results; at most %d items at once", keys.Len(), most.Load())
	}
}

// TestMapGoesOnAfterARestart stops the engine in the middle: what is done stays done, and the rest is done once more.
func TestMapGoesOnAfterARestart(t *testing.T) {
	reached := make(chan struct{}, 16)
	r := &recorder{call: func(ctx context.Context, c tools.Call) (document.Value, error) {
		if c.Item > 3 && c.Attempt == 1 && c.Item < 8 {
			reached <- struct{}{}
			<-ctx.Done()
			return document.Null, ctx.Err()
		}
		return document.Int(int64(c.Item)), nil
	}}
	once := r.tool("once")
	once.AtMostOnce = true
	for _, c := range []struct{ tool, want string }{
		{"effect", `[{"value":1},{"value":2},{"value":3},{"value":4},{"value":5},{"value":6},{"value":7},{"value":8}]`},
		{"once", `unknown_outcome`},
	} {
		t.Run(c.tool, func(t *testing.T) {
			r.calls = nil
			e := open(t, r.tool("effect"), once)
			e.save("name: w\nnodes: {a: {map: {over: \"${state.xs}\", node: {tool: " + c.tool + ", with: {}}, concurrency: 4, on_error: collect}, into: ys}}")
			e.begin("w", "r", `{"xs": [1, 2, 3, 4, 5, 6, 7, 8]}`)
			for range 4 {
				<-reached
			}
			if v := e.mustView("r"); len(v.Current) != 1 || *v.Current[0].Items != (actors.ItemCounts{Done: 3, Open: 4, Total: 8}) {
				t.Errorf("the view before the restart is %+v", v.Current)
			}
			page, err := e.Runs(t.Context(), runindex.Listing{Limit: 10})
			if err != nil || len(page.Runs) != 1 || len(page.Runs[0].Current) != 1 {
				t.Errorf("the list has %+v: %v", page.Runs, err)
			}
			e.restart()
			v := e.end("r")
			ys, _ := v.State.Get("ys")
			if v.Status != workflow.StatusCompleted || !strings.Contains(ys.String(), c.want) {
				t.Errorf("the run is %s with %s and %+v: %q", v.Status, ys, v.Error, e.log("r"))
			}
			keys := map[string]int{}
			for _, call := range r.all() {
				keys[call.Key]++
			}
			for item := 1; item <= 8; item++ {
				want := 1
				if c.tool == "effect" && item > 3 && item < 8 {
					want = 2
				}
				if key := fmt.Sprintf("r/a/1/%d", item); keys[key] != want {
					t.Errorf("%s was called %d times, want %d", key, keys[key], want)
				}
			}
		})
	}
}

// TestMapInterruptsItsItems sees that those beside one that fails, and those of a run that is cancelled or of a map whose
// time is up, are not waited for.
func TestMapInterruptsItsItems(t *testing.T) {
	reached, ended := make(chan struct{}, 16), make(chan int, 16)
	tool := (&recorder{call: func(ctx context.Context, c tools.Call) (document.Value, error) {
		reached <- struct{}{}
		if _, fails := c.Input.Get("fails"); fails && c.Item == 3 {
			return document.Null, errors.New("no")
		}
		<-ctx.Done()
		ended <- c.Item
		return document.Null, ctx.Err()
	}}).tool("hang")
	for name, want := range map[string]string{"fails": "completed", "late": "completed", "cancelled": "cancelled"} {
		t.Run(name, func(t *testing.T) {
			e := open(t, tool)
			timeout := "1h"
			if name == "late" {
				timeout = "100ms"
			}
			e.save(`
name: w
nodes:
  a: {map: {over: [1, 2, 3], node: {tool: hang, with: {` + name + `: true}}}, timeout: ` + timeout + `, catch: b}
  b: {script: "return {why: ctx.error.kind + ' ' + ctx.error.message}"}
  c: {sleep: 1ms}
edges: {b: c}
`)
			e.begin("w", "r", `{}`)
			for range 3 {
				<-reached
			}
			began := time.Now()
			if name == "cancelled" {
				if _, err := e.Cancel(t.Context(), "r", "ada", ""); err != nil {
					t.Fatal(err)
				}
			}
			v := e.end("r")
			why, _ := v.State.Get("why")
			if string(v.Status) != want || time.Since(began) > time.Second {
				t.Errorf("the run is %s after %s with %s: %q", v.Status, time.Since(began), why, e.log("r"))
			}
			interrupted := 3
			if name == "fails" {
				interrupted = 2
				if why.String() != `"tool_error item 3 of 3: hang: no"` {
					t.Errorf("the catch saw %s", why)
				}
			}
			for range interrupted {
				<-ended
			}
		})
	}
}

// TestMapTimeoutEndsFastScripts has a map's time end while its items run ahead, so that no timer is looked at.
func TestMapTimeoutEndsFastScripts(t *testing.T) {
	e := open(t)
	e.save("name: w\nlimits: {fan_out: 100000}\nnodes:\n  a: {map: {over: \"${Array.from({length: 90000}, (_, i) => 1)}\", node: {set: {}}}, timeout: 50ms}\n")
	began := time.Now()
	e.begin("w", "r", `{}`)
	v := e.end("r")
	if v.Error == nil || v.Error.Kind != workflow.FailureTimeout || time.Since(began) > 2*time.Second {
		t.Errorf("after %s the run is %s with %+v", time.Since(began), v.Status, v.Error)
	}
}

// TestSlowItemsHandOver runs items around the time after which another goroutine takes an actor over.
func TestSlowItemsHandOver(t *testing.T) {
	e := open(t)
	e.save(`
name: spin
nodes:
  spin: {map: {over: "${Array.from({length: 30}, (_, i) => i)}", node: {script: "for (let k = 0; k < state.turns * (item % 3); k++); return item"}}, into: ys}
`)
	for i := range 12 {
		e.begin("spin", fmt.Sprintf("r%d", i), fmt.Sprintf(`{"turns": %d}`, 500*i))
	}
	for i := range 12 {
		run := fmt.Sprintf("r%d", i)
		v := e.end(run)
		ys, _ := v.State.Get("ys")
		if v.Status != workflow.StatusCompleted || ys.Len() != 30 || ys.At(29).String() != "29" {
			t.Errorf("run %s ended %s with %s and %+v", run, v.Status, ys, v.Error)
		}
		if got := len(e.log(run)); got != 2+30+4 {
			t.Errorf("run %s has %d events", run, got)
		}
	}
}
