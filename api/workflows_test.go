package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore/document"
)

const helloYAML = `name: hello
start: greet
nodes:
  greet: {script: "return {greeting: 'Hello, ' + input.name + '!'}"}
  count: {set: {letters: "${state.greeting.length}"}}
edges:
  greet: count
`

func TestSavingAWorkflow(t *testing.T) {
	e := newEngine(t)
	first := e.call("POST", "/v1/workflows", yaml(helloYAML))
	saved := e.want(http.StatusCreated, first)
	digest := textAt(saved, "/digest")
	same(t, "the first save", saved, `{"name":"hello","revision":1,"digest":"`+digest+`","warnings":[]}`)
	if got := first.header.Get("ETag"); got != `"`+digest+`"` {
		t.Errorf("ETag %s, want the quoted digest %s", got, digest)
	}
	if got := first.header.Get("Location"); got != "/v1/workflows/hello" {
		t.Errorf("Location %s", got)
	}
	again := e.want(http.StatusOK, e.call("POST", "/v1/workflows", yaml(helloYAML)))
	if !document.Equal(saved, again) {
		t.Errorf("the same content again gave %s, the first time %s", again, saved)
	}
	for _, contentType := range []string{"application/yaml; charset=utf-8", "text/yaml", "application/x-yaml"} {
		e.want(http.StatusOK, e.call("POST", "/v1/workflows", helloYAML, "Content-Type", contentType))
	}
	asJSON := e.want(http.StatusCreated, e.call("POST", "/v1/workflows", `{"name":"hello","nodes":{"one":{"set":{"n":1}}}}`))
	if got := intAt(asJSON, "/revision"); got != 2 {
		t.Errorf("revision %d of the JSON, want 2", got)
	}
	view := e.want(http.StatusOK, e.call("GET", "/v1/workflows/hello?revision=1", nil))
	if textAt(view, "/source") != helloYAML || textAt(view, "/format") != "yaml" || textAt(view, "/start") != "greet" {
		t.Errorf("revision 1 reads %s", view)
	}
	same(t, "the nodes", at(view, "/nodes"), `[{"name":"greet","kind":"script"},{"name":"count","kind":"set"}]`)
	if byDigest := e.want(http.StatusOK, e.call("GET", "/v1/workflows/hello?revision="+digest, nil)); !document.Equal(byDigest, view) {
		t.Errorf("by digest %s, by number %s", byDigest, view)
	}
	revisions := e.want(http.StatusOK, e.call("GET", "/v1/workflows/hello/revisions?limit=1", nil))
	if intAt(revisions, "/revisions/0/revision") != 2 {
		t.Errorf("the newest revision is not first: %s", revisions)
	}
	older := e.want(http.StatusOK, e.call("GET", "/v1/workflows/hello/revisions?limit=1&cursor="+textAt(revisions, "/next_cursor"), nil))
	if intAt(older, "/revisions/0/revision") != 1 || textAt(older, "/next_cursor") != "" {
		t.Errorf("the second page: %s", older)
	}
}

func TestPreconditionsOfASave(t *testing.T) {
	e := newEngine(t)
	e.want(http.StatusPreconditionFailed, e.call("POST", "/v1/workflows", yaml(helloYAML), "If-Match", "*"))
	first := e.call("POST", "/v1/workflows", yaml(helloYAML), "If-None-Match", "*")
	e.want(http.StatusCreated, first)
	tag := first.header.Get("ETag")
	changed := yaml(strings.Replace(helloYAML, "Hello", "Good day", 1))
	p := e.want(http.StatusPreconditionFailed, e.call("POST", "/v1/workflows", changed, "If-None-Match", "*"))
	if textAt(p, "/type") != "/docs/problems#precondition-failed" {
		t.Errorf("the problem is %s", p)
	}
	e.want(http.StatusPreconditionFailed, e.call("POST", "/v1/workflows", changed, "If-Match", `"sha256:00"`))
	e.want(http.StatusCreated, e.call("POST", "/v1/workflows", changed, "If-Match", `"other", `+tag))
	e.want(http.StatusPreconditionFailed, e.call("POST", "/v1/workflows", yaml(helloYAML), "If-Match", tag))

	read := e.call("GET", "/v1/workflows/hello", nil)
	e.want(http.StatusOK, read)
	unchanged := e.call("GET", "/v1/workflows/hello", nil, "If-None-Match", "W/"+read.header.Get("ETag"))
	if unchanged.status != http.StatusNotModified || unchanged.text != "" {
		t.Errorf("a current copy was answered %d %q", unchanged.status, unchanged.text)
	}
	e.want(http.StatusOK, e.call("GET", "/v1/workflows/hello", nil, "If-None-Match", tag))
}

