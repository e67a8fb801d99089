package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// user connects to the listener as anybody can: without credentials.
func user(t testing.TB, s *Store) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect("nats://"+s.NATSAddr(), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func subscribe(t testing.TB, nc *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := nc.SubscribeSync(subject)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	return sub
}

// next returns the next message, which must come.
func next(t testing.TB, sub *nats.Subscription) *nats.Msg {
	t.Helper()
	m, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatalf("nothing came on %s: %v", sub.Subject, err)
	}
	return m
}

func TestUserSeesEvents(t *testing.T) {
	s := openTest(t, Config{Listen: "127.0.0.1:0"})
	nc := user(t, s)
	all := subscribe(t, nc, "weir.events.>")
	started := subscribe(t, nc, "weir.events.*.*.RunStarted")

	a := newAuthor("seen")
	var want, got []string
	for _, events := range []int{3, 1, 2} {
		for _, raw := range a.write(t, s, events).Raw {
			want = append(want, fmt.Sprintf("weir.events.flow.seen.%s %s", raw.Type, raw.JSON))
		}
	}
	for range want {
		m := next(t, all)
		got = append(got, m.Subject+" "+string(m.Data))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events differ:\n%s", diff)
	}
	if m := next(t, started); m.Subject != "weir.events.flow.seen.RunStarted" {
		t.Errorf("got %s", m.Subject)
	}
	// Nothing but events reached anybody: a subscription to everything sees the same.
	everything := subscribe(t, nc, ">")
	want = nil
	for _, raw := range a.write(t, s, 4).Raw {
		want = append(want, string(raw.Type))
	}
	got = nil
	for range want {
		got = append(got, strings.TrimPrefix(next(t, everything).Subject, "weir.events.flow.seen."))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a subscription to everything differs:\n%s", diff)
	}
	if n, _, err := everything.Pending(); err != nil || n != 0 {
		t.Errorf("%d more messages than events, error %v", n, err)
	}
}

// A user can do nothing to the store, nor to what it says.
func TestUserCannotTouch(t *testing.T) {
	s := openTest(t, Config{Listen: "127.0.0.1:0"})
	a := newAuthor("mine")
	a.write(t, s, 1)
	nc, other := user(t, s), user(t, s)
	everything, events := subscribe(t, other, ">"), subscribe(t, other, "weir.events.>")

	// Ingest: as a message, and as a request.
	forged := a.seal(1)
	if err := nc.Publish(runsPrefix+"mine", forged.Data); err != nil {
		t.Fatal(err)
	}
	if err := nc.PublishRequest(runsPrefix+"mine", "reply.here", forged.Data); err != nil {
		t.Fatal(err)
	}
	// Events: said outright, and by subjects that only look like patterns.
	for _, subject := range []string{"weir.events.flow.mine.RunFailed", "weir.live.mine", "weir.events.>", "weir.>", "weir.*.flow.mine.RunFailed"} {
		if err := nc.Publish(subject, []byte("forged")); err != nil {
			t.Fatal(err)
		}
	}
	for _, subject := range []string{">", "*.events.flow.mine.RunFailed"} {
		if err := nc.Publish(subject, nil); err != nil {
			t.Fatal(err)
		}
	}
	// Events, said by the server in a user's name: as the answer of one of its services, or as the
	// trace of a message.
	for _, service := range []string{"$JS.API.INFO", "$SYS.REQ.USER.INFO", "$SYS.REQ.SERVER.PING"} {
		if err := nc.PublishRequest(service, "weir.events.flow.mine.RunFailed", nil); err != nil {
			t.Fatal(err)
		}
	}
	trace := &nats.Msg{Subject: "harmless", Header: nats.Header{"Nats-Trace-Dest": {"weir.events.flow.mine.RunFailed"}}}
	if err := nc.PublishMsg(trace); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	// A message that users may send each other ends the list: what is forged would have come before it.
	if err := nc.Publish("done", nil); err != nil {
		t.Fatal(err)
	}
	for m := next(t, everything); m.Subject != "done"; m = next(t, everything) {
		if strings.HasPrefix(m.Subject, "weir") || bytes.Contains(m.Data, []byte("forged")) {
			t.Errorf("another user got %s %s", m.Subject, m.Data)
		}
	}
	if n, _, err := events.Pending(); err != nil || n != 0 {
		t.Errorf("%d forged events reached another user, error %v", n, err)
	}

	// JetStream.
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // a refused request has no answer
	defer cancel()
	if _, err := js.Stream(ctx, runsStream); err == nil {
		t.Error("a user sees the stream")
	}
	ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "MINE", Subjects: []string{"weir.runs.>"}}); err == nil {
		t.Error("a user makes a stream")
	}
	for _, subject := range []string{"$JS.API.INFO", "$JS.API.STREAM.PURGE.WEIR_RUNS", "$JS.API.DIRECT.GET.WEIR_RUNS", "$JS.API.STREAM.MSG.GET.WEIR_RUNS"} {
		if m, err := nc.Request(subject, []byte(`{"seq":1}`), 100*time.Millisecond); err == nil {
			t.Errorf("%s answers a user: %s", subject, m.Data)
		}
	}

	if got := readAll(t, s, "mine", 0); len(got) != 1 {
		t.Errorf("the run has %d commits after a user's attempts", len(got))
	}
	a.write(t, s, 1)
}

