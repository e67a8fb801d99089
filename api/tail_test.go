package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
)

func TestTailsBeginAfterANumber(t *testing.T) {
	e := newEngine(t)
	e.save(gateYAML)
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"g1"}`))
	e.arrived()
	early := e.dial("/v1/runs/g1/tail")
	resumed := e.dial("/v1/runs/g1/tail?from=2", tailProtocol)
	ahead := e.dial("/v1/runs/g1/tail?from=1000000")
	events := e.stream("/v1/runs/g1/events/stream?from=1", "Last-Event-ID", "3")
	if first := early.next(); !strings.Contains(first, `"n":1,"type":"RunStarted"`) {
		t.Errorf("the first event is %s", first)
	}
	close(e.gate.open)
	whole := e.eventsOfEnded("g1")
	messages, closed := early.rest()
	if diff := cmp.Diff(whole[1:], messages); diff != "" {
		t.Errorf("history, then live:\n%s", diff)
	}
	if closed.Code != websocket.StatusNormalClosure {
		t.Errorf("closed with %v", closed)
	}
	if messages, _ := resumed.rest(); !cmp.Equal(whole[2:], messages) {
		t.Errorf("from=2:\n%s", cmp.Diff(whole[2:], messages))
	}
	if messages, closed := ahead.rest(); len(messages) != 0 || closed.Code != websocket.StatusNormalClosure {
		t.Errorf("from beyond the end: %v, closed with %v", messages, closed)
	}
	streamed, _ := events.rest()
	if len(streamed) != len(whole)-3 || streamed[0].id != "4" {
		t.Errorf("Last-Event-ID 3 gave %d of %d events, beginning with %+v", len(streamed), len(whole), streamed)
	}
	// After the end.
	last := strconv.Itoa(len(whole))
	if messages, closed := e.dial("/v1/runs/g1/tail?from=" + last).rest(); len(messages) != 0 || closed.Code != websocket.StatusNormalClosure {
		t.Errorf("from the last event: %v, closed with %v", messages, closed)
	}
	if a := e.call("GET", "/v1/runs/g1/events/stream", nil, "Last-Event-ID", last); a.status != http.StatusNoContent {
		t.Errorf("a browser that reconnects after the end is answered %d", a.status)
	}
}

// eventsOfEnded waits for a run's end and lists its events.
func (e *engine) eventsOfEnded(run string) []string {
	e.t.Helper()
	e.until(run+" has ended", func() bool {
		return !at(e.want(http.StatusOK, e.call("GET", "/v1/runs/"+run, nil)), "/ended_at").IsNull()
	})
	return rawEvents(e.t, e.call("GET", "/v1/runs/"+run+"/events?limit=1000", nil).text)
}

func TestTailsThatAreRefused(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.run("hello", `{"input":{"name":"x"},"run_id":"h1"}`)
	for path, want := range map[string]int{
		"/v1/runs/none/tail": http.StatusNotFound, "/v1/runs/h1/tail?from=x": http.StatusUnprocessableEntity,
		"/v1/tail?type=NodeDone": http.StatusUnprocessableEntity, "/v1/tail?workflow=hello&workflow=a%20b": http.StatusUnprocessableEntity,
		"/v1/tail?workflow=": http.StatusUnprocessableEntity, "/ws/none": http.StatusNotFound,
	} {
		_, response, err := e.tryDial(path, nil)
		if err == nil || response == nil || response.StatusCode != want {
			t.Errorf("%s: %v %v, want %d", path, err, response, want)
		} else if got := response.Header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: %s", path, got)
		}
	}
	for _, path := range []string{"/v1/runs/h1/tail", "/v1/tail", "/ws/run/h1"} {
		p := e.want(http.StatusUpgradeRequired, e.call("GET", path, nil))
		if textAt(p, "/type") != "/docs/problems#upgrade-required" {
			t.Errorf("%s without an upgrade: %s", path, p)
		}
	}
	for status, headers := range map[int][]string{
		http.StatusUpgradeRequired: {"Sec-WebSocket-Version", "12", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
		http.StatusBadRequest:      {"Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "short"},
	} {
		a := e.call("GET", "/v1/tail", nil, append(headers, "Connection", "Upgrade", "Upgrade", "websocket")...)
		slug := map[int]string{http.StatusUpgradeRequired: "upgrade-required", http.StatusBadRequest: "bad-request"}[status]
		e.wantProblem(status, slug, a)
		if got := a.header.Get("Sec-WebSocket-Version"); status == http.StatusUpgradeRequired && got != "13" {
			t.Errorf("the version to use is said to be %q", got)
		}
	}
	e.want(http.StatusNotFound, e.call("GET", "/v1/runs/none/events/stream", nil))
	e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs/h1/events/stream", nil, "Last-Event-ID", "x"))
}

func TestATailGoesOnWhenARunIsRetried(t *testing.T) {
	e := newEngine(t)
	e.save("name: broken\nnodes: {one: test.fail}\n")
	first := intAt(e.run("broken", `{"input":{},"run_id":"b1"}`), "/last_event")
	if _, closed := e.dial("/v1/runs/b1/tail").rest(); closed.Reason != "run failed" {
		t.Errorf("closed with %v", closed)
	}
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/b1/retry", nil))
	e.until("the retry has failed", func() bool {
		view := e.want(http.StatusOK, e.call("GET", "/v1/runs/b1", nil))
		return textAt(view, "/status") == "failed" && intAt(view, "/last_event") > first
	})
	whole := e.eventsOfEnded("b1")
	if messages, _ := e.dial("/v1/runs/b1/tail").rest(); !cmp.Equal(whole, messages) {
		t.Errorf("the tail stops at the first failure:\n%s", cmp.Diff(whole, messages))
	}
}

func TestTheTailOverAllRunsIsNarrowed(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.save("name: broken\nnodes: {one: test.fail}\n")
	byType := e.dial("/v1/tail?type=NodeFailed,RunCompleted")
	byWorkflow := e.dial("/v1/tail?workflow=broken&type=RunStarted&type=RunFailed")
	e.run("hello", `{"input":{"name":"x"},"run_id":"h1"}`)
	e.run("broken", `{"input":{},"run_id":"b1"}`)
	for _, each := range []struct {
		tail      *socket
		run, kind string
	}{{byType, "h1", "RunCompleted"}, {byType, "b1", "NodeFailed"}, {byWorkflow, "b1", "RunStarted"}, {byWorkflow, "b1", "RunFailed"}} {
		m := document.MustParse(each.tail.next())
		if textAt(m, "/run") != each.run || textAt(m, "/type") != each.kind {
			t.Errorf("got %s, want %s of %s", m, each.kind, each.run)
		}
	}
}

func TestShutdownSaysWhereToResume(t *testing.T) {
	e := newEngine(t)
	e.save(gateYAML)
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"g1"}`))
	e.arrived()
	tail, all, events := e.dial("/v1/runs/g1/tail"), e.dial("/v1/tail"), e.stream("/v1/runs/g1/events/stream")
	var last int64
	e.until("the node's start is durable", func() bool {
		last = intAt(e.want(http.StatusOK, e.call("GET", "/v1/runs/g1", nil)), "/last_event")
		return last >= 6
	})
	for range last {
		tail.next()
		if _, ok := events.next(); !ok {
			t.Fatal("the stream ended before it had all events")
		}
	}
	waiting := make(chan answer, 1)
	go func() {
		waiting <- e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"g2"}`, "Prefer", "wait=600")
	}()
	e.arrived()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- e.server.Shutdown(ctx) }()
	if _, closed := tail.rest(); closed.Code != websocket.StatusGoingAway || !strings.HasSuffix(closed.Reason, fmt.Sprintf("resume from %d", last)) {
		t.Errorf("the run's tail closed with %v, want 1001 and resume from %d", closed, last)
	}
	if _, closed := all.rest(); closed.Code != websocket.StatusGoingAway || !strings.Contains(closed.Reason, "resume") {
		t.Errorf("the tail over all runs closed with %v", closed)
	}
	if _, comment := events.rest(); !strings.HasSuffix(comment, fmt.Sprintf("resume from %d", last)) {
		t.Errorf("the stream's last comment is %q", comment)
	}
	if a := <-waiting; a.status != http.StatusAccepted || !strings.Contains(a.text, `"g2"`) {
		t.Errorf("a waiting start was answered %d %s", a.status, a.text)
	}
	if err := <-done; err != nil {
		t.Errorf("shutting down: %v", err)
	}
	if p := e.want(http.StatusServiceUnavailable, e.call("GET", "/readyz", nil)); textAt(p, "/type") != "/docs/problems#shutting-down" {
		t.Errorf("readyz: %s", p)
	}
}

func TestQuietTailsShowSignsOfLife(t *testing.T) {
	e := newEngine(t)
	e.server.pace.heartbeat = 10 * time.Millisecond
	e.save(gateYAML)
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"g1"}`))
	e.arrived()
	events := e.stream("/v1/runs/g1/events/stream")
	for beats := 0; beats < 3; {
		m, ok := events.next()
		if !ok {
			t.Fatal("the stream ended")
		}
		if m.comment == "still here" {
			beats++
		}
	}
	pings := make(chan struct{}, 100)
	s, _, err := e.tryDial("/v1/runs/g1/tail", &websocket.DialOptions{OnPingReceived: func(context.Context, []byte) bool {
		select {
		case pings <- struct{}{}:
		default:
		}
		return true
	}})
	if err != nil {
		t.Fatal(err)
	}
	rest := make(chan websocket.CloseError, 1)
	go func() {
		_, closed := s.rest()
		rest <- closed
	}()
	for range 3 {
		select {
		case <-pings:
		case <-time.After(patience):
			t.Fatal("no ping came")
		}
	}
	close(e.gate.open)
	if closed := <-rest; closed.Code != websocket.StatusNormalClosure {
		t.Errorf("closed with %v", closed)
	}
}

func TestAPeerThatIsGoneIsNotWaitedFor(t *testing.T) {
	e := newEngine(t)
	e.server.pace.heartbeat, e.server.pace.pong = 10*time.Millisecond, 20*time.Millisecond
	e.save(gateYAML)
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"g1"}`))
	e.arrived()
	if _, _, err := e.tryDial("/v1/runs/g1/tail", nil); err != nil { // and never reads, so that no ping is answered
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		e.server.tails.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the server still waits for a peer that answers no ping")
	}
	close(e.gate.open)
}
