package actors_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// definitions finds the revisions of a workflow.
func (e *engine) definitions(name string) workflow.Revisions {
	return func(digest string) (*workflow.Definition, error) {
		r, err := e.Workflow(name, digest)
		return r.Definition, err
	}
}

// lookBack finds an attempt, and what its own script comes to when it is run again.
func (e *engine) lookBack(run string, ref actors.AttemptRef) (*actors.Past, actors.Effect, error) {
	e.t.Helper()
	events := e.told(run)
	started := events[0].Body.(event.RunStarted)
	definitions := e.definitions(started.Workflow)
	d, err := definitions(started.Revision)
	if err != nil {
		e.t.Fatal(err)
	}
	past, err := actors.LookBack(e.t.Context(), func(*workflow.Definition) *scripts.Engine { return e.scripts }, d, definitions, events, ref)
	if err != nil {
		return nil, actors.Effect{}, err
	}
	script, err := past.Engine.Compile(past.Code(nil))
	if err != nil {
		e.t.Fatal(err)
	}
	result, err := past.Run(e.t.Context(), script)
	return past, past.Outcome(e.t.Context(), past.Script, result, err), nil
}

// again looks back at every attempt of a run that has ended: each must be able to do again what was recorded, unless it was no script.
func (e *engine) again(run string, want int) {
	e.t.Helper()
	seen := 0
	for _, ev := range e.told(run) {
		var ref actors.AttemptRef
		switch b := ev.Body.(type) {
		case event.NodeCompleted:
			ref = actors.AttemptRef{Node: b.Node, Visit: b.Visit, Attempt: b.Attempt, Item: b.Item}
		case event.NodeFailed:
			ref = actors.AttemptRef{Node: b.Node, Visit: b.Visit, Attempt: b.Attempt, Item: b.Item}
		default:
			continue
		}
		past, now, err := e.lookBack(run, ref)
		if errors.Is(err, actors.ErrAttemptNotFound) {
			continue
		}
		if err != nil {
			e.t.Fatal(err)
		}
		seen++
		if !past.Ended || past.Ref != ref {
			e.t.Errorf("%+v is looked back at as %+v", ref, past.Ref)
		}
		if lines := past.Differences(now); len(lines) > 0 {
			e.t.Errorf("%s %+v: %s", run, ref, strings.Join(lines, "\n"))
		}
	}
	if seen != want {
		e.t.Errorf("of run %s %d attempts at scripts were looked back at, want %d", run, seen, want)
	}
}

// TestLookingBack runs every script again over what it saw, in branches, loops, maps and after errors.
func TestLookingBack(t *testing.T) {
	e := open(t)
	e.save(`
name: past
state: {log: append, total: add}
nodes:
  split: {set: {log: []}}
  slow: {script: "for (let i = 0; i < 1000; i++) state.slow = i; return {log: ['slow ' + ctx.now], total: 1}"}
  fast: {script: "console.log('fast', state.slow); state.fast = Math.random(); return {log: 'fast', total: 2}"}
  meet: {script: "return {sum: state.total + ctx.visit}", into: met}
  loop: {script: "state.rounds = (state.rounds ?? 0) + 1; return {log: ['round ' + ctx.visit]}"}
  shaky:
    script: "if (ctx.attempt < 3) throw new Error('try ' + ctx.attempt); return {shaky: ctx.attempt}"
    retry: {max: 3, initial: 1ms}
  fails: {script: "return {n: state.nothing.at}", catch: [{to: caught}]}
  caught: {script: "return {why: ctx.error}"}
  each:
    map:
      over: "${Object.fromEntries(state.xs.map(x => [x, x.length]))}"
      as: size
      on_error: collect
      node: {script: "if (size > 2) throw new Error(ctx.key); return {size, i: ctx.index, r: Math.random()}"}
    into: sizes
edges:
  split: [slow, fast]
  slow: meet
  fast: meet
  meet: loop
  loop:
    - {when: "state.rounds < 3", to: loop}
    - {to: shaky}
  shaky: fails
  caught: each
`)
	e.begin("past", "r1", `{"xs": ["a", "bb", "ccc"], "id": 12345678901234567890}`)
	if v := e.end("r1"); v.Status != workflow.StatusCompleted {
		t.Fatalf("the run is %s: %+v", v.Status, v.Error)
	}
	e.again("r1", 14)
	past, _, err := e.lookBack("r1", actors.AttemptRef{Node: "shaky", Visit: 1})
	if err != nil || past.Ref.Attempt != 3 {
		t.Errorf("without a number the last attempt is meant: %+v, %v", past, err)
	}
	e.saveSource(typed)
	e.begin("typed", "r2", `{"n":3}`)
	e.end("r2")
	e.again("r2", 5)
}

