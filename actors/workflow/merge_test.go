package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// TestDeepResults finds that what is as deep as a state may be can be stored and read back, and that one
// level more fails the visit instead of making a log that nobody can read.
func TestDeepResults(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	def, problems := workflow.Parse([]byte("name: deep\nnodes: {a: {tool: t, into: x}}"), workflow.Options{Checker: anyTool{engine}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	for levels, want := range map[int]workflow.Status{
		document.MaxDepth - 1: workflow.StatusCompleted,
		document.MaxDepth:     workflow.StatusFailed,
	} {
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		s, first := workflow.Decide(workflow.New(def), workflow.Start{Run: "r", Input: document.Object()}, now, &evaluator{engine})
		result := document.MustParse(strings.Repeat("[", levels) + strings.Repeat("]", levels))
		s, more := workflow.Decide(s, workflow.Finish{Node: "a", Visit: 1, Attempt: 1, Outcome: workflow.Outcome{Result: result, HasResult: true}}, now, &evaluator{engine})
		if s.Status() != want {
			t.Errorf("%d levels: the run is %s, want %s", levels, s.Status(), want)
		}
		sealed := event.Seal(event.Commit{Run: "r", Workflow: "deep", First: 1, Epoch: "e", Events: append(first, more...)})
		opened, err := event.Open(sealed.Data)
		if err != nil {
			t.Fatalf("%d levels: %v", levels, err)
		}
		events, err := opened.Events()
		if err != nil {
			t.Fatalf("%d levels: %v", levels, err)
		}
		if _, err := workflow.Fold(workflow.New(def), events); err != nil {
			t.Errorf("%d levels: %v", levels, err)
		}
	}
}
