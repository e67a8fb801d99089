package workflow

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// testedFlow is the workflow that the tests in testdata/tests are of.
const testedFlow = `
name: shop
start: charge
signals: {approve: {}}
nodes:
  charge: {tool: http.request, with: {url: x}, into: a, compensate: {tool: http.request, with: {url: y}}}
  ask: {wait: approve}
  each: {map: {over: [1], node: {tool: http.request, with: {url: z}}}}
edges: {charge: ask, ask: each}
`

func testedShop(t *testing.T) *Definition {
	t.Helper()
	d, problems := Parse([]byte(testedFlow), Options{File: "shop.yaml", Checker: newTestChecker()})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return d
}

// TestParseTestsDialogue reads testdata/tests/*.txt, which are as those of TestParseDialogue.
func TestParseTestsDialogue(t *testing.T) {
	files, err := filepath.Glob("testdata/tests/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues found", err)
	}
	options := TestsOptions{File: "shop_test.yaml", Checker: newTestChecker(), Workflow: func(file string) (*Definition, error) {
		if file != "shop.yaml" {
			return nil, errors.New(file + " is not there")
		}
		return testedShop(t), nil
	}}
	for _, file := range files {
		var got strings.Builder
		for _, c := range parseCases(t, file) {
			_, problems := ParseTests([]byte(c.source), options)
			fmt.Fprintf(&got, "=== %s\n%s----\n%s\n", c.title, c.source, transcript(problems))
		}
		golden(t, file, strings.TrimSuffix(got.String(), "\n"))
	}
}

func TestParseTestsReadsAll(t *testing.T) {
	tests, problems := ParseTests([]byte(everyTestKey), TestsOptions{File: "flows/shop_test.yml"})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	a, e := tests.List[0], tests.List[0].Expect
	call := a.Tools["http.request"]
	for what, ok := range map[string]bool{
		"workflow":  tests.Workflow == "x.yaml" && slices.Equal(tests.Also, []string{"y.yaml"}),
		"start":     a.Run == "r-1" && a.Now.Equal(time.Date(2026, 12, 24, 17, 0, 0, 0, time.UTC)) && a.Input.String() == `{"n":1}`,
		"answers":   !call.Every && call.List[0].Takes == 5*time.Second && call.List[0].HasInput && call.List[1].Fails.Kind == "timeout",
		"an answer": call.List[2].Fails.Kind == FailureTool && call.List[2].Fails.Message == "no" && a.Nodes["charge"].Every,
		"signal":    a.Signals[0].Cue == Cue{Node: "ask", After: time.Hour} && a.Signals[0].Signal.ID == "m" && a.Signals[1].Signal.ID == "signal-2",
		"cancel":    a.Cancel.Cancel.By == "ada" && a.Cancel.Cue == Cue{After: time.Hour},
		"path":      len(e.Path) == 3 && e.Path[0].Any && slices.Equal(e.Path[1].Nodes, []string{"b", "c"}) && slices.Equal(e.Path[2].Nodes, []string{"d"}),
		"end":       e.Status == StatusFailed && e.Error.Kind == "timeout" && e.Error.Message == "no" && e.Visits["a"] == 0 && e.HasTime,
		"default":   tests.List[1].Expect.Status == StatusCompleted && tests.List[1].Now.Equal(TestsStart) && tests.List[1].Run == TestsRun,
		"its file":  TestedFile("flows/shop_test.yml") == "shop.yml",
	} {
		if !ok {
			t.Errorf("%s: %+v", what, tests.List)
		}
	}
}

const everyTestKey = `{
	"$schema": "x", "x-any": 1, "workflow": "x.yaml", "also": ["y.yaml"],
	"tests": [{
		"name": "all", "run": "r-1", "input": {"n": 1}, "now": "2026-12-24T18:00:00+01:00",
		"tools": {"http.request": [{"expect": {"u": 1}, "returns": 1, "takes": "5s"}, {"fails": {"kind": "timeout", "message": "slow"}}, {"fails": "no"}]},
		"nodes": {"charge": {}}, "workflows": {"invoice": {"returns": {}}},
		"signals": [{"name": "approve", "payload": {"a": 1}, "id": "m", "by": "ada", "when": "ask", "after": "1h"}, {"name": "approve", "at": "0s"}],
		"cancel": {"at": "1h", "by": "ada", "reason": "enough"},
		"expect": {
			"status": "failed", "path": ["...", ["b", "c"], "d"], "state": {"a": {"b": 1}}, "state_is": {}, "error": {"kind": "timeout", "node": "a", "message": "no"},
			"events": [{"type": "NodeFailed"}], "console": ["hi"], "visits": {"a": 0, "b": 3}, "duration": "1h30m"
		}
	}, {"name": "few"}]
}`

// unschooledTests are what ParseTests refuses for reasons that the schema cannot give.
var unschooledTests = []string{"the longest there is", "is no time with a date", "only a run that has failed"}

// TestTestsSchemaAgreesWithParseTests holds the schema against everything that one change makes of a file of tests that uses every
// key.
func TestTestsSchemaAgreesWithParseTests(t *testing.T) {
	s := compiledSchema(t, TestsSchema())
	agree := func(what string, v document.Value) {
		t.Helper()
		_, problems := ParseTests([]byte(v.String()), TestsOptions{File: "x_test.json"})
		accepted := true
		for _, p := range problems.Errors() {
			if slices.ContainsFunc(unschooledTests, func(text string) bool { return strings.Contains(p.String(), text) }) {
				return
			}
			accepted = accepted && !slices.Contains(structural, p.Code)
		}
		if err := s.Validate(v.Any()); (err == nil) != accepted {
			t.Errorf("%s: schema says %v, ParseTests says\n%v\n%s", what, err, problems, v)
		}
	}
	base := document.MustParse(everyTestKey)
	agree("the base", base)
	for _, typ := range append(event.Types(), "NodeComplete") {
		changed, err := document.Patch{{Op: "replace", Path: "/tests/0/expect/events/0/type", Value: document.String(string(typ))}}.Apply(base)
		if err != nil {
			t.Fatal(err)
		}
		agree("events of type "+string(typ), changed)
	}
	changes := 0
	for _, path := range paths(base, "") {
		for _, value := range strayValues {
			if changes++; changes%schemaStride != 0 {
				continue
			}
			changed, err := document.Patch{{Op: "replace", Path: path, Value: document.MustParse(value)}}.Apply(base)
			if err != nil {
				t.Fatal(err)
			}
			agree("replace "+path+" "+value, changed)
		}
		if path == "" {
			continue
		}
		if changed, err := (document.Patch{{Op: "remove", Path: path}}).Apply(base); err == nil {
			agree("remove "+path, changed)
		}
	}
}
