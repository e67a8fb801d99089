package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

const (
	clan      = 100
	clanOpen  = 16
	clanInput = `{"list": [%s]}`
)

// saveClan saves a map over a list of numbers, and the workflow that it runs for each of them.
func (e *engine) saveClan(onError, daughter string) {
	e.save("name: daughter\n" + daughter)
	e.save(fmt.Sprintf(`
name: clan
nodes:
  each: {map: {over: "${state.list}", as: n, workflow: daughter, with: {n: "${n}"}, concurrency: %d, on_error: %s}, into: results}
`, clanOpen, onError))
}

// clanOf is the input of a run over the numbers from 1; that at one place is negative, unless the place is 0.
func clanOf(negative int) string {
	numbers := make([]string, clan)
	for i := range numbers {
		numbers[i] = fmt.Sprint(i + 1)
		if i+1 == negative {
			numbers[i] = fmt.Sprint(-(i + 1))
		}
	}
	return fmt.Sprintf(clanInput, strings.Join(numbers, ", "))
}

const (
	swift = `nodes: {work: {script: "if (state.n < 0) throw new Error('less than nothing'); return {double: 2 * state.n}"}}`
	slow  = `
nodes:
  nap: {sleep: 50ms}
  work: {script: "return {double: 2 * state.n}"}
edges: {nap: work}
`
	endless = "nodes: {nap: {sleep: 1h}}"
)

// children returns the runs that a run has started, by the items that they are of. Two of one item are an error, and so is
// one of an attempt that the parent has not begun.
func (e *engine) children(parent string) map[int]actors.View {
	e.t.Helper()
	page, err := e.Runs(e.t.Context(), runindex.Listing{Filter: runindex.Filter{Parent: parent}, Limit: runindex.PageMax})
	if err != nil {
		e.t.Fatal(err)
	}
	found := map[int]actors.View{}
	for _, r := range page.Runs {
		v := e.mustView(r.Run)
		if v.Parent == nil || v.Parent.Item < 1 || v.Parent.Item > clan || *v.Parent != (event.Parent{Run: parent, Node: "each", Visit: 1, Attempt: 1, Item: v.Parent.Item}) {
			e.t.Errorf("the parent of %s is %+v", r.Run, v.Parent)
		}
		if _, twice := found[v.Parent.Item]; twice {
			e.t.Errorf("item %d has two runs", v.Parent.Item)
		}
		found[v.Parent.Item] = v
	}
	return found
}

// openMost is how many child runs of the run were open at most, by its events; it sees to it that none is started or ends twice.
func (e *engine) openMost(run string) int {
	e.t.Helper()
	open, most, started := map[int]string{}, 0, map[string]bool{}
	for _, ev := range e.told(run) {
		switch b := ev.Body.(type) {
		case event.ChildStarted:
			if open[b.Item] != "" || started[b.Child] {
				e.t.Errorf("run %s of item %d is started again", b.Child, b.Item)
			}
			open[b.Item], started[b.Child] = b.Child, true
			most = max(most, len(open))
		case event.ChildCompleted:
			if open[b.Item] != b.Child {
				e.t.Errorf("run %s of item %d ends and is not open", b.Child, b.Item)
			}
			delete(open, b.Item)
		default:
		}
	}
	return most
}

// doubled sees to it that the run has completed with the doubles of all numbers.
func (e *engine) doubled(run string) {
	e.t.Helper()
	v := e.end(run)
	results, _ := v.State.Get("results")
	if v.Status != workflow.StatusCompleted || results.Len() != clan {
		e.t.Fatalf("the run is %s with %s, %+v", v.Status, v.State, v.Error)
	}
	for i, r := range results.Items() {
		if want := fmt.Sprintf(`{"double":%d,"n":%d}`, 2*(i+1), i+1); r.String() != want {
			e.t.Errorf("result %d is %s, want %s", i, r, want)
		}
	}
	if children := e.children(run); len(children) != clan {
		e.t.Errorf("there are %d children", len(children))
	}
	if most := e.openMost(run); most > clanOpen {
		e.t.Errorf("%d children were open at once", most)
	}
}

// A map runs another workflow for each item, so many at once as it may, and gathers their last states.
func TestMapOfChildren(t *testing.T) {
	e := open(t)
	e.saveClan("fail", swift)
	e.begin("clan", "c", clanOf(0))
	e.doubled("c")
	e.parked(0)
}

// A child that fails fails the map, and those that go on are cancelled; with on_error: collect it leaves its error.
func TestMapOfChildrenFails(t *testing.T) {
	const bad = 37
	e := open(t)
	e.saveClan("fail", "nodes:\n  work: {script: \"if (state.n < 0) throw new Error('less than nothing')\"}\n  nap: {sleep: 1h}\nedges: {work: [{when: state.n > 30, to: nap}]}")
	e.begin("clan", "f", clanOf(bad))
	v := e.end("f")
	if v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureChild ||
		!strings.HasPrefix(v.Error.Message, "item 37 of 100: child run ") || !strings.Contains(v.Error.Message, "less than nothing") {
		t.Fatalf("the run is %s, %+v", v.Status, v.Error)
	}
	children := e.children("f")
	if len(children) < bad || len(children) > bad+clanOpen {
		t.Errorf("there are %d children", len(children))
	}
	for item, child := range children {
		want := workflow.StatusCompleted
		if item > 30 {
			want = workflow.StatusCancelled
		}
		if item == bad {
			want = workflow.StatusFailed
		}
		if v := e.end(child.Run); v.Status != want {
			t.Errorf("the child of item %d is %s, want %s", item, v.Status, want)
		}
	}

	e.saveClan("collect", swift)
	e.begin("clan", "c", clanOf(bad))
	v = e.end("c")
	results, _ := v.State.Get("results")
	if v.Status != workflow.StatusCompleted || results.Len() != clan {
		t.Fatalf("the run is %s, %+v, with %s", v.Status, v.Error, v.State)
	}
	for i, r := range results.Items() {
		failure, failed := r.Get("error")
		if failed != (i+1 == bad) {
			t.Errorf("result %d is %s", i, r)
		}
		if failed && !strings.Contains(failure.String(), `"index":36,"kind":"child_failed"`) {
			t.Errorf("the error is %s", failure)
		}
	}
}

