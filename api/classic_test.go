package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/document"
)

func TestGraphsAndRunsSurviveARestart(t *testing.T) {
	e := newEngine(t)
	mapID, listID := e.create(mapGraph), e.sample()
	inMap := e.background(`{"graph_id":"` + mapID + `","initial_state":{"start":"extract","code":"def f(): pass","threshold":80,"big":9007199254740993}}`)
	unknown := e.background(`{"graph_id":"` + mapID + `","initial_state":{"start":"nowhere"}}`)
	result := e.want(http.StatusOK, e.call("POST", "/graph/run", `{"graph_id":"`+listID+`","initial_state":{`+sampleCode+`}}`))
	failed := e.want(http.StatusOK, e.call("POST", "/graph/run", `{"graph_id":"`+listID+`","initial_state":{"quality_threshold":99,"code":""}}`))
	replies := func() map[string]string {
		found := map[string]string{}
		for _, run := range []string{inMap, unknown, textAt(result, "/run_id"), textAt(failed, "/run_id")} {
			for _, path := range []string{"/graph/state/" + run, "/v1/runs/" + run, "/v1/runs/" + run + "/events?limit=1000"} {
				a := e.call("GET", path, nil)
				found[path] = fmt.Sprintf("%d %s", a.status, a.text)
			}
			messages, closed := e.dial("/ws/run/" + run).rest()
			found["/ws/run/"+run] = strings.Join(messages, "\n") + closed.Error()
		}
		return found
	}
	before := replies()
	if !strings.Contains(before["/graph/state/"+inMap], "9007199254740993") {
		t.Errorf("a digit was lost: %s", before["/graph/state/"+inMap])
	}
	e.restart()
	if diff := cmp.Diff(before, replies()); diff != "" {
		t.Errorf("replies differ after a restart:\n%s", diff)
	}
	if id := e.create(mapGraph); id != "3" {
		t.Errorf("after the restart the next graph is %s, want 3", id)
	}
	if again := e.want(http.StatusOK, e.call("POST", "/graph/run", `{"graph_id":"`+listID+`","initial_state":{`+sampleCode+`}}`)); !document.Equal(at(again, "/log"), at(result, "/log")) {
		t.Errorf("the graph runs otherwise after a restart: %s", again)
	}
}

func TestGraphIDsHaveNoGaps(t *testing.T) {
	e := newEngine(t)
	const creates = 20
	ids := make(chan string, creates)
	var all sync.WaitGroup
	for i := range creates {
		all.Go(func() {
			body := mapGraph
			if i%2 == 0 {
				body = `{"nodes":[{"name":"a","tool":"check_complexity"}],"start_node":"a"}`
			}
			if i%5 == 0 {
				e.call("POST", "/graph/create", `{"nodes":{"a":"typo"}}`)
			}
			a := e.call("POST", "/graph/create", body)
			ids <- textAt(document.MustParse(a.text), "/graph_id")
		})
	}
	all.Wait()
	close(ids)
	seen := map[string]bool{}
	for id := range ids {
		seen[id] = true
	}
	for i := 1; i <= creates; i++ {
		if !seen[itoa(i)] {
			t.Errorf("no graph got the id %d: %v", i, seen)
		}
	}
	e.restart()
	for i := creates + 1; i < creates+4; i++ {
		if id := e.create(mapGraph); id != itoa(i) {
			t.Errorf("after a restart graph %s was created, want %d", id, i)
		}
	}
}

func TestIdempotencyKeysOfClassicCalls(t *testing.T) {
	e := newEngine(t)
	key := []string{"Idempotency-Key", "once"}
	first := e.want(http.StatusOK, e.call("POST", "/graph/create", mapGraph, key...))
	if again := e.want(http.StatusOK, e.call("POST", "/graph/create", mapGraph, key...)); !document.Equal(first, again) {
		t.Errorf("the same create gave %s and %s", first, again)
	}
	e.wantProblem(http.StatusConflict, "idempotency-key-reused", e.call("POST", "/graph/create", `{"nodes":{"a":"extract"}}`, key...))
	list := e.sample()
	body := `{"graph_id":"` + list + `","initial_state":{` + sampleCode + `}}`
	result := e.call("POST", "/graph/run", body, key...)
	e.want(http.StatusOK, result)
	if again := e.call("POST", "/graph/run", body, key...); again.text != result.text {
		t.Errorf("the same run gave\n%s and\n%s", result.text, again.text)
	}
	p := e.wantProblem(http.StatusConflict, "idempotency-key-reused", e.call("POST", "/graph/run", `{"graph_id":"`+list+`","initial_state":{"code":"x"}}`, key...))
	if textAt(p, "/detail") == "" {
		t.Errorf("without detail: %s", p)
	}
	e.restart()
	if again := e.want(http.StatusOK, e.call("POST", "/graph/create", mapGraph, key...)); !document.Equal(first, again) {
		t.Errorf("after a restart the same create gave %s", again)
	}
}

