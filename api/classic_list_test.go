package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/weirflow/weir/eventstore/document"
)

const sampleCode = `"code":"def foo():\n    print('hi')\n    # TODO improve"`

// sample creates the code review and returns its id.
func (e *engine) sample() string {
	e.t.Helper()
	return textAt(e.want(http.StatusOK, e.call("POST", "/graph/create_sample/code_review", nil)), "/graph_id")
}

func TestDialectBWaitsForTheResult(t *testing.T) {
	e := newEngine(t)
	id := e.sample()
	result := e.want(http.StatusOK, e.call("POST", "/graph/run", `{"graph_id":"`+id+`","initial_state":{`+sampleCode+`,"quality_threshold":7},"extra":true}`))
	run := textAt(result, "/run_id")
	if textAt(result, "/status") != "COMPLETED" || !at(result, "/error").IsNull() {
		t.Errorf("the result is %s", result)
	}
	final := at(result, "/final_state")
	if ok, _ := at(final, "/quality_ok").AsBool(); !ok || intAt(final, "/function_count") != 1 || intAt(final, "/quality_score") != 7 || at(final, "/issues").Len() != 3 {
		t.Errorf("the final state is %s", final)
	}
	log := at(result, "/log")
	if log.Len() != len(sampleTools) {
		t.Fatalf("the log is %s", log)
	}
	for i, entry := range log.Items() {
		if textAt(entry, "/node") != sampleTools[i] || at(entry, "/state_snapshot/code").IsNull() {
			t.Errorf("entry %d is %s", i, entry)
		}
	}
	if last := at(log.At(log.Len()-1), "/state_snapshot"); !document.Equal(last, final) {
		t.Errorf("the last snapshot is %s", last)
	}
	want := document.Object(
		document.Member{Key: "run_id", Value: document.String(run)}, document.Member{Key: "graph_id", Value: document.String(id)},
		document.Member{Key: "status", Value: document.String("COMPLETED")}, document.Member{Key: "current_node", Value: document.Null},
		document.Member{Key: "state", Value: final}, document.Member{Key: "log", Value: log}, document.Member{Key: "error", Value: document.Null},
	)
	same(t, "the state", e.graphState(run), want.String())
	for _, path := range []string{"/ws/run/" + run, "/ws/" + run} {
		messages, closed := e.dial(path).rest()
		if len(messages) != log.Len()+1 || closed.Code != websocket.StatusNormalClosure {
			t.Fatalf("%s told %v, closed with %v", path, messages, closed)
		}
		for i, entry := range log.Items() {
			same(t, "a message", document.MustParse(messages[i]), entry.With("status", document.String("RUNNING")).String())
		}
		same(t, "the last message", document.MustParse(messages[log.Len()]), `{"status":"COMPLETED","done":true}`)
	}
}

func TestDialectBInTheBackground(t *testing.T) {
	e := newEngine(t)
	id := e.sample()
	body := `{"graph_id":"` + id + `","initial_state":{` + sampleCode + `}}`
	started := e.want(http.StatusOK, e.call("POST", "/graph/run_async", body))
	run := textAt(started, "/run_id")
	same(t, "run_async", started, `{"run_id":"`+run+`","status":"PENDING"}`)
	messages, _ := e.dial("/ws/run/" + run).rest()
	same(t, "the last message", document.MustParse(messages[len(messages)-1]), `{"status":"COMPLETED","done":true}`)
	if state := e.graphState(run); textAt(state, "/status") != "COMPLETED" {
		t.Errorf("the state is %s", state)
	}
	a := e.call("POST", "/graph/run", body, "Prefer", "respond-async")
	if textAt(e.want(http.StatusOK, a), "/status") != "PENDING" || a.header.Get("Preference-Applied") != "respond-async" {
		t.Errorf("respond-async: %s", a.text)
	}
	if result := e.want(http.StatusOK, e.call("POST", "/graph/run_async", body, "Prefer", "wait=30")); textAt(result, "/status") != "COMPLETED" {
		t.Errorf("wait=30: %s", result)
	}
	messages, closed := e.dial("/ws/run/none").rest()
	if len(messages) != 1 || messages[0] != `{"error":"Run not found"}` || closed.Code != websocket.StatusNormalClosure {
		t.Errorf("an unknown run: %v, %v", messages, closed)
	}
}

