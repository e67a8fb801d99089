package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

const gateYAML = `name: gate
start: before
nodes:
  before: {set: {begun: true}}
  wait: test.gate
edges:
  before: wait
`

func TestARunFromStartToEnd(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	a := e.call("POST", "/v1/workflows/hello/runs", `{"input":{"name":"Ada"},"run_id":"r-1","labels":{"team":"core"}}`)
	started := e.want(http.StatusAccepted, a)
	if textAt(started, "/run_id") != "r-1" || textAt(started, "/status") == "" || intAt(started, "/last_event") < 1 {
		t.Errorf("started: %s", started)
	}
	if got := a.header.Get("Location"); got != "/v1/runs/r-1" {
		t.Errorf("Location %s", got)
	}
	e.until("the run has completed", func() bool {
		return textAt(e.want(http.StatusOK, e.call("GET", "/v1/runs/r-1", nil)), "/status") == "completed"
	})
	view := e.want(http.StatusOK, e.call("GET", "/v1/runs/r-1", nil))
	for _, volatile := range []string{"revision", "last_event", "started_at", "ended_at"} {
		if at(view, "/"+volatile).IsNull() {
			t.Errorf("%s is missing: %s", volatile, view)
		}
		view = view.Without(volatile)
	}
	same(t, "the view", view, `{"run_id":"r-1","workflow":"hello","status":"completed",
		"state":{"name":"Ada","greeting":"Hello, Ada!","letters":11},"input":{"name":"Ada"},
		"current":[],"error":null,"labels":{"team":"core"}}`)
}

func TestWaitingForARun(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.save(gateYAML)
	a := e.call("POST", "/v1/workflows/hello/runs", `{"input":{"name":"Ada"}}`, "Prefer", "wait=30")
	if view := e.want(http.StatusOK, a); textAt(view, "/status") != "completed" {
		t.Errorf("the view is %s", view)
	}
	if got := a.header.Get("Preference-Applied"); got != "wait=30" {
		t.Errorf("Preference-Applied %q", got)
	}
	a = e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"held"}`, "Prefer", "respond-async, wait=0")
	if status := textAt(e.want(http.StatusAccepted, a), "/status"); status != "running" {
		t.Errorf("a run that goes on is %s", status)
	}
	e.arrived()
	current := at(e.want(http.StatusOK, e.call("GET", "/v1/runs/held", nil)), "/current")
	same(t, "the open visits", current, `[{"node":"wait","visit":1,"attempt":1}]`)
	close(e.gate.open)
	// The same start again finds the run and waits for it.
	view := e.want(http.StatusOK, e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"held"}`, "Prefer", "wait=30"))
	if textAt(view, "/status") != "completed" {
		t.Errorf("the view is %s", view)
	}
}

func TestTheViewShowsHowFarAMapIs(t *testing.T) {
	e := newEngine(t)
	e.save("name: gates\nnodes: {m: {map: {over: [{}, {}, {}], node: test.gate, concurrency: 2}}}")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/gates/runs", `{"input":{},"run_id":"held"}`))
	e.arrived()
	e.arrived()
	current := at(e.want(http.StatusOK, e.call("GET", "/v1/runs/held", nil)), "/current")
	same(t, "the open visits", current, `[{"node":"m","visit":1,"attempt":1,"items":{"done":0,"failed":0,"open":2,"total":3}}]`)
	close(e.gate.open)
}

