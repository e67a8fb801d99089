package eventstore

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// faults lies under the connections of a store and breaks them.
type faults struct {
	mu    sync.Mutex
	conns map[string]*faultyConn
}

func newFaults() *faults { return &faults{conns: map[string]*faultyConn{}} }

func (f *faults) dial(role string, dial dialFunc) (net.Conn, error) {
	nc, err := dial()
	if err != nil {
		return nil, err
	}
	c := &faultyConn{Conn: nc, closed: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns[role] = c
	return c, nil
}

// deafen holds back all answers to a role's present connection, until that is cut.
func (f *faults) deafen(role string) { f.conn(role).deaf.Store(true) }

// cut breaks a role's connection. Answers that are held back are lost.
func (f *faults) cut(role string) { _ = f.conn(role).Close() }

func (f *faults) conn(role string) *faultyConn {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.conns[role]
}

type faultyConn struct {
	net.Conn
	deaf   atomic.Bool
	once   sync.Once
	closed chan struct{}
}

var errCut = errors.New("the connection was cut by a test")

func (c *faultyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && c.deaf.Load() {
		<-c.closed
		return 0, errCut
	}
	return n, err
}

func (c *faultyConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

var quickTiming = timing{answer: 50 * time.Millisecond, sweep: 5 * time.Millisecond, giveUp: patience, close: patience}

// quickSeams puts f under a store's connections, and makes its appender impatient.
func quickSeams(f *faults) seams {
	s := usualSeams
	s.timing, s.via = quickTiming, f.dial
	return s
}

// openFaulty opens a store over breakable connections, with an impatient appender.
func openFaulty(t testing.TB, tm timing) (*Store, *faults) {
	t.Helper()
	f := newFaults()
	seams := quickSeams(f)
	seams.timing = tm
	s, err := open(t.Context(), Config{Dir: t.TempDir()}, seams)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, f
}

// awaitStored waits until the stream holds that many messages on a run's subject.
func awaitStored(t testing.TB, s *Store, run string, messages uint64) {
	t.Helper()
	ctx := timeout(t)
	for {
		n, err := s.links.count(ctx, s.runs, runsPrefix+run)
		if err != nil {
			t.Fatalf("count the messages of %s: %v", run, err)
		}
		if n >= messages {
			return
		}
		time.Sleep(time.Millisecond)
	}
}
