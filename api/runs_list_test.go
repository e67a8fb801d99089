package api

import (
	"net/http"
	"strings"
	"testing"
)

// listEngine has a run that completed, one that failed, and one that sleeps.
func listEngine(t *testing.T) *engine {
	t.Helper()
	e := newEngine(t)
	for _, source := range []yaml{
		"name: well\nnodes: {a: {script: 'return {}'}}",
		"name: badly\nnodes: {a: {script: 'return {}'}, b: {script: 'throw new Error(\"connection refused\")'}}\nedges: {a: b}",
		"name: nap\nnodes: {a: {sleep: 1h}}",
	} {
		e.want(http.StatusCreated, e.call("POST", "/v1/workflows", source))
	}
	for _, workflow := range []string{"well", "badly", "nap"} {
		body := `{"input": {}, "run_id": "` + workflow + `-1", "labels": {"team": "` + workflow + `"}}`
		if workflow == "nap" {
			e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/"+workflow+"/runs", body))
			continue
		}
		e.want(http.StatusOK, e.call("POST", "/v1/workflows/"+workflow+"/runs", body, "Prefer", "wait=10"))
	}
	return e
}

func TestRunsAreFiltered(t *testing.T) {
	e := listEngine(t)
	for query, want := range map[string]string{
		"":                                    "nap-1 badly-1 well-1",
		"sort=started":                        "well-1 badly-1 nap-1",
		"sort=workflow":                       "badly-1 nap-1 well-1",
		"node=b":                              "badly-1",
		"node=a":                              "nap-1",
		"text=refused":                        "badly-1",
		"text=conn*":                          "badly-1",
		"text=other":                          "",
		"status=failed&status=completed":      "badly-1 well-1",
		"label=team%3Dnap":                    "nap-1",
		"ended_from=2020-01-01T00:00:00Z":     "badly-1 well-1",
		"ended_before=2020-01-01T00:00:00Z":   "",
		"started_before=2020-01-01T00:00:00Z": "",
		"parent=well-1":                       "",
	} {
		page := e.want(http.StatusOK, e.call("GET", "/v1/runs?"+query, nil))
		got := ""
		runs, _ := page.Get("runs")
		for i, r := range runs.Items() {
			if i > 0 {
				got += " "
			}
			got += textAt(r, "/run_id")
		}
		if got != want {
			t.Errorf("%s lists %q, want %q", query, got, want)
		}
	}
	page := e.want(http.StatusOK, e.call("GET", "/v1/runs?status=failed&counts=true", nil))
	same(t, "counts", at(page, "/counts"), `{"failed": 1}`)
	if got := textAt(page, "/runs/0/error/message"); got != "Error: connection refused" {
		t.Errorf("the error in the list is %q", got)
	}
	page = e.want(http.StatusOK, e.call("GET", "/v1/runs?workflow=nap", nil))
	until := textAt(page, "/runs/0/due_at")
	if until == "" {
		t.Errorf("a sleeping run has no due_at: %s", page)
	}
	same(t, "current", at(page, "/runs/0/current"), `[{"node": "a", "visit": 1, "attempt": 1, "waits_for": {"until": "`+until+`"}}]`)
	e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("GET", "/v1/runs?text=%2A", nil))
	e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("GET", "/v1/runs?sort=size", nil))
	e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("GET", "/v1/runs?ended_from=yesterday", nil))
	for _, name := range []string{"workflow", "node", "parent"} { // nothing is ever called so
		for _, value := range []string{"a%20b", "a*", strings.Repeat("a", 65)} {
			p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("GET", "/v1/runs?"+name+"="+value, nil))
			if got := textAt(p, "/errors/0/location"); got != "query."+name {
				t.Errorf("%s=%s: the error names %q", name, value, got)
			}
		}
	}
}

func TestSQL(t *testing.T) {
	e := listEngine(t)
	got := e.want(http.StatusOK, e.call("POST", "/v1/sql", `{"sql": "SELECT status, count(*) AS n FROM runs WHERE workflow <> ? GROUP BY 1 ORDER BY 1", "args": ["nap"]}`))
	same(t, "rows", got, `{"columns": ["status", "n"], "rows": [["completed", 1], ["failed", 1]], "truncated": false}`)
	got = e.want(http.StatusOK, e.call("POST", "/v1/sql", `{"sql": "SELECT run FROM runs ORDER BY started_at", "limit": 2}`))
	same(t, "limited", got, `{"columns": ["run"], "rows": [["well-1"], ["badly-1"]], "truncated": true}`)
	for _, statement := range []string{"DELETE FROM runs", "SELECT nothing FROM runs", "SELECT 1; SELECT 2", "PRAGMA user_version", "ATTACH 'x' AS y", ""} {
		e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", "/v1/sql", `{"sql": "`+statement+`"}`))
	}
}
