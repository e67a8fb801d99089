package examples_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/examples"
	"github.com/weirflow/weir/scripts"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")) // the clock of regular expressions ends by itself, seconds later
}

// start starts the whole engine on a fresh data directory.
func start(t testing.TB) *actors.System {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	store, err := eventstore.Open(t.Context(), eventstore.Config{Dir: dir, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(dir, "runs.db"), Store: store.ID()})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := tools.NewRegistry(tools.Builtin(tools.Options{AllowPrivateHTTP: true})...)
	if err != nil {
		t.Fatal(err)
	}
	system, err := actors.Open(t.Context(), actors.Config{Store: store, Index: index, Tools: registry, Scripts: scripts.New(scripts.Limits{}), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := system.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := errors.Join(index.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	})
	return system
}

// open starts the whole engine with every example saved that is one file.
func open(t *testing.T) *actors.System {
	t.Helper()
	system := start(t)
	for _, file := range files(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		revision, _, err := system.Save(t.Context(), actors.Source{Data: data, File: file})
		if err != nil {
			t.Fatal(err)
		}
		if len(revision.Warnings) > 0 {
			t.Errorf("%s: %v", file, revision.Warnings)
		}
	}
	return system
}

func files(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.yaml")
	if err != nil || len(names) < 4 {
		t.Fatalf("found %v: %v", names, err)
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.yaml") })
}

// run runs a workflow to its end and returns the final state.
func run(t testing.TB, system *actors.System, name string, input document.Value) document.Value {
	t.Helper()
	started, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: name, Input: input})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	view, err := system.Wait(ctx, started.Run)
	if err != nil {
		t.Fatal(err)
	}
	if view.Status != "completed" {
		t.Fatalf("%s ended as %s: %+v", name, view.Status, view.Error)
	}
	return view.State
}

// want asserts parts of a state, by JSON Pointer.
func want(t *testing.T, state document.Value, parts map[string]string) {
	t.Helper()
	for pointer, text := range parts {
		got, ok := state.Lookup(pointer)
		if !ok || !document.Equal(got, document.MustParse(text)) {
			t.Errorf("%s is %s, want %s", pointer, got, text)
		}
	}
}

func TestSmallExamples(t *testing.T) {
	system := open(t)
	want(t, run(t, system, "hello", document.MustParse(`{"name": "Ada"}`)), map[string]string{"/greeting": `"Hello, Ada!"`, "/length": "11"})
	want(t, run(t, system, "hello", document.MustParse(`{}`)), map[string]string{"/greeting": `"Hello, world!"`})
	want(t, run(t, system, "countdown", document.MustParse(`{"from": 1}`)), map[string]string{"/done": "true", "/left": "-1"})
}

func TestQueue(t *testing.T) {
	system := open(t)
	var runs []string
	for range 4 {
		v, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "queue", Input: document.MustParse(`{"tenant": "acme", "pages": 3}`)})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, v.Run)
	}
	if c := system.Queue("queue"); c.Running > 2 || c.Queued+c.Running > 4 {
		t.Errorf("of one tenant's four runs %+v", c)
	}
	for _, run := range runs {
		v, err := system.Wait(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		want(t, v.State, map[string]string{"/cents": "36"})
	}
}

// The saga completes where the money is there, and else gives back what it had booked, the last first.
func TestSaga(t *testing.T) {
	system := open(t)
	want(t, run(t, system, "saga", document.MustParse(`{"budget": 2000}`)), map[string]string{
		"/paid": "800", "/log": `["flight booked", "hotel booked", "paid"]`,
	})
	view, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "saga", Run: "trip", Input: document.MustParse(`{"budget": 100}`)})
	if err == nil {
		view, err = system.Wait(t.Context(), view.Run)
	}
	if err != nil || view.Status != "failed" || view.Error.Node != "pay" || len(view.Error.Uncompensated) > 0 {
		t.Fatalf("the saga ended as %s: %+v, %v", view.Status, view.Error, err)
	}
	want(t, view.State, map[string]string{
		"/flight": "null", "/hotel": "null",
		"/log": `["flight booked", "hotel booked", "hotel H-trip given back", "flight F-trip given back: Error: 800 is more than the budget"]`,
	})
}

// An order runs the invoice as a child, and is told why there is none.
func TestOrder(t *testing.T) {
	system := open(t)
	state := run(t, system, "order", document.MustParse(`{"items": [{"item": "lamp", "price": 40, "count": 2}]}`))
	want(t, state, map[string]string{"/paid": "95.2", "/shipped": "true", "/invoice/net": "80"})
	state = run(t, system, "order", document.MustParse(`{"items": [{"item": "air"}]}`))
	want(t, state, map[string]string{"/shipped": "false", "/why": `"Error: air has no price"`})
}

