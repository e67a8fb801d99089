package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// A store that cannot go on must end the server: whoever supervises it starts it again.
func TestServerEndsWithItsStore(t *testing.T) {
	logger := slog.New(slog.DiscardHandler)
	e, err := open(t.Context(), engineConfig{logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := serveHTTP(e, listener, logger)
	if err := e.store.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), waitMax)
	defer cancel()
	if err := server.wait(ctx, e.store); err == nil {
		t.Error("the server would have gone on without its store")
	}
	if err := server.shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if err := e.close(t.Context()); err != nil {
		t.Log(err) // the store was closed before
	}
}

// TestDemoKeepsServing ends the demo as Ctrl-C does, once it has said what to try.
func TestDemoKeepsServing(t *testing.T) {
	dir := t.TempDir()
	ctx, interrupt := context.WithCancelCause(t.Context())
	defer interrupt(nil)
	var out lines
	ended := make(chan int, 1)
	args := []string{"demo", "--data", dir, "--http", "127.0.0.1:0", "--nats", "127.0.0.1:0"}
	go func() { ended <- execute(ctx, args, strings.NewReader(""), &out, &out) }()
	out.await(t, "everything stays in "+dir)
	for _, pattern := range []string{
		`docs +(http://127\.0\.0\.1:\d+/docs)`,
		`this run +curl (http://127\.0\.0\.1:\d+/v1/runs/[\w-]+)`,
		`weir tail --server (http://127\.0\.0\.1:\d+)`,
		`WebSocket +(ws://127\.0\.0\.1:\d+/v1/tail)`,
		`NATS .*(nats://127\.0\.0\.1:\d+)`,
	} {
		match := regexp.MustCompile(pattern).FindStringSubmatch(out.String())
		if match == nil {
			t.Errorf("nothing fits %s in:\n%s", pattern, &out)
		} else if url := match[1]; strings.Contains(url, "/docs") || strings.Contains(url, "/runs/") {
			if status, text, err := send(t.Context(), http.MethodGet, url, http.Header{}, nil); err != nil || status != http.StatusOK {
				t.Errorf("GET %s: %d %v\n%s", url, status, err, text)
			}
		}
	}
	interrupt(errInterrupted)
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d, want 0\n%s", code, &out)
	}
}

func TestBusyPortIsAvoidedWhereAnotherWillDo(t *testing.T) {
	busy, err := listen(t.Context(), "http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	if other, err := listen(t.Context(), "http", busy.Addr().String()); err == nil {
		other.Close()
		t.Error("two listeners on one port")
	}
	near, err := listenNear(t.Context(), "http", busy.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	if near.Addr().String() == busy.Addr().String() {
		t.Error("the busy address was taken")
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for address, allowed := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "[::1]:80": true, "127.9.9.9:1": true,
		"0.0.0.0:0": false, ":8000": false, "[::]:0": false, "192.0.2.7:80": false, "example.com:80": false,
		"8000": false, "": false, "localhost": false,
	} {
		if err := loopbackOnly("http", address); (err == nil) != allowed {
			t.Errorf("%q: %v", address, err)
		}
	}
}
