package actors_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/runindex"
)

func TestCancel(t *testing.T) {
	reached := make(chan struct{}, 8)
	hang := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		reached <- struct{}{}
		<-ctx.Done()
		return document.Null, ctx.Err()
	}}
	late := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		reached <- struct{}{}
		<-ctx.Done()
		return document.MustParse(`{"late": true}`), nil
	}}
	mark := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
		reached <- struct{}{}
		return document.Object(), nil
	}}
	for name, nodes := range map[string]string{
		"hanging tool":      "nodes: {a: hang}",
		"late tool":         "nodes: {a: late, b: mark}\nedges: {a: b}",
		"endless script":    "nodes: {m: mark, a: {script: 'for(;;);', timeout: 1h}}\nedges: {m: a}",
		"endless condition": "nodes: {m: mark, a: {script: 'return {}'}, b: mark}\nedges: {m: a, a: [{when: '(()=>{for(;;);})()', to: b}]}",
		"sleep":             "nodes: {m: mark, a: {sleep: 1h}}\nedges: {m: a}",
		"backoff":           "nodes: {m: mark, a: {script: 'throw 1', retry: {max: 9, initial: 1h, cap: 2h}}}\nedges: {m: a}",
	} {
		t.Run(name, func(t *testing.T) {
			e := open(t, hang.tool("hang"), late.tool("late"), mark.tool("mark"))
			e.save("name: w\n" + nodes)
			e.begin("w", "r", "{}")
			<-reached
			if name == "endless script" || name == "sleep" || name == "backoff" {
				e.reach("r", "a") // what follows a visit cannot be seen from outside, so a condition is not waited for
			}
			if _, err := e.Cancel(t.Context(), "r", "ada", "enough"); err != nil {
				t.Fatal(err)
			}
			v := e.end("r")
			if v.Status != workflow.StatusCancelled {
				t.Errorf("the run is %s: %q", v.Status, e.log("r"))
			}
			if got := v.State.String(); name == "late tool" && got != `{"late":true}` {
				t.Errorf("the late result left the state %s", got)
			}
			if log := strings.Join(e.log("r"), ","); strings.Contains(log, "NodeStarted b") {
				t.Errorf("a node began after the cancel: %s", log)
			}
			var status *actors.StatusError
			if _, err := e.Cancel(t.Context(), "r", "", ""); !errors.As(err, &status) || status.Status != "cancelled" {
				t.Errorf("cancelling again: %v", err)
			}
		})
	}
}

// reach waits until the run's open visit is at a node.
func (e *engine) reach(run, node string) {
	e.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		v := e.mustView(run)
		if len(v.Current) > 0 && v.Current[0].Node == node {
			return
		}
		if v.Status.Ended() || time.Now().After(deadline) {
			e.t.Fatalf("the run is %s and did not reach %s: %q", v.Status, node, e.log(run))
		}
	}
}

func (e *engine) mustView(run string) actors.View {
	e.t.Helper()
	v, err := e.View(e.t.Context(), run)
	if err != nil {
		e.t.Fatal(err)
	}
	return v
}

func TestRetryFailedRun(t *testing.T) {
	var calls atomic.Int32
	r := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
		if calls.Add(1) < 3 {
			return document.Null, errors.New("no luck")
		}
		return document.MustParse(`{"done": true}`), nil
	}}
	e := open(t, r.tool("flaky"))
	e.save("name: w\nnodes: {a: {script: 'return {n: (state.n ?? 0) + 1}'}, b: flaky}\nedges: {a: b}")
	e.begin("w", "r", "{}")
	for attempt := 1; attempt <= 2; attempt++ {
		v := e.end("r")
		if v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureTool || !strings.Contains(v.Error.Message, "no luck") {
			t.Fatalf("the run ended %s with %+v", v.Status, v.Error)
		}
		if attempt == 2 {
			e.restart() // a failed run is retried after a restart as well
		}
		if _, err := e.Retry(t.Context(), "r", "ada"); err != nil {
			t.Fatal(err)
		}
	}
	v := e.end("r")
	if v.Status != workflow.StatusCompleted || v.State.String() != `{"done":true,"n":1}` || v.Error != nil {
		t.Errorf("the run ended %s with %s, %+v", v.Status, v.State, v.Error)
	}
	for i, c := range r.all() {
		if c.Key != "r/b/1" || c.Attempt != i+1 {
			t.Errorf("call %d had key %s, attempt %d", i, c.Key, c.Attempt)
		}
	}
	var status *actors.StatusError
	if _, err := e.Retry(t.Context(), "r", ""); !errors.As(err, &status) {
		t.Errorf("retrying a completed run: %v", err)
	}
	if _, err := e.Retry(t.Context(), "nobody", ""); !errors.Is(err, actors.ErrRunNotFound) {
		t.Errorf("retrying an unknown run: %v", err)
	}
}

