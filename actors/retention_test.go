package actors_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

// retained waits until a list has only these runs.
func (e *engine) retained(want string) {
	e.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		page, err := e.Runs(e.t.Context(), runindex.Listing{Ascending: true})
		if err != nil {
			e.t.Fatal(err)
		}
		var ids []string
		for _, r := range page.Runs {
			ids = append(ids, r.Run)
		}
		if got := strings.Join(ids, " "); got == want {
			return
		} else if time.Now().After(deadline) {
			e.t.Fatalf("the list is %q, want %q", got, want)
		}
	}
}

// Retention lets go of the oldest ended runs of a status beyond a count, never of an open one, and keeps their
// ids taken; an archive has their events.
func TestRetentionByCount(t *testing.T) {
	e := open(t)
	e.save("name: quick\nnodes: {a: {script: 'return {x: input.x}'}}")
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	e.save("name: bad\nnodes: {a: {script: 'throw 1'}}")
	want := map[string][]string{}
	for i := range 6 {
		id := fmt.Sprintf("q%d", i)
		e.begin("quick", id, fmt.Sprintf(`{"x": %d}`, i))
		e.end(id)
		want[id] = e.raw(id)
	}
	e.begin("nap", "n0", "{}")
	e.begin("bad", "b0", "{}")
	e.end("b0")
	archive := filepath.Join(t.TempDir(), "archive")
	e.retention = actors.Retention{Keep: map[runindex.Status]actors.Keep{runindex.Completed: {Count: 2}}, Archive: archive, Every: time.Millisecond}
	e.restart()
	e.retained("q4 q5 n0 b0")

	var retired *eventstore.RetiredError
	if _, err := e.View(t.Context(), "q1"); !errors.As(err, &retired) || retired.Status != "completed" || retired.Reason != "beyond the 2 kept" {
		t.Errorf("a retired run reads as %v", err)
	}
	_, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "quick", Run: "q1", Input: document.MustParse(`{"x": 1}`)})
	if !errors.As(err, &retired) {
		t.Errorf("started again as it was: %v", err)
	}
	_, _, err = e.Start(t.Context(), actors.StartRequest{Workflow: "quick", Run: "q1", Input: document.MustParse(`{"x": 2}`)})
	if !errors.Is(err, actors.ErrRunExists) {
		t.Errorf("started with another input: %v", err)
	}
	if _, err := e.Retry(t.Context(), "q1", ""); !errors.As(err, &retired) {
		t.Errorf("retried: %v", err)
	}
	if v := e.mustView("q5"); v.Status != workflow.StatusCompleted {
		t.Errorf("a run that is kept is %s", v.Status)
	}
	got := archived(t, archive)
	for _, id := range []string{"q0", "q1", "q2", "q3"} {
		if strings.Join(got[id], "\n") != strings.Join(want[id], "\n") {
			t.Errorf("run %s is archived as %q, want %q", id, got[id], want[id])
		}
	}
	if len(got) != 4 {
		t.Errorf("%d runs are archived", len(got))
	}
	e.retention = actors.Retention{}
	e.restart()
	e.retained("q4 q5 n0 b0")
}

func TestRetentionByAge(t *testing.T) {
	e := open(t)
	e.save("name: quick\nnodes: {a: {script: 'return {}'}}")
	e.save("name: bad\nnodes: {a: {script: 'throw 1'}}")
	e.begin("quick", "q0", "{}")
	e.end("q0")
	e.begin("bad", "b0", "{}")
	e.end("b0")
	e.retention = actors.Retention{Keep: map[runindex.Status]actors.Keep{runindex.Failed: {Age: time.Nanosecond}, runindex.Completed: {Age: time.Hour}}, Every: time.Millisecond}
	e.restart()
	e.retained("q0")
}

// raw is the run's events as they are stored.
func (e *engine) raw(run string) []string {
	e.t.Helper()
	events, err := e.Events(e.t.Context(), run, 0, 0)
	if err != nil {
		e.t.Fatal(err)
	}
	lines := make([]string, len(events))
	for i := range events {
		lines[i] = string(events[i].JSON)
	}
	return lines
}

// archived reads an archive: the events of each run, in order.
func archived(t *testing.T, dir string) map[string][]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string][]string{}
	for _, entry := range files {
		if !strings.HasPrefix(entry.Name(), "runs-") || !strings.HasSuffix(entry.Name(), "Z.jsonl.gz") {
			t.Errorf("%s is left in the archive", entry.Name())
			continue
		}
		f, err := os.Open(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		zip, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(zip)
		for lines.Scan() {
			ev, err := event.Decode(lines.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			runs[ev.Run] = append(runs[ev.Run], lines.Text())
		}
		if err := errors.Join(lines.Err(), f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return runs
}
