package actors_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/runindex"
)

// below are the workflows that simulated runs start child runs of. What such a run comes to depends on its input alone.
var below = []string{`
name: deepest
nodes:
  nap: {sleep: 700ms}
  work: {script: "state.x = (state.x * 3 + 1) % 1009"}
edges: {nap: work}
`, `
name: below
start: work
nodes:
  work: {script: "state.x = (state.x * 5 + 3) % 1009; if (state.x % 7 == 0) throw new Error('no luck')"}
  call: {tool: effect, with: {x: "${state.x}"}, into: answer}
  nap: {sleep: 1300ms}
  deep: {workflow: deepest, with: {x: "${state.x}"}}
edges:
  work: [{when: "state.x % 3 == 0", to: deep}, {to: call}]
  call: [{when: "state.x % 2 == 0", to: nap}]
`}

// belowJSON is below as it is saved.
var belowJSON = sync.OnceValue(func() (saved [][]byte) {
	for _, source := range below {
		saved = append(saved, asJSON(source))
	}
	return slices.Clip(saved)
})

// savedFor is what is saved for a workflow: those below it, where it needs them, and itself.
func savedFor(source string) [][]byte {
	if strings.Contains(source, "workflow: below") {
		return append(belowJSON(), asJSON(source))
	}
	return [][]byte{asJSON(source)}
}

// asJSON writes a workflow as JSON, which is read in a fraction of the time: every process of a simulation reads it anew.
func asJSON(source string) []byte {
	data, err := yaml.YAMLToJSON([]byte(source))
	if err != nil {
		panic(err)
	}
	return data
}

// randomChild writes a node that runs another workflow, or a map that does for each item. next is where it leads when that fails.
func randomChild(random *rand.Rand, next string) string {
	into := []string{"", ", into: child"}[random.IntN(2)]
	if random.IntN(2) == 0 {
		return fmt.Sprintf(`map: {over: "${[state.x, state.x + 1, state.x + 2]}", workflow: below, with: {x: "${item}"}, concurrency: %d}%s, catch: {on: child_failed, to: %s}`,
			1+random.IntN(3), into, next)
	}
	retry := []string{"", fmt.Sprintf(", retry: {max: 2, initial: %dms}", 1+random.IntN(500))}[random.IntN(2)]
	return fmt.Sprintf(`workflow: below, with: {x: "${state.x}"}%s%s, catch: {on: child_failed, to: %s}`, into, retry, next)
}

// awaitChildren waits for the ends of the runs that others have started. Those that their parents have left behind are
// cancelled, which a process may not live to see.
func awaitChildren(ctx context.Context, system *actors.System) error {
	page, err := system.Runs(ctx, runindex.Listing{Limit: runindex.PageMax})
	if err != nil {
		return err
	}
	for _, r := range page.Runs {
		if r.Parent == "" {
			continue
		}
		if _, err := system.Wait(ctx, r.Run); err != nil {
			return err
		}
	}
	return nil
}

// families waits for the ends of the runs that others have started, and sees that each was started by an attempt that is in the
// events of its parent, and that the parent has taken its end over as it was. It returns the runs that a child has kept from
// ending as they would undisturbed: one that was given up after as many interruptions as that takes.
func (w *world) families(ctx context.Context, system *actors.System) (misled map[string]bool) {
	w.t.Helper()
	misled = map[string]bool{}
	page, err := system.Runs(ctx, runindex.Listing{Limit: runindex.PageMax})
	if err != nil || page.Next != "" {
		w.t.Fatalf("listing the runs: more %q, %v", page.Next, err)
	}
	parents := map[string]string{}
	for _, r := range page.Runs {
		parents[r.Run] = r.Parent
	}
	var children []actors.View
	for _, r := range page.Runs {
		if r.Parent == "" {
			continue
		}
		w.children++
		v, err := system.Wait(ctx, r.Run)
		if err != nil {
			w.t.Errorf("child run %s of %s: %v", r.Run, r.Parent, err)
			continue
		}
		if v.Error != nil && v.Error.Kind == workflow.FailureQuarantined {
			for run := r.Run; run != ""; run = parents[run] {
				misled[run] = true
			}
		}
		children = append(children, v)
	}
	for _, v := range children { // once all have ended: a parent may be a child, too
		w.takenOver(v)
	}
	return misled
}

// takenOver looks for a child in the events of its parent.
func (w *world) takenOver(child actors.View) {
	w.t.Helper()
	p := child.Parent
	events, _ := w.events(p.Run)
	begun, over := false, false
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.NodeStarted:
			begun = begun || b.Node == p.Node && b.Visit == p.Visit && b.Attempt == p.Attempt && b.Item == p.Item
		case event.NodeFailed: // its run has ended otherwise, or was cancelled; or the map has failed that it is an item of
			of := b.Attempt == p.Attempt && b.Item == p.Item || p.Item > 0 && b.Item == 0
			over = over || begun && of && b.Node == p.Node && b.Visit == p.Visit
		case event.ChildCompleted:
			if b.Child == child.Run {
				if over = true; b.Status != string(child.Status) {
					w.t.Errorf("child run %s is %s, its parent %s has it as %s", child.Run, child.Status, p.Run, b.Status)
				}
			}
		default:
		}
	}
	if !begun || !over {
		w.t.Errorf("child run %s of %+v, %s: begun %t, over %t", child.Run, *p, child.Status, begun, over)
	}
}
