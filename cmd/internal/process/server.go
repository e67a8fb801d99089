// Package process runs the program as a server in a process of its own, for those who look at it from outside: it starts
// one over a data directory, learns where it listens, says what it uses of the machine, and stops or kills it. Whoever
// starts a server must end it, by Stop or Kill.
//
//	s, err := process.Start(process.Options{Program: self, Data: dir})
//	…
//	err = s.AwaitReady(ctx, time.Minute)
//	answer, err := client.Get(s.URL() + "/v1/runs/first")
//	peak, known := process.Memory(s.PID(), process.PeakRSS)
//	err = s.Stop(time.Minute)
package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// Options say how a server is started.
type Options struct {
	Program string       // the file to execute
	Data    string       // its data directory
	Flags   []string     // beside those for a free port, no NATS listener and a log in JSON
	Env     []string     // nil: that of this process
	Heed    func(Record) // gets each record of its log; nil: nobody does
}

// ErrEnded says that a server has ended by itself.
var ErrEnded = errors.New("the server ended by itself")

// Server is one `weir serve` process. Its methods may be used by many goroutines at once once it is ready.
type Server struct {
	command *exec.Cmd
	console *console
	said    Record // when it was ready
	begun   time.Time
	ended   chan struct{}
	err     error
}

// Start starts the program and returns at once.
func Start(o Options) (*Server, error) {
	flags := []string{"serve", "--data", o.Data, "--http", "127.0.0.1:0", "--nats", "off", "--log-format", "json"}
	s := &Server{
		command: exec.CommandContext(context.Background(), o.Program, append(flags, o.Flags...)...), begun: time.Now(),
		console: &console{heed: o.Heed, ready: make(chan Record, 1)}, ended: make(chan struct{}),
	}
	s.command.Env = o.Env
	s.command.Stderr = s.console
	s.command.SysProcAttr = alone() // Ctrl-C is for its starter alone
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.command.Wait()
		close(s.ended)
	}()
	return s, nil
}

// AwaitReady waits until the server is ready. A server that has ended instead is ErrEnded.
func (s *Server) AwaitReady(ctx context.Context, timeout time.Duration) error {
	select {
	case s.said = <-s.console.ready:
		return nil
	case <-s.ended:
		return s.endedByItself()
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(timeout):
		return fmt.Errorf("the server is not ready after %s\n%s", timeout, s.console)
	}
}

func (s *Server) endedByItself() error { return fmt.Errorf("%w: %v\n%s", ErrEnded, s.err, s.console) } //nolint:errorlint // how a process ended is told, not matched

// Live returns ErrEnded once the process has ended.
func (s *Server) Live() error {
	select {
	case <-s.ended:
		return s.endedByItself()
	default:
		return nil
	}
}

// URL is where a server that is ready listens.
func (s *Server) URL() string { return s.said.HTTP }

// Sync is how a server that is ready makes commits durable.
func (s *Server) Sync() string { return s.said.Sync }

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

// Kill ends the process on the spot and waits for its end. One that had ended by itself is ErrEnded.
func (s *Server) Kill() error {
	if err := s.Live(); err != nil {
		return err
	}
	if err := s.command.Process.Kill(); err != nil {
		return fmt.Errorf("killing the server: %w", err)
	}
	<-s.ended
	return nil
}

// Stop ends the process in order, where the operating system knows a way to ask for that. One that has not ended after
// the timeout is killed, which is an error.
func (s *Server) Stop(timeout time.Duration) error {
	_ = ask(s.command.Process) // one that has ended tells by how it did
	select {
	case <-s.ended:
	case <-time.After(timeout):
		return errors.Join(fmt.Errorf("the server has not ended after %s\n%s", timeout, s.console), s.Kill())
	}
	if s.err != nil && orderly {
		return fmt.Errorf("the server did not stop in order: %w\n%s", s.err, s.console)
	}
	return nil
}