func TestRestartGoesOn(t *testing.T) {
	hold := make(chan struct{})
	reached := make(chan struct{}, 4)
	r := &recorder{call: func(ctx context.Context, c tools.Call) (document.Value, error) {
		reached <- struct{}{}
		if c.Attempt > 1 {
			return document.MustParse(`{"called": true}`), nil
		}
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return document.Null, errors.Join(errors.New("cut short"), ctx.Err())
	}}
	once := r.tool("once")
	once.AtMostOnce = true
	e := open(t, r.tool("effect"), once)
	e.save("name: w\nnodes: {a: effect, b: {sleep: 20ms}, c: {script: 'return {after: true}'}}\nedges: {a: b, b: c}")
	e.save("name: once\nnodes: {a: {tool: once, retry: {max: 5}}}")
	e.begin("w", "r", "{}")
	e.begin("once", "o", "{}")
	<-reached
	<-reached
	e.restart()
	v := e.end("r")
	if v.Status != workflow.StatusCompleted || v.State.String() != `{"after":true,"called":true}` {
		t.Errorf("the run ended %s with %s: %q", v.Status, v.State, e.log("r"))
	}
	if log := strings.Join(e.log("r"), ","); !strings.Contains(log, "NodeFailed a/1/1 stopped,NodeStarted a/1/2,NodeCompleted a/1/2") {
		t.Errorf("events %s", log)
	}
	v = e.end("o")
	if v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureUnknownOutcome {
		t.Errorf("the at-most-once run ended %s with %+v", v.Status, v.Error)
	}
	keys := map[string]int{}
	for _, c := range r.all() {
		keys[c.Key]++
	}
	if keys["r/a/1"] != 2 || keys["o/a/1"] != 1 {
		t.Errorf("calls by key: %v", keys)
	}
}

func TestPanicFailsTheVisitOnly(t *testing.T) {
	r := &recorder{call: func(_ context.Context, c tools.Call) (document.Value, error) {
		if c.Attempt == 1 {
			panic("no such thing")
		}
		return document.Object(), nil
	}}
	e := open(t, r.tool("panics"))
	e.save("name: w\nnodes: {a: {tool: panics, retry: {max: 2, initial: 1ms, on: [panic]}}}")
	e.begin("w", "r", "{}")
	if v := e.end("r"); v.Status != workflow.StatusCompleted {
		t.Errorf("the run ended %s with %+v: %q", v.Status, v.Error, e.log("r"))
	}
}

func TestTimeouts(t *testing.T) {
	r := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		<-ctx.Done()
		return document.Null, ctx.Err()
	}}
	e := open(t, r.tool("slow"))
	for name, source := range map[string]string{
		"tool":   "name: tool\nnodes: {a: {tool: slow, timeout: 20ms}}",
		"script": "name: script\nnodes: {a: {script: 'for(;;);', timeout: 20ms}}",
	} {
		e.save(source)
		e.begin(name, name, "{}")
		v := e.end(name)
		if v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureTimeout || !strings.Contains(v.Error.Message, "20ms") {
			t.Errorf("%s: the run ended %s with %+v", name, v.Status, v.Error)
		}
	}
	e.save("name: run\nnodes: {a: {tool: slow, timeout: 1h}}\nlimits: {duration: 30ms}")
	e.begin("run", "run", "{}")
	if v := e.end("run"); v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureDurationLimit {
		t.Errorf("the run ended %s with %+v", v.Status, v.Error)
	}
}

