//go:build torture

package torture

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// verdict sums up what the runs' events say.
type verdict struct {
	visits, calls, interrupted int
}

// verify waits for every run and checks each against its own events and against what the counting server
// saw.
func (l *ledger) verify(t *testing.T, s *server, calls *counter) verdict {
	t.Helper()
	var total verdict
	known := map[string]bool{}
	deadline := time.Now().Add(settleTimeout)
	for _, o := range l.runs {
		if !o.accepted {
			t.Errorf("%s was never accepted", o.id)
			continue
		}
		h := s.history(o, deadline)
		h.check(t)
		h.checkEffects(t, h.checkState(t, s), calls, known)
		total.visits += len(h.completed)
		total.calls += h.calls
		total.interrupted += h.interrupted
	}
	for key := range calls.keys() {
		if !known[key] {
			t.Errorf("the server was called with key %q, which no run's events tell of", key)
		}
	}
	return total
}

// visit is one visit's story.
type visit struct {
	attempts    int
	answered    int // attempts whose outcome came from the counting server
	interrupted int
	open        bool
	tool        bool // it is a tool's call
}

// history is one run as its events tell it.
type history struct {
	order       *order
	events      []event.Event
	visits      map[string]*visit // by "node/visit", of items of maps "node/visit/item"
	completed   map[string]int
	calls       int
	interrupted int
}

// history waits until the run has ended and reads its events.
func (s *server) history(o *order, deadline time.Time) *history {
	s.t.Helper()
	for {
		view := parse(s.t, s.Get("/v1/runs/"+o.id))
		status := text(view, "status")
		if status == "completed" {
			break
		}
		if status == "failed" || status == "cancelled" || time.Now().After(deadline) {
			s.t.Fatalf("%s is %s: %s\n%s", o.id, status, view, s.Log())
		}
		time.Sleep(20 * time.Millisecond)
	}
	h := &history{order: o, visits: map[string]*visit{}, completed: map[string]int{}}
	for {
		page := parse(s.t, s.Get(fmt.Sprintf("/v1/runs/%s/events?from=%d&limit=500", o.id, len(h.events))))
		list, _ := page.Get("events")
		for _, item := range list.Items() {
			e, err := event.Decode(item.AppendJSON(nil))
			if err != nil {
				s.t.Fatalf("%s: %v", o.id, err)
			}
			h.events = append(h.events, e)
		}
		if _, more := page.Get("next_cursor"); !more || list.Len() == 0 {
			return h
		}
	}
}

// check looks at the order of events: dense numbers, time that does not go back, attempts in order, one
// completion a visit, one end.
func (h *history) check(t *testing.T) {
	t.Helper()
	for i, e := range h.events {
		if e.N != uint64(i+1) || e.Run != h.order.id {
			t.Fatalf("%s: event %d is number %d of run %s", h.order.id, i+1, e.N, e.Run)
		}
		if i > 0 && e.At.Before(h.events[i-1].At) {
			t.Errorf("%s: event %d is before the one before it", h.order.id, e.N)
		}
		if last := i == len(h.events)-1; last != e.Type().Terminal() {
			t.Errorf("%s: event %d of %d is %s", h.order.id, e.N, len(h.events), e.Type())
		}
		h.follow(t, e)
	}
	for name, v := range h.visits {
		if v.open {
			t.Errorf("%s: visit %s was begun and never ended", h.order.id, name)
		}
		if h.completed[name] != 1 {
			t.Errorf("%s: visit %s completed %d times", h.order.id, name, h.completed[name])
		}
	}
}

func (h *history) follow(t *testing.T, e event.Event) {
	t.Helper()
	switch b := e.Body.(type) {
	case event.NodeStarted:
		v := h.visit(b.Node, b.Visit, b.Item)
		v.attempts++
		if v.open || b.Attempt != v.attempts || h.completed[visitName(b.Node, b.Visit, b.Item)] > 0 {
			t.Errorf("%s: event %d begins attempt %d of %s #%d out of order", h.order.id, e.N, b.Attempt, b.Node, b.Visit)
		}
		v.open = true
	case event.NodeCompleted:
		v := h.visit(b.Node, b.Visit, b.Item)
		if b.Item > 0 && v.attempts == 0 {
			v.attempts, v.open = 1, true // items of scripts begin unseen
		}
		if !v.open {
			t.Errorf("%s: event %d completes %s #%d, which is not open", h.order.id, e.N, b.Node, b.Visit)
		}
		v.open = false
		v.answered++
		h.completed[visitName(b.Node, b.Visit, b.Item)]++
	case event.NodeFailed:
		v := h.visit(b.Node, b.Visit, b.Item)
		if !v.open {
			t.Errorf("%s: event %d fails %s #%d, which is not open", h.order.id, e.N, b.Node, b.Visit)
		}
		v.open = false
		switch b.Kind {
		case "interrupted":
			v.interrupted++
			h.interrupted++
		case "http_status":
			v.answered++
		default:
			t.Errorf("%s: event %d: %s #%d failed: %s: %s", h.order.id, e.N, b.Node, b.Visit, b.Kind, b.Message)
		}
	case event.CallStarted:
		v := h.call(b.Node, b.Visit, b.Call)
		v.attempts++
		v.tool = b.Kind == event.CallTool
		if v.open || b.Attempt != v.attempts {
			t.Errorf("%s: event %d begins attempt %d of call %d out of order", h.order.id, e.N, b.Attempt, b.Call)
		}
		v.open = true
	case event.CallCompleted:
		v := h.call(b.Node, b.Visit, b.Call)
		if !v.open {
			t.Errorf("%s: event %d ends call %d, which is not open", h.order.id, e.N, b.Call)
		}
		v.open = false
		switch b.Kind {
		case "":
			v.answered++
			h.completed[callName(b.Node, b.Visit, b.Call)]++
		case event.KindInterrupted:
			v.interrupted++
			h.interrupted++
		case "http_status":
			v.answered++
		default:
			t.Errorf("%s: event %d: call %d failed: %s: %s", h.order.id, e.N, b.Call, b.Kind, b.Message)
		}
	default: // no attempt begins or ends
	}
}