// The approval has four ends: a person says yes or no, at once or once it was escalated, or nobody does.
func TestApproval(t *testing.T) {
	system := open(t)
	offer := document.MustParse(`{"offer": "40 chairs"}`)
	decide := func(workflow, node, verdict string) document.Value {
		t.Helper()
		started, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: workflow, Input: offer})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for view := started; verdict != "" && (len(view.Current) == 0 || view.Current[0].Node != node); time.Sleep(time.Millisecond) {
			if view, err = system.View(ctx, started.Run); err != nil {
				t.Fatal(err)
			}
		}
		if verdict != "" {
			if _, err := system.Signal(ctx, started.Run, "approve", "mail-1", document.MustParse(verdict), "ada"); err != nil {
				t.Fatal(err)
			}
		}
		view, err := system.Wait(ctx, started.Run)
		if err != nil || view.Status != "completed" {
			t.Fatalf("%s: %v %+v", view.Status, err, view.Error)
		}
		return view.State
	}
	want(t, decide("approval", "decision", `{"approved": true, "by": "ada"}`), map[string]string{
		"/question": `"Do you approve of 40 chairs?"`, "/verdict/approved": "true", "/outcome": `"sent, as ada approved"`,
	})
	want(t, decide("approval", "decision", `{"approved": false}`), map[string]string{"/outcome": `"not sent: no reason given"`})

	// A day, and two, pass here within a moment.
	data, err := os.ReadFile("approval.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, times := range map[string][]string{
		"hasty": {"24h", "20ms"}, "hurried": {"24h", "20ms", "48h", "30ms"},
	} {
		text := strings.NewReplacer(append(times, "name: approval", "name: "+name)...).Replace(string(data))
		if _, _, err := system.Save(t.Context(), actors.Source{Data: []byte(text), File: name + ".yaml"}); err != nil {
			t.Fatal(err)
		}
	}
	want(t, decide("hasty", "second_decision", `{"approved": true}`), map[string]string{
		"/escalated": "true", "/why": `"no signal \"approve\" came within 20ms"`, "/outcome": `"sent, as somebody approved"`,
	})
	want(t, decide("hurried", "", ""), map[string]string{"/escalated": "true", "/outcome": `"not sent: nobody decided"`})
}

func TestFetch(t *testing.T) {
	var count atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if count.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"id": 12345678901234567890}`)) // a test server's answer
	}))
	defer server.Close()
	system := open(t)
	input := func(url string) document.Value {
		return document.Object(document.Member{Key: "url", Value: document.String(url)})
	}
	// Two failures are tried again; the digits of the answer arrive whole.
	want(t, run(t, system, "fetch", input(server.URL)), map[string]string{
		"/summary/status": "200", "/answer/body/id": "12345678901234567890",
	})
	if n := count.Load(); n != 3 {
		t.Errorf("the server has seen %d requests", n)
	}
	server.Close()
	state := run(t, system, "fetch", input(server.URL))
	if message, _ := state.Lookup("/summary/error"); !strings.Contains(message.String(), "connect") {
		t.Errorf("got %s", state)
	}
}

// source is the input of a review of one file.
func source(code string, threshold int64) document.Value {
	return document.Object(
		document.Member{Key: "path", Value: document.String("a.go")},
		document.Member{Key: "code", Value: document.String(code)},
		document.Member{Key: "threshold", Value: document.Int(threshold)},
	)
}

func TestCodeReviewEndings(t *testing.T) {
	system := open(t)
	clean := "// Package a adds.\npackage a\n\n// Add adds.\nfunc Add(a, b int) int { return a + b }\n"
	rough := "// Package a adds.\npackage a\n\n// Add adds.\nfunc Add(a, b int) int { \n  println(a)\n  return a+b }\n"
	tests := []struct {
		name  string
		input document.Value
		want  map[string]string
	}{
		{"passed at once", source(clean, 100), map[string]string{
			"/ending": `"passed"`, "/quality_score": "100", "/diff": `""`, "/fix_count": "0", "/issues": "[]", "/complexity/max": "1",
		}},
		{"passed by mending", source(rough, 100), map[string]string{
			"/ending": `"passed"`, "/quality_score": "100", "/fix_count": "3", "/issues": "[]", "/files_changed": "1",
			"/files/0/code": document.String(strings.Replace(clean, "{ return a + b }", "{\n\treturn a + b\n}", 1)).String(),
		}},
		{"no fix left", source(strings.Replace(rough, "  return", "  // TODO: overflow\n  return", 1), 100), map[string]string{
			"/ending": `"no_fix_left"`, "/issue_count": "1", "/issues/0/rule": `"todo"`, "/fix_count": "3", "/suggestions/0/about": `"todo"`,
		}},
		{"gave up", source("package a\n\nfunc a() {\n"+strings.Repeat("\tprintln(1)\n", 150)+"}\n", 80), map[string]string{
			"/ending": `"gave_up"`, "/fix_count": "100", "/fixable_count": "50", "/lines_removed": "100", "/function_count": "1",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want(t, run(t, system, "code-review", test.input), test.want)
		})
	}
}

// The tools' own source and the untidy draft, reviewed as several files.
func TestCodeReviewOfRealSource(t *testing.T) {
	paths, err := filepath.Glob("../actors/tools/code*.go")
	if err != nil || len(paths) < 10 {
		t.Fatalf("found %v: %v", paths, err)
	}
	file := func(path string, code []byte) document.Value {
		return document.Object(
			document.Member{Key: "path", Value: document.String(path)},
			document.Member{Key: "code", Value: document.String(string(code))},
		)
	}
	list := []document.Value{file("draft.go", examples.Draft)}
	for _, path := range paths {
		code, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, file(strings.TrimPrefix(filepath.ToSlash(path), "../"), code))
	}
	state := run(t, open(t), "code-review", document.Object(
		document.Member{Key: "files", Value: document.Array(list...)},
		document.Member{Key: "threshold", Value: document.Int(100)},
	))
	want(t, state, map[string]string{"/ending": `"no_fix_left"`, "/files_changed": "1", "/fixable_count": "0"})
	diff, _ := state.Get("diff")
	if text, _ := diff.AsString(); !strings.HasPrefix(text, "--- a/draft.go\n+++ b/draft.go\n@@ ") || strings.Count(text, "--- a/") != 1 {
		t.Errorf("got the diff\n%s", text)
	}
}

// The page on the examples speaks of each, and links to nothing else.
func TestExamplesAreExplained(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files(t) {
		if !strings.Contains(string(page), "## "+name+"\n") || !strings.Contains(string(page), "weir run examples/"+name) && name != "code-review.yaml" {
			t.Errorf("README.md does not explain %s", name)
		}
	}
}
