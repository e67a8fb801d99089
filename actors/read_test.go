package actors_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/runindex"
)

// Where a run ends that nobody carries on is known, so that the log need not look for it; and what is read is never less
// than what was answered before.
func TestReadingKnowsWhereRunsEnd(t *testing.T) {
	e := open(t)
	log := &readings{}
	e.over = func(l actors.Log) actors.Log { log.Log = l; return log }
	e.restart()
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	e.save("name: even\nnodes: {a: {script: \"if (input.n % 2) throw new Error('odd')\"}}")
	want := map[string]workflow.Status{"done": workflow.StatusCompleted, "broken": workflow.StatusFailed, "waits": workflow.StatusWaiting, "gone": workflow.StatusCancelled}
	e.begin("even", "done", `{"n":2}`)
	e.begin("even", "broken", `{"n":1}`)
	e.begin("nap", "waits", "{}")
	e.begin("nap", "gone", "{}")
	if _, err := e.Cancel(t.Context(), "gone", "", ""); err != nil {
		t.Fatal(err)
	}
	for _, run := range []string{"done", "broken", "gone"} {
		e.end(run)
	}
	e.parked(1)
	if _, err := e.CountRuns(t.Context(), runindex.Filter{}); err != nil { // which waits for the list of runs
		t.Fatal(err)
	}
	log.blind.Store(0)
	for run, status := range want {
		if v := e.mustView(run); v.Status != status {
			t.Errorf("%s is %s, want %s", run, v.Status, status)
		}
		if _, err := e.StateAt(t.Context(), run, 1); err != nil {
			t.Error(err)
		}
		if events, err := e.Events(t.Context(), run, 1, 0); err != nil || len(events) == 0 {
			t.Errorf("%d events of %s, %v", len(events), run, err)
		}
	}
	if blind := log.blind.Load(); blind > 0 {
		t.Errorf("%d times the end of a run was looked for", blind)
	}
	for range 20 {
		before := e.mustView("broken").LastEvent
		if _, err := e.Retry(t.Context(), "broken", ""); err != nil {
			t.Fatal(err)
		}
		if v := e.end("broken"); v.LastEvent <= before || e.mustView("broken").LastEvent < v.LastEvent {
			t.Fatalf("the run ends with event %d before its retry, %d after it, and is read with %d", before, v.LastEvent, e.mustView("broken").LastEvent)
		}
	}
}

// What cannot be the id of a run is the id of none, whatever is asked about it.
func TestNoRunHasAnInvalidID(t *testing.T) {
	e := open(t)
	for name, ask := range map[string]func(ctx context.Context, run string) error{
		"View":    func(ctx context.Context, run string) error { _, err := e.View(ctx, run); return err },
		"Wait":    func(ctx context.Context, run string) error { _, err := e.Wait(ctx, run); return err },
		"Events":  func(ctx context.Context, run string) error { _, err := e.Events(ctx, run, 0, 1); return err },
		"StateAt": func(ctx context.Context, run string) error { _, err := e.StateAt(ctx, run, 1); return err },
		"Cancel":  func(ctx context.Context, run string) error { _, err := e.Cancel(ctx, run, "", ""); return err },
		"Retry":   func(ctx context.Context, run string) error { _, err := e.Retry(ctx, run, ""); return err },
		"Follow": func(ctx context.Context, run string) error {
			for _, err := range e.Follow(ctx, run, 0) {
				return err
			}
			return nil
		},
	} {
		for _, run := range []string{"", "a*", "a.b", "a b", "../a", strings.Repeat("a", 65)} {
			if err := ask(t.Context(), run); !errors.Is(err, actors.ErrRunNotFound) {
				t.Errorf("%s of %q: %v, want ErrRunNotFound", name, run, err)
			}
		}
	}
}