// A map without `with` gives each item to its run, if it can be an input.
func TestMapGivesItems(t *testing.T) {
	e := open(t)
	e.save("name: daughter\n" + swift)
	e.save(`name: plain
nodes: {each: {map: {over: "${state.list}", workflow: daughter, on_error: collect}, into: results}}`)
	e.begin("plain", "p", `{"list": [{"n": 2}, 3]}`)
	v := e.end("p")
	said := v.State.String()
	if v.Status != workflow.StatusCompleted || !strings.Contains(said, `{"value":{"double":4,"n":2}}`) ||
		!strings.Contains(said, `"kind":"invalid_input"`) || !strings.Contains(said, "say by `with` what it gets") {
		t.Errorf("the run is %s with %s, %+v", v.Status, said, v.Error)
	}
}

// An engine that is stopped in the middle of a map starts no child twice, and misses none. While only children go on,
// their parent waits and is parked.
func TestMapOfChildrenIsRestarted(t *testing.T) {
	e := open(t)
	e.saveClan("fail", slow)
	e.begin("clan", "c", clanOf(0))
	for done := range 3 {
		for deadline := time.Now().Add(30 * time.Second); len(e.children("c")) < (done+1)*clan/4; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the map does not go on")
			}
		}
		e.restart()
	}
	e.doubled("c")

	e.saveClan("fail", "nodes: {nap: {sleep: 3s}, work: {script: \"return {double: 2 * state.n}\"}}\nedges: {nap: work}")
	e.save(`name: few
nodes: {each: {map: {over: [1, 2, 3], workflow: daughter, with: {n: "${item}"}}, into: results}}`)
	e.begin("few", "w", "{}")
	e.parked(4)
	if v := e.mustView("w"); v.Status != workflow.StatusWaiting {
		t.Errorf("the run is %s", v.Status)
	}
	page, err := e.Runs(t.Context(), runindex.Listing{Filter: runindex.Filter{Workflow: "few", Statuses: []runindex.Status{runindex.Waiting}}})
	if err != nil || len(page.Runs) != 1 || len(page.Runs[0].Current) != 1 {
		t.Errorf("the list has %+v, %v", page.Runs, err)
	}
	e.restart()
	e.parked(4)
	if v := e.end("w"); v.Status != workflow.StatusCompleted {
		t.Errorf("the run is %s, %+v", v.Status, v.Error)
	}
	if got := strings.Join(e.items("w"), ", "); strings.Contains(got, "/2") {
		t.Errorf("items were tried again: %s", got)
	}
}

// A cancel goes down to the children of a map, and the run ends after them; so does the end of the map's time.
func TestMapOfChildrenIsCancelled(t *testing.T) {
	e := open(t)
	e.saveClan("fail", endless)
	e.save("name: hasty\nnodes: {each: {map: {over: \"${state.list}\", workflow: daughter, with: {}}, timeout: 300ms}}")
	for _, restarted := range []bool{false, true} {
		run := fmt.Sprintf("c-%t", restarted)
		e.begin("clan", run, clanOf(0))
		e.parked(1 + clanOpen)
		if restarted {
			e.restart()
		}
		if _, err := e.Cancel(t.Context(), run, "ada", "enough"); err != nil {
			t.Fatal(err)
		}
		v := e.end(run)
		if v.Status != workflow.StatusCancelled {
			t.Errorf("the run is %s, %+v", v.Status, v.Error)
		}
		children := e.children(run)
		if len(children) != clanOpen {
			t.Errorf("there are %d children", len(children))
		}
		for item, child := range children {
			if c := e.end(child.Run); c.Status != workflow.StatusCancelled || c.EndedAt.After(v.EndedAt) {
				t.Errorf("the child of item %d is %s at %s, its parent ended at %s", item, c.Status, c.EndedAt, v.EndedAt)
			}
		}
		e.parked(0)
	}
	e.begin("hasty", "h", clanOf(0))
	if v := e.end("h"); v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureTimeout {
		t.Errorf("the run is %s, %+v", v.Status, v.Error)
	}
	for item, child := range e.children("h") {
		if c := e.end(child.Run); c.Status != workflow.StatusCancelled {
			t.Errorf("the child of item %d is %s", item, c.Status)
		}
	}
}

// Whenever the process dies, a map and its children come together again, or end together.
func TestMapsOfChildrenSurviveCrashes(t *testing.T) {
	e := open(t)
	e.save("name: daughter\n" + slow)
	e.save(`name: few
nodes: {each: {map: {over: [1, 2, 3], workflow: daughter, with: {n: "${item}"}, concurrency: 2}, into: results}}`)
	e.begin("few", "w", "{}")
	want := e.end("w").State.String()
	everywhere(t, e, func(t *testing.T, e *engine, _ int) {
		if v := e.end("w"); v.Status != workflow.StatusCompleted || v.State.String() != want {
			t.Errorf("the run is %s with %s, want %s", v.Status, v.State, want)
		}
		if runs := e.all(); len(runs) != 4 {
			t.Errorf("there are %d runs", len(runs))
		}
		e.openMost("w")
	})
}
