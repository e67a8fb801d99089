package actors_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

func TestMain(m *testing.M) {
	scripts.RunWorker()
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")) // the clock of regular expressions ends by itself, seconds later
}

// engine is a real store with a real system on it.
type engine struct {
	*actors.System
	t     testing.TB
	dir   string
	tools []tools.Tool
	store *eventstore.Store
	index *runindex.Index

	scripts   *scripts.Engine
	processes *scripts.Pool // for the scripts of workflows that ask for them; nil: none
	retention actors.Retention
	over      func(actors.Log) actors.Log // what the system sees of the store; nil is the store itself

	id     string              // of the store
	stored []eventstore.Stored // what a test has kept of it
}

// open starts an engine on a fresh data directory; it is closed when the test ends.
func open(t testing.TB, tools ...tools.Tool) *engine {
	return openWith(t, newScripts(), tools...)
}

// openWith is open with an engine for scripts.
func openWith(t testing.TB, runner *scripts.Engine, tools ...tools.Tool) *engine {
	e := &engine{t: t, dir: t.TempDir(), tools: tools, scripts: runner}
	e.start()
	t.Cleanup(e.stop)
	return e
}

func (e *engine) start() {
	e.t.Helper()
	registry, err := tools.NewRegistry(e.tools...)
	if err != nil {
		e.t.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	e.store, err = eventstore.Open(e.t.Context(), eventstore.Config{Dir: e.dir, Logger: logger})
	if err != nil {
		e.t.Fatal(err)
	}
	e.id = e.store.ID()
	e.index, err = runindex.Open(e.t.Context(), runindex.Config{Path: filepath.Join(e.dir, "runs.db"), Store: e.store.ID(), Logger: logger})
	if err != nil {
		e.t.Fatal(err)
	}
	log := actors.Log(e.store)
	if e.over != nil {
		log = e.over(log)
	}
	e.System, err = actors.Open(e.t.Context(), actors.Config{
		Store: log, Index: e.index, Tools: registry, Scripts: e.scripts, Processes: e.processes, Logger: logger, Retention: e.retention,
		Snapshots: eventstore.OpenSnapshots(e.snapshots()),
	})
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *engine) snapshots() string { return filepath.Join(e.dir, "snapshots") }

func (e *engine) stop() {
	if e.System == nil {
		return
	}
	if err := e.Close(context.Background()); err != nil {
		e.t.Error(err)
	}
	if err := e.index.Close(); err != nil {
		e.t.Error(err)
	}
	if err := e.store.Close(); err != nil {
		e.t.Error(err)
	}
	e.System = nil
}

// restart closes the engine and opens it again on the same data.
func (e *engine) restart() {
	e.t.Helper()
	e.stop()
	e.start()
}

func (e *engine) save(source string) {
	e.t.Helper()
	if _, _, err := e.Save(e.t.Context(), actors.Source{Data: []byte(source), File: "w.yaml"}); err != nil {
		e.t.Fatal(err)
	}
}

func (e *engine) begin(name, run, input string) actors.View {
	e.t.Helper()
	v, _, err := e.Start(e.t.Context(), actors.StartRequest{Workflow: name, Run: run, Input: document.MustParse(input)})
	if err != nil {
		e.t.Fatal(err)
	}
	return v
}

func (e *engine) end(run string) actors.View {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), 30*time.Second)
	defer cancel()
	v, err := e.Wait(ctx, run)
	if err != nil {
		e.t.Fatalf("waiting for run %s: %v", run, err)
	}
	return v
}

// told is all that the stored events of a run tell.
func (e *engine) told(run string) (events []event.Event) {
	e.t.Helper()
	for stored, err := range e.store.Read(e.t.Context(), run, 0) {
		if err != nil {
			e.t.Fatal(err)
		}
		more, err := stored.Events()
		if err != nil {
			e.t.Fatal(err)
		}
		events = append(events, more...)
	}
	return events
}

