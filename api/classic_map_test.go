package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/weirflow/weir/eventstore/document"
)

const mapGraph = `{"nodes":{"extract":"extract","complexity":"complexity","issues":"issues","suggest":"suggest"},"edges":{"extract":"complexity","complexity":"issues","issues":"suggest"}}`

// create creates a graph that must be right and returns its id.
func (e *engine) create(body string) string {
	e.t.Helper()
	return textAt(e.want(http.StatusOK, e.call("POST", "/graph/create", body)), "/graph_id")
}

// background starts a run that is answered at once, and returns its id once the run has ended.
func (e *engine) background(body string) string {
	e.t.Helper()
	started := e.want(http.StatusOK, e.call("POST", "/graph/run", body))
	if textAt(started, "/status") != "started" {
		e.t.Fatalf("started: %s", started)
	}
	run := textAt(started, "/run_id")
	e.until("the run has finished", func() bool {
		return textAt(e.want(http.StatusOK, e.call("GET", "/graph/state/"+run, nil)), "/status") == "finished"
	})
	return run
}

func (e *engine) graphState(run string) document.Value {
	e.t.Helper()
	return e.want(http.StatusOK, e.call("GET", "/graph/state/"+run, nil))
}

func TestDialectAFromCreateToLogs(t *testing.T) {
	e := newEngine(t)
	same(t, "health", e.want(http.StatusOK, e.call("GET", "/health", nil)), `{"status":"ok"}`)
	same(t, "the first graph", e.want(http.StatusOK, e.call("POST", "/graph/create", mapGraph)), `{"graph_id":"1"}`)
	run := e.background(`{"graph_id":"1","initial_state":{"start":"extract","code":"def f(): pass","threshold":80},"extra":1}`)
	same(t, "the state", e.graphState(run), `{"run_id":"`+run+`","status":"finished",
		"state":{"start":"extract","code":"def f(): pass","threshold":80,"functions":1,"complexity":0,"issues":0,"quality_score":100,"suggestions":["Looks good!"]},
		"logs":[
			{"node":"extract","state":{"start":"extract","code":"def f(): pass","threshold":80,"functions":1}},
			{"node":"complexity","state":{"start":"extract","code":"def f(): pass","threshold":80,"functions":1,"complexity":0}},
			{"node":"issues","state":{"start":"extract","code":"def f(): pass","threshold":80,"functions":1,"complexity":0,"issues":0,"quality_score":100}},
			{"node":"suggest","state":{"start":"extract","code":"def f(): pass","threshold":80,"functions":1,"complexity":0,"issues":0,"quality_score":100,"suggestions":["Looks good!"]}}]}`)
	var logs []string
	for _, entry := range at(e.graphState(run), "/logs").Items() {
		logs = append(logs, entry.String())
	}
	for _, path := range []string{"/ws/" + run, "/ws/run/" + run} {
		messages, closed := e.dial(path).rest()
		if strings.Join(messages, "\n") != strings.Join(logs, "\n") || closed.Code != websocket.StatusNormalClosure {
			t.Errorf("%s told %v, closed with %v; want the logs", path, messages, closed)
		}
	}
	// It is a run like any other.
	view := e.want(http.StatusOK, e.call("GET", "/v1/runs/"+run, nil))
	if textAt(view, "/workflow") != "classic-1" || textAt(view, "/status") != "completed" {
		t.Errorf("the native view: %s", view)
	}
	if stored := rawEvents(t, e.call("GET", "/v1/runs/"+run+"/events", nil).text); int64(len(stored)) != intAt(view, "/last_event") {
		t.Errorf("%d events, the last is %d", len(stored), intAt(view, "/last_event"))
	}
}

func TestDialectAStarts(t *testing.T) {
	e := newEngine(t)
	e.create(mapGraph)
	for _, start := range []string{``, `"start":null,`, `"start":"",`, `"start":0,`, `"start":false,`} {
		run := e.background(`{"graph_id":"1","initial_state":{` + start + `"code":"x"}}`)
		if state := e.graphState(run); at(state, "/logs").Len() != 0 || textAt(state, "/state/code") != "x" {
			t.Errorf("start %q: %s", start, state)
		}
		if messages, _ := e.dial("/ws/" + run).rest(); len(messages) != 0 {
			t.Errorf("start %q told %v", start, messages)
		}
	}
	run := e.background(`{"graph_id":"1","initial_state":{"start":"nowhere","code":"x"}}`)
	same(t, "the logs of an unknown start", at(e.graphState(run), "/logs"), `[{"error":"node 'nowhere' not found"}]`)
	run = e.background(`{"graph_id":1,"initial_state":{"start":"issues","code":"x"}}`)
	if logs := at(e.graphState(run), "/logs"); logs.Len() != 2 || textAt(logs, "/0/node") != "issues" {
		t.Errorf("started in the middle: %s", logs)
	}
}

