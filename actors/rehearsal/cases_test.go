package rehearsal_test

import (
	"testing"

	"github.com/weirflow/weir/actors/workflow"
)

// ownCases go through what the examples do not.
func ownCases(t *testing.T) []scenario {
	t.Helper()
	all := []scenario{
		{name: "a run that fails while a call is made", sources: []string{`
name: torn
start: begin
nodes:
  begin: {set: {n: 1}}
  slow: {tool: http.request, with: {url: "http://a"}, into: page, compensate: {set: {undone: true}}}
  wrong: {sleep: 1s, compensate: {set: {woken: true}}}
  stop: {script: "throw new Error('stop')"}
edges: {begin: [slow, wrong], wrong: stop}
`}, tests: cast(t, `
tests:
  - name: the call is cut short, and what was done is taken back
    tools: {http.request: {takes: 10s, returns: {status: 200}}}
    expect: {error: {node: stop}, path: [begin, wrong, stop, wrong.compensate]}
  - name: what had completed is taken back, too
    tools: {http.request: {returns: {status: 200}}}
    expect: {error: {node: stop}, path: [begin, slow, wrong, stop, wrong.compensate, slow.compensate]}
`)},
		{name: "limits", sources: []string{`
name: limits
start: call
limits: {duration: 1m}
nodes:
  call: {tool: http.request, with: {url: "http://a"}, into: page, timeout: 40s, retry: {max: 5, initial: 1s}}
`}, tests: cast(t, `
tests:
  - name: the run's time is up during a call
    tools: {http.request: {takes: 50s}}
    expect: {error: {kind: duration_limit}, duration: 1m}
`)},
		{name: "a child that is cancelled with its parent", sources: []string{`
name: parent
nodes:
  call: {workflow: child, into: child, timeout: 1h}
`, `
name: child
nodes:
  wait: {wait: never}
`}, tests: cast(t, `
tests:
  - name: by somebody
    cancel: {when: call, after: 1m, by: ada, reason: enough}
    expect: {status: cancelled, duration: 1m}
  - name: because its time is up
    expect: {error: {kind: timeout}, duration: 1h}
`)},
		{name: "a child that is cancelled before compensations", sources: []string{`
name: parent
start: begin
nodes:
  begin: {set: {begun: true}, compensate: {set: {begun: false}}}
  call: {workflow: child, into: child}
edges: {begin: call}
`, `
name: child
nodes:
  wait: {sleep: 2h}
`}, tests: cast(t, `
tests:
  - name: by somebody
    cancel: {when: call, after: 1m}
    expect: {status: cancelled, path: [begin, begin.compensate], state: {begun: false}, duration: 1m}
`)},
		{name: "a map beside a run that fails", sources: []string{`
name: beside
start: begin
nodes:
  begin: {set: {begun: true}, compensate: {set: {begun: false}}}
  stop: {script: "throw new Error('stop')"}
  scripts: {map: {over: [1, 2, 3], node: {script: "return item"}}}
  calls: {map: {over: [1, 2, 3], node: {tool: http.request, with: {url: "http://a"}}, concurrency: 2}}
  children: {map: {over: [1, 2, 3], workflow: child, concurrency: 2}}
edges: {begin: [stop, scripts, calls, children]}
`, `
name: child
nodes:
  wait: {wait: never}
`}, tests: cast(t, `
tests:
  - name: ends with it
    tools: {http.request: {takes: 3s, returns: {}}}
    expect: {error: {node: stop}, path: [begin, stop, begin.compensate], state: {begun: false}, duration: 0s}
`)},
		{name: "a map that is cancelled", sources: []string{`
name: items
nodes:
  each: {map: {over: [1, 2, 3], node: {tool: http.request, with: {url: "http://a"}, retry: {max: 2}}, concurrency: 1}}
`}, tests: cast(t, `
tests:
  - name: while its second item is under way
    tools: {http.request: [{returns: {}}, {fails: once, takes: 1s}, {takes: 3s, returns: {}}]}
    cancel: {at: 4s}
    expect: {status: cancelled, path: [], duration: 4s}
`)},
		{name: "a map of child runs", sources: []string{`
name: many
nodes:
  each: {map: {over: "${input.list}", workflow: one, concurrency: 2, on_error: collect}, into: all}
`, `
name: one
start: look
nodes:
  look: {script: "if (state.item === 2) throw new Error('two')"}
  rest: {sleep: 1s}
edges: {look: rest}
`}, tests: cast(t, `
tests:
  - name: one fails
    input: {list: [{item: 1}, {item: 2}, {item: 3}]}
    expect: {visits: {each: 1}}
`)},
		{name: "a durable script", sources: []string{`
name: journal
start: order
nodes:
  order:
    timeout: 1h
    retry: {max: 2, initial: 10s}
    script: |
      export default async (state, ctx) => {
        const {body} = await ctx.tool('http.request', {url: 'http://a'}, {timeout: '5s', retry: {max: 2}})
        console.log(ctx.now, body, ctx.random())
        const {n} = await ctx.signal('go', {timeout: '1m'})
        await ctx.sleep('1m')
        if (n < 0) throw new Error('less than nothing')
        return {n, at: ctx.now, attempt: ctx.attempt}
      }
`}, tests: cast(t, `
tests:
  - name: goes on after each call
    tools: {http.request: [{takes: 6s, returns: {}}, {takes: 2s, returns: {body: here}}]}
    signals: [{name: go, payload: {n: 3}, when: order, after: 30s}]
    expect: {state: {n: 3}, duration: 1m30s}
  - name: fails by a call, and makes that again
    tools: {http.request: [{fails: one}, {fails: two}, {returns: {body: here}}]}
    signals: [{name: go, payload: {n: 3}, at: 500ms}]
    expect: {state: {n: 3, attempt: 1}}
  - name: is cancelled while it calls
    tools: {http.request: {takes: 3s, returns: {}}}
    cancel: {when: order, after: 1s}
    expect: {status: cancelled, duration: 1s}
  - name: waits for nobody
    tools: {http.request: {returns: {}}}
    expect: {error: {kind: timeout}}
`)},
		{name: "a call that is cancelled", sources: []string{`
name: call
nodes:
  call: {tool: http.request, with: {url: "http://a"}, into: page, compensate: {set: {undone: true}}}
`}, tests: cast(t, `
tests:
  - name: before it has ended
    tools: {http.request: {takes: 3s, returns: {}}}
    cancel: {when: call, after: 1s, by: ada}
    expect: {status: cancelled, duration: 1s}
`)},
		{name: "a queue", sources: []string{`
name: queued
queue: {concurrency: 1, key: "${input.key}"}
nodes:
  work: {set: {done: true}}
`}, tests: cast(t, `
tests:
  - name: holds nobody back
    input: {key: a}
    expect: {state: {done: true}}
`)},
	}
	return all
}

func cast(t *testing.T, source string) []workflow.Test {
	t.Helper()
	tests, problems := workflow.ParseTests([]byte(source), workflow.TestsOptions{File: "flow_test.yaml"})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return tests.List
}