func TestDialectBEndsAtTheStepLimit(t *testing.T) {
	e := newEngine(t)
	id := e.sample()
	result := e.want(http.StatusOK, e.call("POST", "/graph/run", `{"graph_id":"`+id+`","initial_state":{`+sampleCode+`,"quality_threshold":9}}`))
	if textAt(result, "/status") != "FAILED" || !strings.Contains(textAt(result, "/error"), "step") || at(result, "/log").Len() != classicSteps {
		t.Errorf("status %s, error %s, %d log entries", textAt(result, "/status"), textAt(result, "/error"), at(result, "/log").Len())
	}
	state := e.graphState(textAt(result, "/run_id"))
	if textAt(state, "/status") != "FAILED" || textAt(state, "/error") != textAt(result, "/error") || !at(state, "/current_node").IsNull() {
		t.Errorf("the state is FAILED with %s", textAt(state, "/error"))
	}
	messages, _ := e.dial("/ws/run/" + textAt(result, "/run_id")).rest()
	if last := document.MustParse(messages[len(messages)-1]); textAt(last, "/status") != "FAILED" || len(messages) != classicSteps+1 {
		t.Errorf("%d messages, the last %s", len(messages), last)
	}
}

func TestDialectBTakesTheFirstEdgeThatMatches(t *testing.T) {
	e := newEngine(t)
	id := e.create(`{"nodes":[{"name":"a","tool":"extract_functions"},{"name":"many","tool":"check_complexity"},{"name":"one","tool":"check_complexity"},{"name":"none","tool":"check_complexity"},{"name":"lost","tool":"check_complexity"}],
		"edges":[{"from_node":"a","to_node":"many","condition_key":"function_count","operator":"gt","value":1},
			{"from_node":"a","to_node":"one","condition_key":"function_count","operator":null,"value":1},
			{"from_node":"a","to_node":"none"},
			{"from_node":"a","to_node":"many"}],"start_node":"a"}`)
	for code, want := range map[string]string{"def a(): pass\ndef b(): pass": "many", "def a(): pass": "one", "": "none"} {
		body := document.Object(document.Member{Key: "graph_id", Value: document.String(id)},
			document.Member{Key: "initial_state", Value: document.Object(document.Member{Key: "code", Value: document.String(code)})})
		result := e.want(http.StatusOK, e.call("POST", "/graph/run", body.String()))
		if got := textAt(result, "/log/1/node"); got != want || at(result, "/log").Len() != 2 {
			t.Errorf("%q went to %q, want %s: %s", code, got, want, result)
		}
	}
	// No match ends the run.
	id = e.create(`{"nodes":[{"name":"a","tool":"extract_functions"},{"name":"b","tool":"check_complexity"}],
		"edges":[{"from_node":"a","to_node":"b","condition_key":"missing","operator":"eq","value":null}],"start_node":"a"}`)
	result := e.want(http.StatusOK, e.call("POST", "/graph/run", `{"graph_id":"`+id+`","initial_state":{"code":""}}`))
	if at(result, "/log").Len() != 1 || textAt(result, "/status") != "COMPLETED" {
		t.Errorf("no match: %s", result)
	}
}

func TestRunsOfGraphsThatAreNotThere(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.run("hello", `{"input":{"name":"x"},"run_id":"native"}`)
	id := e.sample()
	for body, want := range map[string]int{
		`{"graph_id":"99","initial_state":{}}`: http.StatusNotFound, `{"graph_id":"hello","initial_state":{}}`: http.StatusNotFound,
		`{"graph_id":"0","initial_state":{}}`: http.StatusNotFound, `{"graph_id":"../1","initial_state":{}}`: http.StatusNotFound,
		`{"initial_state":{}}`: http.StatusUnprocessableEntity, `{"graph_id":"` + id + `"}`: http.StatusUnprocessableEntity,
		`{"graph_id":"` + id + `","initial_state":[]}`: http.StatusUnprocessableEntity, `{"graph_id":`: http.StatusBadRequest, ``: http.StatusBadRequest,
	} {
		for _, path := range []string{"/graph/run", "/graph/run_async"} {
			if p := e.want(want, e.call("POST", path, body)); textAt(p, "/detail") == "" {
				t.Errorf("%s %s: %s", path, body, p)
			}
		}
	}
	e.wantProblem(http.StatusNotFound, "run-not-found", e.call("GET", "/graph/state/none", nil))
	p := e.wantProblem(http.StatusNotFound, "run-not-found", e.call("GET", "/graph/state/native", nil))
	if !strings.Contains(textAt(p, "/detail"), "/v1/runs/native") {
		t.Errorf("a run of no graph: %s", p)
	}
}
