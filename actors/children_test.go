package actors_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

const (
	motherSource = `
name: mother
nodes:
  call: {workflow: daughter, with: {n: "${state.n}", nap: "${state.nap ?? false}", deep: "${state.deep ?? false}"}, into: answer}
  after: {set: {done: true}}
edges: {call: after}
`
	daughterSource = `
name: daughter
nodes:
  work: {script: "if (state.n < 0) throw new Error('less than nothing'); return {double: 2 * state.n}"}
  nap: {sleep: 1h}
  deep: {workflow: granddaughter, with: {n: "${state.n}"}}
edges:
  work: [{when: input.nap, to: nap}, {when: input.deep, to: deep}]
`
	granddaughterSource = "name: granddaughter\nnodes: {nap: {sleep: 1h}}"
)

func (e *engine) saveFamily() {
	e.save(granddaughterSource)
	e.save(daughterSource)
	e.save(motherSource)
}

// childOf returns the id of the run that the latest visit of a parent has started, once that is known.
func (e *engine) childOf(parent string) string {
	e.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, c := range e.mustView(parent).Current {
			if c.Child != "" {
				return c.Child
			}
		}
	}
	e.t.Fatalf("run %s has no child", parent)
	return ""
}

// A node that runs another workflow brings that run's last state, and the two know each other.
func TestChildRun(t *testing.T) {
	e := open(t)
	e.saveFamily()
	e.begin("mother", "m", `{"n": 4}`)
	v := e.end("m")
	if want := `{"answer":{"deep":false,"double":8,"n":4,"nap":false},"done":true,"n":4}`; v.Status != workflow.StatusCompleted || v.State.String() != want {
		t.Fatalf("the parent is %s with %s, %+v; want %s", v.Status, v.State, v.Error, want)
	}
	want := "RunStarted, NodeStarted call/1/1, ChildStarted, ChildCompleted, NodeCompleted call/1/1, StateChanged, EdgeTaken, " +
		"NodeStarted after/1/1, NodeCompleted after/1/1, StateChanged, EdgeTaken, RunCompleted"
	if got := strings.Join(e.log("m"), ", "); got != want {
		t.Errorf("events\n%s\nwant\n%s", got, want)
	}
	page, err := e.Runs(t.Context(), runindex.Listing{Filter: runindex.Filter{Parent: "m"}})
	if err != nil || len(page.Runs) != 1 {
		t.Fatalf("the children of m are %+v, %v", page.Runs, err)
	}
	child := e.mustView(page.Runs[0].Run)
	if p := child.Parent; p == nil || *p != (event.Parent{Run: "m", Node: "call", Visit: 1, Attempt: 1}) {
		t.Errorf("the child's parent is %+v", p)
	}
	if !event.ValidID(child.Run) || child.Workflow != "daughter" || child.Input.String() != `{"deep":false,"n":4,"nap":false}` {
		t.Errorf("the child is %+v", child)
	}
}

// A parent that waits for its child is parked as long as that takes, over a restart too, and the child's end wakes it.
func TestParentIsParked(t *testing.T) {
	e := open(t)
	e.save("name: daughter\nnodes: {nap: {sleep: 3s}, work: {script: \"return {double: 2 * state.n}\"}}\nedges: {nap: work}")
	e.save(motherSource)
	e.begin("mother", "m", `{"n": 4}`)
	e.parked(2)
	v := e.mustView("m")
	if v.Status != workflow.StatusWaiting || len(v.Current) != 1 || v.Current[0].Child == "" {
		t.Errorf("the parent is %+v", v)
	}
	e.restart()
	e.parked(2)
	if v := e.end("m"); v.Status != workflow.StatusCompleted || !strings.Contains(v.State.String(), `"double":8`) {
		t.Errorf("the parent is %s with %s", v.Status, v.State)
	}
	if log := e.log("m"); len(log) != 12 {
		t.Errorf("the parent's events are %q", log)
	}
}

// A child's failure goes up, level by level, to where it is caught.
func TestChildFails(t *testing.T) {
	e := open(t)
	e.save(daughterSource)
	e.save("name: middle\nnodes: {call: {workflow: daughter, retry: {max: 2, initial: 1ms}}}")
	e.save(`
name: top
nodes:
  call: {workflow: middle, catch: {on: child_failed, to: mend}}
  mend: {script: "return {child: ctx.error.child, said: ctx.error.message}"}
`)
	e.begin("top", "t", `{"n": -1}`)
	v := e.end("t")
	said := v.State.String()
	if v.Status != workflow.StatusCompleted || !strings.Contains(said, `"kind":"child_failed"`) ||
		!strings.Contains(said, `script_error: Error: less than nothing (w.yaml:4:`) || strings.Count(said, "less than nothing") != 2 {
		t.Errorf("the run is %s with %s", v.Status, said)
	}
	page, err := e.Runs(t.Context(), runindex.Listing{Filter: runindex.Filter{Workflow: "daughter"}})
	if err != nil || len(page.Runs) != 2 {
		t.Errorf("two attempts started %d children, %v", len(page.Runs), err)
	}
}

