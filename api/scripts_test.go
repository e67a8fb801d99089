package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

func TestTryingAScript(t *testing.T) {
	e := newEngine(t)
	a := e.call("POST", "/v1/scripts/try", `{"script":"console.log('adding up')\nstate.list.push(4)\nreturn {total: state.price * input.count}",
		"state":{"price":4,"list":[1,2],"big":9007199254740993},"input":{"count":3}}`)
	tried := e.want(http.StatusOK, a)
	if at(tried, "/duration_ms").IsNull() {
		t.Errorf("no duration: %s", tried)
	}
	console := at(tried, "/console")
	if console.Len() != 1 || textAt(console, "/0/text") != "adding up" || textAt(console, "/0/level") != "log" || intAt(console, "/0/line") != 1 {
		t.Errorf("the console is %s", console)
	}
	same(t, "the state", at(tried, "/state"), `{"price":4,"list":[1,2,4],"big":9007199254740993,"total":12}`)
	same(t, "what it returned", at(tried, "/returned"), `{"total":12}`)
	patch, err := document.ParsePatch([]byte(at(tried, "/patch").String()))
	if err != nil {
		t.Fatal(err)
	}
	folded, err := patch.Apply(document.MustParse(`{"price":4,"list":[1,2],"big":9007199254740993}`))
	if err != nil || !document.Equal(folded, at(tried, "/state")) {
		t.Errorf("the patch %s folds into %s, %v", patch, folded, err)
	}
	typed := e.want(http.StatusOK, e.call("POST", "/v1/scripts/try",
		`{"script":"import {twice} from '../lib/twice'\nexport default (state: any) => ({n: twice(state.n)})","file":"steps/a.ts","files":{"lib/twice.ts":"export const twice = (n: number) => 2 * n"},"state":{"n":21}}`))
	same(t, "a script with imports", at(typed, "/patch"), `[{"op":"replace","path":"/n","value":42}]`)

	nothing := e.want(http.StatusOK, e.call("POST", "/v1/scripts/try", `{"script":"","state":{}}`))
	same(t, "a script that does nothing", nothing.Without("duration_ms"), `{"state":{},"patch":[],"returned":null,"console":[]}`)
}

// TestTryingTypeScript shows that a script is told to be TypeScript, or a module, by what stands in it.
func TestTryingTypeScript(t *testing.T) {
	e := newEngine(t)
	for _, script := range []string{"const n: number = state.n\nreturn {n: n + 1}", "export default (s: {n: number}) => ({n: s.n + 1})"} {
		body := document.Object(document.Member{Key: "script", Value: document.String(script)}, document.Member{Key: "state", Value: document.MustParse(`{"n":1}`)})
		same(t, script, at(e.want(http.StatusOK, e.call("POST", "/v1/scripts/try", body.String())), "/state"), `{"n":2}`)
		e.want(http.StatusOK, e.call("POST", "/v1/scripts/check", body.Without("state").String()))
	}
	p := e.wantProblem(http.StatusUnprocessableEntity, "script-failed", e.call("POST", "/v1/scripts/check", `{"script":"import x from './lib/x'\nexport default x"}`))
	if intAt(p, "/line") != 1 || intAt(p, "/column") != 15 || !strings.Contains(textAt(p, "/detail"), "has no file lib/x") {
		t.Errorf("an import: %s", p)
	}
}

