package rehearsal_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/rehearsal"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// TestRehearsalsAreWhatTheEngineDoes carries out every test and every pattern of the examples, and some of our own, twice: as a
// rehearsal, and by an engine in virtual time whose tools answer as the test says. Where nothing runs side by side, both have the
// same events at the same times; else the same visits, status and state.
func TestRehearsalsAreWhatTheEngineDoes(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	for _, c := range slices.Concat(testedExamples(t), patterns(t), ownCases(t)) {
		for _, test := range c.tests {
			t.Run(c.name+"/"+test.Name, func(t *testing.T) {
				result, err := company(t, engine).Rehearse(t.Context(), rehearsal.Play{Definition: c.definition(t, engine, 0), Workflow: c.find(t, engine), Test: test})
				if err != nil || !result.Passed() {
					t.Fatal(err, result.Mismatches)
				}
				var really []event.Event
				synctest.Test(t, func(t *testing.T) { really = carriedOut(t, engine, c, test) })
				compare(t, c, result.Run.Definition, really, result.Run.Events)
			})
		}
	}
}

// scenario is a workflow, those of its child runs behind it, and what is done with it.
type scenario struct {
	name    string
	sources []string
	tests   []workflow.Test
}

func company(t *testing.T, engine *scripts.Engine) *rehearsal.Company {
	t.Helper()
	c, err := rehearsal.New(builtin(t), engine)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func builtin(t *testing.T) *tools.Registry {
	t.Helper()
	registry, err := tools.NewRegistry(tools.Builtin(tools.Options{})...)
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

func anyWorkflow(string) (bool, []string) { return true, nil }

func (c *scenario) definition(t *testing.T, engine *scripts.Engine, i int) *workflow.Definition {
	t.Helper()
	d, problems := workflow.Parse([]byte(c.sources[i]), workflow.Options{File: "flow.yaml", Checker: company(t, engine).Checker(anyWorkflow)})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return d
}

func (c *scenario) find(t *testing.T, engine *scripts.Engine) func(string) (*workflow.Definition, bool) {
	return func(name string) (*workflow.Definition, bool) {
		for i := range c.sources {
			if d := c.definition(t, engine, i); d.Name == name {
				return d, true
			}
		}
		return nil, false
	}
}

// testedExamples are the tests beside the examples, but for those that answer for child runs.
func testedExamples(t *testing.T) (all []scenario) {
	files, err := filepath.Glob("../../examples/*_test.yaml")
	if err != nil || len(files) < 4 {
		t.Fatalf("found %v: %v", files, err)
	}
	for _, file := range files {
		tests, problems := workflow.ParseTests([]byte(read(t, file)), workflow.TestsOptions{File: file})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		c := scenario{name: tests.Workflow, sources: []string{read(t, filepath.Join("../../examples", tests.Workflow))}}
		if tests.Workflow == "order.yaml" {
			c.sources = append(c.sources, read(t, "../../examples/invoice.yaml"))
		}
		c.tests = slices.DeleteFunc(tests.List, func(test workflow.Test) bool { return test.Workflows != nil })
		all = append(all, c)
	}
	return all
}

// patterns are those of the examples, which tell their runs themselves.
func patterns(t *testing.T) (all []scenario) {
	files, err := filepath.Glob("../../examples/patterns/*.yaml")
	if err != nil || len(files) < 15 {
		t.Fatalf("found %v: %v", files, err)
	}
	for _, file := range files {
		var pattern struct {
			Runs []struct {
				Input   map[string]any
				Signals []string
				Cancel  bool
				Status  string
			} `yaml:"x-runs"`
		}
		c := scenario{name: filepath.Base(file), sources: []string{read(t, file)}}
		if err := yaml.Unmarshal([]byte(c.sources[0]), &pattern); err != nil {
			t.Fatal(err)
		}
		for _, r := range pattern.Runs {
			input, err := document.From(r.Input)
			if err != nil || r.Input == nil {
				input = document.Object()
			}
			test := workflow.Test{Name: input.String(), Run: workflow.TestsRun, Input: input, Now: workflow.TestsStart}
			for _, name := range r.Signals {
				test.Signals = append(test.Signals, workflow.TestSignal{Signal: workflow.Signal{Name: name, ID: name}})
			}
			if r.Cancel {
				test.Cancel = &workflow.TestCancel{Cue: workflow.Cue{After: time.Millisecond}}
			}
			if test.Expect.Status = workflow.Status(r.Status); r.Status == "" {
				test.Expect.Status = workflow.StatusCompleted
			}
			c.tests = append(c.tests, test)
		}
		all = append(all, c)
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// carriedOut has an engine carry out a test, and returns the run's events.
func carriedOut(t *testing.T, engine *scripts.Engine, c scenario, test workflow.Test) (events []event.Event) {
	time.Sleep(time.Until(test.Now)) // the clock of a bubble begins in 2000, and at first nothing ticks
	index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "virtual"})
	if err != nil {
		t.Fatal(err)
	}
	log := memlog.Open(memlog.Faults{})
	system, err := actors.Open(t.Context(), actors.Config{Store: log, Index: index, Tools: answering(t, test), Scripts: engine, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, end := range []func() error{func() error { return system.Close(context.Background()) }, index.Close, log.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	}()
	var name string
	for i, source := range slices.Backward(c.sources) {
		revision, _, err := system.Save(t.Context(), actors.Source{Data: []byte(source), File: "flow.yaml"})
		if err != nil {
			t.Fatal(i, err)
		}
		name = revision.Workflow
	}
	if _, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: name, Run: test.Run, Input: test.Input}); err != nil {
		t.Fatal(err)
	}
	come := func(c workflow.Cue, do func() error) {
		time.Sleep(c.After)
		synctest.Wait()
		if err := do(); err != nil {
			t.Error(err)
		}
	}
	bring := func(node string, visit int) {
		for i := range test.Signals {
			if s := &test.Signals[i]; s.Cue.Node == node && visit == 1 {
				go come(s.Cue, func() error {
					_, err := system.Signal(t.Context(), test.Run, s.Signal.Name, s.Signal.ID, s.Signal.Payload, s.Signal.By)
					return err
				})
			}
		}
		if test.Cancel != nil && test.Cancel.Cue.Node == node && visit == 1 {
			go come(test.Cancel.Cue, func() error {
				_, err := system.Cancel(t.Context(), test.Run, test.Cancel.Cancel.By, test.Cancel.Cancel.Reason)
				return err
			})
		}
	}
	bring("", 1)
	for raw, err := range system.Follow(t.Context(), test.Run, 0) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := event.Decode(raw.JSON)
		if err != nil {
			t.Fatal(err)
		}
		if events = append(events, e); raw.Type.Terminal() {
			break
		}
		if b, ok := e.Body.(event.NodeStarted); ok && b.Attempt == 1 {
			bring(b.Node, b.Visit)
		}
	}
	return events
}

// answering are tools of which those that are not pure answer as the test says, and take their time.
func answering(t *testing.T, test workflow.Test) *tools.Registry {
	t.Helper()
	all := builtin(t).All()
	for i := range all {
		if all[i].Pure {
			continue
		}
		var calls atomic.Int64 // those that a durable script makes together come together
		name := all[i].Name
		all[i].Output = document.Null
		all[i].Call = func(ctx context.Context, c tools.Call) (document.Value, error) {
			answers, ok := test.Nodes[c.Node]
			if !ok {
				answers = test.Tools[name]
			}
			a := answers.List[min(int(calls.Add(1)), len(answers.List))-1]
			select {
			case <-time.After(a.Takes):
			case <-ctx.Done():
				return document.Null, ctx.Err()
			}
			if a.Fails != nil {
				return document.Null, &tools.Error{Kind: a.Fails.Kind, Message: a.Fails.Message}
			}
			return a.Returns, nil
		}
	}
	registry, err := tools.NewRegistry(all...)
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

// compare wants what was rehearsed to be what really happened.
func compare(t *testing.T, c scenario, d *workflow.Definition, really, rehearsed []event.Event) {
	t.Helper()
	sideBySide := slices.ContainsFunc(d.Nodes, func(n workflow.Node) bool { return n.FanOut || n.Map != nil && n.Map.Concurrency > 1 }) ||
		strings.Contains(c.sources[0], "Promise.all")
	if !sideBySide {
		if diff := cmp.Diff(told(really), told(rehearsed)); diff != "" {
			t.Errorf("-really +rehearsed:\n%s", diff)
		}
		return
	}
	var ends [2]string
	for i, events := range [][]event.Event{really, rehearsed} {
		s, err := workflow.Fold(workflow.New(d), events)
		if err != nil {
			t.Fatal(err)
		}
		var visits []string
		for _, e := range events {
			if b, ok := e.Body.(event.NodeCompleted); ok {
				visits = append(visits, b.Node)
			}
		}
		slices.Sort(visits)
		ends[i] = unnamed(strings.Join(append(visits, string(s.Status()), s.Doc.String()), "\n"))
	}
	if diff := cmp.Diff(ends[0], ends[1]); diff != "" {
		t.Errorf("-really +rehearsed:\n%s", diff)
	}
}

// told is what events say, but for what differs from one run to another.
func told(events []event.Event) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = unnamed(document.MustParse(string(e.AppendJSON(nil))).Without("revision").Without("child").String())
	}
	return all
}

var childNamed = regexp.MustCompile(`child run \S+`)

// unnamed is a text without the ids of child runs, which are others in a rehearsal.
func unnamed(text string) string { return childNamed.ReplaceAllString(text, "a child run") }