// What cannot be started says why, by kinds of its own.
func TestChildCannotBeStarted(t *testing.T) {
	e := open(t)
	e.save("name: a\nnodes: {call: {workflow: nobody, retry: {max: 9, initial: 1ms}}}")
	e.save("name: nil\nnodes: {call: {workflow: nil, with: '${[1]}'}}\nlimits: {depth: 3}")
	e.save("name: picky\nnodes: {x: {set: {n: many}}}\nstate: {n: {schema: {type: integer}}}")
	e.save("name: loose\nnodes: {call: {workflow: picky, with: {n: '${\"one\"}'}}}")
	e.save("name: deep\nnodes: {call: {workflow: deep}}\nlimits: {depth: 3}")
	for name, want := range map[string]string{
		"a":   `unknown_workflow: node "call" runs the workflow nobody, which is not saved`,
		"nil": `invalid_input: what node "call" gives a run of workflow nil cannot be its input: invalid input: it must be an object`,
		"loose": `invalid_input: what node "call" gives a run of workflow picky cannot be its input: invalid input: ` +
			`it is not what workflow picky takes: /n: must be a whole number, not a text; say by `,
		"deep": `child_failed: child run `,
	} {
		e.begin(name, name, "{}")
		v := e.end(name)
		if v.Status != workflow.StatusFailed || !strings.HasPrefix(v.Error.Kind+": "+v.Error.Message, want) {
			t.Errorf("%s: the run is %s, %+v", name, v.Status, v.Error)
		}
		if name == "deep" && !strings.Contains(v.Error.Message, "depth_limit: ") {
			t.Errorf("the message is %s", v.Error.Message)
		}
	}
	counts, err := e.CountRuns(t.Context(), runindex.Filter{Workflow: "deep"})
	if err != nil || counts.Total() != 4 {
		t.Errorf("%v runs, %v; want 4, one on each level", counts, err)
	}
	// Once the workflow is there, a retry goes on.
	e.save("name: nobody\nnodes: {x: {set: {here: true}}}")
	if _, err := e.Retry(t.Context(), "a", "ada"); err != nil {
		t.Fatal(err)
	}
	if v := e.end("a"); v.Status != workflow.StatusCompleted || v.State.String() != `{"here":true}` {
		t.Errorf("after the retry the run is %s with %s", v.Status, v.State)
	}
}

// A cancel goes down all levels, and the run that was cancelled ends after those below it, before its grace is over.
func TestCancelGoesDown(t *testing.T) {
	e := open(t)
	e.saveFamily()
	for _, restarted := range []bool{false, true} {
		run := fmt.Sprintf("m-%t", restarted)
		e.begin("mother", run, `{"n": 1, "deep": true}`)
		child := e.childOf(run)
		grandchild := e.childOf(child)
		e.parked(3)
		if restarted {
			e.restart()
		}
		begun := time.Now()
		if _, err := e.Cancel(t.Context(), run, "ada", "enough"); err != nil {
			t.Fatal(err)
		}
		views := map[string]actors.View{run: e.end(run), child: e.end(child), grandchild: e.end(grandchild)}
		if took := time.Since(begun); took >= workflow.CancelGrace {
			t.Errorf("the cancel took %s", took)
		}
		for name, v := range views {
			if v.Status != workflow.StatusCancelled {
				t.Errorf("%s is %s", name, v.Status)
			}
		}
		if views[run].EndedAt.Before(views[child].EndedAt) || views[child].EndedAt.Before(views[grandchild].EndedAt) {
			t.Errorf("the ends are %v, %v and %v", views[run].EndedAt, views[child].EndedAt, views[grandchild].EndedAt)
		}
		if log := e.log(run); log[len(log)-2] != "NodeFailed call/1/1 cancelled" {
			t.Errorf("the parent's events are %q", log)
		}
	}
}

