package api

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

const countYAML = `name: count
start: step
nodes:
  step: {set: {n: "${state.n + 1}", seen: "${state.seen.concat([state.n])}", big: 9007199254740993}}
edges:
  step:
    - {when: "state.n < state.to", to: step}
`

// rawEvents cuts the events out of a list's bytes without decoding them.
func rawEvents(t *testing.T, body string) []string {
	t.Helper()
	body, ok := strings.CutPrefix(body, `{"events":[`)
	if !ok {
		t.Fatalf("no list of events: %s", body)
	}
	var events []string
	for body != "" && body[0] == '{' {
		depth, quoted, end := 0, false, 0
		for i := 0; i < len(body); i++ {
			switch c := body[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case !quoted && c == '{':
				depth++
			case !quoted && c == '}':
				depth--
			}
			if depth == 0 {
				end = i + 1
				break
			}
		}
		events = append(events, body[:end])
		body = strings.TrimPrefix(body[end:], ",")
	}
	return events
}

func TestOneRunHasTheSameBytesEverywhere(t *testing.T) {
	e := newEngine(t)
	e.save(countYAML)
	all := e.dial("/v1/tail?workflow=count", tailProtocol)
	if got := all.conn.Subprotocol(); got != tailProtocol {
		t.Errorf("subprotocol %q", got)
	}
	e.run("count", `{"input":{"n":0,"to":30,"seen":[]},"run_id":"c1"}`)
	stored := rawEvents(t, e.call("GET", "/v1/runs/c1/events?limit=1000", nil).text)
	for i, text := range stored {
		decoded, err := event.Decode([]byte(text))
		if err != nil {
			t.Fatalf("event %d: %v", i+1, err)
		}
		if decoded.N != uint64(i+1) || decoded.Run != "c1" {
			t.Errorf("event %d is number %d of run %s", i+1, decoded.N, decoded.Run)
		}
	}
	if len(stored) < 90 {
		t.Fatalf("only %d events", len(stored))
	}
	messages, closed := e.dial("/v1/runs/c1/tail", tailProtocol).rest()
	if diff := cmp.Diff(stored, messages); diff != "" {
		t.Errorf("the WebSocket differs from the list:\n%s", diff)
	}
	if closed.Code != websocket.StatusNormalClosure || closed.Reason != "run completed" {
		t.Errorf("closed with %v", closed)
	}
	var streamed []string
	events, _ := e.stream("/v1/runs/c1/events/stream").rest()
	for i, m := range events {
		if m.id != strconv.Itoa(i+1) {
			t.Errorf("message %d has id %s", i+1, m.id)
		}
		streamed = append(streamed, m.data)
	}
	if diff := cmp.Diff(stored, streamed); diff != "" {
		t.Errorf("SSE differs from the list:\n%s", diff)
	}
	var live []string
	for range stored {
		live = append(live, all.next())
	}
	if diff := cmp.Diff(stored, live); diff != "" {
		t.Errorf("the tail over all runs differs from the list:\n%s", diff)
	}
}

func TestPagesOfEvents(t *testing.T) {
	e := newEngine(t)
	e.save(countYAML)
	view := e.run("count", `{"input":{"n":0,"to":5,"seen":[]},"run_id":"c1"}`)
	last := int(intAt(view, "/last_event"))
	whole := e.eventsOf("c1", 1000)
	if len(whole) != last {
		t.Fatalf("%d events, the last is number %d", len(whole), last)
	}
	for _, limit := range []int{1, 7, last - 1, last, last + 1} {
		if diff := cmp.Diff(whole, e.eventsOf("c1", limit)); diff != "" {
			t.Errorf("pages of %d differ:\n%s", limit, diff)
		}
	}
	for from, want := range map[int]int{0: last, 3: last - 3, last: 0, last + 10: 0} {
		page := e.want(http.StatusOK, e.call("GET", fmt.Sprintf("/v1/runs/c1/events?from=%d", from), nil))
		if got := at(page, "/events").Len(); got != want {
			t.Errorf("from %d there are %d events, want %d", from, got, want)
		}
	}
	p := e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs/c1/events?from=-1&limit=1001", nil))
	if at(p, "/errors").Len() != 2 {
		t.Errorf("two bad parameters: %s", p)
	}
	e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs/c1/events?cursor=x", nil))
}

