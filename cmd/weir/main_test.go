package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weirflow/weir/scripts"
)

// waitMax bounds every wait of the scripts.
const waitMax = 30 * time.Second

func TestMain(m *testing.M) {
	scripts.RunWorker()
	testscript.Main(m, map[string]func(){"weir": main})
}

// TestScripts runs the program as people do: real processes, real files, real sockets.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			examples, err := filepath.Abs("../../examples")
			env.Vars = append(env.Vars, "NO_COLOR=1", "EXAMPLES="+examples, "GORACE=atexit_sleep_ms=0") // else each command takes a second to end
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"freeport": scriptFreeport,
			"occupy":   scriptOccupy,
			"get":      scriptGet,
			"post":     scriptPost,
			"await":    scriptAwait,
			"exitcode": scriptExitCode,
			"flip":     scriptFlip,
			"touch":    scriptTouch,
			"figures":  scriptFigures,
			"kept":     scriptKept,
		},
	})
}

// scriptFlip flips a bit of the last byte that a text in a file has: flip FILE TEXT.
func scriptFlip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE TEXT")
	}
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	at := bytes.Index(data, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	data[at+len(args[1])-1] ^= 1
	ts.Check(os.WriteFile(path, data, 0o600))
}

// scriptTouch makes an empty file: touch FILE.
func scriptTouch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: touch FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), nil, 0o600))
}

// scriptFreeport sets each named variable to a free port: freeport HTTP NATS.
func scriptFreeport(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: freeport NAME...")
	}
	var listeners []net.Listener
	for _, name := range args {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		listeners = append(listeners, listener)
		_, port, err := net.SplitHostPort(listener.Addr().String())
		ts.Check(err)
		ts.Setenv(name, port)
	}
	for _, listener := range listeners {
		ts.Check(listener.Close())
	}
}

// scriptOccupy listens on a free port until the script ends, and names it: occupy PORT.
func scriptOccupy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: occupy NAME")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	ts.Check(err)
	ts.Setenv(args[0], port)
}

// scriptGet prints what a GET answers, and with ! what it answers with an error status: get URL [HOST].
func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: [!] get URL [HOST]")
	}
	header := http.Header{}
	if len(args) > 1 {
		header.Set("Host", args[1])
	}
	request(ts, neg, http.MethodGet, args[0], header, nil)
}

// scriptPost posts a file: post URL FILE CONTENT-TYPE.
func scriptPost(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] post URL FILE CONTENT-TYPE")
	}
	request(ts, neg, http.MethodPost, args[0], http.Header{"Content-Type": args[2:]}, []byte(ts.ReadFile(args[1])))
}

func request(ts *testscript.TestScript, neg bool, method, url string, header http.Header, body []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), waitMax)
	defer cancel()
	status, text, err := send(ctx, method, url, header, body)
	ts.Check(err)
	_, err = io.WriteString(ts.Stdout(), text)
	ts.Check(err)
	if failed := status >= http.StatusBadRequest; failed != neg {
		ts.Fatalf("%s %s: %d\n%s", method, url, status, text)
	}
}

func send(ctx context.Context, method, url string, header http.Header, body []byte) (status int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header, request.Host = header, header.Get("Host")
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, string(data), err
}

// scriptAwait asks again and again until a GET succeeds and its answer holds the text: await URL [TEXT].
func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: await URL [TEXT]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), waitMax)
	defer cancel()
	want := strings.Join(args[1:], "")
	for {
		status, text, err := send(ctx, http.MethodGet, args[0], http.Header{}, nil)
		if err == nil && status == http.StatusOK && strings.Contains(text, want) {
			return
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("%s did not answer %q within %s, but %d %s (%v)", args[0], want, waitMax, status, text, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// scriptExitCode runs a command and wants its exit code: exitcode 3 weir run flow.yaml.
func scriptExitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		code = fmt.Sprint(exit.ExitCode())
	} else {
		ts.Check(err)
	}
	if code != args[0] {
		ts.Fatalf("%s ended with %s, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// TestInterruptedRunGoesOn stops a run as Ctrl-C does and takes it up again.
func TestInterruptedRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	flow := dir + "/flow.yaml"
	if err := os.WriteFile(flow, []byte(`
name: patient
start: first
nodes:
  first: {script: "return {first: ctx.attempt}"}
  pause: {sleep: 300ms}
  last: {script: "return {last: true}"}
edges:
  first: pause
  pause: last
`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", flow, "--data", dir + "/data", "--run", "only"}

	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	var out bytes.Buffer
	told := &trigger{text: "TimerSet", fire: func() { interrupt(errInterrupted) }}
	if code := execute(ctx, args, strings.NewReader(""), &out, told); code != exitInterrupted {
		t.Fatalf("exit code %d, want %d\n%s", code, exitInterrupted, told.String())
	}
	if !strings.Contains(told.String(), "--run only") {
		t.Errorf("nothing says how to go on:\n%s", told.String())
	}

	var progress bytes.Buffer
	if code := execute(t.Context(), args, strings.NewReader(""), &out, &progress); code != exitOK {
		t.Fatalf("exit code %d, want 0\n%s", code, progress.String())
	}
	if want := "{\n  \"first\": 1,\n  \"last\": true\n}\n"; out.String() != want {
		t.Errorf("the state is %s, want %s", out.String(), want)
	}
}

// TestInterruptedRunIsShown stops a run that has long to wait: a program is told how it was left.
func TestInterruptedRunIsShown(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	events := &trigger{text: "TimerSet", fire: func() { interrupt(errInterrupted) }}
	flow := strings.NewReader("name: patient\nnodes: {pause: {sleep: 1h}}")
	if code := execute(ctx, []string{"run", "-", "--run", "only", "--json"}, flow, events, io.Discard); code != exitInterrupted {
		t.Fatalf("exit code %d, want %d\n%s", code, exitInterrupted, events.String())
	}
	shown := strings.Split(strings.TrimSpace(events.String()), "\n")
	if last := shown[len(shown)-1]; !strings.HasPrefix(last, `{"run_id":"only",`) || !strings.Contains(last, `"status":"waiting"`) {
		t.Errorf("the last line is %s", last)
	}
}

// trigger is a writer that fires once its text was written.
type trigger struct {
	bytes.Buffer
	text string
	fire func()
}

func (w *trigger) Write(data []byte) (int, error) {
	n, err := w.Buffer.Write(data)
	if w.fire != nil && strings.Contains(w.String(), w.text) {
		w.fire()
		w.fire = nil
	}
	return n, err
}
