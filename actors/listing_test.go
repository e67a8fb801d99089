package actors_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/runindex"
)

// A list that is not what the log has is built anew at the start, however it came to that: the runs that it lacks
// are carried on.
func TestWrongListsAreBuiltAnew(t *testing.T) {
	e := open(t)
	e.save("name: quick\nnodes: {a: {script: 'return {}'}}")
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	for i := range 3 {
		e.begin("quick", fmt.Sprintf("q%d", i), "{}")
		e.end(fmt.Sprintf("q%d", i))
		e.begin("nap", fmt.Sprintf("n%d", i), "{}")
	}
	path := filepath.Join(e.dir, "runs.db")
	for name, spoil := range map[string]func(){
		"missing": func() { remove(t, path) },
		"damaged": func() { write(t, path, []byte("not a list")) },
		"of another store": func() {
			remove(t, path)
			e.index = e.list(path, "another")
		},
		"with a run less": func() {
			remove(t, path)
			e.index = e.folded(path, func(c *runindex.Commit) bool { return c.Run != "n1" })
		},
		"ahead of the log": func() {
			remove(t, path)
			e.index = e.folded(path, func(c *runindex.Commit) bool { c.Sequence += 100; return true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			e.retained("q0 n0 q1 n1 q2 n2")
			commits := e.commitsStored()
			e.stop()
			e.stored, e.index = commits, nil
			spoil()
			if e.index != nil {
				if err := e.index.Close(); err != nil {
					t.Fatal(err)
				}
			}
			e.start()
			e.retained("q0 n0 q1 n1 q2 n2")
			for i := range 3 {
				if v := e.mustView(fmt.Sprintf("n%d", i)); v.Status != workflow.StatusWaiting {
					t.Errorf("run n%d is %s", i, v.Status)
				}
			}
			e.parked(3)
		})
	}
}

// Commits gather before they are folded, the longer the fewer they are. Who asks for the list has them at once.
func TestCommitsGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system, index := indexed(t, shared(t))
		if _, _, err := system.Save(t.Context(), content(1)); err != nil {
			t.Fatal(err)
		}
		const window = 5 * time.Second
		folds := func(runs int) (n int) {
			end := time.Now().Add(window)
			for last := index.Sequence(); time.Now().Before(end); {
				for range runs {
					if _, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "w"}); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Millisecond)
				if now := index.Sequence(); now != last {
					n, last = n+1, now
				}
			}
			return n
		}
		few := folds(1)
		if most := int(window/(500*time.Millisecond)) + 1; few == 0 || few > most {
			t.Errorf("few commits were folded %d times within %s, want 1 to %d", few, window, most)
		}
		begun := time.Now()
		if _, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "w", Run: "wanted"}); err != nil {
			t.Fatal(err)
		}
		page, err := system.Runs(t.Context(), runindex.Listing{})
		if err != nil || !slices.ContainsFunc(page.Runs, func(r runindex.Run) bool { return r.Run == "wanted" }) {
			t.Errorf("the list lacks the run that was started before: %v", err)
		}
		if took := time.Since(begun); took > 200*time.Millisecond {
			t.Errorf("the list was given after %s", took)
		}
	})
}

func (e *engine) list(path, store string) *runindex.Index {
	e.t.Helper()
	index, err := runindex.Open(e.t.Context(), runindex.Config{Path: path, Store: store})
	if err != nil {
		e.t.Fatal(err)
	}
	return index
}

// commitsStored is all commits in the order of the stream.
func (e *engine) commitsStored() []eventstore.Stored {
	e.t.Helper()
	var all []eventstore.Stored
	for c, err := range e.store.Scan(e.t.Context()) {
		if err != nil {
			e.t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// folded is a list of what commitsStored gave, as far as it is kept.
func (e *engine) folded(path string, keep func(*runindex.Commit) bool) *runindex.Index {
	e.t.Helper()
	index := e.list(path, e.id)
	err := index.Fold(e.t.Context(), func(yield func(runindex.Commit, error) bool) {
		for _, stored := range e.stored {
			c := runindex.Commit{Sequence: stored.Sequence, Sealed: stored.Sealed}
			if keep(&c) && !yield(c, nil) {
				return
			}
		}
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return index
}

func remove(t *testing.T, path string) {
	t.Helper()
	for _, ending := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + ending); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	remove(t, path)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