// log is the run's events as "Type node/visit/attempt" lines, checked for density on the way.
func (e *engine) log(run string) []string {
	e.t.Helper()
	var lines []string
	for _, ev := range e.told(run) {
		if ev.N != uint64(len(lines)+1) {
			e.t.Fatalf("event %d follows event %d", ev.N, len(lines))
		}
		lines = append(lines, line(ev))
	}
	return lines
}

func line(e event.Event) string {
	switch b := e.Body.(type) {
	case event.NodeStarted:
		return fmt.Sprintf("NodeStarted %s/%d/%d", b.Node, b.Visit, b.Attempt)
	case event.NodeCompleted:
		return fmt.Sprintf("NodeCompleted %s/%d/%d", b.Node, b.Visit, b.Attempt)
	case event.NodeFailed:
		return fmt.Sprintf("NodeFailed %s/%d/%d %s", b.Node, b.Visit, b.Attempt, b.Kind)
	case event.RunFailed:
		return "RunFailed " + b.Kind
	default:
		return string(e.Type())
	}
}

func (e *engine) commits(run string) int {
	n := 0
	for _, err := range e.store.Read(e.t.Context(), run, 0) {
		if err != nil {
			e.t.Fatal(err)
		}
		n++
	}
	return n
}

func TestRunFromStartToEnd(t *testing.T) {
	e := open(t)
	e.save(`
name: hello
nodes:
  greet: {script: "return {greeting: 'Hello ' + state.name}"}
  shout: {script: "state.greeting = state.greeting.toUpperCase(); console.log('shouted')"}
edges: {greet: shout}
`)
	v := e.begin("hello", "r1", `{"name": "Ada", "big": 12345678901234567890}`)
	if v.LastEvent < 1 || v.Run != "r1" {
		t.Errorf("the view at start is %+v", v)
	}
	v = e.end("r1")
	if v.Status != workflow.StatusCompleted {
		t.Fatalf("status %s, error %+v", v.Status, v.Error)
	}
	if got, want := v.State.String(), `{"big":12345678901234567890,"greeting":"HELLO ADA","name":"Ada"}`; got != want {
		t.Errorf("state %s, want %s", got, want)
	}
	want := "RunStarted, NodeStarted greet/1/1, NodeCompleted greet/1/1, StateChanged, EdgeTaken, NodeStarted shout/1/1, " +
		"ScriptLogged, NodeCompleted shout/1/1, StateChanged, EdgeTaken, RunCompleted"
	if got := strings.Join(e.log("r1"), ", "); got != want {
		t.Errorf("events\n%s\nwant\n%s", got, want)
	}
	if got := e.commits("r1"); got > 2 {
		t.Errorf("%d commits for two pure nodes, want at most 2", got)
	}
	stateAt, err := e.StateAt(t.Context(), "r1", 4)
	if err != nil || !strings.Contains(stateAt.String(), "Hello Ada") {
		t.Errorf("the state after event 4 is %s, %v", stateAt, err)
	}
	if _, err := e.StateAt(t.Context(), "r1", 99); !errors.Is(err, actors.ErrEventNotFound) {
		t.Errorf("the state after event 99: %v", err)
	}
	e.restart()
	again, err := e.View(t.Context(), "r1")
	if err != nil || again.State.String() != v.State.String() || again.LastEvent != v.LastEvent {
		t.Errorf("after a restart the run is %+v, %v", again, err)
	}
}

func TestLoopNeedsFewCommits(t *testing.T) {
	e := open(t)
	e.save(`
name: loop
nodes:
  count: {script: "state.i++"}
edges:
  count: [{when: "state.i < 1000", to: count}]
`)
	e.begin("loop", "r", `{"i": 0}`)
	v := e.end("r")
	if i, _ := v.State.Get("i"); i.String() != "1000" || v.Status != workflow.StatusCompleted {
		t.Fatalf("the run ended %s with %s, %+v", v.Status, v.State, v.Error)
	}
	if got := e.commits("r"); got >= 50 {
		t.Errorf("%d commits for 1,000 steps, want fewer than 50", got)
	}
}