// TestLookingBackAtAnotherRevision looks at a run that has gone on with another revision than it began with, and at one whose work
// was taken back.
func TestLookingBackAtAnotherRevision(t *testing.T) {
	e := open(t)
	e.save(`{name: moved, nodes: {a: {script: "return {n: 1}"}, b: {script: "throw new Error('old')"}}, edges: {a: b}}`)
	e.begin("moved", "r1", `{}`)
	e.end("r1")
	e.save(`{name: moved, nodes: {a: {script: "return {n: 2}"}, b: {script: "return {m: state.n + ctx.attempt}"}}, edges: {a: b}}`)
	if _, err := e.RetryWith(t.Context(), "r1", "somebody", "latest"); err != nil {
		t.Fatal(err)
	}
	if v := e.end("r1"); v.State.String() != `{"m":3,"n":1}` {
		t.Fatalf("the run is %+v", v)
	}
	e.again("r1", 3)

	e.save(`
name: undone
nodes:
  book: {script: "return {booked: true}", compensate: {script: "console.log('undo', state.booked); return {booked: false}"}}
  pay: {script: "throw new Error('no money')"}
edges: {book: pay}
`)
	e.begin("undone", "r2", `{}`)
	if v := e.end("r2"); v.State.String() != `{"booked":false}` {
		t.Fatalf("the run is %+v", v)
	}
	e.again("r2", 3)
}

// TestLookingBackAtADurableScript replays one over what is recorded of its calls, none of which is made again.
func TestLookingBackAtADurableScript(t *testing.T) {
	called := 0
	e := open(t, tools.Tool{Name: "count", Description: "counts its calls", Pure: true, Call: func(context.Context, tools.Call) (document.Value, error) {
		called++
		return document.MustParse(`{"n": 7}`), nil
	}})
	e.saveSource(actors.Source{File: "w.yaml", Data: []byte(`
name: durable
nodes:
  calls:
    script: |
      export default async function (state, ctx) {
        console.log('before', ctx.attempt)
        const {n} = await ctx.tool('count', {of: 1})
        await ctx.sleep('1ms')
        console.log('after')
        return {n, random: Math.random(), id: ctx.uuid(), at: ctx.now}
      }
  fails:
    script: |
      export default async function (state, ctx) {
        await ctx.sleep('1ms')
        console.log('after')
        throw new Error('again ' + state.n)
      }
    retry: {max: 2, initial: 1ms}
    catch: [{to: $end}]
edges: {calls: fails}
`)})
	e.begin("durable", "r1", `{}`)
	if v := e.end("r1"); v.Status != workflow.StatusCompleted {
		t.Fatalf("the run is %s: %+v", v.Status, v.Error)
	}
	before := called
	e.again("r1", 3)
	past, now, err := e.lookBack("r1", actors.AttemptRef{Node: "calls", Visit: 1})
	if err != nil || len(past.Recorded.Console) != 2 || len(now.Console) != 2 || called != before {
		t.Errorf("recorded %+v, now %+v, %v; called %d times, and %d before", past.Recorded, now, err, called, before)
	}
	script, err := scripts.New(scripts.Limits{}).CompileBody("export default async (s, ctx) => { await ctx.tool('other') }", scripts.Origin{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := past.Run(t.Context(), script); err == nil || !strings.Contains(err.Error(), "other") {
		t.Errorf("a script that calls something else: %v", err)
	}
}

// TestDifferences names what a script does otherwise than was recorded.
func TestDifferences(t *testing.T) {
	e := open(t)
	e.save(`{name: w, nodes: {a: {script: "console.log('one'); return {n: 1}"}}}`)
	e.begin("w", "r1", `{}`)
	e.end("r1")
	past, _, err := e.lookBack("r1", actors.AttemptRef{Node: "a", Visit: 1})
	if err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		"console.log('one'); state.n = 1":                    "",
		"console.log('one'); return {n: 2}":                  `the change of the state: recorded [{"op":"add","path":"/n","value":1}], now [{"op":"add","path":"/n","value":2}]`,
		"console.warn('one')\nconsole.log(2); return {n: 1}": "line 1 of the console: recorded log \"one\", now warn \"one\"\nline 2 of the console: recorded nothing, now log \"2\"",
		"return 7": "the end: recorded completed, now script_error: the result of node \"a\" is a number and cannot be merged into the state; return an object, or write `into: key` to keep it under a key\n" +
			"the change of the state: recorded [{\"op\":\"add\",\"path\":\"/n\",\"value\":1}], now []\nline 1 of the console: recorded log \"one\", now nothing",
	} {
		script, err := past.Engine.CompileBody(source, scripts.Origin{File: "edited.js"})
		if err != nil {
			t.Fatal(err)
		}
		result, err := past.Run(t.Context(), script)
		now := past.Outcome(t.Context(), &workflow.Script{Source: source, Origin: workflow.Position{File: "edited.js", Line: 1, Column: 1}, Block: true}, result, err)
		if got := strings.Join(past.Differences(now), "\n"); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
	}
}
