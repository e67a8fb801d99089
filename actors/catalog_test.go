package actors_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// TestSaveHoldsWorkflowsAgainstTheTools shows that saving asks the tools for their error kinds and arguments.
func TestSaveHoldsWorkflowsAgainstTheTools(t *testing.T) {
	calls := &recorder{}
	strict := calls.tool("strict")
	strict.Kinds = []string{"quota"}
	strict.Input = document.MustParse(`{"type": "object", "properties": {"count": {"type": "integer"}}, "additionalProperties": false}`)
	e := open(t, strict)
	e.save("name: fine\nnodes: {a: {tool: strict, with: {count: 1}, retry: {max: 2, on: [quota, inexact_number, tool_input]}}}")
	_, _, err := e.Save(t.Context(), actors.Source{File: "w.yaml", Data: []byte(
		"name: wrong\nnodes: {a: {tool: strict, with: {cuont: 1}, retry: {max: 2, on: [qouta]}, catch: {on: stopped, to: $end}}}",
	)})
	var problems workflow.Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Fatalf("got %v", err)
	}
	for i, want := range []string{
		"w.yaml:2:34: strict does not take \"cuont\"; did you mean `count`?",
		"w.yaml:2:66: there is no error kind \"qouta\"; did you mean `quota`?",
		`w.yaml:2:87: "stopped" cannot be caught: an attempt that the end of the engine cut short begins again by itself; remove it`,
	} {
		if got := problems[i].String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestStricterEngineRunsWhatIsStored saves workflows with tools that take much, and goes on with tools that take less:
// what was saved stays, and its runs go on, with the findings as warnings.
func TestStricterEngineRunsWhatIsStored(t *testing.T) {
	reached, release := make(chan struct{}, 1), make(chan struct{})
	lenient := tools.Tool{Name: "work", Kinds: []string{"quota"}, Call: func(ctx context.Context, _ tools.Call) (document.Value, error) {
		select {
		case reached <- struct{}{}:
		default:
		}
		select {
		case <-release:
			return document.Object(), nil
		case <-ctx.Done():
			return document.Null, ctx.Err()
		}
	}}
	e := open(t, lenient)
	const kinds = "name: kinds\nnodes: {a: {tool: work, with: {n: 1}, retry: {max: 2, on: quota}}, b: {set: {done: true}}}\nedges: {a: b}"
	const arguments = "name: arguments\nnodes: {a: {tool: work, with: {n: 1}, catch: {on: tool_input, to: b}}, b: {set: {caught: true}}}"
	e.save(kinds)
	e.save(arguments)
	e.begin("kinds", "open", "{}")
	<-reached

	e.stop()
	close(release)
	e.tools = []tools.Tool{{Name: "work", Call: lenient.Call}}
	e.start()
	if v := e.end("open"); v.Status != workflow.StatusCompleted || v.State.String() != `{"done":true}` {
		t.Errorf("the stored run ended %s with %+v", v.Status, v.Error)
	}
	e.begin("kinds", "new", "{}")
	if v := e.end("new"); v.Status != workflow.StatusCompleted {
		t.Errorf("a new run of a stored revision ended %s with %+v", v.Status, v.Error)
	}
	revision, err := e.Workflow("kinds", "")
	if err != nil || len(revision.Warnings) != 1 || !strings.Contains(revision.Warnings.Error(), `warning: there is no error kind "quota"`) {
		t.Errorf("the revision has %v, %v", revision.Warnings, err)
	}
	if again, created, err := e.Save(t.Context(), actors.Source{Data: []byte(kinds), File: "w.yaml"}); err != nil || created || again.Number != 1 {
		t.Errorf("the same content again is revision %d, created %t, %v", again.Number, created, err)
	}
	if _, _, err := e.Save(t.Context(), actors.Source{Data: []byte(kinds + " # changed"), File: "w.yaml"}); err == nil {
		t.Error("it could be saved anew")
	}

	e.tools = []tools.Tool{{Name: "work", Call: lenient.Call, Input: document.MustParse(`{"properties": {"n": {"type": "string"}}}`)}}
	e.restart()
	e.begin("arguments", "judged", "{}")
	if v := e.end("judged"); v.Status != workflow.StatusCompleted || v.State.String() != `{"caught":true}` {
		t.Errorf("the run with other arguments ended %s with %+v", v.Status, v.Error)
	}
}