// recorder is a tool with effects that notes its calls.
type recorder struct {
	mu    sync.Mutex
	calls []tools.Call
	call  func(context.Context, tools.Call) (document.Value, error)
}

func (r *recorder) tool(name string) tools.Tool {
	return tools.Tool{Name: name, Description: "notes its calls", Call: func(ctx context.Context, c tools.Call) (document.Value, error) {
		r.mu.Lock()
		r.calls = append(r.calls, c)
		r.mu.Unlock()
		if r.call == nil {
			return document.Object(), nil
		}
		return r.call(ctx, c)
	}}
}

func (r *recorder) all() []tools.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]tools.Call(nil), r.calls...)
}

func TestToolWaitsForDurability(t *testing.T) {
	var e *engine
	var seen []string
	r := &recorder{call: func(_ context.Context, c tools.Call) (document.Value, error) {
		seen = append(seen, strings.Join(e.log(c.Run), ", "))
		return document.Object(), nil
	}}
	e = open(t, r.tool("effect"))
	e.save("name: w\nnodes:\n  a: {script: 'return {x: 1}'}\n  b: effect\nedges: {a: b}\n")
	e.begin("w", "r", "{}")
	e.end("r")
	if len(seen) != 1 || !strings.HasSuffix(seen[0], "NodeStarted b/1/1") {
		t.Errorf("the tool was called over the durable events %q", seen)
	}
	if c := r.all()[0]; c.Key != "r/b/1" || c.Attempt != 1 {
		t.Errorf("the tool was called as %+v", c)
	}
}

// A run that was started before its workflow had a schema is still found by who asks again; a new one is refused.
func TestStartTwiceBeforeAndAfterASchema(t *testing.T) {
	e := open(t)
	const source = "name: w\nnodes:\n  nap: {sleep: 1h}\n"
	e.save(source)
	request := actors.StartRequest{Workflow: "w", Run: "r", Input: document.MustParse(`{"x": 1}`)}
	if _, _, err := e.Start(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	e.save(source + "state: {x: {schema: {type: string}}}\n")
	for _, moment := range []string{"open", "restarted"} {
		if moment == "restarted" {
			e.restart()
		}
		if _, existed, err := e.Start(t.Context(), request); err != nil || !existed {
			t.Errorf("%s: existed %v, %v", moment, existed, err)
		}
		other := request
		other.Run = "another"
		_, _, err := e.Start(t.Context(), other)
		if misfit := (*actors.InputError)(nil); !errors.As(err, &misfit) || !errors.Is(err, actors.ErrInvalidInput) ||
			err.Error() != "invalid input: it is not what workflow w takes: /x: must be a text, not a number" {
			t.Errorf("%s, another run: %v", moment, err)
		}
	}
}

func TestStartTwice(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes:\n  nap: {sleep: 1h}\n")
	e.save("name: other\nnodes:\n  nap: {sleep: 1h}\n")
	request := actors.StartRequest{Workflow: "w", Run: "r", Input: document.MustParse(`{"x": 1}`)}
	for _, moment := range []string{"first", "open", "restarted"} {
		if moment == "restarted" {
			e.restart()
		}
		v, existed, err := e.Start(t.Context(), request)
		if err != nil || v.Run != "r" || existed != (moment != "first") {
			t.Errorf("%s: run %q, existed %v, %v", moment, v.Run, existed, err)
		}
	}
	for name, change := range map[string]func(*actors.StartRequest){
		"input":    func(r *actors.StartRequest) { r.Input = document.MustParse(`{"x": 2}`) },
		"workflow": func(r *actors.StartRequest) { r.Workflow = "other" },
		"labels":   func(r *actors.StartRequest) { r.Labels = map[string]string{"a": "b"} },
	} {
		r := request
		change(&r)
		if _, _, err := e.Start(t.Context(), r); !errors.Is(err, actors.ErrRunExists) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	keyed := actors.StartRequest{Workflow: "w", Key: "order 7", Input: document.MustParse(`{}`)}
	first, _, err := e.Start(t.Context(), keyed)
	if err != nil {
		t.Fatal(err)
	}
	second, existed, err := e.Start(t.Context(), keyed)
	if err != nil || !existed || second.Run != first.Run {
		t.Errorf("the same key gave runs %s and %s, %v", first.Run, second.Run, err)
	}
	for _, id := range []string{"a.b", "a*", "a>", "a b", strings.Repeat("x", 65), "é"} {
		if _, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "w", Run: id}); !errors.Is(err, actors.ErrInvalidID) {
			t.Errorf("run id %q: %v", id, err)
		}
	}
	if _, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "w", Input: document.MustParse("[1]")}); !errors.Is(err, actors.ErrInvalidInput) {
		t.Errorf("an array as input: %v", err)
	}
	if _, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "w", Input: document.MustParse(`{"a": [{"$blob": 1}]}`)}); !errors.Is(err, actors.ErrInvalidInput) || !strings.Contains(err.Error(), "/a/0/$blob") {
		t.Errorf("a reserved key in the input: %v", err)
	}
	many := map[string]string{}
	for i := range workflow.LabelsMax + 1 {
		many[fmt.Sprint(i)] = ""
	}
	for name, labels := range map[string]map[string]string{
		"labels.a is longer": {"a": strings.Repeat("x", workflow.LabelBytesMax+1), "b": ""}, "name of a label": {"a b": "c"}, "at most 64 labels": many,
	} {
		_, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "w", Labels: labels})
		if !errors.Is(err, actors.ErrInvalidLabels) || !strings.Contains(err.Error(), name) {
			t.Errorf("%d labels, want %q: %v", len(labels), name, err)
		}
	}
	if _, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "missing"}); !errors.Is(err, actors.ErrWorkflowNotFound) {
		t.Errorf("an unknown workflow: %v", err)
	}
}