// gated saves a graph of dialect B whose node waits for the test: the adapter itself knows only the
// classic tools.
func (e *engine) gated(d dialect) string {
	e.t.Helper()
	draft := &draft{start: "wait", labels: []label{{labelDialect, string(d)}}, nodes: []draftNode{{name: "wait", tool: "test.gate"}}}
	out, err := e.server.createGraph(e.t.Context(), draft, "", document.Null)
	if err != nil {
		e.t.Fatal(err)
	}
	return textAt(document.MustParse(string(out.Body.text)), "/graph_id")
}

func TestWaitingForAGraph(t *testing.T) {
	e := newEngine(t)
	list, inMap := e.gated(dialectList), e.gated(dialectMap)
	body := `{"graph_id":"` + list + `","initial_state":{}}`
	started := e.want(http.StatusOK, e.call("POST", "/graph/run", body, "Prefer", "wait=0", "Idempotency-Key", "k"))
	run := textAt(started, "/run_id")
	same(t, "wait=0", started, `{"run_id":"`+run+`","status":"RUNNING"}`)
	if arrived := e.arrived(); arrived != run {
		t.Errorf("run %s arrived, want %s", arrived, run)
	}
	e.until("the node's start is durable", func() bool { return textAt(e.graphState(run), "/current_node") == "wait" })
	same(t, "the state of a run that goes on", e.graphState(run),
		`{"run_id":"`+run+`","graph_id":"`+list+`","status":"RUNNING","current_node":"wait","state":{},"log":[],"error":null}`)
	// A client that leaves does not cancel.
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.http.URL+"/graph/run", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	left := make(chan error, 1)
	go func() {
		response, err := e.client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		left <- err
	}()
	abandoned := e.arrived()
	leave()
	if err := <-left; err == nil {
		t.Error("the client did not leave")
	}
	// In dialect A a wait shows the whole run.
	waited := make(chan answer, 1)
	go func() {
		waited <- e.call("POST", "/graph/run", `{"graph_id":"`+inMap+`","initial_state":{"start":"wait"}}`, "Prefer", "wait=30")
	}()
	e.arrived()
	close(e.gate.open)
	if state := e.want(http.StatusOK, <-waited); textAt(state, "/status") != "finished" || at(state, "/logs").Len() != 1 {
		t.Errorf("a wait in dialect A: %s", state)
	}
	for _, each := range []string{run, abandoned} {
		e.until("the run has completed", func() bool { return textAt(e.graphState(each), "/status") == "COMPLETED" })
	}
	if again := e.want(http.StatusOK, e.call("POST", "/graph/run", body, "Idempotency-Key", "k")); textAt(again, "/run_id") != run || textAt(again, "/status") != "COMPLETED" {
		t.Errorf("the same key after the end: %s", again)
	}
}

func TestShutdownAnswersAWaitingGraph(t *testing.T) {
	e := newEngine(t)
	list := e.gated(dialectList)
	waited := make(chan answer, 1)
	go func() { waited <- e.call("POST", "/graph/run", `{"graph_id":"`+list+`","initial_state":{}}`) }()
	run := e.arrived()
	tail := e.dial("/ws/run/" + run)
	told := make(chan string, 1)
	go func() {
		messages, closed := tail.rest()
		told <- fmt.Sprintf("%d messages, %d", len(messages), closed.Code)
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		t.Errorf("shutting down: %v", err)
	}
	p := e.wantProblem(http.StatusServiceUnavailable, "shutting-down", <-waited)
	if textAt(p, "/run_id") != run || !strings.Contains(textAt(p, "/detail"), run) {
		t.Errorf("the run is not named: %s", p)
	}
	if got := <-told; got != "0 messages, 1001" {
		t.Errorf("the tail gave %s", got)
	}
	e.restart()
	if arrived := e.arrived(); arrived != run {
		t.Errorf("after the restart run %s arrived, want %s", arrived, run)
	}
	close(e.gate.open)
	e.until("the run has completed", func() bool { return textAt(e.graphState(run), "/status") == "COMPLETED" })
}

func TestCancelledRunsOfGraphs(t *testing.T) {
	e := newEngine(t)
	for d, want := range map[dialect]string{dialectList: "FAILED", dialectMap: "finished"} {
		id := e.gated(d)
		started := e.want(http.StatusOK, e.call("POST", "/graph/run_async", `{"graph_id":"`+id+`","initial_state":{}}`))
		run := textAt(started, "/run_id")
		e.arrived()
		e.want(http.StatusAccepted, e.call("POST", "/v1/runs/"+run+"/cancel", `{"reason":"enough"}`))
		e.until("the run has ended", func() bool { return textAt(e.graphState(run), "/status") == want })
		if state := e.graphState(run); !strings.Contains(state.String(), "cancelled: enough") {
			t.Errorf("dialect %s: %s", d, state)
		}
	}
}
