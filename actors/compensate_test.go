package actors_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/runindex"
)

const trip = `
name: trip
nodes:
  flight: {tool: book, compensate: undo}
  hotel: {tool: book, compensate: {script: "return {hotel: ctx.error.kind + ' ' + ctx.visit}"}}
  pay: pay
edges:
  flight: hotel
  hotel: pay
`

// What a failed run has done is taken back, the last first, with keys of its own; and what it was is recorded.
func TestFailedRunCompensates(t *testing.T) {
	book, undo := &recorder{}, &recorder{}
	pay := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
		return document.Null, errors.New("no money")
	}}
	e := open(t, book.tool("book"), undo.tool("undo"), pay.tool("pay"))
	e.save(trip)
	e.begin("trip", "r", "{}")
	v := e.end("r")
	if v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureTool || v.Error.Node != "pay" || len(v.Error.Uncompensated) > 0 {
		t.Errorf("the run ended %s with %+v", v.Status, v.Error)
	}
	if got := v.State.String(); got != `{"hotel":"tool_error 1"}` {
		t.Errorf("the state is %s", got)
	}
	if calls := undo.all(); len(calls) != 1 || calls[0].Key != "r/flight.compensate/1" || calls[0].Node != "flight.compensate" {
		t.Errorf("calls of the compensation: %+v", calls)
	}
	want := "NodeFailed pay/1/1 tool_error,RunFailing,NodeStarted hotel.compensate/1/1,NodeCompleted hotel.compensate/1/1,StateChanged,EdgeTaken," +
		"NodeStarted flight.compensate/1/1,NodeCompleted flight.compensate/1/1,EdgeTaken,RunFailed tool_error"
	if log := strings.Join(e.log("r"), ","); !strings.HasSuffix(log, want) {
		t.Errorf("events %s", log)
	}
	_, err := e.Retry(t.Context(), "r", "")
	e.refuses(err, workflow.StatusFailed)
	if !strings.Contains(err.Error(), "compensated") {
		t.Errorf("the refusal does not say why: %v", err)
	}
}

// A compensation goes on after a restart, and a cancel waits for it.
func TestCompensationSurvivesRestart(t *testing.T) {
	reached, hold := make(chan struct{}, 2), make(chan struct{})
	book := &recorder{}
	undo := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		reached <- struct{}{}
		select {
		case <-hold:
			return document.MustParse(`{"undone": true}`), nil
		case <-ctx.Done():
			return document.Null, ctx.Err()
		}
	}}
	e := open(t, book.tool("book"), undo.tool("undo"))
	e.save("name: w\nnodes: {a: {tool: book, compensate: undo}, b: {sleep: 1h}}\nedges: {a: b}")
	e.begin("w", "r", "{}")
	e.reach("r", "b")
	if _, err := e.Cancel(t.Context(), "r", "ada", ""); err != nil {
		t.Fatal(err)
	}
	<-reached
	e.restart()
	<-reached
	if v, err := e.Cancel(t.Context(), "r", "ada", ""); err != nil || v.Status != workflow.StatusRunning {
		t.Errorf("the second cancel: %s, %v", v.Status, err)
	}
	time.Sleep(20 * time.Millisecond)
	if v := e.mustView("r"); v.Status.Ended() || len(v.Current) != 1 || v.Current[0].Node != "a.compensate" {
		t.Errorf("the second cancel left the run at %+v: %q", v, e.log("r"))
	}
	close(hold)
	if v := e.end("r"); v.Status != workflow.StatusCancelled || v.State.String() != `{"undone":true}` {
		t.Errorf("the run ended %s with %s: %q", v.Status, v.State, e.log("r"))
	}
}

// A run that fails in one branch cuts the others short, and takes back what one of them finished all the same.
func TestFailureCutsBranchesShort(t *testing.T) {
	reached := make(chan struct{}, 2)
	undo := &recorder{}
	late := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		reached <- struct{}{}
		<-ctx.Done()
		return document.MustParse(`{"late": true}`), nil
	}}
	hang := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		reached <- struct{}{}
		<-ctx.Done()
		return document.Null, ctx.Err()
	}}
	breaks := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
		<-reached
		<-reached
		return document.Null, errors.New("no")
	}}
	e := open(t, undo.tool("undo"), late.tool("late"), hang.tool("hang"), breaks.tool("breaks"))
	e.save("name: w\nnodes: {a: {set: {x: 1}}, b: {tool: late, compensate: undo}, c: hang, d: breaks, l: {script: 'for(;;);', timeout: 1h}}\nedges: {a: [b, c, d, l]}")
	e.begin("w", "r", "{}")
	v := e.end("r")
	if v.Status != workflow.StatusFailed || v.Error.Node != "d" || v.State.String() != `{"late":true,"x":1}` || len(undo.all()) != 1 {
		t.Errorf("the run ended %s with %+v and %s: %q", v.Status, v.Error, v.State, e.log("r"))
	}
	if took := v.EndedAt.Sub(v.StartedAt); took > workflow.CancelGrace {
		t.Errorf("the run took %s", took)
	}
}