func TestTryingAScriptRefusesWhatRunsRefuse(t *testing.T) {
	e := newEngine(t)
	p := e.wantProblem(http.StatusUnprocessableEntity, "validation-failed",
		e.call("POST", "/v1/scripts/try", `{"script":"","state":{"$blob":1},"input":{"a":[{"$blob":1}]}}`))
	for i, want := range []string{"body.state /$blob", "body.input /a/0/$blob"} {
		location, pointer, _ := strings.Cut(want, " ")
		each := at(p, "/errors").At(i)
		if textAt(each, "/location") != location || !strings.Contains(textAt(each, "/message"), "at "+pointer+", is reserved") {
			t.Errorf("%s is not refused: %s", want, p)
		}
	}
	for _, script := range []string{"return {$blob: 1}", "state.a.$blob = 1", "state.a = [{$blob: 1}]"} {
		body := document.Object(document.Member{Key: "script", Value: document.String("console.log(1); " + script)},
			document.Member{Key: "state", Value: document.MustParse(`{"a":{}}`)})
		p := e.wantProblem(http.StatusUnprocessableEntity, "script-failed", e.call("POST", "/v1/scripts/try", body.String()))
		if textAt(p, "/kind") != "script_error" || !strings.Contains(textAt(p, "/detail"), "reserved") || textAt(p, "/console/0/text") != "1" {
			t.Errorf("%s: %s", script, p)
		}
	}
	// The same in runs.
	e.save("name: w\nnodes: {a: {script: 'return {a: [{$blob: 1}]}'}}\n")
	p = e.wantProblem(http.StatusUnprocessableEntity, "invalid-input", e.call("POST", "/v1/workflows/w/runs", `{"input":{"a":{"$blob":1}}}`))
	if textAt(p, "/errors/0/location") != "body.input" || !strings.Contains(textAt(p, "/detail"), "/a/$blob") {
		t.Errorf("an input: %s", p)
	}
	if view := e.run("w", `{"input":{}}`); textAt(view, "/error/kind") != "script_error" || !strings.Contains(textAt(view, "/error/message"), "reserved") {
		t.Errorf("a script of a run: %s", view)
	}
	p = e.wantProblem(http.StatusUnprocessableEntity, "invalid-input",
		e.call("POST", "/graph/run", `{"graph_id":"`+e.sample()+`","initial_state":{"a":{"$blob":1}}}`))
	if textAt(p, "/errors/0/location") != "body.initial_state" {
		t.Errorf("an initial state: %s", p)
	}
}

func TestScriptsThatFail(t *testing.T) {
	e := newEngine(t)
	for script, want := range map[string]struct {
		kind string
		line int64
	}{
		"const a = 1\nreturn {a: }":                              {"script_error", 2},
		"const a = 1\nthrow new Error('no')":                     {"script_error", 2},
		"throw {toString() { throw 1 }}":                         {"script_error", 0},
		"while (true) {}":                                        {"timeout", 0},
		"function f() { f() }\nf()":                              {"script_limit", 0},
		"const a = {}; a.a = a; return a":                        {"script_error", 0},
		"return {f() {}}":                                        {"script_error", 0},
		"return {n: state.big + 0}":                              {"inexact_number", 0},
		"const x = 'x'.repeat(1000000); return {a: x, b: x}":     {"output_too_large", 0},
		"console.log('before'); null.x":                          {"script_error", 1},
		"/*" + strings.Repeat("x", 300_000) + "*/ return {a: 1}": {"script_limit", 0},
	} {
		if want.kind == "timeout" && testing.Short() {
			continue
		}
		body := document.Object(document.Member{Key: "script", Value: document.String(script)},
			document.Member{Key: "state", Value: document.MustParse(`{"big":9007199254740993}`)})
		p := e.wantProblem(http.StatusUnprocessableEntity, "script-failed", e.call("POST", "/v1/scripts/try", body.String()))
		name := script[:min(len(script), 40)]
		if got := textAt(p, "/kind"); got != want.kind {
			t.Errorf("%q: kind %s, want %s: %s", name, got, want.kind, textAt(p, "/detail"))
		}
		if line := intAt(p, "/line"); want.line != 0 && line != want.line {
			t.Errorf("%q: line %d, want %d", name, line, want.line)
		}
		if strings.HasPrefix(script, "console") && textAt(p, "/console/0/text") != "before" {
			t.Errorf("%q: the console is lost: %s", name, p)
		}
	}
	e.want(http.StatusOK, e.call("GET", "/readyz", nil))
}

