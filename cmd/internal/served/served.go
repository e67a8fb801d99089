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
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
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
	Data  string       // its data directory
	Flags []string     // beside those for a free port, no NATS listener and a log in JSON
	Heed  func(Record) // gets each record of its log; nil: nobody does
}

// Server is one `weir serve` process.
type Server struct {
	t       testing.TB
	command *exec.Cmd
	console *console
	url     string
	begun   time.Time
	ended   chan struct{}
	err     error
	killed  chan struct{} // closed before it is killed
}

// Start starts the program and returns at once.
func Start(t testing.TB, program string, o Options) *Server {
	t.Helper()
	flags := []string{"serve", "--data", o.Data, "--http", "127.0.0.1:0", "--nats", "off", "--log-format", "json"}
	s := &Server{
		t: t, command: exec.CommandContext(context.WithoutCancel(t.Context()), program, append(flags, o.Flags...)...), begun: time.Now(),
		console: &console{heed: o.Heed, ready: make(chan string, 1)}, ended: make(chan struct{}), killed: make(chan struct{}),
	}
	s.command.Stderr = s.console
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL} // Ctrl-C is for the test alone
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		s.err = s.command.Wait()
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = s.command.Process.Kill() // it may have ended, which is what is wanted
		<-s.ended
	})
	return s
}

// AwaitReady waits until the server is ready, and returns false where it has ended instead. Waiting for too long, or
// longer than ctx, fails the test.
func (s *Server) AwaitReady(ctx context.Context, timeout time.Duration) bool {
	s.t.Helper()
	select {
	case s.url = <-s.console.ready:
		return true
	case <-s.ended:
		return false
	case <-ctx.Done():
		s.t.Fatal(context.Cause(ctx))
	case <-time.After(timeout):
		s.t.Fatalf("the server is not ready after %s\n%s", timeout, s.console)
	}
	return false
}

// MustBeReady is AwaitReady for a server that has no reason to end.
func (s *Server) MustBeReady(ctx context.Context, timeout time.Duration) {
	s.t.Helper()
	if !s.AwaitReady(ctx, timeout) {
		s.t.Fatalf("the server ended by itself: %v\n%s", s.err, s.console)
	}
}

// Ended is closed once the process has ended.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// ExitCode is what the process ended with, once it has.
func (s *Server) ExitCode() int { return s.command.ProcessState.ExitCode() }

// PID is the process's.
func (s *Server) PID() int { return s.command.Process.Pid }

// Begun is when the process was started.
func (s *Server) Begun() time.Time { return s.begun }

// Log is the end of what the process has written.
func (s *Server) Log() string { return s.console.String() }

// MustLive fails the test where the process has ended by itself.
func (s *Server) MustLive() {
	s.t.Helper()
	select {
	case <-s.ended:
		s.t.Fatalf("the server ended by itself: %v\n%s", s.err, s.console)
	default:
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
	select {
	case <-s.ended:
		s.t.Errorf("the server ended by itself: %v\n%s", s.err, s.console)
		return
	default:
	}
	if err := s.command.Process.Signal(os.Kill); err != nil {
		s.t.Errorf("killing the server: %v", err)
	}
	<-s.ended
}

// Stop ends the process in order.
func (s *Server) Stop(timeout time.Duration) {
	s.t.Helper()
	_ = s.command.Process.Signal(syscall.SIGTERM) // one that has ended tells by how it did
	select {
	case <-s.ended:
	case <-time.After(timeout):
		s.t.Fatalf("the server has not ended after %s\n%s", timeout, s.console)
	}
	if s.err != nil {
		s.t.Errorf("the server did not stop in order: %v\n%s", s.err, s.console)
	}
}