func TestRunsAreListed(t *testing.T) {
	e := open(t)
	e.save("name: quick\nnodes: {a: {script: 'return {}'}}")
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	for i := range 5 {
		id := fmt.Sprintf("q%d", i)
		e.begin("quick", id, "{}")
		e.end(id)
		e.begin("nap", fmt.Sprintf("n%d", i), "{}")
	}
	list := func(f runindex.Listing) string {
		t.Helper()
		page, err := e.Runs(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range page.Runs {
			ids = append(ids, r.Run)
		}
		return strings.Join(ids, " ")
	}
	check := func() {
		t.Helper()
		for want, f := range map[string]runindex.Listing{
			"n4 q4 n3 q3 n2 q2 n1 q1 n0 q0": {},
			"n4 n3 n2 n1 n0":                {Filter: runindex.Filter{Workflow: "nap"}},
			"q4 q3 q2 q1 q0":                {Filter: runindex.Filter{Statuses: []runindex.Status{runindex.Completed}}},
			"":                              {Filter: runindex.Filter{Workflow: "nap", Statuses: []runindex.Status{runindex.Completed}}},
			"n4 q4":                         {Limit: 2},
		} {
			if got := list(f); got != want {
				t.Errorf("%+v lists %q, want %q", f, got, want)
			}
		}
		var ids []string
		for f := (runindex.Listing{Limit: 3}); ; {
			page, err := e.Runs(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Runs {
				ids = append(ids, r.Run)
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if got := strings.Join(ids, " "); got != "n4 q4 n3 q3 n2 q2 n1 q1 n0 q0" {
			t.Errorf("page by page the list is %q", got)
		}
	}
	check()
	e.restart()
	check()
	for deadline := time.Now().Add(10 * time.Second); list(runindex.Listing{Filter: runindex.Filter{Statuses: []runindex.Status{runindex.Waiting}}}) != "n4 n3 n2 n1 n0"; {
		if time.Now().After(deadline) {
			t.Fatal("the sleeping runs never became waiting")
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := e.Runs(t.Context(), runindex.Listing{Filter: runindex.Filter{Statuses: []runindex.Status{"sleeping"}}}); !errors.Is(err, actors.ErrInvalidFilter) {
		t.Errorf("an unknown status: %v", err)
	}
	if _, err := e.Runs(t.Context(), runindex.Listing{Cursor: "zzz"}); !errors.Is(err, actors.ErrInvalidCursor) {
		t.Errorf("a broken cursor: %v", err)
	}
}

func TestClosedSystemRefuses(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {sleep: 1h}}")
	e.begin("w", "r", "{}")
	system := e.System
	e.stop()
	if _, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "w"}); !errors.Is(err, actors.ErrClosed) {
		t.Errorf("starting: %v", err)
	}
	if _, _, err := system.Save(t.Context(), actors.Source{Data: []byte("name: x\nnodes: {a: {sleep: 1h}}")}); !errors.Is(err, actors.ErrClosed) {
		t.Errorf("saving: %v", err)
	}
	if err := system.Ready(); !errors.Is(err, actors.ErrClosed) {
		t.Errorf("ready: %v", err)
	}
}

// TestSlowScriptsHandOver runs scripts around the time after which another goroutine takes an actor over.
func TestSlowScriptsHandOver(t *testing.T) {
	e := open(t)
	e.save(`
name: spin
nodes:
  spin: {script: "state.i++; for (let k = 0; k < state.turns * (state.i % 3); k++);"}
edges:
  spin: [{when: "state.i < 10", to: spin}]
`)
	const runs = 24
	for i := range runs {
		e.begin("spin", fmt.Sprintf("r%d", i), fmt.Sprintf(`{"i": 0, "turns": %d}`, 300*(i%8)))
	}
	for i := range runs {
		run := fmt.Sprintf("r%d", i)
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			t.Errorf("run %s ended %s with %+v", run, v.Status, v.Error)
		}
		if got := len(e.log(run)); got != 2+4*10 {
			t.Errorf("run %s has %d events", run, got)
		}
	}
}

// TestResultBeforeEndlessCondition cancels, or stops the engine, while a condition keeps a tool's result from
// being decided: the result is recorded, and the tool is not called again.
func TestResultBeforeEndlessCondition(t *testing.T) {
	for _, how := range []string{"cancel", "stop"} {
		t.Run(how, func(t *testing.T) {
			called := make(chan struct{}, 2)
			r := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
				called <- struct{}{}
				return document.MustParse(`{"paid": true}`), nil
			}}
			e := open(t, r.tool("pay"))
			e.save("name: w\nnodes: {a: pay, b: pay}\nedges: {a: [{when: 'state.wait && (()=>{for(;;);})()', to: b}]}")
			e.begin("w", "r", `{"wait": true}`)
			<-called
			time.Sleep(20 * time.Millisecond) // the condition cannot be seen from outside
			want := workflow.StatusFailed     // the condition runs into its time limit
			if how == "cancel" {
				want = workflow.StatusCancelled
				if _, err := e.Cancel(t.Context(), "r", "", ""); err != nil {
					t.Fatal(err)
				}
			} else {
				e.restart()
			}
			v := e.end("r")
			if paid, _ := v.State.Get("paid"); v.Status != want || paid.String() != "true" {
				t.Errorf("the run is %s with %s: %q", v.Status, v.State, e.log("r"))
			}
			if calls := len(r.all()); calls != 1 {
				t.Errorf("the tool was called %d times: %q", calls, e.log("r"))
			}
		})
	}
}

// TestOrderlyStopsCountForNothing restarts the engine more often than interruptions would be forgiven.
func TestOrderlyStopsCountForNothing(t *testing.T) {
	reached := make(chan struct{}, 16)
	r := &recorder{call: func(ctx context.Context, c tools.Call) (document.Value, error) {
		reached <- struct{}{}
		if c.Attempt > workflow.InterruptionsMax+1 {
			return document.Object(), nil
		}
		<-ctx.Done()
		return document.Null, ctx.Err()
	}}
	e := open(t, r.tool("long"))
	e.save("name: w\nnodes: {a: long}")
	e.begin("w", "r", "{}")
	for range workflow.InterruptionsMax + 1 {
		<-reached
		e.restart()
	}
	if v := e.end("r"); v.Status != workflow.StatusCompleted {
		t.Errorf("the run is %s with %+v: %q", v.Status, v.Error, e.log("r"))
	}
}
