package api

import (
	"net/http"
	"strings"
	"testing"
)

const approvalYAML = `name: approval
signals:
  approve: {schema: {type: object, required: [ok], properties: {ok: {type: boolean}, marks: {type: array, items: {type: integer}}}}}
  note: {}
nodes:
  wait: {wait: {signal: approve, timeout: 24h}}
  pause: {sleep: 1h}
edges: {wait: pause}
`

func TestSignals(t *testing.T) {
	e := newEngine(t)
	e.save(approvalYAML)
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/approval/runs", `{"input":{},"run_id":"r"}`))
	visit := func() string {
		current := at(e.want(http.StatusOK, e.call("GET", "/v1/runs/r", nil)), "/current/0")
		if textAt(current, "/waits_for/until") == "" {
			t.Errorf("nothing says until when it waits: %s", current)
		}
		listed := at(e.want(http.StatusOK, e.call("GET", "/v1/runs", nil)), "/runs/0/current/0")
		same(t, "the visit in the list", listed, current.String())
		return textAt(current, "/node") + " " + textAt(current, "/waits_for/signal")
	}
	e.until("the run waits", func() bool { return visit() == "wait approve" })

	a := e.want(http.StatusAccepted, e.call("POST", "/v1/runs/r/signals/approve", `{"id":"1","payload":{"ok":true,"exact":12345678901234567890}}`))
	last := intAt(a, "/last_event")
	if textAt(a, "/run_id") != "r" || textAt(a, "/status") != "waiting" || last < 6 {
		t.Errorf("the reply is %s", a)
	}
	if got := visit(); got != "pause " {
		t.Errorf("the run is at %s", got)
	}
	same(t, "the state", at(e.want(http.StatusOK, e.call("GET", "/v1/runs/r", nil)), "/state"), `{"ok":true,"exact":12345678901234567890}`)

	// The same id again changes nothing, wherever it stands, and no id is a new signal every time.
	for _, again := range []answer{
		e.call("POST", "/v1/runs/r/signals/approve", `{"id":"1"}`),
		e.call("POST", "/v1/runs/r/signals/note", nil, "Idempotency-Key", "1"),
	} {
		if v := e.want(http.StatusAccepted, again); intAt(v, "/last_event") != last {
			t.Errorf("again: %s", v)
		}
	}
	for i := range int64(2) {
		if v := e.want(http.StatusAccepted, e.call("POST", "/v1/runs/r/signals/note", nil)); intAt(v, "/last_event") != last+1+i {
			t.Errorf("a signal without an id: %s", v)
		}
	}
	p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", "/v1/runs/r/signals/note", `{"id":"2"}`, "Idempotency-Key", "3"))
	if textAt(p, "/errors/0/location") != "body.id" || textAt(p, "/errors/1/location") != "header.Idempotency-Key" {
		t.Errorf("two ids: %s", p)
	}
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/r/cancel", nil))
	p = e.wantProblem(http.StatusConflict, "run-status", e.call("POST", "/v1/runs/r/signals/note", nil))
	if textAt(p, "/run_status") != "cancelled" {
		t.Errorf("a run that has ended: %s", p)
	}
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/r/signals/approve", `{"id":"1"}`))
}

func TestSignalsThatDoNotFit(t *testing.T) {
	e := newEngine(t)
	e.save(approvalYAML)
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/approval/runs", `{"input":{},"run_id":"r"}`))
	for _, c := range []struct{ name, body, location, says string }{
		{"approve", `{"payload":{"ok":1}}`, "body.payload.ok", "must be true or false, not a number"},
		{"approve", `{"payload":{"ok":true,"marks":[1,"x"]}}`, "body.payload.marks[1]", "must be a whole number, not a text"},
		{"approve", `{}`, "body.payload", "must be an object, not null"},
		{"approve", `{"payload":{"ok":true,"$blob":1}}`, "body.payload", "is reserved"},
		{"aprove", `{}`, "path.name", "did you mean `approve`?"},
		{"veto", `{}`, "path.name", "it has approve, note"},
		{"note", `{"paylod":1}`, "body.paylod", ""},
		{"note", `{"id":7}`, "body.id", ""},
	} {
		p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", "/v1/runs/r/signals/"+c.name, c.body))
		if textAt(p, "/errors/0/location") != c.location || !strings.Contains(p.String(), c.says) {
			t.Errorf("%s %s: %s", c.name, c.body, p)
		}
	}
	e.wantProblem(http.StatusUnprocessableEntity, "invalid-id", e.call("POST", "/v1/runs/r/signals/a.b", `{}`))
	e.wantProblem(http.StatusNotFound, "run-not-found", e.call("POST", "/v1/runs/nobody/signals/note", `{}`))
	if log := e.call("GET", "/v1/runs/r/events", nil).text; strings.Contains(log, "SignalReceived") {
		t.Errorf("a signal that was refused is recorded: %s", log)
	}
}

func TestARunTakesSoManySignals(t *testing.T) {
	e := newEngine(t)
	e.save(approvalYAML)
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/approval/runs", `{"input":{},"run_id":"r"}`))
	large := `{"payload":"` + strings.Repeat("x", 1<<20-100) + `"}`
	for range 4 {
		e.want(http.StatusAccepted, e.call("POST", "/v1/runs/r/signals/note", large))
	}
	p := e.wantProblem(http.StatusTooManyRequests, "too-many-signals", e.call("POST", "/v1/runs/r/signals/note", large))
	if !strings.Contains(textAt(p, "/detail"), "limits.state_size") {
		t.Errorf("the problem is %s", p)
	}
}