func TestStartingTwiceIsStartingOnce(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	start := func(body string, headers ...string) answer {
		return e.call("POST", "/v1/workflows/hello/runs", body, headers...)
	}
	// By run id.
	e.want(http.StatusAccepted, start(`{"input":{"name":"Ada"},"run_id":"one"}`))
	if again := e.want(http.StatusAccepted, start(`{"run_id":"one","input":{"name":"Ada"}}`)); textAt(again, "/run_id") != "one" {
		t.Errorf("again: %s", again)
	}
	for _, other := range []string{`{"input":{"name":"Bob"},"run_id":"one"}`, `{"input":{"name":"Ada"},"run_id":"one","labels":{"a":"b"}}`} {
		if p := e.want(http.StatusConflict, start(other)); textAt(p, "/type") != "/docs/problems#run-exists" {
			t.Errorf("other content: %s", p)
		}
	}
	// By key.
	byKey := textAt(e.want(http.StatusAccepted, start(`{"input":{"name":"Ada"}}`, "Idempotency-Key", "order-7")), "/run_id")
	if again := textAt(e.want(http.StatusAccepted, start(`{"input": {"name": "Ada"}}`, "Idempotency-Key", "order-7")), "/run_id"); again != byKey {
		t.Errorf("the same key gave the runs %s and %s", byKey, again)
	}
	p := e.want(http.StatusConflict, start(`{"input":{"name":"Bob"}}`, "Idempotency-Key", "order-7"))
	if textAt(p, "/type") != "/docs/problems#idempotency-key-reused" || textAt(p, "/errors/0/location") != "header.Idempotency-Key" {
		t.Errorf("the same key with another body: %s", p)
	}
	e.save(strings.Replace(helloYAML, "name: hello", "name: hallo", 1))
	elsewhere := e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/hallo/runs", `{"input":{"name":"Ada"}}`, "Idempotency-Key", "order-7"))
	if textAt(elsewhere, "/run_id") == byKey {
		t.Error("a key reaches beyond its workflow")
	}
	e.restart()
	if again := textAt(e.want(http.StatusAccepted, start(`{"input":{"name":"Ada"}}`, "Idempotency-Key", "order-7")), "/run_id"); again != byKey {
		t.Errorf("after a restart the key gave run %s, before %s", again, byKey)
	}
}

func TestAStartHasOneName(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed",
		e.call("POST", "/v1/workflows/hello/runs", `{"input":{"name":"Ada"},"run_id":"one"}`, "Idempotency-Key", "order-7"))
	for i, want := range []string{"body.run_id", "header.Idempotency-Key"} {
		each := at(p, "/errors").At(i)
		if textAt(each, "/location") != want || !strings.Contains(textAt(each, "/hint"), "send either run_id or Idempotency-Key") {
			t.Errorf("%s is not named: %s", want, p)
		}
	}
	e.want(http.StatusNotFound, e.call("GET", "/v1/runs/one", nil))
	// A key that is empty names no run, and a client that means to send one must hear of it.
	for _, path := range []string{"/v1/workflows/hello/runs", "/graph/create", "/graph/run"} {
		p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", path, `{"input":{}}`, "Idempotency-Key", " "))
		if textAt(p, "/errors/0/location") != "header.Idempotency-Key" {
			t.Errorf("%s: %s", path, p)
		}
	}
}

func TestARunKeepsItsRevision(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.save(strings.Replace(helloYAML, "Hello", "Good day", 1))
	for body, want := range map[string]string{
		`{"input":{"name":"Ada"}}`:                "Good day, Ada!",
		`{"input":{"name":"Ada"},"revision":1}`:   "Hello, Ada!",
		`{"input":{"name":"Ada"},"revision":"2"}`: "Good day, Ada!",
	} {
		if got := textAt(e.run("hello", body), "/state/greeting"); got != want {
			t.Errorf("%s greeted %q, want %q", body, got, want)
		}
	}
	if p := e.want(http.StatusNotFound, e.call("POST", "/v1/workflows/hello/runs", `{"input":{},"revision":9}`)); textAt(p, "/type") != "/docs/problems#revision-not-found" {
		t.Errorf("an unknown revision: %s", p)
	}
}

func TestEveryDigitSurvives(t *testing.T) {
	e := newEngine(t)
	e.save("name: keep\nnodes: {one: {set: {seen: true}}}\n")
	const numbers = `[9007199254740993,123456789012345678901234567890,0.1000000000000000055511151231257827,1e400,-0.0,1.50]`
	view := e.run("keep", `{"input":{"numbers":`+numbers+`},"run_id":"digits"}`)
	for _, pointer := range []string{"/state/numbers", "/input/numbers"} {
		if got := at(view, pointer).String(); got != numbers {
			t.Errorf("%s is %s, want %s", pointer, got, numbers)
		}
	}
	if a := e.call("GET", "/v1/runs/digits/events", nil); !strings.Contains(a.text, numbers) {
		t.Errorf("RunStarted has lost digits: %s", a.text)
	}
	if a := e.call("GET", "/v1/runs/digits/state", nil); !strings.Contains(a.text, numbers) {
		t.Errorf("the state has lost digits: %s", a.text)
	}
}

