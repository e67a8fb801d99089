//go:build powercut || scale || torture

// Package served runs the program as a server for the tests of whole processes: it compiles it, starts it over a data
// directory, asks it by HTTP, and stops or kills it. A server that a test leaves running is killed when that ends.
//
//	s := served.Start(t, served.Build(t), served.Options{Data: dir})
//	s.MustBeReady(t.Context(), time.Minute)
//	view := s.Get("/v1/runs/first")
//	s.Stop(time.Minute)
package served

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirflow/weir/cmd/internal/process"
)

// Build compiles the program, for as long as the test runs.
func Build(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weir")
	if err := Compile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// Compile compiles the program into a file.
func Compile(ctx context.Context, path string) error {
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/weirflow/weir/cmd/weir").CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// Options say how a server is started.
type Options struct {
	Data  string               // its data directory
	Flags []string             // beside those for a free port, no NATS listener and a log in JSON
	Heed  func(process.Record) // gets each record of its log; nil: nobody does
}

// Server is one `weir serve` process of a test.
type Server struct {
	*process.Server
	t      testing.TB
	killed chan struct{} // closed before it is killed
}

// Start starts the program and returns at once.
func Start(t testing.TB, program string, o Options) *Server {
	t.Helper()
	p, err := process.Start(process.Options{Program: program, Data: o.Data, Flags: o.Flags, Heed: o.Heed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill() }) // it may have ended, which is what is wanted
	return &Server{Server: p, t: t, killed: make(chan struct{})}
}

// AwaitReady waits until the server is ready, and returns false where it has ended instead. Waiting for too long, or
// longer than ctx, fails the test.
func (s *Server) AwaitReady(ctx context.Context, timeout time.Duration) bool {
	s.t.Helper()
	err := s.Server.AwaitReady(ctx, timeout)
	if err != nil && !errors.Is(err, process.ErrEnded) {
		s.t.Fatal(err)
	}
	return err == nil
}

// MustBeReady is AwaitReady for a server that has no reason to end.
func (s *Server) MustBeReady(ctx context.Context, timeout time.Duration) {
	s.t.Helper()
	if err := s.Server.AwaitReady(ctx, timeout); err != nil {
		s.t.Fatal(err)
	}
}

// MustLive fails the test where the process has ended by itself.
func (s *Server) MustLive() {
	s.t.Helper()
	if err := s.Live(); err != nil {
		s.t.Fatal(err)
	}
}

// Killed reports whether Kill was called, after which no answer says nothing about the server.
func (s *Server) Killed() bool {
	select {
	case <-s.killed:
		return true
	default:
		return false
	}
}

// Kill ends the process on the spot and waits for its end. A server that had ended by itself fails the test.
func (s *Server) Kill() {
	s.t.Helper()
	close(s.killed)
	if err := s.Server.Kill(); err != nil {
		s.t.Error(err)
	}
}

// Stop ends the process in order.
func (s *Server) Stop(timeout time.Duration) {
	s.t.Helper()
	if err := s.Server.Stop(timeout); err != nil {
		s.t.Error(err)
	}
}
