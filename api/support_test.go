package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

func TestMain(m *testing.M) {
	scripts.RunWorker()
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")) // the clock of regular expressions ends by itself, seconds later
}

// patience bounds what a test waits for; nothing takes this long unless it hangs.
const patience = 30 * time.Second

// engine is a server over a real system and a real store, reached by real HTTP.
type engine struct {
	t      *testing.T
	dir    string
	gate   *gate
	store  *eventstore.Store
	index  *runindex.Index
	system *actors.System

	processes *scripts.Pool

	server *Server
	http   *httptest.Server
	client *http.Client
	config Config
	more   []tools.Tool // tools that this engine has beside the built-in ones
}

// gate is the tool test.gate, which holds a run until the test opens it.
type gate struct {
	entered chan string // the runs that have arrived
	open    chan struct{}
}

func newGate() *gate { return &gate{entered: make(chan string, 100), open: make(chan struct{})} }

func (g *gate) tool() tools.Tool {
	return tools.Tool{
		Name: "test.gate", Description: "Waits until the test opens it.",
		Call: func(ctx context.Context, c tools.Call) (document.Value, error) {
			g.entered <- c.Run
			select {
			case <-g.open:
				return document.Object(document.Member{Key: "passed", Value: document.Bool(true)}), nil
			case <-ctx.Done():
				return document.Null, ctx.Err()
			}
		},
	}
}

func failTool() tools.Tool {
	return tools.Tool{Name: "test.fail", Description: "Fails.", Pure: true, Call: func(context.Context, tools.Call) (document.Value, error) {
		return document.Null, &tools.Error{Kind: "broken", Message: "it is broken"}
	}}
}

func newEngine(t *testing.T, change ...func(*Config)) *engine {
	t.Helper()
	e := &engine{t: t, dir: t.TempDir(), gate: newGate()}
	for _, c := range change {
		c(&e.config)
	}
	e.open()
	t.Cleanup(e.close)
	return e
}

func (e *engine) open() {
	e.t.Helper()
	ctx := e.t.Context()
	logger := slog.New(slog.NewTextHandler(testWriter{e.t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	if e.store, err = eventstore.Open(ctx, eventstore.Config{Dir: e.dir, Sync: eventstore.SyncAlways, Logger: logger}); err != nil {
		e.t.Fatalf("opening the store: %v", err)
	}
	registry, err := tools.NewRegistry(slices.Concat(tools.Builtin(tools.Options{AllowPrivateHTTP: true}), []tools.Tool{e.gate.tool(), failTool()}, e.more)...)
	if err != nil {
		e.t.Fatalf("registering tools: %v", err)
	}
	if e.index, err = runindex.Open(ctx, runindex.Config{Path: filepath.Join(e.dir, "runs.db"), Store: e.store.ID(), Logger: logger}); err != nil {
		e.t.Fatalf("opening the run index: %v", err)
	}
	e.processes = scripts.NewPool(scripts.PoolConfig{Size: 1, Logger: logger})
	e.system, err = actors.Open(ctx, actors.Config{Store: e.store, Index: e.index, Tools: registry, Scripts: scripts.New(scripts.Limits{Time: 2 * time.Second}), Processes: e.processes, Logger: logger})
	if err != nil {
		e.t.Fatalf("opening the system: %v", err)
	}
	config := e.config
	config.System, config.Store, config.Logger = e.system, e.store, logger
	e.server = New(config)
	e.http = httptest.NewServer(e.server)
	e.client = e.http.Client()
}

func (e *engine) close() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		e.t.Errorf("shutting the server down: %v", err)
	}
	e.http.Close()
	if err := e.system.Close(ctx); err != nil {
		e.t.Errorf("closing the system: %v", err)
	}
	_ = e.processes.Close() // it never fails
	if err := e.index.Close(); err != nil {
		e.t.Errorf("closing the run index: %v", err)
	}
	if err := e.store.Close(); err != nil {
		e.t.Errorf("closing the store: %v", err)
	}
}

// restart closes everything and opens it again over the same directory.
func (e *engine) restart() {
	e.t.Helper()
	e.close()
	e.gate = newGate()
	e.open()
}

// testWriter writes what is logged to the test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	_, err := os.Stderr.Write(append([]byte(w.t.Name()+": "), p...))
	return len(p), err
}

