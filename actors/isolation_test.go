package actors_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/scripts"
)

// isolations runs a test with scripts in this process, and with them in one of their own, as a server with --scripts process does.
func isolations(t *testing.T, test func(t *testing.T, runner *scripts.Engine)) {
	t.Helper()
	t.Run("in-process", func(t *testing.T) { test(t, newScripts()) })
	t.Run("process", func(t *testing.T) {
		pool := scripts.NewPool(scripts.PoolConfig{Size: 1})
		t.Cleanup(func() { _ = pool.Close() }) // it never fails
		runner := newScripts().Isolated(pool)
		if err := runner.Ready(t.Context()); err != nil { // not in virtual time, in which it could not be
			t.Fatal(err)
		}
		test(t, runner)
	})
}

// openIsolated starts an engine that has processes for scripts.
func openIsolated(t *testing.T) *engine {
	t.Helper()
	e := &engine{t: t, dir: t.TempDir(), scripts: newScripts(), processes: scripts.NewPool(scripts.PoolConfig{Size: 2})}
	e.start()
	t.Cleanup(func() {
		e.stop()
		_ = e.processes.Close() // it never fails
	})
	return e
}

// allJavaScript is everything that JavaScript does in a workflow, with the same events wherever it runs.
const allJavaScript = `name: %
isolation: %
start: "${input.begin}"
nodes:
  a: {script: "console.log('a', state.xs.length); state.n = 1; return {seen: input.xs.length}", retry: {max: 2}}
  b: {map: {over: "${state.xs.map(x => x * 2)}", as: x, node: {script: "return x + state.n + ctx.index"}}, into: ys}
  c: {set: {total: "${state.ys.reduce((a, b) => a + b, 0)}", text: "n is ${state.n + 1}"}}
  d: {script: "null.x", catch: e}
  e: {script: "return {caught: [ctx.error.kind, ctx.error.message, ctx.error.position.line]}"}
  f:
    script: |
      export default async (state, ctx) => {
        ctx.log(ctx.uuid(), ctx.random())
        await Promise.all([ctx.sleep(1), ctx.signal('never', {timeout: 1}).catch(e => { state.never = e.kind })])
        return {slept: ctx.attempt}
      }
edges:
  a: [{when: "state.n === 1 && ctx.visit === 1", to: b}]
  b: c
  c: [{when: "state.total > 3", to: d}]
  e: f
`

func TestIsolationChangesNothing(t *testing.T) {
	e := openIsolated(t)
	logs := map[string]string{}
	for _, isolation := range []string{"in-process", "process"} {
		e.save(strings.NewReplacer("name: %", "name: "+isolation, "isolation: %", "isolation: "+isolation).Replace(allJavaScript))
		e.begin(isolation, isolation, `{"begin":"a","xs":[1,2,3]}`)
		v := e.end(isolation)
		if v.Status != workflow.StatusCompleted {
			t.Fatalf("%s: %s, %+v", isolation, v.Status, v.Error)
		}
		logs[isolation] = v.State.String() + "\n" + strings.ReplaceAll(strings.Join(e.log(isolation), "\n"), isolation, "%")
	}
	if logs["process"] != logs["in-process"] || !strings.Contains(logs["process"], `"total":18`) {
		t.Errorf("in-process:\n%s\nprocess:\n%s", logs["in-process"], logs["process"])
	}
}

// TestHostileScriptsFailTheirRunsAlone has scripts that would take the engine with them, in every place where scripts can
// be, and a run that goes on beside them.
func TestHostileScriptsFailTheirRunsAlone(t *testing.T) {
	e := openIsolated(t)
	const bomb = `'x'['rep' + 'eat'](2 ** 40)`
	for name, nodes := range map[string]string{
		"script":    `{a: {script: "return BOMB"}}`,
		"condition": `{a: {set: {}}, b: {set: {}}}\nedges: {a: [{when: "BOMB", to: b}]}`,
		"value":     `{a: {set: {x: "${BOMB}"}}}`,
		"durable":   `{a: {script: "export default async (s, ctx) => { await ctx.sleep(1); const name = 'rep'; return 'x'[name + 'eat'](2 ** 40) }"}}`,
		"item":      `{a: {map: {over: [1], as: x, node: {script: "return BOMB"}}, into: ys}}`,
		"start":     `{a: {set: {}}}` + "\nstart: \"${BOMB}\"",
	} {
		nodes = strings.NewReplacer("BOMB", bomb, `\n`, "\n").Replace(nodes)
		e.save("name: " + name + "\nisolation: process\nnodes: " + nodes)
		e.begin(name, name, `{}`)
		if v := e.end(name); v.Status != workflow.StatusFailed || v.Error.Kind != scripts.KindLimit || !strings.Contains(v.Error.Message, "more memory") {
			t.Errorf("%s: %s, %+v", name, v.Status, v.Error)
		}
	}
	e.save("name: good\nisolation: process\nnodes: {a: {script: 'return {n: 1 + 1}'}}")
	e.begin("good", "good", `{}`)
	if v := e.end("good"); v.State.String() != `{"n":2}` {
		t.Errorf("%s, %+v", v.State, v.Error)
	}
}

// TestIsolationThatCannotBeHad refuses a workflow rather than run it in the engine.
func TestIsolationThatCannotBeHad(t *testing.T) {
	e := openIsolated(t)
	e.save("name: w\nisolation: process\nnodes: {a: {script: 'return {n: 1}'}}")
	e.stop()
	with := e.processes
	e.processes = nil
	e.start()
	_, _, err := e.Save(t.Context(), actors.Source{Data: []byte("name: other\nisolation: process\nnodes: {a: {script: 'return {n: 1}'}}")})
	var problems workflow.Problems
	if !errors.As(err, &problems) || problems[0].Code != workflow.CodeNoIsolation || problems[0].Line != 2 {
		t.Errorf("saved with %v", err)
	}
	e.begin("w", "r", `{}`)
	if v := e.end("r"); v.Status != workflow.StatusFailed || v.Error.Kind != scripts.KindCrashed || !strings.Contains(v.Error.Message, "no processes") {
		t.Errorf("a workflow that was saved before: %s, %+v", v.Status, v.Error)
	}
	e.processes = with
}
