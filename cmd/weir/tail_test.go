package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
)

// testServer serves a data directory in this process on a fixed address, so that it can be stopped and
// started again under a client.
func testServer(t *testing.T, dir, address string) (e *engine, url string, stop func()) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.DiscardHandler)
	e, err = open(t.Context(), engineConfig{dir: dir, logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	server := serveHTTP(e, listener, logger)
	return e, server.url, sync.OnceFunc(func() {
		if err := server.shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := e.close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func startTestRun(t *testing.T, e *engine, flow, run string) {
	t.Helper()
	revision, _, err := e.system.Save(t.Context(), actors.Source{Data: []byte(flow)})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.system.Start(t.Context(), actors.StartRequest{Workflow: revision.Workflow, Run: run, Input: document.Object()}); err != nil {
		t.Fatal(err)
	}
}

// startTail runs `weir tail` in this process and returns its exit code when it has ended.
func startTail(ctx context.Context, out *lines, args ...string) (ended <-chan int) {
	done := make(chan int, 1)
	go func() { done <- execute(ctx, append([]string{"tail"}, args...), strings.NewReader(""), out, out) }()
	return done
}

// lines gathers output and lets a test wait for a part of it.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(data)
}

// String returns what was written so far.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) await(t *testing.T, part string) {
	t.Helper()
	for deadline := time.Now().Add(waitMax); !strings.Contains(l.String(), part); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q did not come within %s:\n%s", part, waitMax, l)
		}
	}
}

const patient = `
name: patient
start: first
nodes:
  first: {script: "return {first: ctx.attempt}"}
  pause: {sleep: 700ms}
  last: {script: "return {last: true}"}
edges:
  first: pause
  pause: last
`

func TestTailSurvivesARestartOfTheServer(t *testing.T) {
	dir := t.TempDir()
	e, url, stop := testServer(t, dir, "127.0.0.1:0")
	defer stop()
	startTestRun(t, e, patient, "one")
	var out lines
	ended := startTail(t.Context(), &out, "one", "--json", "--server", url)
	out.await(t, `"type":"TimerSet"`)
	stop()
	out.await(t, "connection lost (the server is shutting down; resume from 7); connecting again")
	_, _, stop = testServer(t, dir, strings.TrimPrefix(url, "http://"))
	defer stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d, want 0", code)
	}
	n := 0
	for line := range strings.Lines(out.String()) {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		n++
		if want := fmt.Sprintf(`{"run":"one","n":%d,`, n); !strings.HasPrefix(line, want) {
			t.Fatalf("event %d is %s", n, line)
		}
	}
	if !strings.Contains(out.String(), `"type":"RunCompleted"`) {
		t.Errorf("the tail ended before the run:\n%s", &out)
	}
}

func TestTailOfAllRunsNamesThem(t *testing.T) {
	e, url, stop := testServer(t, t.TempDir(), "127.0.0.1:0")
	defer stop()
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	var out lines
	ended := startTail(ctx, &out, "--workflow", "patient", "--server", url)
	out.await(t, "following all runs at "+url)
	// The tail shows what happens from its connection on, so runs are started until one is seen.
	for i := range 1000 {
		startTestRun(t, e, patient, fmt.Sprintf("run-%d", i))
		if strings.Contains(out.String(), "RunCompleted") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	out.await(t, "RunCompleted")
	interrupt(errInterrupted)
	if code := <-ended; code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
	if !strings.Contains(out.String(), "  run-") {
		t.Errorf("no run is named:\n%s", &out)
	}
}
