package main

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
)

func TestConnectionsMax(t *testing.T) {
	for files, want := range map[int]int{0: 0, 100: 16, 200: 72, 1024: 768, 1 << 20: 3 << 18} {
		if got := connectionsMax(files); got != want {
			t.Errorf("of %d files %d are for connections, want %d", files, got, want)
		}
	}
}

// TestBoundedListener shows that a client beyond the bound waits until another one leaves, is told of once, and that closing ends the wait.
func TestBoundedListener(t *testing.T) {
	var out lines
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := bound(inner, 2, slog.New(slog.NewTextHandler(&out, nil)))
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- conn
		}
	}()
	for range 5 {
		client, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
	}
	first, second := <-accepted, <-accepted
	if _, ok := first.(interface{ CloseWrite() error }); !ok {
		t.Error("a connection cannot be closed by halves, as net/http does after an early answer")
	}
	out.await(t, "more wait until one leaves")
	for _, conn := range []net.Conn{first, first, second} { // once more says nothing
		_ = conn.Close()
	}
	third, fourth := <-accepted, <-accepted
	select {
	case <-accepted:
		t.Error("a third client is in")
	default:
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener says %v", err)
	}
	_, _ = third.Close(), fourth.Close()
	if n := strings.Count(out.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings", n)
	}
}