// TestTryingAScriptInAProcess tries one that would take the server with it, and one that does what it does anywhere.
func TestTryingAScriptInAProcess(t *testing.T) {
	e := newEngine(t)
	verbose := func() document.Value { return e.want(http.StatusOK, e.call("GET", "/readyz?verbose", nil)) }
	if before := verbose(); textAt(before, "/scripts") != "in-process" || textAt(before, "/checks/script processes") != "none was started yet" {
		t.Errorf("before: %s", before)
	}
	try := func(script string) answer {
		return e.call("POST", "/v1/scripts/try", document.Object(document.Member{Key: "script", Value: document.String(script)},
			document.Member{Key: "state", Value: document.MustParse(`{"n":1}`)}, document.Member{Key: "isolation", Value: document.String("process")}).String())
	}
	p := e.wantProblem(http.StatusUnprocessableEntity, "script-failed", try(`return 'x'['rep' + 'eat'](2 ** 40)`))
	if textAt(p, "/kind") != scripts.KindLimit || intAt(p, "/line") != 1 {
		t.Errorf("a bomb: %s", p)
	}
	tried := e.want(http.StatusOK, try(`console.log(state); state.n += 1; return {m: 2}`))
	same(t, "the state", at(tried, "/state"), `{"m":2,"n":2}`)
	same(t, "the console", at(tried, "/console"), `[{"level":"log","text":"{\"n\":1}","line":1,"column":12}]`)
	e.wantMetrics(`weir_script_processes_ended_total{reason="memory"} 1`, `weir_script_processes_ended_total{reason="deadline"} 0`,
		`weir_script_processes{state="idle"} 1`, `weir_script_process_waiting 0`, `weir_script_process_replays_total 0`)
	if after := textAt(verbose(), "/checks/script processes"); after != "ok" && !strings.HasPrefix(after, "without ") {
		t.Errorf("afterwards they are %q", after)
	}
}

func TestCheckingAScript(t *testing.T) {
	e := newEngine(t)
	same(t, "a body", e.want(http.StatusOK, e.call("POST", "/v1/scripts/check", `{"script":"return 1"}`)), `{"ok":true,"warnings":[]}`)
	same(t, "an expression", e.want(http.StatusOK, e.call("POST", "/v1/scripts/check", `{"script":"state.a > 1","as":"expression"}`)), `{"ok":true,"warnings":[]}`)
	same(t, "one that is odd", e.want(http.StatusOK, e.call("POST", "/v1/scripts/check",
		`{"script":"import {twice} from '../lib/twice'\nexport default (state) => ({n: twice(state.n), m: Mth.max(1, 2)})","file":"steps/a.ts","files":{"lib/twice.ts":"export const twice = (n: number) => {\n  return fetch(n)\n}"}}`)),
		`{"ok":true,"warnings":[`+
			"{\"message\":\"nothing is called `Mth` here\",\"code\":\"unknown_name\",\"file\":\"steps/a.ts\",\"line\":2,\"column\":51,\"hint\":\"did you mean `Math`?\"},"+
			"{\"message\":\"nothing is called `fetch` here\",\"code\":\"unknown_name\",\"file\":\"lib/twice.ts\",\"line\":2,\"column\":10,\"hint\":\"a script has no network; call a tool such as http.request\"}]}")
	same(t, "a condition", at(e.want(http.StatusOK, e.call("POST", "/v1/scripts/check", `{"script":"state.a = 1","as":"expression"}`)), "/warnings/0/code"),
		`"assignment_in_condition"`)
	for _, body := range []string{`{"script":"if (x {\n}"}`, `{"script":"return 1","as":"expression"}`} {
		p := e.wantProblem(http.StatusUnprocessableEntity, "script-failed", e.call("POST", "/v1/scripts/check", body))
		if intAt(p, "/line") != 1 || intAt(p, "/column") == 0 || textAt(p, "/kind") != "script_error" {
			t.Errorf("%s: %s", body, p)
		}
	}
	e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", "/v1/scripts/check", `{"code":"x"}`))
	e.wantProblem(http.StatusUnprocessableEntity, "validation-failed", e.call("POST", "/v1/scripts/try", `{"script":"","state":{},"isolation":"cell"}`))
}

func TestListingTools(t *testing.T) {
	e := newEngine(t)
	var names []string
	for _, tool := range at(e.want(http.StatusOK, e.call("GET", "/v1/tools", nil)), "/tools").Items() {
		names = append(names, textAt(tool, "/name"))
		if textAt(tool, "/description") == "" {
			t.Errorf("without description: %s", tool)
		}
		if kinds := at(tool, "/kinds").String(); textAt(tool, "/name") == "http.request" && kinds != `["http_status","address_refused"]` || kinds == "null" {
			t.Errorf("%s has the kinds %s", textAt(tool, "/name"), kinds)
		}
	}
	list := " " + strings.Join(names, " ") + " "
	for _, name := range []string{"http.request", "code.functions", "classic.map.extract", "classic.list.evaluate_quality"} {
		if !strings.Contains(list, " "+name+" ") {
			t.Errorf("%s is not listed: %s", name, list)
		}
	}
}