func TestListingWorkflows(t *testing.T) {
	e := newEngine(t)
	for _, name := range []string{"b", "a", "c"} {
		e.save("name: " + name + "\nlabels: {team: " + name + "}\nnodes: {one: {set: {n: 1}}}\n")
	}
	var names []string
	for cursor := ""; ; {
		page := e.want(http.StatusOK, e.call("GET", "/v1/workflows?limit=2&cursor="+cursor, nil))
		for _, w := range at(page, "/workflows").Items() {
			names = append(names, textAt(w, "/name")+"="+textAt(w, "/labels/team"))
		}
		if cursor = textAt(page, "/next_cursor"); cursor == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "a=a b=b c=c" {
		t.Errorf("listed %s", got)
	}
	for _, path := range []string{"/v1/workflows?cursor=x", "/v1/workflows/a/revisions?cursor=cnVuczox"} {
		if p := e.want(http.StatusBadRequest, e.call("GET", path, nil)); textAt(p, "/type") != "/docs/problems#invalid-cursor" {
			t.Errorf("%s: %s", path, p)
		}
	}
}

func TestMistakesOfAWorkflowComeAllAtOnce(t *testing.T) {
	e := newEngine(t)
	source := `name: shop
start: extract
nodes:
  extract: code.function
  score: {script: "return {a: }"}
edges:
  extract: scoer
  score: [extract, {to: $end}]
`
	a := e.call("POST", "/v1/workflows", yaml(source))
	p := e.want(http.StatusUnprocessableEntity, a)
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %s", got)
	}
	if textAt(p, "/type") != "/docs/problems#invalid-workflow" || intAt(p, "/status") != 422 {
		t.Errorf("the problem is %s", p)
	}
	found := map[string]document.Value{}
	for _, each := range at(p, "/errors").Items() {
		found[textAt(each, "/code")] = each
		if intAt(each, "/line") == 0 || intAt(each, "/column") == 0 || textAt(each, "/file") != "workflow.yaml" {
			t.Errorf("without a place: %s", each)
		}
	}
	for code, want := range map[string]struct {
		line int64
		path string
	}{
		"unknown_tool": {4, "nodes.extract"}, "script_error": {5, "nodes.score.script"},
		"unknown_node": {7, "edges.extract"}, "mixed_list": {8, "edges.score"},
	} {
		each, ok := found[code]
		if !ok {
			t.Errorf("no error says %s: %s", code, a.text)
			continue
		}
		if intAt(each, "/line") != want.line || !strings.HasPrefix(textAt(each, "/path"), want.path) {
			t.Errorf("%s is at line %d, path %s; want line %d, path %s", code, intAt(each, "/line"), textAt(each, "/path"), want.line, want.path)
		}
		if textAt(each, "/location") != "body."+textAt(each, "/path") {
			t.Errorf("location %s of path %s", textAt(each, "/location"), textAt(each, "/path"))
		}
	}
	if hint := textAt(found["unknown_tool"], "/hint"); !strings.Contains(hint, "code.functions") {
		t.Errorf("the near match is not named: %q", hint)
	}
	e.want(http.StatusNotFound, e.call("GET", "/v1/workflows/shop", nil))
}

func TestNamesOfGraphsAreReserved(t *testing.T) {
	e := newEngine(t)
	p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/v1/workflows", `{"name":"classic-7","nodes":{"one":{"set":{"n":1}}}}`))
	if textAt(p, "/type") != "/docs/problems#reserved-name" {
		t.Errorf("the problem is %s", p)
	}
	e.want(http.StatusCreated, e.call("POST", "/v1/workflows", `{"name":"classic-music","nodes":{"one":{"set":{"n":1}}}}`))
}

func TestAWorkflowWhoseToolIsGoneCanBeRead(t *testing.T) {
	e := newEngine(t)
	spare := failTool()
	spare.Name = "test.spare"
	e.more = []tools.Tool{spare}
	e.restart()
	e.save("name: spare\nnodes: {one: test.spare}\n")
	e.more = nil
	e.restart()
	view := e.want(http.StatusOK, e.call("GET", "/v1/workflows/spare", nil))
	if !strings.Contains(textAt(view, "/source"), "test.spare") || textAt(view, "/warnings/0/code") != "unknown_tool" {
		t.Errorf("the workflow reads %s", view)
	}
	e.want(http.StatusOK, e.call("GET", "/v1/workflows", nil))
	e.wantProblem(http.StatusUnprocessableEntity, "invalid-workflow", e.call("POST", "/v1/workflows/spare/runs", `{"input":{}}`))
	e.wantProblem(http.StatusUnprocessableEntity, "invalid-workflow", e.call("GET", "/v1/workflows/spare/diagram", nil))
}

func TestDiagrams(t *testing.T) {
	e := newEngine(t)
	e.save(`name: loop
start: work
nodes:
  work: code.issues
  score: {script: "return {n: (state.n || 0) + 1}", catch: [{on: [script_error, timeout], to: rest}]}
  rest: {sleep: 10ms, compensate: code.issues}
edges:
  work: score
  score:
    - {when: 'state.n < 3 && state.name !== "a<b"', to: work, max: 5, exhausted: $fail}
    - {to: $end}
`)
	for _, format := range []string{"mermaid", "dot"} {
		a := e.call("GET", "/v1/workflows/loop/diagram?format="+format, nil)
		if a.status != http.StatusOK || !strings.Contains(a.header.Get("Content-Type"), "charset=utf-8") {
			t.Fatalf("%s: %d %s: %s", format, a.status, a.header.Get("Content-Type"), a.text)
		}
		golden(t, "diagram."+format, a.text)
	}
	if a := e.call("GET", "/v1/workflows/loop/diagram", nil); !strings.HasPrefix(a.text, "flowchart") {
		t.Errorf("the default is not mermaid: %s", a.text)
	}
	for _, format := range []string{"svg", "png"} {
		p := e.want(http.StatusBadRequest, e.call("GET", "/v1/workflows/loop/diagram?format="+format, nil))
		if textAt(p, "/type") != "/docs/problems#unsupported-format" {
			t.Errorf("%s: %s", format, p)
		}
	}
	e.want(http.StatusNotFound, e.call("GET", "/v1/workflows/none/diagram", nil))
}
