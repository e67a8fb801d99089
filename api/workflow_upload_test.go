package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	scoredYAML = "name: scored\nnodes:\n  score: {script_file: lib/score.js}\n"
	scoreJS    = "const n = state.issues.length\nreturn {score: 100 - 10 * n}\n"
)

func TestSavingAWorkflowWithFiles(t *testing.T) {
	e := newEngine(t)
	files := map[string]string{"lib/score.js": scoreJS}
	asYAML := "source: |\n  " + strings.ReplaceAll(strings.TrimSpace(scoredYAML), "\n", "\n  ") +
		"\nfiles:\n  lib/score.js: |\n    " + strings.ReplaceAll(strings.TrimSpace(scoreJS), "\n", "\n    ") + "\n"
	const object = `{"name":"scored", "nodes":{"score":{"script_file":"lib/score.js"}}}`
	for i, each := range []struct {
		body           any
		status         int
		format, source string
	}{
		{map[string]any{"source": scoredYAML, "files": files}, http.StatusCreated, "yaml", scoredYAML},
		{map[string]any{"source": scoredYAML, "format": "yaml", "files": files}, http.StatusOK, "yaml", scoredYAML},
		{yaml(asYAML), http.StatusOK, "yaml", scoredYAML},
		{`{"files":{"lib/score.js":` + quoted(scoreJS) + `},"source":` + object + `}`, http.StatusCreated, "json", object},
		{map[string]any{"source": object, "files": files}, http.StatusOK, "json", object},
	} {
		saved := e.want(each.status, e.call("POST", "/v1/workflows", each.body))
		view := e.want(http.StatusOK, e.call("GET", "/v1/workflows/scored", nil))
		if textAt(view, "/source") != each.source || textAt(view, "/format") != each.format || textAt(view, "/files/lib~1score.js") != scoreJS {
			t.Errorf("save %d is kept as %s", i, view)
		}
		if at(saved, "/warnings").Len() != 0 || textAt(saved, "/digest") != textAt(view, "/digest") {
			t.Errorf("save %d was answered %s", i, saved)
		}
		// What is read can be saved again.
		e.want(http.StatusOK, e.call("POST", "/v1/workflows", map[string]any{"source": textAt(view, "/source"), "format": textAt(view, "/format"), "files": files}))
	}
	if score := intAt(e.run("scored", `{"input":{"issues":[1,2]}}`), "/state/score"); score != 80 {
		t.Errorf("the score is %d", score)
	}
	e.restart()
	if score := intAt(e.run("scored", `{"input":{"issues":[]}}`), "/state/score"); score != 100 {
		t.Errorf("after a restart the score is %d", score)
	}
	files["lib/score.js"] = "return {score: 1}"
	e.want(http.StatusCreated, e.call("POST", "/v1/workflows", map[string]any{"source": scoredYAML, "files": files}))
	files["left.js"] = "1"
	saved := e.want(http.StatusCreated, e.call("POST", "/v1/workflows", map[string]any{"source": scoredYAML, "files": files}))
	if textAt(saved, "/warnings/0/code") != "no_effect" || textAt(saved, "/warnings/0/file") != "left.js" {
		t.Errorf("a file that nothing names: %s", saved)
	}
}

func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// Everything that is wrong comes at once: with the bundle, with the workflow in it and with its files, each at
// its place.
func TestMistakesOfAWorkflowWithFiles(t *testing.T) {
	e := newEngine(t)
	const source = "name: bad\nstart: a\nnodes:\n  a: {script_file: a.js}\n  b: {script_file: ../b.js}\n  c: code.function\nedges: {a: b, b: c}\n"
	for _, c := range []struct {
		what string
		body any
		want string
	}{
		{
			"in JSON", `{"source":` + quoted(source) + `,
  "fils": {}, "files": {"a.js": "const a = 1\nreturn {a: }", "../b.js": "1", "c.js": 3}}`, `
body.fils bundle.json:2:3 unknown_key
body.files["c.js"] bundle.json:2:86 wrong_type
body.source.nodes.b.script_file workflow.yaml:5:20 invalid_value
body.source.nodes.c workflow.yaml:6:6 unknown_tool
body.files["../b.js"] ../b.js:0:0 invalid_value
body.files["a.js"] a.js:2:12 script_error`,
		},
		{
			"an object", `{"files": {"a.js": "return 1"},
  "source": {"name": "bad",
    "nodes": {"a": {"script_file": "b.js"}}}}`, `
body.source.nodes.a.script_file workflow.json:2:36 unknown_file`,
		},
		{"in YAML", yaml("files:\n  a.js: |\n    return {a: }\nsource: |\n  name: bad\n  nodes:\n    a: {script_file: a.js}\n    b: a b\n"), `
body.source.start workflow.yaml:1:1 start
body.source.nodes.b workflow.yaml:4:6 unknown_tool
body.files["a.js"] a.js:1:12 script_error`},
		{"without a workflow", `{"files":{"a.js":"1"}}`, `
body.source bundle.json:1:1 missing`},
		{"an unreadable workflow", `{"source":"name: [","files":{"a.js":"1"}}`, `
body.source workflow.yaml:1:7 syntax`},
		{"a name of the classic API", `{"source":"name: classic-1\nnodes: {a: {set: {n: 1}}}"}`, `
body.source.name :0:0 `},
	} {
		t.Run(c.what, func(t *testing.T) {
			p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/v1/workflows", c.body))
			var got strings.Builder
			for _, each := range at(p, "/errors").Items() {
				fmt.Fprintf(&got, "\n%s %s:%d:%d %s", textAt(each, "/location"), textAt(each, "/file"), intAt(each, "/line"), intAt(each, "/column"), textAt(each, "/code"))
			}
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Errorf("-want +got:\n%s\n%s", diff, p)
			}
		})
	}
	many := map[string]string{}
	for i := range 200 {
		many[fmt.Sprintf("%d.js", i)] = "1"
	}
	p := e.want(http.StatusUnprocessableEntity, e.call("POST", "/v1/workflows", map[string]any{"source": scoredYAML, "files": many}))
	if textAt(p, "/errors/0/location") != "body.files" || textAt(p, "/errors/0/code") != "too_large" {
		t.Errorf("too many files: %s", p)
	}
}
