package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestPauseAndResume(t *testing.T) {
	e := newEngine(t)
	e.save("name: nap\nnodes: {one: {sleep: 50ms}}\n")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/nap/runs", `{"input":{},"run_id":"n1"}`))
	paused := e.want(http.StatusAccepted, e.call("POST", "/v1/runs/n1/pause", `{"reason":"lunch"}`))
	if textAt(paused, "/status") != "paused" {
		t.Errorf("the paused run is %s", paused)
	}
	p := e.wantProblem(http.StatusConflict, "run-status", e.call("POST", "/v1/runs/n1/pause", nil))
	if textAt(p, "/run_status") != "paused" {
		t.Errorf("pausing it again: %s", p)
	}
	if page := e.want(http.StatusOK, e.call("GET", "/v1/runs?status=paused", nil)); at(page, "/runs").Len() != 1 {
		t.Errorf("the list of paused runs is %s", page)
	}
	resumed := e.want(http.StatusAccepted, e.call("POST", "/v1/runs/n1/resume", `{"reason":"fed"}`))
	if textAt(resumed, "/status") == "paused" {
		t.Errorf("the resumed run is %s", resumed)
	}
	e.until("the run has completed", func() bool {
		return textAt(e.want(http.StatusOK, e.call("GET", "/v1/runs/n1", nil)), "/status") == "completed"
	})
	events := e.call("GET", "/v1/runs/n1/events", nil).text
	for _, want := range []string{`"type":"RunPaused"`, `"reason":"lunch"`, `"reason":"resume","note":"fed"`} {
		if !strings.Contains(events, want) {
			t.Errorf("the events lack %s: %s", want, events)
		}
	}
	p = e.wantProblem(http.StatusConflict, "run-status", e.call("POST", "/v1/runs/n1/resume", nil))
	if textAt(p, "/run_status") != "completed" {
		t.Errorf("resuming a completed run: %s", p)
	}
	e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", "/v1/runs/n1/pause", `{"why":"lunch"}`))
}

func TestRetryWithRevision(t *testing.T) {
	e := newEngine(t)
	e.save("name: fix\nnodes: {a: {set: {x: 1}}, one: test.fail}\nedges: {a: one}\n")
	first := e.run("fix", `{"input":{},"run_id":"f1"}`)
	e.save("name: fix\nnodes: {a: {set: {x: 1}}}\n")
	p := e.wantProblem(http.StatusConflict, "revision-misfit", e.call("POST", "/v1/runs/f1/retry", `{"revision":"latest"}`))
	if textAt(p, "/errors/0/location") != "body.revision" || !strings.Contains(textAt(p, "/errors/0/message"), `no node "one"`) {
		t.Errorf("the problem is %s", p)
	}
	e.wantProblem(http.StatusNotFound, "revision-not-found", e.call("POST", "/v1/runs/f1/retry", `{"revision":7}`))
	e.save("name: fix\nnodes: {a: {set: {x: 1}}, one: {tool: test.fail, catch: $end}}\nedges: {a: one}\n")
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/f1/retry", `{"revision":3}`))
	e.until("the run has completed", func() bool {
		view := e.want(http.StatusOK, e.call("GET", "/v1/runs/f1", nil))
		return textAt(view, "/status") == "completed" && textAt(view, "/revision") != textAt(first, "/revision")
	})
}

func TestUncompensatedVisitsAreShown(t *testing.T) {
	e := newEngine(t)
	e.save("name: trip\nnodes: {a: {set: {x: 1}, compensate: test.fail}, b: test.fail}\nedges: {a: b}\n")
	failed := e.run("trip", `{"input":{},"run_id":"t1"}`)
	same(t, "the error", at(failed, "/error"), `{"kind":"broken","message":"test.fail: it is broken","node":"b","visit":1,`+
		`"uncompensated":[{"node":"a","visit":1,"kind":"broken","message":"test.fail: it is broken"}]}`)
	p := e.wantProblem(http.StatusConflict, "run-status", e.call("POST", "/v1/runs/t1/retry", nil))
	if !strings.Contains(textAt(p, "/detail"), "compensated") {
		t.Errorf("the problem is %s", p)
	}
}

func TestCompensatingRunIsListedAtItsNode(t *testing.T) {
	e := newEngine(t)
	e.save("name: trip\nnodes: {a: {set: {x: 1}, compensate: test.gate}, b: {sleep: 1h}}\nedges: {a: b}\n")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/trip/runs", `{"input":{},"run_id":"t1"}`))
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/t1/cancel", nil))
	e.arrived()
	page := e.want(http.StatusOK, e.call("GET", "/v1/runs?node=a.compensate", nil))
	same(t, "where it is", at(page, "/runs/0/current"), `[{"node":"a.compensate","visit":1,"attempt":1}]`)
	e.want(http.StatusOK, e.call("POST", "/v1/sql", `{"sql":"SELECT node FROM open_visits WHERE node = 'a.compensate'"}`))
}