func TestBadStartsNameEveryField(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/v1/workflows/hello/runs",
		`{"input":[1],"run_id":"a b","labels":{"a":1},"inptu":{}}`))
	if textAt(p, "/type") != "/docs/problems#validation-failed" {
		t.Errorf("the problem is %s", p)
	}
	found := map[string]document.Value{}
	for _, each := range at(p, "/errors").Items() {
		found[textAt(each, "/location")] = each
	}
	for _, location := range []string{"body.input", "body.run_id", "body.labels.a", "body.inptu"} {
		if found[location].IsNull() {
			t.Errorf("%s is not named: %s", location, p)
		}
	}
	if hint := textAt(found["body.inptu"], "/hint"); hint != "the fields are input, run_id, revision, labels" {
		t.Errorf("the known fields are not named: %q", hint)
	}
	if p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/v1/workflows/hello/runs", `{"Input":{}}`)); at(p, "/errors").Len() != 2 {
		t.Errorf("a field in other letters passes: %s", p)
	}
	for _, id := range []string{"a*", "a>", "a b", "a.b", strings.Repeat("x", 65), "ä"} {
		body := document.Object(document.Member{Key: "run_id", Value: document.String(id)}, document.Member{Key: "input", Value: document.Object()})
		p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/v1/workflows/hello/runs", body.String()))
		if textAt(p, "/errors/0/location") != "body.run_id" || !strings.Contains(textAt(p, "/errors/0/message"), "64") {
			t.Errorf("run id %q: %s", id, p)
		}
	}
	if p := e.want(http.StatusNotFound, e.call("POST", "/v1/workflows/none/runs", `{"input":{}}`)); textAt(p, "/type") != "/docs/problems#workflow-not-found" {
		t.Errorf("an unknown workflow: %s", p)
	}
	for _, path := range []string{"/v1/runs/none", "/v1/runs/a%20b", "/v1/runs/a.b", "/v1/runs/%3E", "/v1/runs/none/events", "/v1/runs/none/state"} {
		if p := e.want(http.StatusNotFound, e.call("GET", path, nil)); textAt(p, "/type") != "/docs/problems#run-not-found" {
			t.Errorf("%s: %s", path, p)
		}
	}
}

// TestTheLargestInput shows that an input of as many bytes as a run may have can be sent, with all that may stand beside it.
func TestTheLargestInput(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	const frame = `{"name":""}`
	input := func(bytes int) string { return `{"name":"` + strings.Repeat("x", bytes-len(frame)) + `"}` }
	beside := `,"run_id":"` + strings.Repeat("r", 64) + `","labels":{` + labels(workflow.LabelsMax, workflow.LabelBytesMax) + `}}`
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/hello/runs", `{"input":`+input(actors.InputBytesMax)+beside))
	e.wantProblem(http.StatusUnprocessableEntity, "invalid-input",
		e.call("POST", "/v1/workflows/hello/runs", `{"input":`+input(actors.InputBytesMax+1)+`}`))
}

// TestInputIsHeldAgainstTheSchemas shows that nothing is stored of a run whose input is not what the workflow takes, and that
// everything that is wrong is told by its place.
func TestInputIsHeldAgainstTheSchemas(t *testing.T) {
	e := newEngine(t)
	e.save("name: w\nnodes: {a: {set: {name: 7}}}\nstate:\n  name: {schema: {type: string}}\n" +
		"  list: {reduce: append, schema: {type: array, items: {type: object, required: [id]}}}\n")
	p := e.wantProblem(http.StatusUnprocessableEntity, "invalid-input",
		e.call("POST", "/v1/workflows/w/runs", `{"run_id":"r","input":{"name":7,"list":[{"id":1},{}],"other":{}}}`))
	var told []string
	for _, each := range at(p, "/errors").Items() {
		told = append(told, textAt(each, "/location")+" "+textAt(each, "/message"))
	}
	if want := []string{"body.input.list[1] `id` is missing", "body.input.name must be a text, not a number"}; !slices.Equal(told, want) {
		t.Errorf("told %q, not %q", told, want)
	}
	e.wantProblem(http.StatusNotFound, "run-not-found", e.call("GET", "/v1/runs/r", nil))
	// What is absent fits, and so does whatever a node writes.
	if view := e.run("w", `{"input":{"list":[{"id":1}]}}`); textAt(view, "/status") != "completed" {
		t.Errorf("an input that fits: %s", view)
	}
}

// labels are the members of an object with so many labels, each so long.
func labels(count, bytes int) string {
	members := make([]string, count)
	for i := range members {
		members[i] = fmt.Sprintf(`"l%d":%q`, i, strings.Repeat("l", bytes))
	}
	return strings.Join(members, ",")
}