// visitName names a visit, or an item of a map's.
func visitName(node string, number, item int) string {
	if item > 0 {
		return fmt.Sprintf("%s/%d/%d", node, number, item)
	}
	return fmt.Sprintf("%s/%d", node, number)
}

func (h *history) visit(node string, number, item int) *visit {
	name := visitName(node, number, item)
	if h.visits[name] == nil {
		h.visits[name] = &visit{}
	}
	return h.visits[name]
}

// callName names a call of a durable script.
func callName(node string, visit, call int) string { return fmt.Sprintf("%s/%d@%d", node, visit, call) }

func (h *history) call(node string, number, call int) *visit {
	name := callName(node, number, call)
	if h.visits[name] == nil {
		h.visits[name] = &visit{}
	}
	return h.visits[name]
}

// checkState folds the events, compares with the view and with what a run without kills would give, and
// returns the state.
func (h *history) checkState(t *testing.T, s *server) document.Value {
	t.Helper()
	started, ok := h.events[0].Body.(event.RunStarted)
	if !ok {
		t.Fatalf("%s begins with %s", h.order.id, h.events[0].Type())
	}
	state := started.Input
	for i, e := range h.events {
		if changed, ok := e.Body.(event.StateChanged); ok {
			next, err := changed.Patch.Apply(state)
			if err != nil {
				t.Fatalf("%s: event %d: %v", h.order.id, e.N, err)
			}
			state = next
		}
		if i == len(h.events)/2 {
			at := parse(t, s.Get(fmt.Sprintf("/v1/runs/%s/state?at=%d", url.PathEscape(h.order.id), e.N)))
			if got, _ := at.Get("state"); !document.Equal(got, state) {
				t.Errorf("%s: state at event %d is %s, events fold into %s", h.order.id, e.N, got, state)
			}
		}
	}
	view := parse(t, s.Get("/v1/runs/"+h.order.id))
	if got, _ := view.Get("state"); !document.Equal(got, state) {
		t.Errorf("%s: its view has state %s, its events fold into %s", h.order.id, got, state)
	}
	if got, _ := state.Get("round"); got.NumberText() != fmt.Sprint(h.order.rounds) {
		t.Errorf("%s ended after round %s of %d", h.order.id, got, h.order.rounds)
	}
	if h.order.workflow == "calls" {
		if trail, _ := state.Get("trail"); trail.Len() != h.order.rounds {
			t.Errorf("%s: the trail of %d rounds is %s", h.order.id, h.order.rounds, trail)
		}
	}
	return state
}

// checkEffects compares the run's calls with what the counting server saw: each attempt called at most
// once, each answered attempt did, all of a visit under its one key, and the sum is that of the answers.
func (h *history) checkEffects(t *testing.T, state document.Value, calls *counter, known map[string]bool) {
	t.Helper()
	sum := 0
	switch h.order.workflow {
	case "pure":
		sum = h.order.rounds * (h.order.rounds + 1) / 2
	case "pauses":
		sum = h.order.rounds * 2
	}
	for number := 1; (h.order.workflow == "calls" || h.order.workflow == "items") && number <= h.order.rounds; number++ {
		key, v := fmt.Sprintf("%s/call/%d", h.order.id, number), h.visit("call", number, 0)
		if h.order.workflow == "items" {
			key, v = fmt.Sprintf("%s/call/1/%d", h.order.id, number), h.visit("call", 1, number)
		}
		sum += h.checkCalls(t, key, v, calls, known)
	}
	for name, v := range h.visits {
		if !v.tool {
			continue
		}
		visit, call, _ := strings.Cut(name, "@")
		sum += h.checkCalls(t, fmt.Sprintf("%s/%s/%s", h.order.id, visit, call), v, calls, known)
	}
	if got, _ := state.Get("sum"); got.NumberText() != fmt.Sprint(sum) {
		t.Errorf("%s: the sum is %s, want %d", h.order.id, got, sum)
	}
}

// checkCalls compares the calls of one key, and returns what they were answered with.
func (h *history) checkCalls(t *testing.T, key string, v *visit, calls *counter, known map[string]bool) int {
	t.Helper()
	known[key] = true
	if seen := calls.count(key); seen < v.answered || seen > v.attempts {
		t.Errorf("%s: the server was called %d times; the events tell of %d attempts, %d of them answered and %d interrupted",
			key, seen, v.attempts, v.answered, v.interrupted)
	}
	h.calls++
	return calls.value(key)
}

func parse(t *testing.T, data []byte) document.Value {
	t.Helper()
	v, err := document.Parse(data)
	if err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return v
}

func text(v document.Value, key string) string {
	item, _ := v.Get(key)
	s, _ := item.AsString()
	return s
}
