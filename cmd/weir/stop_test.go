package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// stuck is a workflow whose script is inside a native function, which nothing can interrupt, for the turns given.
func stuck(turns string) string {
	return "name: stuck\nnodes:\n  a: {script: \"return {x: Array.prototype.indexOf.call({length: " + turns + "}, 1)}\"}\n"
}

// program runs weir as a process of its own, killed when the test ends; what it prints goes to out.
func program(t *testing.T, out *lines, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "weir", args...) // TestMain put it on the path
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// stopTwice sends one SIGTERM, waits until the process names what holds it up, and sends another.
func stopTwice(t *testing.T, cmd *exec.Cmd, out *lines, holdUp string) {
	t.Helper()
	for _, wanted := range []string{"still stopping: " + holdUp + " cannot be interrupted; waiting at most 10s", "stopped at once"} {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		out.await(t, wanted)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d, want %d\n%s", code, exitInterrupted, out)
	}
}

// serveStuck starts a server with a run, one, of which node a is in a script that cannot be interrupted.
func serveStuck(t *testing.T, out *lines, flags ...string) (cmd *exec.Cmd, data string) {
	t.Helper()
	data = t.TempDir()
	cmd = program(t, out, append([]string{"serve", "--data", data, "--http", "127.0.0.1:0", "--nats", "off"}, flags...)...)
	out.await(t, "Ctrl-C stops it.")
	url := regexp.MustCompile(`http://[0-9.:]+`).FindString(out.String())
	post := func(path, kind, body string) {
		status, text, err := send(t.Context(), http.MethodPost, url+path, http.Header{"Content-Type": {kind}}, []byte(body))
		if err != nil || status >= http.StatusBadRequest {
			t.Fatal(path, status, text, err)
		}
	}
	post("/v1/workflows", "application/yaml", stuck("2**53"))
	post("/v1/workflows/stuck/runs", "application/json", `{"run_id": "one", "input": {}}`)
	return cmd, data
}

func TestServerNamesWhatKeepsItFromStopping(t *testing.T) {
	var out lines
	cmd, data := serveStuck(t, &out)
	stopTwice(t, cmd, &out, "run one (node a)")
	if !strings.Contains(out.String(), "open runs go on when weir starts again with "+data) {
		t.Errorf("nothing says what becomes of the run:\n%s", &out)
	}
}

func TestSecondSignalRemovesTheTemporaryDirectory(t *testing.T) {
	var out lines
	tmp, flow := t.TempDir(), t.TempDir()+"/stuck.yaml"
	t.Setenv("TMPDIR", tmp)
	if err := os.WriteFile(flow, []byte(stuck("2**53")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, &out, "run", flow, "--run", "one", "--verbose")
	out.await(t, "NodeStarted")
	stopTwice(t, cmd, &out, "run one (node a)")
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("%v is left behind (%v)", left, err)
	}
	if strings.Contains(out.String(), "starts again") {
		t.Errorf("a run that is gone is promised to go on:\n%s", &out)
	}
}

// TestStopLeavesBehindWhatHoldsOn closes an engine with no patience at all.
func TestStopLeavesBehindWhatHoldsOn(t *testing.T) {
	e, _, stop := testServer(t, t.TempDir(), "127.0.0.1:0")
	startTestRun(t, e, stuck("2**22"), "one")
	for raw, err := range e.system.Follow(t.Context(), "one", 0) {
		if err != nil {
			t.Fatal(err)
		}
		if raw.Type == event.TypeNodeStarted {
			break
		}
	}
	err := e.closeRuns(t.Context(), 0)
	if want := "stopped after waiting 0s for what cannot be interrupted: run one (node a); open runs go on when weir starts again with " + e.dir; err == nil || err.Error() != want {
		t.Errorf("stopped with %v, want %s", err, want)
	}
	stop() // waits for the script
}

// TestOpenRequestsAreWaitedFor stops a server while a client is about to send a body.
func TestOpenRequestsAreWaitedFor(t *testing.T) {
	said := make(chan string, 1)
	for name, end := range map[string]func(s *httpServer, request net.Conn) (got, want string){
		"until they are answered": func(s *httpServer, request net.Conn) (got, want string) {
			ended := make(chan error, 1)
			go func() { ended <- s.shutdown(t.Context()) }()
			got = <-said
			if err := request.Close(); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			return got, "still stopping: open requests are not answered yet; waiting at most 10s, or until a second Ctrl-C or SIGTERM"
		},
		"and cut off": func(s *httpServer, _ net.Conn) (got, want string) {
			return fmt.Sprint(s.endRequests(t.Context(), 0)), "requests that were not answered within 0s were cut off"
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := open(t.Context(), engineConfig{logger: slog.New(slog.DiscardHandler), tell: func(text string) { said <- text }})
			if err != nil {
				t.Fatal(err)
			}
			listener, err := listen(t.Context(), "http", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := serveHTTP(e, listener, slog.New(slog.DiscardHandler))
			if got, want := end(server, openRequest(t, listener.Addr().String())); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			if err := e.close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// openRequest returns a connection whose request has got as far as waiting for its body.
func openRequest(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprint(conn, "POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/yaml\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q %v", line, err)
	}
	return conn
}

func TestRunsThatHoldOnAreNamed(t *testing.T) {
	for _, test := range []struct {
		views []actors.View
		want  string
	}{
		{nil, "what has just ended"},
		{
			[]actors.View{{Run: "a"}, {Run: "b", Current: []actors.Current{{Node: "x", Visit: 2, Attempt: 1}, {Node: "y", Visit: 1, Attempt: 3}}}},
			"run a, run b (node x #2, node y attempt 3)",
		},
		{make([]actors.View, carriedMax+3), strings.Repeat("run , ", carriedMax) + "and 3 more"},
	} {
		if got := carriedText(test.views); got != test.want {
			t.Errorf("told as %q, want %q", got, test.want)
		}
	}
}

// A reason that was told is not told again, and nothing else is lost with it.
func TestAReasonIsToldOnce(t *testing.T) {
	failed := fmt.Errorf("%w: syncing to the disk: %w", eventstore.ErrUnavailable, errors.New("input/output error"))
	other := fmt.Errorf("the lock: %w and %w", io.ErrClosedPipe, failed)
	told := fmt.Errorf("the store cannot go on: %w", failed)
	for _, c := range []struct {
		err, said error
		want      string
	}{
		{nil, told, ""},
		{failed, told, ""},
		{errors.Join(errors.Join(failed), nil), told, ""},
		{errors.Join(io.EOF, errors.Join(failed, other)), told, errors.Join(io.EOF, other).Error()},
		{errors.Join(io.EOF, failed), nil, errors.Join(io.EOF, failed).Error()},
		{fmt.Errorf("%w: %w", io.EOF, failed), told, "EOF: " + failed.Error()},
	} {
		got := ""
		if err := unsaid(c.err, c.said); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("of %v beside %v is left %q, want %q", c.err, c.said, got, c.want)
		}
	}
}
