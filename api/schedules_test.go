package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

const reportYAML = `name: report
nodes: {end: {set: {done: true}}}
schedules:
  nightly: {cron: "0 3 * * *", time_zone: Europe/Berlin, overlap: queue, catch_up: none}
  pulse: {every: 1s, input: {at: "${ctx.now}"}}
  rest: {every: 1h, paused: true}
`

func TestSchedules(t *testing.T) {
	e := newEngine(t)
	same(t, "the list of none", e.want(http.StatusOK, e.call("GET", "/v1/schedules", nil)), `{"schedules":[]}`)
	e.want(http.StatusCreated, e.call("POST", "/v1/workflows", yaml(reportYAML)))
	e.want(http.StatusCreated, e.call("POST", "/v1/workflows", yaml("name: other\nnodes: {end: {set: {a: 1}}}\nschedules: {yearly: {cron: \"@yearly\"}}\n")))
	var names []string
	var last document.Value
	for cursor := ""; ; {
		page := e.want(http.StatusOK, e.call("GET", "/v1/schedules?limit=3"+cursor, nil))
		for _, entry := range at(page, "/schedules").Items() {
			names = append(names, textAt(entry, "/workflow")+"/"+textAt(entry, "/name"))
			last = entry
		}
		if textAt(page, "/next_cursor") == "" {
			break
		}
		cursor = "&cursor=" + textAt(page, "/next_cursor")
	}
	if got := strings.Join(names, " "); got != "other/yearly report/nightly report/pulse report/rest" {
		t.Errorf("listed are %s", got)
	}
	same(t, "a paused schedule", last, `{"workflow":"report","name":"rest","every":"1h0m0s","overlap":"skip","catch_up":"one","paused":true}`)
	e.want(http.StatusBadRequest, e.call("GET", "/v1/schedules?cursor=x", nil))

	pulse := e.pulse(func(s document.Value) bool { return textAt(s, "/last_run") != "" })
	next, err := time.Parse(time.RFC3339, textAt(pulse, "/next_at"))
	if err != nil || time.Until(next) > time.Second || next.Nanosecond() != 0 {
		t.Errorf("the next time is %s: %v", next, err)
	}
	run := e.want(http.StatusOK, e.call("GET", "/v1/runs/"+textAt(pulse, "/last_run"), nil))
	if got, want := textAt(run, "/labels/scheduled_at"), textAt(pulse, "/last_at"); got != want || textAt(run, "/labels/schedule") != "report/pulse" {
		t.Errorf("the last run is of %s, want %s: %s", got, want, run)
	}
	runs := e.want(http.StatusOK, e.call("GET", "/v1/runs?label=schedule=report/pulse", nil))
	if at(runs, "/runs").Len() == 0 {
		t.Errorf("no run has the label: %s", runs)
	}
	if text := e.call("GET", "/metrics", nil).text; strings.Contains(text, "\nweir_schedule_runs_total 0\n") {
		t.Error("no started run is counted")
	}

	view := e.want(http.StatusOK, e.call("GET", "/v1/workflows/report", nil))
	if at(view, "/schedules").Len() != 3 || textAt(view, "/schedules/0/name") != "nightly" || textAt(view, "/schedules/0/next_at") == "" {
		t.Errorf("the workflow has %s", at(view, "/schedules"))
	}
	e.want(http.StatusCreated, e.call("POST", "/v1/workflows", yaml(strings.Split(reportYAML, "schedules:")[0])))
	older := e.want(http.StatusOK, e.call("GET", "/v1/workflows/report?revision=1", nil))
	same(t, "a schedule of an older revision", at(older, "/schedules/1"), `{"name":"pulse","every":"1s","overlap":"skip","catch_up":"one","paused":false}`)
	same(t, "what is left", at(e.want(http.StatusOK, e.call("GET", "/v1/schedules?workflow=report", nil)), "/schedules"), `[]`)
}

// pulse waits until the schedule report/pulse is as it should be.
func (e *engine) pulse(done func(document.Value) bool) document.Value {
	e.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		page := e.want(http.StatusOK, e.call("GET", "/v1/schedules?workflow=report", nil))
		if s := at(page, "/schedules/1"); done(s) {
			return s
		}
	}
	e.t.Fatal("the schedule does not come to that")
	return document.Null
}