// A start may have as many labels, and as large ones, as a workflow; whatever is wrong with them is named.
func TestLabelsAreLimited(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	for name, test := range map[string]struct{ labels, location, message string }{
		"too many":     {labels(workflow.LabelsMax+1, 1), "body.labels", "64"},
		"too long":     {`"team":"core",` + labels(1, workflow.LabelBytesMax+1), "body.labels.l0", "256"},
		"bytes":        {`"team":"` + strings.Repeat("ä", 200) + `"`, "body.labels.team", "longer than 256 bytes"},
		"name":         {`"te am":"core"`, `body.labels["te am"]`, "cannot be the name of a label"},
		"name missing": {`"":"core"`, `body.labels[""]`, "cannot be the name of a label"},
	} {
		p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed",
			e.call("POST", "/v1/workflows/hello/runs", `{"input":{"name":"Ada"},"run_id":"one","labels":{`+test.labels+`}}`))
		if textAt(p, "/errors/0/location") != test.location || !strings.Contains(textAt(p, "/errors/0/message"), test.message) {
			t.Errorf("%s: %s", name, p)
		}
	}
	p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed",
		e.call("POST", "/v1/workflows/hello/runs", `{"input":{"name":"Ada"},"labels":{"a b":"x","c d":"x","e":"`+strings.Repeat("ä", 200)+`"}}`))
	if at(p, "/errors").Len() != 3 {
		t.Errorf("not every label is named: %s", p)
	}
	e.want(http.StatusNotFound, e.call("GET", "/v1/runs/one", nil))
}

func TestListingRuns(t *testing.T) {
	e := newEngine(t)
	e.save(helloYAML)
	e.save("name: broken\nnodes: {one: test.fail}\n")
	for _, id := range []string{"h1", "h2", "h3"} {
		e.run("hello", `{"input":{"name":"x"},"run_id":"`+id+`","labels":{"team":"core","id":"`+id+`"}}`)
	}
	e.run("broken", `{"input":{},"run_id":"b1"}`)
	list := func(query string) string {
		var ids []string
		for cursor := ""; ; {
			page := e.want(http.StatusOK, e.call("GET", "/v1/runs?"+query+"&cursor="+cursor, nil))
			for _, run := range at(page, "/runs").Items() {
				ids = append(ids, textAt(run, "/run_id"))
			}
			if cursor = textAt(page, "/next_cursor"); cursor == "" {
				return strings.Join(ids, " ")
			}
		}
	}
	for query, want := range map[string]string{
		"limit=2": "b1 h3 h2 h1", "workflow=hello": "h3 h2 h1", "status=failed": "b1", "status=running": "",
		"label=team%3Dcore&limit=1": "h3 h2 h1", "label=team%3Dcore&label=id%3Dh2": "h2", "workflow=hello&status=failed": "",
	} {
		if got := list(query); got != want {
			t.Errorf("%s listed %q, want %q", query, got, want)
		}
	}
	p := e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs?status=done&limit=0", nil))
	if at(p, "/errors").Len() != 2 || textAt(p, "/errors/0/location") != "query.limit" {
		t.Errorf("two bad parameters: %s", p)
	}
	e.want(http.StatusUnprocessableEntity, e.call("GET", "/v1/runs?label=x", nil))
	if p := e.want(http.StatusBadRequest, e.call("GET", "/v1/runs?cursor=abc", nil)); textAt(p, "/type") != "/docs/problems#invalid-cursor" {
		t.Errorf("a bad cursor: %s", p)
	}
}

