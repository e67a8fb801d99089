package api

import (
	"net/http"
	"testing"
)

// What a durable script waits for is in the view of its run, and the list says that it waits.
func TestCallsOfARun(t *testing.T) {
	e := newEngine(t)
	e.save("name: order\nnodes:\n  a: {script: \"export default async (s, ctx) => { await Promise.all([ctx.signal('go'), ctx.sleep('1h')]) }\"}\n")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/order/runs", `{"input":{},"run_id":"r"}`))
	e.until("the run waits", func() bool {
		return textAt(e.want(http.StatusOK, e.call("GET", "/v1/runs", nil)), "/runs/0/status") == "waiting"
	})
	view := e.want(http.StatusOK, e.call("GET", "/v1/runs/r", nil))
	until := textAt(view, "/current/0/calls/1/until")
	same(t, "current", at(view, "/current"),
		`[{"node":"a","visit":1,"attempt":1,"calls":[{"call":1,"kind":"signal","name":"go","attempt":1},{"call":2,"kind":"sleep","attempt":1,"until":"`+until+`"}]}]`)
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/r/signals/go", nil))
	view = e.want(http.StatusOK, e.call("GET", "/v1/runs/r", nil))
	if textAt(view, "/current/0/calls/0/kind") != "sleep" || until == "" {
		t.Errorf("the run is %s", view)
	}
}
