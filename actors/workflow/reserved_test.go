package workflow_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

func TestReservedKeysAreFound(t *testing.T) {
	for text, want := range map[string]string{
		`{"$blob":1}`: "/$blob", `{"a":{"$blob":null}}`: "/a/$blob", `{"a":[1,{"x/y":[{"$blob":1}]}]}`: "/a/1/x~1y/0/$blob",
		`{}`: "", `1`: "", `{"blob":"$blob","$blobs":["$blob"]}`: "",
	} {
		err := workflow.CheckKeys(document.MustParse(text))
		reserved := (*workflow.ReservedKeyError)(nil)
		if found := errors.As(err, &reserved); found != (want != "") || found && reserved.Pointer != want {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// Whatever way a reserved key takes into the state, the visit fails that brings it.
func TestNoVisitWritesAReservedKey(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	op := func(op, path, value string) document.Patch {
		return document.Patch{{Op: op, Path: path, Value: document.MustParse(value)}}
	}
	result := func(text string) workflow.Outcome {
		return workflow.Outcome{Result: document.MustParse(text), HasResult: true}
	}
	for name, c := range map[string]struct {
		node    string
		outcome workflow.Outcome
		at      string // "" where nothing is wrong
	}{
		"returned":       {`{script: "1"}`, result(`{"$blob":1}`), "/$blob"},
		"returned deep":  {`{script: "1"}`, result(`{"a":[{"$blob":1}]}`), "/a/0/$blob"},
		"in place":       {`{script: "1"}`, workflow.Outcome{Patch: op("add", "/kept/$blob", "1")}, "/kept/$blob"},
		"in a new value": {`{script: "1"}`, workflow.Outcome{Patch: op("replace", "/kept", `{"$blob":1}`)}, "/kept/$blob"},
		"into":           {`{tool: t, into: x}`, result(`{"$blob":1}`), "/x/$blob"},
		"appended":       {`{tool: t}`, result(`{"list":[1,{"$blob":1}]}`), "/list/-/$blob"},
		"merged":         {`{tool: t}`, result(`{"kept":{"$blob":1}}`), "/kept/$blob"},
		"a text":         {`{tool: t}`, result(`{"kept":"$blob"}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			def, problems := workflow.Parse([]byte("name: w\nstate: {list: append}\nnodes: {a: "+c.node+"}"), workflow.Options{Checker: anyTool{engine}})
			if problems.HasErrors() {
				t.Fatal(problems)
			}
			now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			s, _ := workflow.Decide(workflow.New(def), workflow.Start{Run: "r", Input: document.MustParse(`{"kept":{"a":1},"list":[0]}`)}, now, &evaluator{engine})
			s, events := workflow.Decide(s, workflow.Finish{Node: "a", Visit: 1, Attempt: 1, Outcome: c.outcome}, now, &evaluator{engine})
			if c.at == "" {
				if s.Status() != workflow.StatusCompleted {
					t.Errorf("the run is %s", s.Status())
				}
				return
			}
			if s.Status() != workflow.StatusFailed || workflow.CheckKeys(s.Doc) != nil {
				t.Fatalf("the run is %s over %s after %v", s.Status(), s.Doc, events)
			}
			if message := s.Failed.Message; !strings.Contains(message, `"$blob", at `+c.at+`, is reserved`) {
				t.Errorf("the run failed with %q", message)
			}
		})
	}
}
