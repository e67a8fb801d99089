package rehearsal_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/rehearsal"
	"github.com/weirflow/weir/scripts"
)

// TestMismatches carries out tests, of which each has what does not come as it expects, one a line.
func TestMismatches(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	for _, c := range []struct {
		name, flow, test string
		want             []string
	}{
		{"branches end in the order of what their calls take", `
nodes:
  begin: {set: {x: 1}}
  a: {tool: http.request, with: {url: a}, into: a}
  b: {tool: http.request, with: {url: b}, into: b}
  c: {script: "return {c: 1}"}
  join: {set: {y: 1}}
edges: {begin: [a, b, c], a: join, b: join, c: join}
`, `
nodes: {a: {takes: 2s, returns: {status: 200}}, b: {takes: 1s, returns: {status: 200}}}
expect: {path: [begin, c, b, a, join], duration: 2s}
`, nil},
		{"a path with gaps", `
nodes: {a: {set: {}}, b: {set: {}}, c: {set: {}}, d: {set: {}}}
edges: {a: b, b: c, c: d}
`, `expect: {path: [a, ..., c, ...]}`, nil},
		{"a path that does not fit", `
nodes: {a: {set: {}}, b: {set: {}}}
edges: {a: b}
`, `expect: {path: [[a, b], ..., a]}`, []string{"path: expected (a, b) → … → a, got a → b"}},
		{"a wait that nothing ends", "nodes: {ask: {wait: approve}}", "expect: {status: waiting, path: []}", nil},
		{"a wait that a limit ends", "nodes: {ask: {wait: approve}}\nlimits: {duration: 2h}", "expect: {error: {kind: duration_limit}, duration: 2h}", nil},
		{"what comes goes before what is due", "nodes: {ask: {wait: approve, timeout: 1m}}", `
signals: [{name: approve, when: ask, after: 1m}]
expect: {duration: 1m}
`, nil},
		{"a limit of calls whose key cannot be had", "nodes: {a: {tool: http.request, with: {url: x}, limit: {concurrency: 1, key: '${state.x.y}'}}}", `
tools: {http.request: {returns: {}}}
expect: {error: {kind: script_error, node: a}}
`, nil},
		{"no wait where one is expected", "nodes: {a: {set: {}}}", "expect: {status: waiting}", []string{"status: expected waiting, got completed"}},
		{"a signal that is refused", "signals: {approve: {schema: {type: object}}}\nnodes: {ask: {wait: approve, into: v, timeout: 1s, catch: $end}}", `
signals: [{name: approve, payload: 1, when: ask}, {name: other, at: 500ms}, {name: approve, at: 3s}]
`, []string{
			`signals: signal approve, at line 4, is refused: the payload is not what signal "approve" takes: must be an object, not a number`,
			`signals: signal other, at line 4, is refused: workflow flow has no signal "other"; it has approve`,
			"signals: signal approve, at line 4, never came: the run had ended before",
		}},
		{"signals of the same node come one a visit", `
start: ask
nodes: {ask: {wait: next, into: n}}
edges: {ask: [{when: "state.n < 3", to: ask}]}
`, `
signals: [{name: next, payload: 1, when: ask}, {name: next, payload: 3, when: ask, after: 1m}]
expect: {visits: {ask: 2}, duration: 1m}
`, nil},
		{"a call beyond the answers", "nodes: {a: {map: {over: [1, 2], node: {tool: http.request, with: {url: x}}}}}", `
tools: {http.request: [{returns: {status: 200}}]}
`, []string{`calls: node a calls http.request with {"url":"x"}, for which the test has no answer left: it has 1, under tools.http.request`}},
		{"a pure tool is answered for where the test says so", "nodes: {a: {tool: code.issues, with: {files: []}, into: a}}", `
tools: {code.issues: {takes: 3s, returns: {issues: []}}}
expect: {state: {a: {issues: []}}, duration: 3s}
`, nil},
		{"arguments that the tool refuses are no call", "nodes: {a: {tool: http.request, with: {url: '${state.url}'}}}", `
tools: {http.request: [{returns: {status: 200}}]}
expect: {error: {kind: tool_input}}
`, []string{"calls tools.http.request: expected 1 call, got 0 calls"}},
		{"a child run that is in no file", "nodes: {a: {workflow: other}}", "input: {}", []string{
			"calls: node a runs workflow other, which is in no file here; name its file under `also`, or write workflows: {other: {returns: …}}",
		}},
		{"child runs that are answered for", "nodes: {a: {map: {over: [1, 2, 3], workflow: other, with: {n: '${item}'}, on_error: collect}, into: a}}", `
workflows: {other: [{expect: {n: 1}, returns: {x: 1}, takes: 2s}, {fails: {kind: timeout, message: slow}}, {expect: {n: 4}}]}
expect: {state: {a: [{value: {x: 1}}, {error: {kind: child_failed}}, {value: {}}]}, duration: 2s}
`, []string{"calls workflows.other, call 3, input/n: expected 4, got 3"}},
		{"an error that is another", "nodes: {a: {script: 'throw new Error(\"no\")'}}", "expect: {error: {kind: timeout, node: a, message: yes}}", []string{
			"error kind: expected timeout, got script_error", "error message: expected yes, got Error: no",
		}},
		{"a run that fails where it should not", "nodes: {a: {script: 'throw new Error(\"no\")'}}", "input: {}", []string{
			"status: expected completed, got failed at a, script_error: Error: no (flow.yaml:2:28)",
		}},
		{"events and lines in another order", "nodes: {a: {script: 'console.log(1); console.log(2)'}, b: {set: {}}}\nedges: {a: b}", `
expect: {events: [{type: NodeStarted, node: b}, {type: NodeStarted, node: a}], console: ["2", "1"]}
`, []string{
			`events [1]: expected {"node":"a","type":"NodeStarted"}, got no such event behind event 6`, "console [1]: expected 1, got no line",
		}},
		{"a state that is another", "nodes: {a: {set: {x: {y: [1, 2], z: 1}}}}", "input: {i: 1}\nexpect: {state: {x: {y: [1, 3, 4]}}, state_is: {x: {y: [1, 2], z: 1.0}}}", []string{
			"state /x/y/1: expected 3, got 2", "state /x/y/2: expected 4, got nothing", "state /i: expected nothing, got 1",
		}},
		{"an input that no run takes", "nodes: {a: {set: {}}}", "input: {$blob: 1}", []string{`input: invalid input: the key "$blob", at /$blob, is reserved; take another name`}},
		{"an input that the workflow does not take", "state: {n: {schema: {type: integer}}}\nnodes: {a: {set: {}}}", "input: {n: one}", []string{
			"input: invalid input: it is not what workflow flow takes: /n: must be a whole number, not a text",
		}},
		{"a run that goes around for ever", "start: a\nnodes: {a: {set: {}}}\nedges: {a: {when: 'true', to: a}}\nlimits: {steps: 100}", "expect: {error: {kind: step_limit}, visits: {a: 100}}", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scenario{sources: []string{"name: flow\n" + c.flow}}
			test := cast(t, "tests:\n- name: x\n  "+strings.ReplaceAll(c.test, "\n", "\n  "))[0]
			play := rehearsal.Play{Definition: s.definition(t, engine, 0), Workflow: s.find(t, engine), Test: test}
			result, err := company(t, engine).Rehearse(t.Context(), play)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range result.Mismatches {
				got = append(got, m.String())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s\n%s", diff, strings.Join(told(result.Run.Events), "\n"))
			}
			again, err := company(t, engine).Rehearse(t.Context(), play)
			if diff := cmp.Diff(told(result.Run.Events), told(again.Run.Events)); err != nil || diff != "" {
				t.Errorf("a second time: %v\n%s", err, diff)
			}
		})
	}
}

