//go:build powercut

package powercut

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the compiled weir, made once.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(os.TempDir(), "weir")
	out, err := exec.Command("go", "build", "-o", path, "github.com/weirflow/weir/cmd/weir").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// server is one `weir serve` process.
type server struct {
	*process
	console *console
	url     string
}

// console takes what the process writes to standard error, and finds the record that says ready.
type console struct {
	ready chan string // the URL, once

	mu   sync.Mutex
	text bytes.Buffer
	rest []byte // of the last line
}

func (c *console) Write(text []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(text)
	lines := bytes.Split(append(c.rest, text...), []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		var record struct{ Msg, HTTP string }
		if json.Unmarshal(line, &record) == nil && record.Msg == "ready" {
			c.ready <- record.HTTP
		}
	}
	c.rest = bytes.Clone(lines[len(lines)-1])
	return len(text), nil
}

// String returns the end of what was written.
func (c *console) String() string {
	const most = 4096
	c.mu.Lock()
	defer c.mu.Unlock()
	text := c.text.String()
	return text[max(0, len(text)-most):]
}

// launch starts a server over a data directory.
func launch(t *testing.T, data string) *server {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{console: &console{ready: make(chan string, 1)}}
	s.process = &process{t: t, command: exec.Command(path, "serve", "--data", data, "--http", "127.0.0.1:0", "--nats", "off", "--log-format", "json")}
	s.command.Stderr = s.console
	s.start()
	return s
}

// serve launches a server and waits until it is ready.
func serve(t *testing.T, data string) *server {
	t.Helper()
	s := launch(t, data)
	if !s.awaitReady() {
		t.Fatalf("the server ended: %v\n%s", s.err, s.console)
	}
	return s
}

// awaitReady waits until the server is ready, or has ended.
func (s *server) awaitReady() bool {
	s.t.Helper()
	select {
	case s.url = <-s.console.ready:
		return true
	case <-s.ended:
		return false
	case <-interrupted.Done():
		s.t.Fatal("interrupted")
	case <-time.After(patience):
		s.t.Fatalf("the server is not ready after %s\n%s", patience, s.console)
	}
	return false
}

// awaitFailure waits until the server has ended by itself, and checks that it says why: with exit code 1 and
// an error that holds one of the reasons.
func (s *server) awaitFailure(reasons ...string) {
	s.t.Helper()
	select {
	case <-s.ended:
	case <-interrupted.Done():
		s.t.Fatal("interrupted")
	case <-time.After(patience):
		s.t.Fatalf("the server has not ended after %s\n%s", patience, s.console)
	}
	code := s.command.ProcessState.ExitCode()
	_, message, told := strings.Cut("\n"+s.console.String(), "\nweir: ")
	s.t.Logf("exit code %d: %s", code, message)
	holds := func(reason string) bool { return strings.Contains(message, reason) }
	if code != 1 || !told || !slices.ContainsFunc(reasons, holds) {
		s.t.Errorf("want exit code 1 and a message that tells the reason, one of %q\n%s", reasons, s.console)
	}
}

// end ends the server in order.
func (s *server) end() {
	s.t.Helper()
	_ = s.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("the server has not ended after %s\n%s", patience, s.console)
	}
	if s.err != nil {
		s.t.Errorf("the server did not end in order: %v\n%s", s.err, s.console)
	}
}

var client = &http.Client{Timeout: patience}

// call sends a request and returns the answer's status, 0 where there is none.
func (s *server) call(ctx context.Context, method, path, body string) (status int, text string) {
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(answer)
}

// keep is a workflow that counts to input.rounds over the disk, with a load that fills it.
const keep = `{
	"name": "keep",
	"start": "count",
	"nodes": {"count": {"script": "state.round += 1", "checkpoint": true}},
	"edges": {"count": [{"when": "state.round < input.rounds", "to": "count", "loop": true}, {"to": "$end"}]}
}`

// saveKeep saves the workflow.
func (s *server) saveKeep() {
	s.t.Helper()
	if status, text := s.call(s.t.Context(), "POST", "/v1/workflows", keep); status != http.StatusCreated && status != http.StatusOK {
		s.t.Fatalf("save the workflow: %d %s", status, text)
	}
}

// clients is how many start runs at once.
const clients = 8

// keeper starts runs and remembers which were accepted.
type keeper struct {
	load, rounds int

	mu       sync.Mutex
	accepted []string
	refused  map[int]string // one text for each status
}

// start asks for a run, and reports whether it was accepted.
func (k *keeper) start(ctx context.Context, s *server, id string) bool {
	body := fmt.Sprintf(`{"run_id": %q, "input": {"round": 0, "rounds": %d, "load": %q}}`, id, k.rounds, letters[:k.load])
	status, text := s.call(ctx, "POST", "/v1/workflows/keep/runs", body)
	k.mu.Lock()
	defer k.mu.Unlock()
	if status == http.StatusAccepted {
		k.accepted = append(k.accepted, id)
		return true
	}
	if k.refused == nil {
		k.refused = map[int]string{}
	}
	k.refused[status] = text
	return false
}

// startMany starts runs, several at a time, until the server refuses or until is closed.
func (k *keeper) startMany(s *server, name string, until <-chan struct{}) *sync.WaitGroup {
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			for n := 0; k.start(context.Background(), s, fmt.Sprintf("%s-%d-%d", name, i, n)); n++ {
				select {
				case <-until:
					return
				default:
				}
			}
		})
	}
	return &all
}

// check waits until every accepted run is through, with nothing lost of it, and starts another.
func (k *keeper) check(s *server) {
	t := s.t
	t.Helper()
	for status, text := range k.refused {
		t.Logf("refused with %d: %.300s", status, text)
	}
	t.Logf("%d runs were accepted", len(k.accepted))
	if len(k.accepted) == 0 {
		t.Error("nothing was accepted: the test shows nothing")
	}
	if !k.start(t.Context(), s, "afterwards") {
		t.Errorf("the server does not go on: %v", k.refused)
	}
	deadline := time.Now().Add(patience)
	for _, id := range k.accepted {
		for {
			status, text := s.call(t.Context(), "GET", "/v1/runs/"+id, "")
			var view struct {
				Status string
				State  struct {
					Round int
					Load  string
				}
			}
			if err := json.Unmarshal([]byte(text), &view); status != http.StatusOK || err != nil {
				t.Errorf("%s was accepted, and is answered with %d %.300s", id, status, text)
				break
			}
			if view.Status == "completed" {
				if view.State.Round != k.rounds || view.State.Load != letters[:k.load] {
					t.Errorf("%s ended after round %d of %d with a load of %d bytes", id, view.State.Round, k.rounds, len(view.State.Load))
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is %s after %s", id, view.Status, patience)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
