package api

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

// TestQueueIsShown holds three runs of one tenant in a queue for one.
func TestQueueIsShown(t *testing.T) {
	e := newEngine(t)
	e.save("name: held\nqueue: {concurrency: 1, key: \"${input.tenant}\", priority: \"${input.p}\"}\nnodes: {a: test.gate}\n")
	same(t, "the empty queue", at(e.want(http.StatusOK, e.call("GET", "/v1/workflows/held", nil)), "/queue"), `{"queued": 0, "running": 0}`)
	for _, body := range []string{
		`{"run_id": "r1", "input": {"tenant": "acme"}}`, `{"run_id": "r2", "input": {"tenant": "acme"}}`, `{"run_id": "r3", "input": {"tenant": "acme", "p": 5}}`,
	} {
		e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/held/runs", document.MustParse(body)))
	}
	e.arrived()
	view := e.want(http.StatusOK, e.call("GET", "/v1/runs/r2", nil))
	same(t, "the place", at(view, "/queue"), `{"priority": 0, "key": "acme", "position": 2, "waiting": 2}`)
	if status := textAt(view, "/status"); status != "waiting" {
		t.Errorf("a run in the queue is %s", status)
	}
	if _, shown := e.want(http.StatusOK, e.call("GET", "/v1/runs/r1", nil)).Get("queue"); shown {
		t.Error("a run that has begun is still in the queue")
	}
	same(t, "the counts", at(e.want(http.StatusOK, e.call("GET", "/v1/workflows/held", nil)), "/queue"), `{"queued": 2, "running": 1}`)
	waiting := e.want(http.StatusOK, e.call("GET", "/v1/runs?status=waiting", nil))
	if list := at(waiting, "/runs"); list.Len() != 2 {
		t.Errorf("the list of those that wait is %s", list)
	}
	if text := e.call("GET", "/metrics", nil).text; !strings.Contains(text, "\nweir_queued_runs{workflow=\"held\"} 2\n") {
		t.Errorf("the metrics do not tell of two runs:\n%s", text)
	}
	close(e.gate.open)
	for _, run := range []string{"r3", "r2"} {
		if next := e.arrived(); next != run {
			t.Errorf("%s came next, not %s", next, run)
		}
	}
}

// TestVisitThatWaitsForAToolIsShown has two runs call a tool that one may call at once.
func TestVisitThatWaitsForAToolIsShown(t *testing.T) {
	e := newEngine(t)
	e.more = []tools.Tool{{
		Name: "test.limited", Description: "Waits at the gate, one at once.", Limit: tools.Limit{Concurrency: 1},
		Call: func(ctx context.Context, c tools.Call) (document.Value, error) { return e.gate.tool().Call(ctx, c) },
	}}
	e.restart()
	e.save("name: limited\nnodes: {a: test.limited}\n")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/limited/runs", document.MustParse(`{"run_id": "r1", "input": {}}`)))
	e.arrived()
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/limited/runs", document.MustParse(`{"run_id": "r2", "input": {}}`)))
	e.until("the second waits", func() bool {
		return textAt(e.want(http.StatusOK, e.call("GET", "/v1/runs/r2", nil)), "/current/0/awaits") == "test.limited"
	})
	if text := e.call("GET", "/metrics", nil).text; !strings.Contains(text, "\nweir_tool_waiting{tool=\"test.limited\"} 1\n") {
		t.Errorf("the metrics do not tell of one call:\n%s", text)
	}
	for _, tool := range at(e.want(http.StatusOK, e.call("GET", "/v1/tools", nil)), "/tools").Items() {
		limit, limited := tool.Get("limit")
		if limited != (textAt(tool, "/name") == "test.limited") {
			t.Errorf("%s has the limit %s", textAt(tool, "/name"), limit)
		}
		if limited {
			same(t, "the limit", limit, `{"concurrency": 1, "running": 1, "waiting": 1}`)
		}
	}
	close(e.gate.open)
	e.arrived()
}