func TestRehearsalEndsWithItsContext(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	s := scenario{sources: []string{"name: flow\nstart: a\nnodes: {a: {script: 'while (true) {}'}}"}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	play := rehearsal.Play{Definition: s.definition(t, engine, 0), Workflow: s.find(t, engine), Test: cast(t, "tests: [{name: x}]")[0]}
	if _, err := company(t, engine).Rehearse(ctx, play); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCoverage(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	s := scenario{sources: []string{`
name: flow
start: a
nodes:
  a: {script: "state.n = (state.n ?? 0) + 1; if (input.fail) throw new Error('x')", catch: [{on: script_error, to: c}, {to: $fail}]}
  b: {set: {b: 1}, compensate: {set: {b: 0}}}
  c: {set: {c: 1}}
edges:
  a: [{when: "state.n < 9 && input.loop", to: a, max: 2, exhausted: c}, {when: input.b, to: b}]
  b: c
`}}
	d := s.definition(t, engine, 0)
	c := rehearsal.NewCoverage(d)
	for _, step := range []struct {
		input   string
		percent int
		missing string
	}{
		{"{b: true}", 50, "b.compensate; a → a when state.n < 9 && input.loop; a → c after 2 rounds; a → $end when nothing else holds; a → c on script_error"},
		{"{loop: true}", 70, "b.compensate; a → $end when nothing else holds; a → c on script_error"},
		{"{}", 80, "b.compensate; a → c on script_error"},
		{"{fail: true}", 90, "b.compensate"},
	} {
		result, err := company(t, engine).Rehearse(t.Context(), rehearsal.Play{Definition: d, Test: cast(t, "tests: [{name: x, input: "+step.input+"}]")[0]})
		if err != nil || !result.Passed() {
			t.Fatal(err, result.Mismatches)
		}
		c.Add(result.Run.Events)
		_, _, nodes := c.Nodes()
		_, _, edges := c.Edges()
		if missing := strings.Join(append(nodes, edges...), "; "); missing != step.missing || c.Percent() != step.percent {
			t.Errorf("after %s: %d, missing %s", step.input, c.Percent(), missing)
		}
	}
}
