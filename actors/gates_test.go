package actors_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
)

const calling = "name: q\nnodes: {a: {tool: work, timeout: 20s}}\n"

// TestToolLimit has calls wait for longer than an attempt may take, in their order, and lets a cancel end one that waits at once.
func TestToolLimit(t *testing.T) {
	work := &worker{takes: 10 * time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		tool := work.tool()
		tool.Limit = tools.Limit{Concurrency: 1}
		v.limits = map[string]tools.Limit{"work": {Concurrency: 2}}
		v.open(tool)
		v.save(calling)
		runs := v.names(12, "r", `{}`)
		time.Sleep(time.Second)
		if c := v.system.ToolCounts(); !slices.Equal(c, []actors.ToolCount{{Tool: "work", Concurrency: 2, Waiting: 10, Running: 2}}) {
			t.Errorf("%+v", c)
		}
		view, err := v.system.View(t.Context(), "r-011")
		if err != nil || view.Status != workflow.StatusRunning || len(view.Current) != 1 || view.Current[0].Awaits != "work" {
			t.Errorf("%+v, %v", view, err)
		}
		asked := time.Now()
		_, err = v.system.Cancel(t.Context(), "r-005", "ada", "")
		cancelled, waitErr := v.system.Wait(t.Context(), "r-005")
		if took := time.Since(asked); err != nil || waitErr != nil || cancelled.Status != workflow.StatusCancelled || took > 100*time.Millisecond {
			t.Errorf("%s after %s, %v, %v", cancelled.Status, took, err, waitErr)
		}
		v.finish(slices.Delete(runs, 5, 6))
		if work.most != 2 || len(work.order) != 11 {
			t.Errorf("%d at once, %v", work.most, work.order)
		}
		if c := v.system.ToolCounts(); c[0].Waiting+c[0].Running > 0 {
			t.Errorf("%+v are left", c)
		}
	})
}

func TestToolRate(t *testing.T) {
	work := &worker{takes: time.Millisecond}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.limits = map[string]tools.Limit{"work": {Count: 10, Per: time.Minute}}
		v.open(work.tool())
		v.save(calling)
		begun := time.Now()
		v.finish(v.names(35, "r", `{}`))
		if took := time.Since(begun); took < 3*time.Minute || took > 3*time.Minute+time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestToolServesTheUrgentFirst lets calls through by the priority of their runs.
func TestToolServesTheUrgentFirst(t *testing.T) {
	work := &worker{takes: time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.limits = map[string]tools.Limit{"work": {Concurrency: 1}}
		v.open(work.tool())
		v.save(strings.Replace(calling, "nodes:", "queue: {concurrency: 100, priority: \"${input.p}\"}\nnodes:", 1))
		first := v.names(1, "first", `{"p": 0}`)
		time.Sleep(100 * time.Millisecond)
		low := v.names(3, "low", `{"p": 1}`)
		time.Sleep(100 * time.Millisecond)
		high := v.names(3, "high", `{"p": 2}`)
		all := slices.Concat(first, high, low)
		v.finish(all)
		slices.Sort(work.order[1:4])
		slices.Sort(work.order[4:])
		if !slices.Equal(work.order, all) {
			t.Errorf("%v", work.order)
		}
	})
}

// TestStopWhileWaitingForATool stops an engine whose runs wait to call a tool that must not be called twice: it was not called, so that
// the next engine calls it.
func TestStopWhileWaitingForATool(t *testing.T) {
	work := &worker{takes: 10 * time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		tool := work.tool()
		tool.AtMostOnce, tool.Limit = true, tools.Limit{Concurrency: 1}
		v.open(tool)
		v.save(calling)
		first := v.names(1, "first", `{}`)
		time.Sleep(time.Second)
		waiting := v.names(2, "waiting", `{}`)
		time.Sleep(time.Second)
		v.restart()
		v.finish(waiting)
		if view, err := v.system.Wait(t.Context(), first[0]); err != nil || view.Error == nil || view.Error.Kind != workflow.FailureUnknownOutcome {
			t.Errorf("%+v, %v", view.Error, err)
		}
	})
}

func TestLimitOfAnUnknownTool(t *testing.T) {
	registry, err := tools.NewRegistry((&worker{}).tool())
	if err != nil {
		t.Fatal(err)
	}
	_, err = actors.Open(t.Context(), actors.Config{
		Tools: registry, Scripts: newScripts(), Logger: slog.New(slog.DiscardHandler), ToolLimits: map[string]tools.Limit{"worker": {Concurrency: 1}},
	})
	if err == nil || !strings.Contains(err.Error(), `tool "worker", which this engine does not have; did you mean work?`) {
		t.Error(err)
	}
}