func TestDialectALoopsUntilTheScoreIsReached(t *testing.T) {
	e := newEngine(t)
	e.create(mapGraph)
	run := e.background(`{"graph_id":"1","initial_state":{"start":"extract","code":"# TODO\n# FIXME","threshold":90}}`)
	logs := at(e.graphState(run), "/logs")
	if logs.Len() != classicSteps+1 {
		t.Fatalf("%d log entries, want %d nodes and an error", logs.Len(), classicSteps)
	}
	for i, want := range []string{"extract", "complexity", "issues", "suggest", "issues", "suggest"} {
		if got := textAt(logs, "/"+strconv.Itoa(i)+"/node"); got != want {
			t.Errorf("entry %d is of %s, want %s", i, got, want)
		}
	}
	if last := logs.At(classicSteps); !strings.Contains(textAt(last, "/error"), "step") {
		t.Errorf("the last entry is %s", last)
	}
	if view := e.want(http.StatusOK, e.call("GET", "/v1/runs/"+run, nil)); textAt(view, "/error/kind") != "step_limit" {
		t.Errorf("the native view: %s", view)
	}
	if messages, closed := e.dial("/ws/" + run).rest(); len(messages) != classicSteps || !strings.Contains(closed.Reason, "step") {
		t.Errorf("%d messages, closed with %v", len(messages), closed)
	}
	// Without a threshold both are 100: nothing to improve.
	run = e.background(`{"graph_id":"1","initial_state":{"start":"suggest","code":""}}`)
	if logs := at(e.graphState(run), "/logs"); logs.Len() != 1 || textAt(logs, "/0/state/suggestions/0") != "Looks good!" {
		t.Errorf("the logs are %s", logs)
	}
	// The edge that the request gives comes after the loop.
	id := e.create(`{"nodes":{"suggest":"suggest","issues":"issues","last":"extract"},"edges":{"suggest":"last","issues":"suggest"}}`)
	run = e.background(`{"graph_id":"` + id + `","initial_state":{"start":"issues","code":"","threshold":50}}`)
	if logs := at(e.graphState(run), "/logs"); logs.Len() != 3 || textAt(logs, "/2/node") != "last" {
		t.Errorf("the logs are %s", logs)
	}
}

func TestDialectATools(t *testing.T) {
	e := newEngine(t)
	// By the node's name, else by the tool's.
	id := e.create(`{"nodes":{"first":"extract","complexity":"whatever"},"edges":{"first":"complexity"}}`)
	run := e.background(`{"graph_id":"` + id + `","initial_state":{"start":"first","code":"def a():\n  for x in y: pass"}}`)
	state := at(e.graphState(run), "/state")
	if intAt(state, "/functions") != 1 || intAt(state, "/complexity") != 1 {
		t.Errorf("the state is %s", state)
	}
	// A node that fails.
	id = e.create(`{"nodes":{"extract":"extract","suggest":"suggest"},"edges":{"extract":"suggest"}}`)
	run = e.background(`{"graph_id":"` + id + `","initial_state":{"start":"extract","code":"","threshold":"high"}}`)
	logs := at(e.graphState(run), "/logs")
	if logs.Len() != 2 || textAt(logs, "/1/node") != "suggest" || textAt(logs, "/1/error") == "" || textAt(e.graphState(run), "/status") != "finished" {
		t.Errorf("the logs are %s", logs)
	}
	if messages, closed := e.dial("/ws/" + run).rest(); len(messages) != 1 || closed.Code != websocket.StatusNormalClosure {
		t.Errorf("told %v, closed with %v", messages, closed)
	}
}

func TestRefusedGraphsUseUpNoID(t *testing.T) {
	e := newEngine(t)
	e.create(mapGraph)
	for _, each := range [][2]string{
		{`{"nodes":{"a":"extrakt"},"edges":{}}`, `unknown tool "extrakt"`},
		{`{"nodes":{"a":"extract"},"edges":{"a":"b"}}`, `there is no node "b"`},
		{`{"nodes":{"a":"extract"},"edges":{"b":"a"}}`, `there is no node "b"`},
		{`{"nodes":{"a":5},"edges":["a"]}`, "body.edges"},
		{`{"nodes":{},"edges":{}}`, "at least one node"},
		{`{"edges":{}}`, "body.nodes"},
		{`[]`, "expected an object"},
		{`{"nodes":{"a b":"extract"}}`, "a b"},
		{`{"nodes":[{"name":"a","tool":"extract"}],"start_node":"a"}`, `unknown tool "extract"`},
		{`{"nodes":[{"name":"a","tool":"extract_functions"}]}`, "start_node"},
		{`{"nodes":[{"tool":"extract_functions"},5],"start_node":"a"}`, "body.nodes[0].name"},
		{`{"nodes":[{"name":"a","tool":"x"},{"name":"a","tool":"y"}]}`, "another node"},
		{`{"nodes":[{"name":"a","tool":"check_complexity"}],"start_node":"b"}`, "start_node"},
	} {
		body, want := each[0], each[1]
		a := e.call("POST", "/graph/create", body)
		wantStatus := http.StatusUnprocessableEntity
		if strings.HasSuffix(body, `"check_complexity"}],"start_node":"b"}`) || strings.Contains(body, `5],"start_node"`) {
			wantStatus = http.StatusBadRequest
		}
		if p := e.want(wantStatus, a); !strings.Contains(textAt(p, "/detail"), want) {
			t.Errorf("%s: the detail %q does not say %q", body, textAt(p, "/detail"), want)
		}
	}
	p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/graph/create", `{"nodes":{"a":"extrakt","b":"isues"}}`))
	if at(p, "/errors").Len() != 2 || !strings.Contains(textAt(p, "/detail"), "did you mean extract?") {
		t.Errorf("two unknown tools: %s", p)
	}
	if id := e.create(mapGraph); id != "2" {
		t.Errorf("the same content again is graph %s, want 2", id)
	}
}
