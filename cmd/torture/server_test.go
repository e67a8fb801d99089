//go:build torture

package torture

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// readyTimeout bounds a start, recovery of all open runs included.
const readyTimeout = 60 * time.Second

var client = &http.Client{Timeout: 30 * time.Second}

// build compiles the program.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "weir")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/weirflow/weir/cmd/weir").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// server is one `weir serve` process.
type server struct {
	t       *testing.T
	command *exec.Cmd
	ready   chan string // its URL, once
	log     *lockedBuffer
	exited  chan error
	url     string

	mu     sync.Mutex
	killed bool
}

// start starts the process and returns at once.
func start(t *testing.T, program, data string) *server {
	t.Helper()
	s := &server{
		t: t, ready: make(chan string, 1), log: &lockedBuffer{}, exited: make(chan error, 1),
		command: exec.CommandContext(t.Context(), program, "serve", "--data", data, "--http", "127.0.0.1:0",
			"--nats", "off", "--allow-private-http", "--log-format", "json"),
	}
	stderr, err := s.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.readLog(stderr)
		s.exited <- s.command.Wait()
	}()
	return s
}

// readLog keeps the log and takes the address from the record that says ready.
func (s *server) readLog(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		s.log.add(lines.Bytes())
		var record struct{ Msg, HTTP string }
		if json.Unmarshal(lines.Bytes(), &record) == nil && record.Msg == "ready" {
			s.ready <- record.HTTP
		}
	}
}

func (s *server) awaitReady() {
	s.t.Helper()
	select {
	case s.url = <-s.ready:
	case err := <-s.exited:
		s.t.Fatalf("the server ended by itself: %v\n%s", err, s.log)
	case <-time.After(readyTimeout):
		s.t.Fatalf("the server is not ready after %s\n%s", readyTimeout, s.log)
	}
}

// kill ends the process with SIGKILL and waits for it. A server that had ended by itself fails the test.
func (s *server) kill() {
	s.mu.Lock()
	s.killed = true
	s.mu.Unlock()
	select {
	case err := <-s.exited:
		s.t.Errorf("the server ended by itself: %v\n%s", err, s.log)
		return
	default:
	}
	if err := s.command.Process.Signal(syscall.SIGKILL); err != nil {
		s.t.Errorf("killing the server: %v", err)
	}
	<-s.exited //nolint:errcheck // it says that it was killed
}

// stop ends the process in order.
func (s *server) stop() {
	s.t.Helper()
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatalf("stopping the server: %v", err)
	}
	if err := <-s.exited; err != nil {
		s.t.Errorf("the server did not stop in order: %v\n%s", err, s.log)
	}
}

func (s *server) dying() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.killed
}

// save saves the workflows of testdata and reports whether the server has them all. A server that dies
// meanwhile is no failure.
func (s *server) save() bool {
	s.t.Helper()
	for _, name := range []string{"calls", "pure", "pauses"} {
		source, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
		if err != nil {
			s.t.Fatal(err)
		}
		response, err := client.Post(s.url+"/v1/workflows", "application/yaml", bytes.NewReader(source))
		if !s.expect("saving "+name, response, err, http.StatusCreated, http.StatusOK) {
			return false
		}
	}
	return true
}

// startRun asks for a run and reports whether the server said that it has it.
func (s *server) startRun(o *order, url string) bool {
	s.t.Helper()
	body := fmt.Sprintf(`{"run_id":%q,"input":{"round":0,"sum":0,"trail":[],"rounds":%d,"url":%q}}`, o.id, o.rounds, url)
	response, err := client.Post(s.url+"/v1/workflows/"+o.workflow+"/runs", "application/json", bytes.NewReader([]byte(body)))
	return s.expect("starting "+o.id, response, err, http.StatusAccepted, http.StatusOK)
}

// expect reports whether the answer has one of the statuses. No answer is fine from a server that is being
// killed, any other answer is a failure.
func (s *server) expect(what string, response *http.Response, err error, statuses ...int) bool {
	s.t.Helper()
	if err != nil {
		if !s.dying() {
			s.t.Errorf("%s: %v", what, err)
		}
		return false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	for _, status := range statuses {
		if response.StatusCode == status {
			return err == nil
		}
	}
	s.t.Errorf("%s: %s\n%s", what, response.Status, body)
	return false
}

// get reads JSON text from the API.
func (s *server) get(path string) []byte {
	s.t.Helper()
	response, err := client.Get(s.url + path)
	if err != nil {
		s.t.Fatalf("GET %s: %v", path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s %v\n%s", path, response.Status, err, body)
	}
	return body
}

// lockedBuffer keeps the end of a process's log.
type lockedBuffer struct {
	mu    sync.Mutex
	lines [][]byte
}

func (b *lockedBuffer) add(line []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	const most = 200
	if len(b.lines) == most {
		b.lines = b.lines[1:]
	}
	b.lines = append(b.lines, bytes.Clone(line))
}

// String returns the kept lines.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(bytes.Join(b.lines, []byte("\n")))
}
