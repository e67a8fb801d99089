package actors_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/runindex"
)

func (e *engine) pause(run string) actors.View {
	e.t.Helper()
	v, err := e.Pause(e.t.Context(), run, "ada", "lunch")
	if err != nil {
		e.t.Fatal(err)
	}
	return v
}

func (e *engine) resume(run string) {
	e.t.Helper()
	if _, err := e.Resume(e.t.Context(), run, "ada", ""); err != nil {
		e.t.Fatal(err)
	}
}

// refuses expects an error that says that a command does not fit a run's status.
func (e *engine) refuses(err error, status workflow.Status) {
	e.t.Helper()
	var refused *actors.StatusError
	if !errors.As(err, &refused) || refused.Status != string(status) {
		e.t.Errorf("want a refusal because the run is %s, got %v", status, err)
	}
}

// status waits until the list of runs has a run with a status.
func (e *engine) status(run string, want runindex.Status) {
	e.t.Helper()
	page, err := e.Runs(e.t.Context(), runindex.Listing{Filter: runindex.Filter{Statuses: []runindex.Status{want}}})
	if err != nil || len(page.Runs) != 1 || page.Runs[0].Run != run || !page.Runs[0].Due.IsZero() {
		e.t.Errorf("the list has %+v as %s, %v", page.Runs, want, err)
	}
}

// What a paused run has under way goes on to its end and is recorded; the rest waits, across a restart too.
func TestPausedRunBeginsNothing(t *testing.T) {
	reached, hold := make(chan struct{}), make(chan struct{})
	slow := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
		close(reached)
		<-hold
		return document.MustParse(`{"a": 1}`), nil
	}}
	e := open(t, slow.tool("slow"))
	e.save("name: w\nnodes: {a: slow, b: {script: 'return {b: 2}'}}\nedges: {a: b}")
	e.begin("w", "r", "{}")
	<-reached
	if v := e.pause("r"); v.Status != workflow.StatusPaused || len(v.Current) != 1 {
		t.Errorf("the paused run is %+v", v)
	}
	_, err := e.Pause(t.Context(), "r", "", "")
	e.refuses(err, workflow.StatusPaused)
	close(hold)
	e.parked(1)
	for range 2 {
		v := e.mustView("r")
		if v.Status != workflow.StatusPaused || v.State.String() != `{"a":1}` || len(v.Current) != 0 {
			t.Errorf("the paused run is %+v: %q", v, e.log("r"))
		}
		e.status("r", runindex.Paused)
		e.restart()
		e.parked(1)
	}
	e.resume("r")
	if v := e.end("r"); v.Status != workflow.StatusCompleted || v.State.String() != `{"a":1,"b":2}` {
		t.Errorf("the run ended %s with %s", v.Status, v.State)
	}
	for _, command := range []func(context.Context, string, string, string) (actors.View, error){e.Pause, e.Resume} {
		_, err = command(t.Context(), "r", "", "")
		e.refuses(err, workflow.StatusCompleted)
		if _, err = command(t.Context(), "nobody", "", ""); !errors.Is(err, actors.ErrRunNotFound) {
			t.Errorf("an unknown run: %v", err)
		}
	}
}

// A timer that is overdue when its run is resumed acts at once. A run that is not paused cannot be resumed.
func TestOverdueTimerActsOnResume(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {sleep: 1500ms}, b: {script: 'return {}'}}\nedges: {a: b}")
	e.begin("w", "r", "{}")
	e.pause("r")
	e.parked(1)
	e.restart()
	time.Sleep(1600 * time.Millisecond)
	if v := e.mustView("r"); v.Status != workflow.StatusPaused {
		t.Fatalf("the run is %s: %q", v.Status, e.log("r"))
	}
	begun := time.Now()
	e.resume("r")
	if v := e.end("r"); v.Status != workflow.StatusCompleted || time.Since(begun) > time.Second {
		t.Errorf("the run is %s after %s", v.Status, time.Since(begun))
	}
	e.begin("w", "other", "{}")
	_, err := e.Resume(t.Context(), "other", "", "")
	e.refuses(err, workflow.StatusWaiting)
}

