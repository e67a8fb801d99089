package actors_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// deaf is a tool that does not hear that it should stop. It is called once.
func deaf(called, release chan struct{}) tools.Tool {
	return tools.Tool{
		Name: "deaf", Description: "Does not hear that it should stop.",
		Call: func(context.Context, tools.Call) (document.Value, error) {
			close(called)
			<-release
			return document.Object(), nil
		},
	}
}

// TestCloseTellsWhatItWaitsFor closes an engine whose one run lets itself be stopped and whose other does not; a third
// only waits, and is in nobody's hands.
func TestCloseTellsWhatItWaitsFor(t *testing.T) {
	called, release := make(chan struct{}), make(chan struct{})
	hears := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		<-ctx.Done()
		return document.Null, ctx.Err()
	}}
	e := open(t, deaf(called, release), hears.tool("hears"))
	e.save("name: w\nnodes: {a: {sleep: 1h}}")
	e.save("name: u\nnodes: {a: hears}")
	e.save("name: v\nnodes: {begin: {set: {x: 1}}, deaf: {tool: deaf}}\nedges: {begin: deaf}")
	e.begin("w", "sleeping", "{}")
	e.parked(1)
	e.begin("u", "busy", "{}")
	e.begin("v", "stuck", "{}")
	<-called
	if got := runs(e.Carried()); !slices.Equal(got, []string{"busy", "stuck"}) {
		t.Errorf("carried before: %v", got)
	}

	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Close(hurried); !errors.Is(err, context.Canceled) {
		t.Errorf("closing in no time: %v", err)
	}
	for _, run := range []string{"busy", "sleeping"} {
		if _, err := e.Wait(t.Context(), run); !errors.Is(err, actors.ErrClosed) {
			t.Errorf("waiting for the %s run: %v", run, err)
		}
	}
	got := e.Carried()
	if want := (actors.Current{Node: "deaf", Visit: 1, Attempt: 1}); len(got) != 1 || got[0].Run != "stuck" || !cmp.Equal(got[0].Current, []actors.Current{want}) {
		t.Errorf("carried while closing: %+v", got)
	}

	close(release)
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := e.Carried(); len(got) != 0 {
		t.Errorf("carried after: %v", runs(got))
	}
}

// TestCloseNamesTheAttemptOfACancelledRun closes an engine that still executes what nobody wants any more.
func TestCloseNamesTheAttemptOfACancelledRun(t *testing.T) {
	called, release := make(chan struct{}), make(chan struct{})
	e := open(t, deaf(called, release))
	e.save("name: w\nnodes: {a: {tool: deaf}}")
	e.begin("w", "over", "{}")
	<-called
	if _, err := e.Cancel(t.Context(), "over", "", ""); err != nil {
		t.Fatal(err)
	}
	if v := e.end("over"); v.Status != workflow.StatusCancelled {
		t.Fatalf("the run is %s", v.Status)
	}
	got := e.Carried()
	if want := (actors.Current{Node: "a", Visit: 1, Attempt: 1}); len(got) != 1 || got[0].Run != "over" || !cmp.Equal(got[0].Current, []actors.Current{want}) {
		t.Errorf("carried: %+v", got)
	}
	close(release)
	e.stop()
}

func runs(views []actors.View) []string {
	ids := make([]string, len(views))
	for i, view := range views {
		ids[i] = view.Run
	}
	return ids
}
