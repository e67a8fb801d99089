//go:build scale

package scale

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/process"
	"github.com/weirflow/weir/cmd/internal/served"
)

const (
	// readyTimeout bounds a start, the building of the index included.
	readyTimeout = 10 * time.Minute
	// stopTimeout bounds a stop in order.
	stopTimeout = time.Minute
)

// build compiles the program, unless SCALE_PROGRAM names one.
func build(t *testing.T) string {
	t.Helper()
	if program := os.Getenv("SCALE_PROGRAM"); program != "" {
		return program
	}
	return served.Build(t)
}

// server is a server that is measured.
type server struct {
	*served.Server
	t     *testing.T
	ready time.Time // when /readyz answered

	mu  sync.Mutex
	log []process.Record
}

// start starts the program and returns at once.
func start(t *testing.T, program, data string) *server {
	t.Helper()
	s := &server{t: t}
	s.Server = served.Start(t, program, served.Options{Data: data, Flags: []string{"--log-level", "debug"}, Heed: func(r process.Record) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.log = append(s.log, r)
	}})
	return s
}

// awaitReady returns once /readyz says so.
func (s *server) awaitReady() {
	s.t.Helper()
	s.MustBeReady(s.t.Context(), readyTimeout)
	s.Get("/readyz")
	s.ready = time.Now()
}

// metric returns a figure of the program's that is a count.
func (s *server) metric(name string) (n int) {
	s.t.Helper()
	_, rest, found := strings.Cut(string(s.Get("/metrics")), "\n"+name+" ")
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
	last := s.Begun()
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
	took := s.ready.Sub(s.Begun())
	rss, peak := s.memory(process.RSS), s.memory(process.PeakRSS)
	s.t.Logf("start after %s: ready in %.2f s (%s); RSS %d MiB, peak %d MiB; load %.2f", kind, took.Seconds(), strings.Join(parts, ", "), rss>>20, peak>>20, load())
	idle := s.settle()
	rss, peak = s.memory(process.RSS), s.memory(process.PeakRSS)
	s.t.Logf("  at rest %.2f s after that; RSS %d MiB, peak %d MiB", idle.Seconds(), rss>>20, peak>>20)
	if held && (took > startLimit || rss > rssLimit) {
		s.t.Errorf("start after %s: %s and %d MiB, at most %s and %d MiB are allowed", kind, took, rss>>20, startLimit, rssLimit>>20)
	}
}

// settle waits until the process uses less than a tenth of a processor, and returns how long that took.
func (s *server) settle() time.Duration {
	s.t.Helper()
	const look = 500 * time.Millisecond
	for begun, last := time.Now(), s.cpu(); ; {
		time.Sleep(look)
		now := s.cpu()
		if now-last < look/10 || time.Since(begun) > time.Minute {
			return time.Since(begun) - look
		}
		last = now
	}
}

// cpu is the processor time that the process has used.
func (s *server) cpu() time.Duration {
	s.t.Helper()
	used, known := process.CPU(s.PID())
	if !known {
		s.t.Fatal("the processor time of a process is known on Linux only")
	}
	return used
}

// memory returns a size of the process's, in bytes.
func (s *server) memory(size string) int64 {
	s.t.Helper()
	n, known := process.Memory(s.PID(), size)
	if !known {
		s.t.Fatal("the memory of a process is known on Linux only")
	}
	return n
}

func load() float64 {
	average, _ := process.Load()
	return average
}
