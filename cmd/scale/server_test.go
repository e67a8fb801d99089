//go:build scale

package scale

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var client = &http.Client{Timeout: 30 * time.Second}

// readyTimeout bounds a start, the building of the index included.
const readyTimeout = 10 * time.Minute

// build compiles the program, unless SCALE_PROGRAM names one.
func build(t *testing.T) string {
	t.Helper()
	if program := os.Getenv("SCALE_PROGRAM"); program != "" {
		return program
	}
	program := filepath.Join(t.TempDir(), "weir")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/weirflow/weir/cmd/weir").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// record is one line of the program's log.
type record struct {
	Time      time.Time
	Msg, HTTP string
}

// server is one `weir serve` process.
type server struct {
	t       *testing.T
	command *exec.Cmd
	begun   time.Time
	said    chan record // that it is ready, once
	ended   chan struct{}
	url     string
	ready   time.Time // when /readyz answered

	mu  sync.Mutex
	log []record
}

// start starts the process and returns at once.
func start(t *testing.T, program, data string) *server {
	t.Helper()
	s := &server{
		t: t, said: make(chan record, 1), ended: make(chan struct{}), begun: time.Now(),
		command: exec.CommandContext(t.Context(), program, "serve", "--data", data, "--http", "127.0.0.1:0", "--nats", "off",
			"--log-format", "json", "--log-level", "debug"),
	}
	stderr, err := s.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.ended)
		s.read(stderr)
		_ = s.command.Wait()
	}()
	return s
}

func (s *server) read(stderr io.Reader) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r record
		if json.Unmarshal(lines.Bytes(), &r) != nil {
			continue
		}
		s.mu.Lock()
		s.log = append(s.log, r)
		s.mu.Unlock()
		if r.Msg == "ready" {
			s.said <- r
		}
	}
}

// awaitReady returns once /readyz says so.
func (s *server) awaitReady() {
	s.t.Helper()
	select {
	case r := <-s.said:
		s.url = r.HTTP
	case <-s.ended:
		s.t.Fatalf("the server ended by itself: %v", s.log)
	case <-time.After(readyTimeout):
		s.t.Fatalf("the server is not ready after %s", readyTimeout)
	}
	s.get("/readyz")
	s.ready = time.Now()
}

func (s *server) kill() {
	if err := s.command.Process.Kill(); err != nil {
		s.t.Error(err)
	}
	<-s.ended
}

func (s *server) stop() {
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Error(err)
	}
	<-s.ended
	if code := s.command.ProcessState.ExitCode(); code != 0 {
		s.t.Errorf("the server ended with %d", code)
	}
}

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

// metric returns a figure of the program's that is a count.
func (s *server) metric(name string) (n int) {
	s.t.Helper()
	_, rest, found := strings.Cut(string(s.get("/metrics")), "\n"+name+" ")
	if _, err := fmt.Sscan(rest, &n); !found || err != nil {
		s.t.Fatalf("there is no count %s: %v", name, err)
	}
	return n
}

// stages are the log's records that end a part of the start.
var stages = []struct{ msg, doing string }{
	{"the store was checked before it is opened", "check"},
	{"event store open", "open the store"},
	{"the list of runs has what is stored", "bring the index up"},
	{"open runs go on", "find the open runs"},
	{"ready", "listen"},
}

// report says how long each part of a start took and what memory it left, and fails where a start is held to the limits.
func (s *server) report(kind string, held bool) {
	s.t.Helper()
	s.awaitReady()
	var parts []string
	last := s.begun
	s.mu.Lock()
	for _, stage := range stages {
		for _, r := range s.log {
			if r.Msg == stage.msg {
				parts = append(parts, fmt.Sprintf("%s %.2f s", stage.doing, r.Time.Sub(last).Seconds()))
				last = r.Time
			}
		}
	}
	s.mu.Unlock()
	took := s.ready.Sub(s.begun)
	rss, peak := s.memory("VmRSS"), s.memory("VmHWM")
	s.t.Logf("start after %s: ready in %.2f s (%s); RSS %d MiB, peak %d MiB; load %s", kind, took.Seconds(), strings.Join(parts, ", "), rss>>20, peak>>20, load())
	idle := s.settle()
	rss, peak = s.memory("VmRSS"), s.memory("VmHWM")
	s.t.Logf("  at rest %.2f s after that; RSS %d MiB, peak %d MiB", idle.Seconds(), rss>>20, peak>>20)
	if held && (took > startLimit || rss > rssLimit) {
		s.t.Errorf("start after %s: %s and %d MiB, at most %s and %d MiB are allowed", kind, took, rss>>20, startLimit, rssLimit>>20)
	}
}

// settle waits until the process uses less than a tenth of a processor, and returns how long that took.
func (s *server) settle() time.Duration {
	s.t.Helper()
	const look = 500 * time.Millisecond
	for begun, last := time.Now(), s.ticks(); ; {
		time.Sleep(look)
		now := s.ticks()
		if now-last < 5 || time.Since(begun) > time.Minute { // a tick is 10 ms
			return time.Since(begun) - look
		}
		last = now
	}
}

// ticks is the processor time that the process has used.
func (s *server) ticks() (total int) {
	s.t.Helper()
	stat := readFile(s.t, fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	for _, field := range fields[11:13] { // utime, stime
		var n int
		fmt.Sscan(field, &n) //nolint:errcheck // the kernel writes a number
		total += n
	}
	return total
}

// memory returns a size, in bytes, of the process's status.
func (s *server) memory(name string) (bytes int64) {
	s.t.Helper()
	_, rest, _ := strings.Cut(readFile(s.t, fmt.Sprintf("/proc/%d/status", s.command.Process.Pid)), name+":")
	fmt.Sscan(rest, &bytes) //nolint:errcheck // the kernel writes a number
	return bytes << 10
}

func load() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(content))[:2], " ")
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