func TestManyStartsOfOneRun(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes:\n  a: {script: 'return {x: 1}'}\n")
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			v, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "w", Run: "r"})
			if err != nil || v.Run != "r" {
				t.Errorf("run %q, %v", v.Run, err)
			}
		})
	}
	wg.Wait()
	e.end("r")
	if got := len(e.log("r")); got != 6 {
		t.Errorf("the run has %d events: %q", got, e.log("r"))
	}
}

// TestViewIsNotBehindFollowers asks for a run as soon as a follower has seen its end.
func TestViewIsNotBehindFollowers(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes:\n  a: {script: 'return {x: 1}'}\n")
	for i := range 200 {
		run := fmt.Sprintf("r%d", i)
		e.begin("w", run, "{}")
		for raw, err := range e.Follow(t.Context(), run, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if !raw.Type.Terminal() {
				continue
			}
			if v := e.mustView(run); v.LastEvent != raw.N || v.Status != workflow.StatusCompleted {
				t.Fatalf("event %d was seen, and the view of %s is %s at event %d", raw.N, run, v.Status, v.LastEvent)
			}
			break
		}
	}
}

// TestErrorsNameTheFile finds a script's errors and console lines where they stand in the workflow's file,
// however the script is written there.
func TestErrorsNameTheFile(t *testing.T) {
	e := open(t)
	for name, source := range map[string]string{
		"block": "name: block\nnodes:\n  a:\n    script: |\n      console.log('here')\n      state.x.y\n",
		"text":  "name: text\nnodes:\n  a:\n    script: \"\n      console.log('here');\n      state.x.y\"\n",
	} {
		e.save(source)
		e.begin(name, name, "{}")
		v := e.end(name)
		if v.Error == nil || v.Error.Position == nil || v.Error.Position.Line != 6 {
			t.Errorf("%s: the error is %+v", name, v.Error)
		}
		events, err := e.Events(t.Context(), name, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(events[2].JSON); !strings.Contains(text, `"lines":[{"level":"log","text":"here","file":"w.yaml","line":5,"column":18}]`) {
			t.Errorf("%s: the console line is %s", name, text)
		}
	}
}