// inOrder starts runs one after the other, a moment apart, so that they come in this order.
func (v *virtualEngine) inOrder(runs int, prefix, input string) []string {
	var names []string
	for i := range runs {
		names = append(names, v.names(1, fmt.Sprintf("%s%d", prefix, i), input)...)
		time.Sleep(time.Millisecond)
	}
	return names
}

// TestNodeLimit bounds the calls of a node for each key by itself, whichever runs make them.
func TestNodeLimit(t *testing.T) {
	work := &worker{takes: 10 * time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save("name: q\nnodes: {a: {tool: work, limit: {concurrency: 2, key: \"${state.tenant}\"}}}\n")
		begun := time.Now()
		big, small := v.inOrder(6, "big", `{"tenant": "big"}`), v.inOrder(2, "small", `{"tenant": "small"}`)
		view, err := v.system.View(t.Context(), big[5])
		if err != nil || view.Current[0].Awaits != "work" {
			t.Errorf("%+v, %v", view.Current, err)
		}
		v.finish(small)
		if took := time.Since(begun); took > 11*time.Second {
			t.Errorf("the small tenant waited for the big one: %s", took)
		}
		v.finish(big)
		if took := time.Since(begun); took < 30*time.Second || took > 31*time.Second || work.most != 4 {
			t.Errorf("it took %s, with %d at once", took, work.most)
		}
	})
}

// TestNodeLimitKeepsARate has no more calls begin in a span than the limit says, for each key.
func TestNodeLimitKeepsARate(t *testing.T) {
	work := &worker{takes: time.Millisecond}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save("name: q\nnodes: {a: {tool: work, limit: {rate: 3/1m, key: \"${input.tenant}\"}}}\n")
		begun := time.Now()
		v.finish(slices.Concat(v.inOrder(7, "a", `{"tenant": 1}`), v.inOrder(3, "b", `{"tenant": 2}`)))
		if took := time.Since(begun); took < 2*time.Minute || took > 2*time.Minute+time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestToolIsFairToKeys has calls of different keys take turns at a tool, each key's by their priority.
func TestToolIsFairToKeys(t *testing.T) {
	work := &worker{takes: time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.limits = map[string]tools.Limit{"work": {Concurrency: 1}}
		v.open(work.tool())
		v.save("name: q\nnodes: {a: {tool: work, limit: {key: \"${state.tenant}\", priority: \"${state.p}\"}}}\n")
		all := slices.Concat(v.inOrder(4, "big", `{"tenant": "big"}`), v.inOrder(1, "urgent", `{"tenant": "big", "p": 5}`), v.inOrder(2, "small", `{"tenant": "small"}`))
		v.finish(all)
		want := []string{"big0-000", "urgent0-000", "small0-000", "big1-000", "small1-000", "big2-000", "big3-000"}
		if !slices.Equal(work.order, want) {
			t.Errorf("%v, want %v", work.order, want)
		}
		if work.most != 1 {
			t.Errorf("%d at once", work.most)
		}
	})
}

// TestNodeLimitAndToolLimit has a call wait for both of its limits, and gives both up when it is cancelled.
func TestNodeLimitAndToolLimit(t *testing.T) {
	work := &worker{takes: 10 * time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.limits = map[string]tools.Limit{"work": {Concurrency: 1}}
		v.open(work.tool())
		v.save("name: q\nnodes: {a: {tool: work, limit: {concurrency: 2}}}\n")
		runs := v.inOrder(4, "r", `{}`) // one works, one waits for the tool, two for the node
		for _, run := range runs[1:3] {
			if _, err := v.system.Cancel(t.Context(), run, "", ""); err != nil {
				t.Fatal(err)
			}
			if view, err := v.system.Wait(t.Context(), run); err != nil || view.Status != workflow.StatusCancelled {
				t.Errorf("%s is %s, %v", run, view.Status, err)
			}
		}
		v.finish([]string{runs[0], runs[3]})
		if want := []string{runs[0], runs[3]}; !slices.Equal(work.order, want) || work.most != 1 {
			t.Errorf("%v, %d at once", work.order, work.most)
		}
		if c := v.system.ToolCounts(); c[0].Waiting+c[0].Running > 0 {
			t.Errorf("%+v are left", c)
		}
	})
}

// TestNodeLimitWithoutAKey fails the attempt whose key cannot be told, as any expression of a node that fails.
func TestNodeLimitWithoutAKey(t *testing.T) {
	work := &worker{}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save("name: q\nnodes: {a: {tool: work, limit: {concurrency: 1, key: \"${state.tenant}\"}}}\n")
		v.names(1, "r", `{"tenant": ["a"]}`)
		view, err := v.system.Wait(t.Context(), "r-000")
		if err != nil || view.Error == nil || view.Error.Kind != "script_error" || !strings.Contains(view.Error.Message, `limit.key must be a text of at most 256 bytes, not ["a"]`) {
			t.Errorf("%+v, %v", view.Error, err)
		}
	})
}