func TestStateIsWhatTheEventsFoldInto(t *testing.T) {
	e := newEngine(t)
	e.save(countYAML)
	view := e.run("count", `{"input":{"n":0,"to":4,"seen":[]},"run_id":"c1"}`)
	state := document.Null
	for _, text := range rawEvents(t, e.call("GET", "/v1/runs/c1/events?limit=1000", nil).text) {
		decoded, err := event.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		switch body := decoded.Body.(type) {
		case event.RunStarted:
			state = body.Input
		case event.StateChanged:
			if state, err = body.Patch.Apply(state); err != nil {
				t.Fatal(err)
			}
		default:
		}
		reply := e.want(http.StatusOK, e.call("GET", fmt.Sprintf("/v1/runs/c1/state?at=%d", decoded.N), nil))
		if !document.Equal(at(reply, "/state"), state) || intAt(reply, "/at") != int64(decoded.N) {
			t.Errorf("after event %d the state is %s, want %s", decoded.N, reply, state)
		}
	}
	if !document.Equal(at(view, "/state"), state) {
		t.Errorf("the view's state is %s, the events fold into %s", at(view, "/state"), state)
	}
	latest := e.want(http.StatusOK, e.call("GET", "/v1/runs/c1/state", nil))
	if intAt(latest, "/at") != intAt(view, "/last_event") {
		t.Errorf("the latest state is at %s", latest)
	}
	if p := e.want(http.StatusNotFound, e.call("GET", "/v1/runs/c1/state?at=9999", nil)); textAt(p, "/type") != "/docs/problems#event-not-found" {
		t.Errorf("a number too high: %s", p)
	}
	e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs/c1/state?at=0", nil))
}

func TestEventTypesAreAllKnown(t *testing.T) {
	e := newEngine(t)
	e.save(countYAML)
	e.run("count", `{"input":{"n":0,"to":2,"seen":[]},"run_id":"c1"}`)
	for _, text := range rawEvents(t, e.call("GET", "/v1/runs/c1/events", nil).text) {
		decoded, err := event.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(eventTypes, decoded.Type()) {
			t.Errorf("%s is no type that tails know", decoded.Type())
		}
	}
	for _, known := range eventTypes {
		if !strings.Contains(eventDescription, string(known)) {
			t.Errorf("%s is not described", known)
		}
	}
}

// What cannot be the id of a run is the id of none, on every path that takes one.
func TestNoRunHasAnInvalidID(t *testing.T) {
	e := newEngine(t)
	for _, run := range []string{"a*", "a.b", "a%20b", strings.Repeat("a", 65)} {
		for _, path := range []string{"", "/events", "/events/stream", "/state", "/state?at=1", "/tail"} {
			e.wantProblem(http.StatusNotFound, "run-not-found", e.call("GET", "/v1/runs/"+run+path, nil))
		}
		for _, path := range []string{"/cancel", "/pause", "/resume", "/retry"} {
			e.wantProblem(http.StatusNotFound, "run-not-found", e.call("POST", "/v1/runs/"+run+path, nil))
		}
		e.wantProblem(http.StatusNotFound, "run-not-found", e.call("GET", "/graph/state/"+run, nil))
		if _, response, err := e.tryDial("/ws/"+run, nil); response == nil || response.StatusCode != http.StatusNotFound {
			t.Errorf("/ws/%s: %v %v", run, response, err)
		}
		if messages, _ := e.dial("/ws/run/" + run).rest(); len(messages) != 1 || !strings.Contains(messages[0], "Run not found") {
			t.Errorf("/ws/run/%s: %s", run, messages)
		}
	}
}
