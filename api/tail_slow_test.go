package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
)

// narrow is a listener whose connections hold little on their way.
type narrow struct{ net.Listener }

const narrowBytes = 4 << 10

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(narrowBytes)
	}
	return conn, err
}

// narrowClient reads through a small buffer, so that a server soon writes in vain while nobody reads.
func narrowClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if tcp, ok := conn.(*net.TCPConn); ok {
				err = tcp.SetReadBuffer(narrowBytes)
			}
			return conn, err
		},
	}}
}

// narrowed serves the engine anew, over narrow connections.
func (e *engine) narrowed() {
	e.t.Helper()
	e.http.Close()
	listener, err := (&net.ListenConfig{}).Listen(e.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		e.t.Fatal(err)
	}
	e.http = httptest.NewUnstartedServer(e.server)
	if err := e.http.Listener.Close(); err != nil {
		e.t.Fatal(err)
	}
	e.http.Listener = narrow{listener}
	e.http.Start()
	e.client = narrowClient()
	e.t.Cleanup(e.client.CloseIdleConnections)
}

// flood runs a workflow whose events are more than narrow connections hold.
func (e *engine) flood(run string) {
	e.t.Helper()
	e.save(`name: flood
start: step
nodes:
  step: {set: {n: "${state.n + 1}", text: "${String(state.n % 10).repeat(4000)}"}}
edges:
  step:
    - {when: "state.n < 30", to: step}
`)
	e.run("flood", `{"run_id":"`+run+`","input":{"n":0}}`)
}

func TestASlowReaderIsToldWhereToResume(t *testing.T) {
	e := newEngine(t)
	e.server.pace.write, e.server.pace.grace = 100*time.Millisecond, patience
	e.narrowed()
	e.flood("f1")
	s, _, err := e.tryDial("/v1/runs/f1/tail", &websocket.DialOptions{HTTPClient: e.client})
	if err != nil {
		t.Fatal(err)
	}
	e.until("the server writes in vain", func() bool { return e.server.stalled.Load() > 0 })
	// Another viewer is not held up meanwhile.
	whole := e.eventsOfEnded("f1")
	if messages, _ := e.dial("/v1/runs/f1/tail").rest(); !cmp.Equal(whole, messages) {
		t.Errorf("the other viewer has %d of %d events", len(messages), len(whole))
	}
	messages, closed := s.rest()
	last := intAt(document.MustParse(messages[len(messages)-1]), "/n")
	if closed.Code != websocket.StatusTryAgainLater || !strings.HasSuffix(closed.Reason, fmt.Sprintf("resume from %d", last)) {
		t.Fatalf("closed with %v after event %d", closed, last)
	}
	rest, closed := e.dial(fmt.Sprintf("/v1/runs/f1/tail?from=%d", last)).rest()
	if closed.Code != websocket.StatusNormalClosure {
		t.Errorf("the second tail closed with %v", closed)
	}
	if !cmp.Equal(whole, append(messages, rest...)) {
		t.Errorf("%d and then %d messages are not the %d events", len(messages), len(rest), len(whole))
	}
}

func TestAReaderThatStaysAwayIsCutOff(t *testing.T) {
	e := newEngine(t)
	e.server.pace.write, e.server.pace.grace = 50*time.Millisecond, 50*time.Millisecond
	e.narrowed()
	e.flood("f1")
	if _, _, err := e.tryDial("/v1/runs/f1/tail", &websocket.DialOptions{HTTPClient: e.client}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		e.until("the tail was entered", func() bool { return e.server.stalled.Load() > 0 })
		e.server.tails.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the server still waits for a reader that is gone")
	}
}