// The engine's account is not open to whoever can reach the listener, whatever name is given.
func TestUserCannotBecomeTheEngine(t *testing.T) {
	s := openTest(t, Config{Listen: "127.0.0.1:0"})
	for _, opt := range []nats.Option{
		nats.UserInfo("ENGINE", ""), nats.UserInfo("admin", "admin"), nats.Token("weir"),
		nats.Nkey(s.server.user, s.server.key.Sign), // the right key, but not in this process
	} {
		nc, err := nats.Connect("nats://"+s.NATSAddr(), opt)
		if err == nil {
			nc.Close()
			t.Error("the listener lets a stranger in by name")
		} else if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("got %v, want an authorization error", err)
		}
	}
}

func TestListen(t *testing.T) {
	if addr := openTest(t, Config{}).NATSAddr(); addr != "" {
		t.Errorf("a store without a listener is at %s", addr)
	}
	taken := openTest(t, Config{Listen: "127.0.0.1:0"}).NATSAddr()
	if !strings.HasPrefix(taken, "127.0.0.1:") {
		t.Errorf("the listener is at %s", taken)
	}
	for _, listen := range []string{taken, "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x"} {
		s, err := Open(t.Context(), Config{Dir: t.TempDir(), Listen: listen})
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: opened", listen)
		} else if !strings.Contains(err.Error(), listen) {
			t.Errorf("%s: the error does not name it: %v", listen, err)
		}
	}
}

// A client that subscribes and never reads holds nobody up: neither appends nor other listeners.
func TestUserWhoDoesNotRead(t *testing.T) {
	s := openTest(t, Config{Listen: "127.0.0.1:0"})
	stuck := dialRaw(t, s.NATSAddr())
	if _, err := stuck.Write([]byte("CONNECT {\"verbose\":false}\r\nSUB weir.events.> 1\r\nPING\r\n")); err != nil {
		t.Fatal(err)
	}
	// The subscription stands once the engine sees interest.
	for deadline := time.Now().Add(patience); !s.server.interest("weir.events.flow.big.NodeStarted"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the subscription never came to be")
		}
	}
	reader := subscribe(t, user(t, s), "weir.events.*.*.RunCompleted")
	a := newAuthor("big")
	for range 40 {
		a.write(t, s, 2000) // some 10 MB in all: more than socket buffers hold
	}
	end := newAuthor("end")
	c := end.terminal()
	if _, err := result(s.Append(c, 0)); err != nil {
		t.Fatal(err)
	}
	if m := next(t, reader); m.Subject != "weir.events.flow.end.RunCompleted" {
		t.Errorf("got %s", m.Subject)
	}
}