// A child that a person cancels fails its parent's attempt; a node's timeout, or its run's failure, cancels the child.
func TestChildIsCancelled(t *testing.T) {
	e := open(t)
	e.saveFamily()
	e.save("name: hasty\nnodes: {call: {workflow: daughter, timeout: 300ms}}")
	e.save("name: beside\nnodes: {a: {set: {}}, call: {workflow: daughter}, b: {sleep: 500ms}}\nedges: {a: [call, b], b: [{when: state.gone.deep, to: $end}]}")
	e.begin("mother", "m", `{"n": 1, "nap": true}`)
	child := e.childOf("m")
	if _, err := e.Cancel(t.Context(), child, "bob", "not needed"); err != nil {
		t.Fatal(err)
	}
	if v := e.end("m"); v.Status != workflow.StatusFailed || v.Error.Kind != "child_failed" || !strings.Contains(v.Error.Message, "was cancelled by bob: not needed") {
		t.Errorf("the parent is %s, %+v", v.Status, v.Error)
	}
	for name, kind := range map[string]string{"hasty": "timeout", "beside": "script_error"} {
		e.begin(name, name, `{"n": 1, "nap": true}`)
		child := e.childOf(name)
		if v := e.end(name); v.Status != workflow.StatusFailed || v.Error.Kind != kind {
			t.Errorf("%s: the parent is %s, %+v", name, v.Status, v.Error)
		}
		if v := e.end(child); v.Status != workflow.StatusCancelled {
			t.Errorf("%s: the child is %s", name, v.Status)
		}
	}
}

// A failed run that is retried starts another child. A child that a person retries goes on without it, over restarts too.
func TestRetryStartsAnotherChild(t *testing.T) {
	e := open(t)
	e.save(motherSource)
	e.save(`
name: daughter
nodes:
  work: {script: "if (ctx.attempt < 2) throw new Error('not yet')"}
  nap: {sleep: 2s}
edges: {work: nap}
`)
	e.begin("mother", "m", `{"n": 1}`)
	if v := e.end("m"); v.Status != workflow.StatusFailed || v.Error.Kind != "child_failed" {
		t.Fatalf("the parent is %s, %+v", v.Status, v.Error)
	}
	page, err := e.Runs(t.Context(), runindex.Listing{Filter: runindex.Filter{Parent: "m"}})
	if err != nil || len(page.Runs) != 1 {
		t.Fatalf("the children of m are %+v, %v", page.Runs, err)
	}
	first := page.Runs[0].Run
	if _, err := e.Retry(t.Context(), first, "bob"); err != nil {
		t.Fatal(err)
	}
	e.reach(first, "nap")
	if _, err := e.Retry(t.Context(), "m", "ada"); err != nil {
		t.Fatal(err)
	}
	if v := e.end("m"); v.Status != workflow.StatusFailed || v.LastEvent < 10 {
		t.Errorf("the parent is %s, %+v", v.Status, v.Error)
	}
	if page, err = e.Runs(t.Context(), runindex.Listing{Filter: runindex.Filter{Parent: "m"}}); err != nil || len(page.Runs) != 2 {
		t.Errorf("the children of m are %+v, %v", page.Runs, err)
	}
	e.restart()
	if v := e.end(first); v.Status != workflow.StatusCompleted {
		t.Errorf("the child that was retried is %s", v.Status)
	}
}

// Many children of one run at once are all taken over, and leave nothing behind in memory.
func TestManyChildren(t *testing.T) {
	const children = 1000
	e := open(t)
	e.save("name: small\nnodes: {a: {set: {x: 1}}}")
	var source strings.Builder
	source.WriteString("name: wide\nstate: {sum: add}\nnodes:\n  fork: {set: {}}\n")
	names := make([]string, children)
	for i := range names {
		names[i] = fmt.Sprintf("c%d", i)
		fmt.Fprintf(&source, "  c%d: {workflow: small, with: {sum: 1}}\n", i)
	}
	fmt.Fprintf(&source, "edges: {fork: [%s]}\n", strings.Join(names, ", "))
	e.save(source.String())
	before := runtime.NumGoroutine()
	begun := time.Now()
	e.begin("wide", "w", "{}")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	v, err := e.Wait(ctx, "w")
	t.Logf("%d children took %s", children, time.Since(begun))
	if sum, _ := v.State.Get("sum"); err != nil || v.Status != workflow.StatusCompleted || sum.String() != fmt.Sprint(children) {
		t.Fatalf("the run is %s with %s, %+v, %v", v.Status, v.State, v.Error, err)
	}
	e.parked(0)
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+10; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
	starts := 0
	for _, entry := range e.log("w") {
		if entry == "ChildStarted" {
			starts++
		}
	}
	if starts != children {
		t.Errorf("%d children were started", starts)
	}
}