// answer is what a call was answered with.
type answer struct {
	status int
	header http.Header
	text   string
}

// call sends a request. The body may be text, bytes, or a value that becomes JSON.
func (e *engine) call(method, path string, body any, headers ...string) answer {
	e.t.Helper()
	var reader io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case string:
		reader, contentType = strings.NewReader(b), "application/json"
	case yaml:
		reader, contentType = strings.NewReader(string(b)), "application/yaml"
	case []byte:
		reader, contentType = bytes.NewReader(b), "application/json"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			e.t.Fatal(err)
		}
		reader, contentType = bytes.NewReader(text), "application/json"
	}
	request, err := http.NewRequestWithContext(e.t.Context(), method, e.http.URL+path, reader)
	if err != nil {
		e.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
			continue
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	return e.do(request)
}

func (e *engine) do(request *http.Request) answer {
	e.t.Helper()
	response, err := e.client.Do(request)
	if err != nil {
		e.t.Fatalf("%s %s: %v", request.Method, request.URL.Path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		e.t.Fatalf("reading the answer to %s %s: %v", request.Method, request.URL.Path, err)
	}
	return answer{status: response.StatusCode, header: response.Header, text: string(text)}
}

// yaml is a body in YAML.
type yaml string

// want checks the status and returns the body's value.
func (e *engine) want(status int, a answer) document.Value {
	e.t.Helper()
	if a.status != status {
		e.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	if a.text == "" {
		return document.Null
	}
	v, err := document.Parse([]byte(a.text))
	if err != nil {
		e.t.Fatalf("the answer is not JSON: %v: %s", err, a.text)
	}
	return v
}

// save saves a workflow that must be right.
func (e *engine) save(source string) {
	e.t.Helper()
	if a := e.call("POST", "/v1/workflows", yaml(source)); a.status != http.StatusCreated && a.status != http.StatusOK {
		e.t.Fatalf("saving: %d: %s", a.status, a.text)
	}
}

// run starts a run, waits for its end, and returns its view.
func (e *engine) run(workflow, body string) document.Value {
	e.t.Helper()
	return e.want(http.StatusOK, e.call("POST", "/v1/workflows/"+workflow+"/runs", body, "Prefer", "wait=30"))
}

// arrived waits until a run is at the gate.
func (e *engine) arrived() string {
	e.t.Helper()
	select {
	case run := <-e.gate.entered:
		return run
	case <-time.After(patience):
		e.t.Fatal("no run came to the gate")
		return ""
	}
}

// until polls for a condition.
func (e *engine) until(what string, holds func() bool) {
	e.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		if holds() {
			return
		}
		if time.Now().After(deadline) {
			e.t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// at is the value a pointer leads to, null where it leads nowhere.
func at(v document.Value, pointer string) document.Value {
	found, _ := v.Lookup(pointer)
	return found
}

func textAt(v document.Value, pointer string) string {
	text, _ := at(v, pointer).AsString()
	return text
}

func intAt(v document.Value, pointer string) int64 {
	i, _ := at(v, pointer).AsInt()
	return i
}

// same compares a reply with what it should be; volatile members are left out of both.
func same(t *testing.T, what string, got document.Value, want string) {
	t.Helper()
	wanted := document.MustParse(want)
	if !document.Equal(got, wanted) {
		t.Errorf("%s:\n%s", what, cmp.Diff(indented(wanted), indented(got)))
	}
}

func indented(v document.Value) string {
	var b bytes.Buffer
	if err := json.Indent(&b, v.AppendJSON(nil), "", "  "); err != nil {
		return v.String()
	}
	return b.String()
}

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
