package main

import (
	"context"
	"log/slog"
	"net"
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