// An attempt that the end of the process cut short in a pause begins again after it.
func TestAttemptCutShortInPause(t *testing.T) {
	reached := make(chan struct{}, 2)
	hang := &recorder{call: func(ctx context.Context, c tools.Call) (document.Value, error) {
		reached <- struct{}{}
		if c.Attempt > 1 {
			return document.Object(), nil
		}
		<-ctx.Done()
		return document.Null, ctx.Err()
	}}
	e := open(t, hang.tool("hang"))
	e.save("name: w\nnodes: {a: hang}")
	e.begin("w", "r", "{}")
	<-reached
	e.pause("r")
	e.restart()
	e.parked(1)
	if calls := len(hang.all()); calls != 1 {
		t.Errorf("%d calls in the pause", calls)
	}
	e.resume("r")
	if v := e.end("r"); v.Status != workflow.StatusCompleted || len(hang.all()) != 2 {
		t.Errorf("the run is %s after %d calls: %q", v.Status, len(hang.all()), e.log("r"))
	}
}

func TestPausedRunIsCancelled(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {sleep: 1h}}")
	e.begin("w", "r", "{}")
	e.pause("r")
	e.restart()
	if _, err := e.Cancel(t.Context(), "r", "ada", "enough"); err != nil {
		t.Fatal(err)
	}
	if v := e.end("r"); v.Status != workflow.StatusCancelled {
		t.Errorf("the run is %s: %q", v.Status, e.log("r"))
	}
	e.status("r", runindex.Cancelled)
}

// Paused runs hold neither memory nor goroutines, and are never due.
func TestPausedRunsAreParked(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {sleep: 200ms}}\nlimits: {duration: 300ms}")
	const runs = 50
	for i := range runs {
		e.begin("w", fmt.Sprintf("r%d", i), "{}")
		e.pause(fmt.Sprintf("r%d", i))
	}
	e.parked(runs)
	time.Sleep(400 * time.Millisecond)
	e.restart()
	e.parked(runs)
	for i := range runs {
		run := fmt.Sprintf("r%d", i)
		e.resume(run)
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			t.Errorf("run %s is %s: %q", run, v.Status, strings.Join(e.log(run), ", "))
		}
	}
}

// A fast loop of pure steps is paused between two of them.
func TestFastLoopIsPaused(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {script: 'state.i++'}}\nedges: {a: {when: 'state.i < 1e9', to: a}}\nlimits: {steps: 1000000}")
	e.begin("w", "r", `{"i": 0}`)
	time.Sleep(20 * time.Millisecond)
	e.pause("r")
	e.parked(1)
	before := e.mustView("r")
	time.Sleep(20 * time.Millisecond)
	if after := e.mustView("r"); after.LastEvent != before.LastEvent || after.Status != workflow.StatusPaused {
		t.Errorf("the paused run went on from event %d to %d, %s", before.LastEvent, after.LastEvent, after.Status)
	}
	e.resume("r")
	e.pause("r")
	e.parked(1)
	if after := e.mustView("r"); after.LastEvent <= before.LastEvent+2 {
		t.Errorf("the resumed run did not go on from event %d", before.LastEvent)
	}
}

// A map begins no items in a pause, and goes on after it with those that are left, however often it is paused.
func TestMapIsPaused(t *testing.T) {
	reached, hold := make(chan struct{}, 8), make(chan struct{})
	work := &recorder{call: func(_ context.Context, c tools.Call) (document.Value, error) {
		reached <- struct{}{}
		<-hold
		return document.String(c.Key), nil
	}}
	e := open(t, work.tool("work"))
	e.save("name: w\nnodes: {m: {map: {over: [1, 2, 3, 4, 5, 6, 7, 8], node: work, concurrency: 1}, into: list}}")
	e.begin("w", "r", "{}")
	for range 7 { // more often than interruptions would be forgiven
		<-reached
		e.pause("r")
		hold <- struct{}{}
		e.parked(1)
		e.resume("r")
	}
	<-reached
	hold <- struct{}{}
	if v := e.end("r"); v.Status != workflow.StatusCompleted || len(work.all()) != 8 {
		t.Errorf("the run is %s after %d calls: %q", v.Status, len(work.all()), e.log("r"))
	}
	if log := strings.Join(e.log("r"), ","); strings.Contains(log, "NodeFailed") {
		t.Errorf("a pause made an attempt fail: %s", log)
	}
}
