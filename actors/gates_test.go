package actors_test

import (
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
		if c := v.system.ToolCounts(); !slices.Equal(c, []actors.ToolCount{{Tool: "work", Waiting: 10, Running: 2}}) {
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
		if c := v.system.ToolCounts(); c[0] != (actors.ToolCount{Tool: "work"}) {
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
