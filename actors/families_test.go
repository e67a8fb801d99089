package actors_test

import (
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

// history reads all that is stored.
func (e *engine) history() (revisions []eventstore.StoredRevision, commits []eventstore.Stored) {
	e.t.Helper()
	for r, err := range e.store.Revisions(e.t.Context()) {
		if err != nil {
			e.t.Fatal(err)
		}
		revisions = append(revisions, r)
	}
	for c, err := range e.store.Scan(e.t.Context()) {
		if err != nil {
			e.t.Fatal(err)
		}
		commits = append(commits, c)
	}
	return revisions, commits
}

// begun makes an engine of a store that holds the beginning of a history, as a crash at that moment leaves it.
func begun(t *testing.T, revisions []eventstore.StoredRevision, commits []eventstore.Stored) *engine {
	t.Helper()
	e := &engine{t: t, dir: t.TempDir(), scripts: newScripts()}
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: e.dir})
	if err != nil {
		t.Fatal(err)
	}
	latest := map[string]uint64{}
	for _, r := range revisions {
		sequence, err := store.AppendRevision(t.Context(), r.RevisionRecord, latest[r.Workflow])
		if err != nil {
			t.Fatal(err)
		}
		latest[r.Workflow] = sequence
	}
	clear(latest)
	for _, c := range commits {
		sequence, err := store.Append(c.Sealed, latest[c.Run]).Result()
		if err != nil {
			t.Fatal(err)
		}
		latest[c.Run] = sequence
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	e.start()
	t.Cleanup(e.stop)
	return e
}

// everywhere plays a history again from each of its moments, a crash after every commit, until all of its runs have ended.
func everywhere(t *testing.T, of *engine, check func(t *testing.T, e *engine, commits int)) {
	revisions, commits := of.history()
	of.stop()
	for n := 1; n <= len(commits); n++ {
		e := begun(t, revisions, commits[:n])
		check(t, e, n)
		if t.Failed() {
			for _, c := range commits[:n] {
				for _, raw := range c.Raw {
					t.Logf("%s", raw.JSON)
				}
			}
			t.Fatalf("after %d of %d commits", n, len(commits))
		}
		e.stop()
	}
}

// all returns every run once it has ended.
func (e *engine) all() map[string]runindex.Run {
	e.t.Helper()
	runs := map[string]runindex.Run{}
	for {
		page, err := e.Runs(e.t.Context(), runindex.Listing{Limit: runindex.PageMax})
		if err != nil {
			e.t.Fatal(err)
		}
		open := false
		for _, r := range page.Runs {
			if runs[r.Run] = r; !r.Status.Ended() {
				open = true
				e.end(r.Run)
			}
		}
		if !open {
			return runs
		}
	}
}

// Whenever the process dies, a parent and its children come together again: no child is started twice, none is left
// alone, and the parent ends as it would have.
func TestFamiliesSurviveCrashes(t *testing.T) {
	e := open(t)
	e.save("name: daughter\nnodes: {work: {script: \"return {double: 2 * state.n}\"}, nap: {sleep: 1ms}, end: {set: {ended: true}}}\nedges: {work: nap, nap: end}")
	e.save(motherSource)
	e.save("name: grandmother\nnodes: {call: {workflow: mother, with: {n: 3}, into: all}}")
	e.begin("grandmother", "g", "{}")
	want := e.end("g").State.String()
	everywhere(t, e, func(t *testing.T, e *engine, _ int) {
		if v := e.end("g"); v.Status != workflow.StatusCompleted || v.State.String() != want {
			t.Errorf("the run is %s with %s, want %s", v.Status, v.State, want)
		}
		if runs := e.all(); len(runs) != 3 {
			t.Errorf("there are %d runs", len(runs))
		}
		for run := range e.all() {
			for _, entry := range e.log(run) {
				if strings.HasPrefix(entry, "NodeStarted call") && entry != "NodeStarted call/1/1" {
					t.Errorf("run %s: %s", run, entry)
				}
			}
		}
	})
}

// So it is when the parent is cancelled: nothing of the family goes on.
func TestCancelledFamiliesSurviveCrashes(t *testing.T) {
	e := open(t)
	e.saveFamily()
	e.begin("mother", "m", `{"n": 1, "deep": true}`)
	e.childOf(e.childOf("m"))
	e.parked(3)
	if _, err := e.Cancel(t.Context(), "m", "ada", "enough"); err != nil {
		t.Fatal(err)
	}
	e.end("m")
	everywhere(t, e, func(t *testing.T, e *engine, _ int) {
		requested := false
		for _, entry := range e.log("m") {
			requested = requested || entry == string(event.TypeRunCancelRequested)
		}
		if !requested { // the crash came before
			e.childOf("m")
			if _, err := e.Cancel(t.Context(), "m", "ada", "enough"); err != nil {
				t.Error(err)
			}
		}
		for run, r := range e.all() {
			if r.Status != runindex.Cancelled {
				t.Errorf("run %s is %s", run, r.Status)
			}
		}
	})
}

// And when the parent fails beside its child.
func TestFailedFamiliesSurviveCrashes(t *testing.T) {
	e := open(t)
	e.saveFamily()
	e.save("name: beside\nnodes: {a: {set: {}}, call: {workflow: granddaughter}, b: {sleep: 300ms}}\nedges: {a: [call, b], b: [{when: state.gone.deep, to: $end}]}")
	e.begin("beside", "b", "{}")
	child := e.childOf("b")
	e.end("b")
	e.end(child)
	everywhere(t, e, func(t *testing.T, e *engine, _ int) {
		if v := e.end("b"); v.Status != workflow.StatusFailed {
			t.Errorf("the parent is %s", v.Status)
		}
		for run, r := range e.all() {
			if run != "b" && r.Status != runindex.Cancelled {
				t.Errorf("the child is %s", r.Status)
			}
		}
	})
}