// A run that could not be compensated says so, and a cancel of one that has failed is refused.
func TestFailedCompensationIsTold(t *testing.T) {
	reached, hold := make(chan struct{}, 1), make(chan struct{})
	undo := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
		reached <- struct{}{}
		<-hold
		return document.Null, errors.New("no answer")
	}}
	e := open(t, undo.tool("undo"))
	e.save("name: w\nnodes: {a: {set: {x: 1}, compensate: undo}, b: {script: 'throw new Error(1)'}}\nedges: {a: b}")
	e.begin("w", "r", "{}")
	<-reached
	_, err := e.Cancel(t.Context(), "r", "", "")
	e.refuses(err, workflow.StatusRunning)
	close(hold)
	v := e.end("r")
	if v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureScript || len(v.Error.Uncompensated) != 1 ||
		v.Error.Uncompensated[0].Node != "a" || !strings.Contains(v.Error.Uncompensated[0].Message, "no answer") {
		t.Errorf("the run ended %s with %+v", v.Status, v.Error)
	}
	e.restart()
	if again := e.mustView("r"); len(again.Error.Uncompensated) != 1 {
		t.Errorf("after a restart the run is %+v", again.Error)
	}
}

// A failed run goes on with a revision that mends what made it fail, also when it is read again. One that it does not
// fit is refused, and leaves it as it was.
func TestRetryWithRevision(t *testing.T) {
	breaks := &recorder{call: func(context.Context, tools.Call) (document.Value, error) { return document.Null, errors.New("no") }}
	e := open(t, breaks.tool("breaks"), (&recorder{}).tool("works"))
	e.save("name: w\nnodes: {a: {script: 'return {a: 1}'}, b: breaks}\nedges: {a: b}")
	first, err := e.Workflow("w", "")
	if err != nil {
		t.Fatal(err)
	}
	e.begin("w", "r", "{}")
	e.end("r")
	before := e.log("r")

	e.save("name: w\nnodes: {a: {script: 'return {a: 1}'}, b: {script: 'return {}'}}\nedges: {a: b}")
	var misfit *actors.MisfitError
	if _, err := e.RetryWith(t.Context(), "r", "ada", actors.Latest); !errors.As(err, &misfit) || misfit.Revision != 2 || !strings.Contains(err.Error(), `node "b" is a script`) {
		t.Errorf("a revision that does not fit: %v", err)
	}
	if _, err := e.RetryWith(t.Context(), "r", "ada", "9"); !errors.Is(err, actors.ErrRevisionNotFound) {
		t.Errorf("a revision that is not there: %v", err)
	}
	if after := e.log("r"); len(after) != len(before) {
		t.Errorf("a refused retry left events: %q", after[len(before):])
	}

	e.save("name: w\nnodes: {z: {sleep: 1h}, b: works, a: {script: 'return {a: 1}'}}\nstart: a\nedges: {a: b, b: z}")
	v, err := e.RetryWith(t.Context(), "r", "ada", actors.Latest)
	if err != nil || v.Revision == first.Digest {
		t.Fatalf("the retried run is %+v, %v", v, err)
	}
	e.reach("r", "z")
	for _, reread := range []func(){e.restart, func() { e.parked(1) }} {
		reread()
		again := e.mustView("r")
		if again.Revision != v.Revision || again.Status != workflow.StatusWaiting || again.Current[0].Node != "z" {
			t.Errorf("read again the run is %+v", again)
		}
	}
	for revision, want := range map[string]error{first.Digest: nil, "2": actors.ErrRunExists} { // what it was started with counts
		_, existed, err := e.Start(t.Context(), actors.StartRequest{Workflow: "w", Run: "r", Revision: revision})
		if !errors.Is(err, want) || want == nil && !existed {
			t.Errorf("starting it again with revision %s: %v, %v", revision, existed, err)
		}
	}
	page, err := e.Runs(t.Context(), runindex.Listing{Filter: runindex.Filter{Workflow: "w"}})
	if err != nil || len(page.Runs) != 1 || page.Runs[0].Revision != v.Revision {
		t.Errorf("the list has %+v, %v", page.Runs, err)
	}
	if _, err := e.Cancel(t.Context(), "r", "", ""); err != nil {
		t.Fatal(err)
	}
	if v := e.end("r"); v.Status != workflow.StatusCancelled {
		t.Errorf("the run is %s", v.Status)
	}
}

// Where a branch fails, a map beside it is cut short, and what it is to be compensated for is what it had completed.
func TestFailureCutsMapShort(t *testing.T) {
	reached, undo := make(chan struct{}, 8), &recorder{}
	hang := &recorder{call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		reached <- struct{}{}
		<-ctx.Done()
		return document.Null, ctx.Err()
	}}
	breaks := &recorder{call: func(context.Context, tools.Call) (document.Value, error) {
		<-reached
		<-reached
		return document.Null, errors.New("no")
	}}
	e := open(t, undo.tool("undo"), hang.tool("hang"), breaks.tool("breaks"), (&recorder{}).tool("works"))
	e.save("name: w\nnodes: {a: {map: {over: [1, 2], node: works}, compensate: undo}, m: {map: {over: [1, 2, 3], node: hang, concurrency: 2}, compensate: undo}, d: breaks, s: {wait: s}}\nedges: {a: [m, d, s]}")
	e.begin("w", "r", "{}")
	v := e.end("r")
	calls := undo.all()
	if v.Status != workflow.StatusFailed || v.Error.Node != "d" || len(calls) != 1 || calls[0].Node != "a.compensate" {
		t.Errorf("the run ended %s with %+v after %+v: %q", v.Status, v.Error, calls, e.log("r"))
	}
	if took := v.EndedAt.Sub(v.StartedAt); took > workflow.CancelGrace {
		t.Errorf("the run took %s", took)
	}
}