func TestCancelAndRetry(t *testing.T) {
	e := newEngine(t)
	e.save(gateYAML)
	e.save("name: broken\nnodes: {one: test.fail}\n")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/gate/runs", `{"input":{},"run_id":"held"}`))
	e.arrived()
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/held/cancel", `{"reason":"changed my mind"}`))
	e.until("the run is cancelled", func() bool {
		return textAt(e.want(http.StatusOK, e.call("GET", "/v1/runs/held", nil)), "/status") == "cancelled"
	})
	if a := e.call("GET", "/v1/runs/held/events", nil); !strings.Contains(a.text, `"reason":"changed my mind"`) {
		t.Errorf("the reason is not recorded: %s", a.text)
	}
	for _, call := range []string{"cancel", "pause", "resume", "retry"} {
		p := e.want(http.StatusConflict, e.call("POST", "/v1/runs/held/"+call, nil))
		if textAt(p, "/type") != "/docs/problems#run-status" || textAt(p, "/run_status") != "cancelled" || textAt(p, "/run_id") != "held" {
			t.Errorf("%s of a cancelled run: %s", call, p)
		}
		e.want(http.StatusNotFound, e.call("POST", "/v1/runs/none/"+call, nil))
	}
	failed := e.run("broken", `{"input":{},"run_id":"b1"}`)
	same(t, "the error", at(failed, "/error"), `{"kind":"broken","message":"test.fail: it is broken","node":"one","visit":1}`)
	e.want(http.StatusAccepted, e.call("POST", "/v1/runs/b1/retry", nil))
	e.until("the retry has failed", func() bool {
		view := e.want(http.StatusOK, e.call("GET", "/v1/runs/b1", nil))
		return textAt(view, "/status") == "failed" && intAt(view, "/last_event") > intAt(failed, "/last_event")
	})
}

// A child run and its parent name each other, in views, in lists and by their events.
func TestParentAndChildAreLinked(t *testing.T) {
	e := newEngine(t)
	e.save(gateYAML)
	e.save("name: mother\nnodes: {call: {workflow: gate, with: {n: 1}, into: answer}}")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/mother/runs", `{"input":{},"run_id":"m"}`))
	e.arrived()
	var view document.Value
	e.until("the parent waits", func() bool {
		view = e.want(http.StatusOK, e.call("GET", "/v1/runs/m", nil))
		return textAt(view, "/status") == "waiting"
	})
	child := textAt(view, "/current/0/child")
	if child == "" || textAt(view, "/parent/run_id") != "" {
		t.Fatalf("the parent is %s", view)
	}
	same(t, "the child's parent", at(e.want(http.StatusOK, e.call("GET", "/v1/runs/"+child, nil)), "/parent"),
		`{"run_id":"m","node":"call","visit":1,"attempt":1}`)
	list := e.want(http.StatusOK, e.call("GET", "/v1/runs?parent=m", nil))
	if textAt(list, "/runs/0/run_id") != child || textAt(list, "/runs/0/parent") != "m" {
		t.Errorf("the parent's children are %s", list)
	}
	list = e.want(http.StatusOK, e.call("GET", "/v1/runs?workflow=mother", nil))
	if textAt(list, "/runs/0/current/0/child") != child {
		t.Errorf("the parent is listed as %s", list)
	}
	close(e.gate.open)
	e.until("the parent has ended", func() bool {
		view = e.want(http.StatusOK, e.call("GET", "/v1/runs/m", nil))
		return textAt(view, "/status") == "completed"
	})
	same(t, "the answer", at(view, "/state/answer"), `{"n":1,"begun":true,"passed":true}`)
}

// The run of a map's item says which item it is, and its parent how far the map is.
func TestItemsAndTheirRunsAreLinked(t *testing.T) {
	e := newEngine(t)
	e.save(gateYAML)
	e.save("name: mother\nnodes: {each: {map: {over: [1], workflow: gate, with: {n: \"${item}\"}}, into: answers}}")
	e.want(http.StatusAccepted, e.call("POST", "/v1/workflows/mother/runs", `{"input":{},"run_id":"m"}`))
	e.arrived()
	var view document.Value
	e.until("the parent waits", func() bool {
		view = e.want(http.StatusOK, e.call("GET", "/v1/runs/m", nil))
		return textAt(view, "/status") == "waiting"
	})
	same(t, "how far the map is", at(view, "/current/0/items"), `{"done":0,"failed":0,"open":1,"total":1}`)
	child := textAt(e.want(http.StatusOK, e.call("GET", "/v1/runs?parent=m", nil)), "/runs/0/run_id")
	same(t, "the child's parent", at(e.want(http.StatusOK, e.call("GET", "/v1/runs/"+child, nil)), "/parent"),
		`{"run_id":"m","node":"each","visit":1,"attempt":1,"item":1}`)
	close(e.gate.open)
	e.until("the parent has ended", func() bool {
		view = e.want(http.StatusOK, e.call("GET", "/v1/runs/m", nil))
		return textAt(view, "/status") == "completed"
	})
	same(t, "the answers", at(view, "/state/answers"), `[{"n":1,"begun":true,"passed":true}]`)
}
