package actors_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// worker is a tool that takes its time, and remembers who called it and how many did at once.
type worker struct {
	takes time.Duration

	mu        sync.Mutex
	now, most int
	order     []string
	times     []time.Time
}

func (c *worker) tool() tools.Tool {
	return tools.Tool{Name: "work", Description: "works", Call: func(ctx context.Context, call tools.Call) (document.Value, error) {
		c.mu.Lock()
		c.now++
		c.most = max(c.most, c.now)
		c.order, c.times = append(c.order, call.Run), append(c.times, time.Now())
		c.mu.Unlock()
		defer func() {
			c.mu.Lock()
			c.now--
			c.mu.Unlock()
		}()
		select {
		case <-time.After(c.takes):
			return document.Object(), nil
		case <-ctx.Done():
			return document.Null, ctx.Err()
		}
	}}
}

// calls is how many calls were made so far.
func (c *worker) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.order)
}

func queueOf(limits string) string {
	return "name: q\nqueue: {" + limits + "}\nnodes: {a: work}\n"
}

// TestQueueHoldsRunsBack starts a thousand runs of which ten may go on at once: the more urgent go first, and of these the earlier.
func TestQueueHoldsRunsBack(t *testing.T) {
	work := &worker{takes: time.Millisecond}
	e := open(t, work.tool())
	e.save(queueOf(`concurrency: 10, priority: "${input.p}"`))
	const runs = 1000
	var urgent, others []string
	for i := range runs {
		run := fmt.Sprintf("run-%04d", i)
		if i%3 == 0 {
			urgent = append(urgent, run)
		} else {
			others = append(others, run)
		}
		e.begin("q", run, fmt.Sprintf(`{"p": %d}`, (i%3+2)/3*-1))
	}
	for i := range runs {
		e.end(fmt.Sprintf("run-%04d", i))
	}
	if work.most > 10 || len(work.order) != runs {
		t.Errorf("%d runs went on at once, and %d calls were made", work.most, len(work.order))
	}
	if c := e.System.Queue("q"); c.Queued != 0 || c.Running != 0 {
		t.Errorf("%+v are left", c)
	}
	// Starts and ends overlap, and so do calls: each kind of run is in its order but for the ten that go on at once.
	for _, want := range [][]string{urgent, others} {
		at := -1
		for _, run := range work.order {
			if i, found := slices.BinarySearch(want, run); found {
				if i < at-10 {
					t.Errorf("%s was called ten or more places too late", run)
				}
				at = max(at, i)
			}
		}
	}
}

// virtual runs a test in virtual time over an engine whose log is in memory.
func virtual(t *testing.T, do func(t *testing.T, v *virtualEngine)) {
	t.Helper()
	engine := newScripts()
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, engine)
		do(t, v)
		v.end()
	})
}

func (v *virtualEngine) names(n int, prefix, input string) []string {
	var runs []string
	for i := range n {
		run := fmt.Sprintf("%s-%03d", prefix, i)
		v.start("q", run, input)
		runs = append(runs, run)
	}
	return runs
}

func (v *virtualEngine) finish(runs []string) {
	v.t.Helper()
	for _, run := range runs {
		if view, err := v.system.Wait(v.t.Context(), run); err != nil || view.Status != workflow.StatusCompleted {
			v.t.Errorf("%s: %s, %v", run, view.Status, err)
		}
	}
}

func TestQueueOrderIsExact(t *testing.T) {
	work := &worker{takes: time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf(`concurrency: 1, priority: "${input.p}"`))
		first := v.names(1, "first", `{"p": -5}`)
		low, high := v.names(5, "low", `{"p": 0}`), v.names(5, "high", `{"p": 1}`)
		view, err := v.system.View(t.Context(), "low-001")
		want := actors.QueuePlace{Priority: 0, Position: 7, Waiting: 10}
		if err != nil || view.Status != workflow.StatusWaiting || view.Queue == nil || *view.Queue != want {
			t.Errorf("%+v, %v", view.Queue, err)
		}
		if c := v.system.Queue("q"); c.Queued != 10 || c.Running != 1 {
			t.Errorf("%+v", c)
		}
		all := slices.Concat(first, high, low)
		v.finish(all)
		if !slices.Equal(work.order, all) || work.most != 1 {
			t.Errorf("%d at once, in the order %v", work.most, work.order)
		}
		if view, _ := v.system.View(t.Context(), "low-001"); view.Queue != nil {
			t.Errorf("it has ended at the place %+v", view.Queue)
		}
	})
}

func TestQueueIsFairToKeys(t *testing.T) {
	work := &worker{takes: time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf(`total: 2, key: "${input.tenant}"`))
		many, few := v.names(1000, "many", `{"tenant": "a"}`), v.names(10, "few", `{"tenant": "b"}`)
		v.finish(few)
		if calls := work.calls(); calls > 25 {
			t.Errorf("the ten runs of one key waited for %d others", calls-10)
		}
		v.finish(many)
		if work.most != 2 {
			t.Errorf("%d runs went on at once", work.most)
		}
	})
}

func TestQueueLimitsEachKey(t *testing.T) {
	work := &worker{takes: time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf(`concurrency: 1, key: "${input.tenant}"`))
		begun := time.Now()
		v.finish(slices.Concat(v.names(5, "a", `{"tenant": "a"}`), v.names(3, "b", `{"tenant": "b"}`)))
		if took := time.Since(begun); work.most != 2 || took < 5*time.Second || took >= 6*time.Second {
			t.Errorf("%d at once, in %s", work.most, took)
		}
	})
}

func TestCancelOfAQueuedRun(t *testing.T) {
	work := &worker{takes: 50 * time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf("concurrency: 1"))
		runs := v.names(3, "r", `{}`)
		view, err := v.system.Cancel(t.Context(), runs[1], "ada", "")
		if err != nil || view.Status != workflow.StatusCancelled {
			t.Errorf("%+v, %v", view, err)
		}
		v.finish([]string{runs[0], runs[2]})
		if !slices.Equal(work.order, []string{"r-000", "r-002"}) {
			t.Errorf("the calls were %v", work.order)
		}
	})
}

func TestQueueSurvivesARestart(t *testing.T) {
	work := &worker{takes: time.Minute}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf(`concurrency: 2, priority: "${input.p}"`))
		begun, low, high := v.names(2, "begun", `{"p": 0}`), v.names(4, "low", `{"p": 0}`), v.names(4, "high", `{"p": 9}`)
		time.Sleep(time.Second)
		v.restart()
		if c := v.system.Queue("q"); c.Queued != 8 || c.Running != 2 {
			t.Errorf("%+v", c)
		}
		v.finish(slices.Concat(begun, high, low))
		// The two that had begun were interrupted, and were called again.
		want := slices.Concat(begun, begun, high, low)
		for i, run := range work.order {
			if want[i/2*2] != run && want[i/2*2+1] != run {
				t.Fatalf("the calls were %v", work.order)
			}
		}
		if len(work.order) != len(want) || work.most != 2 {
			t.Errorf("%d calls, %d at once", len(work.order), work.most)
		}
	})
}

func TestQueueKeepsARate(t *testing.T) {
	work := &worker{takes: time.Millisecond}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf("rate: 10/1m"))
		first := v.names(25, "a", `{}`)
		time.Sleep(70 * time.Second)
		v.restart() // twenty have begun, ten of them ten seconds ago
		v.finish(append(first, v.names(20, "b", `{}`)...))
		if len(work.times) != 45 {
			t.Fatalf("%d calls", len(work.times))
		}
		for i := 10; i < len(work.times); i++ {
			if span := work.times[i].Sub(work.times[i-10]); span < time.Minute-time.Second {
				t.Errorf("eleven runs began within %s, up to the %d.", span, i)
			}
		}
		if took := work.times[44].Sub(work.times[0]); took < 4*time.Minute || took > 4*time.Minute+time.Second {
			t.Errorf("the runs began within %s", took)
		}
	})
}

// TestQueueOfTheLatestRevisionHolds changes the limits under runs that wait.
func TestQueueOfTheLatestRevisionHolds(t *testing.T) {
	work := &worker{takes: 50 * time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf("concurrency: 1"))
		runs := v.names(20, "r", `{}`)
		expect := func(running int) {
			t.Helper()
			time.Sleep(time.Second)
			if c := v.system.Queue("q"); c.Running != running || work.calls() != running {
				t.Errorf("%+v, %d calls; want %d", c, work.calls(), running)
			}
		}
		expect(1)
		v.save(queueOf("concurrency: 5"))
		expect(5)
		v.save(queueOf("concurrency: 2"))
		expect(5)
		v.save("name: q\nnodes: {a: work}\n")
		expect(20)
		v.finish(runs)
	})
}

// TestPauseOfAQueuedRun keeps a run from beginning though its turn has come.
func TestPauseOfAQueuedRun(t *testing.T) {
	work := &worker{takes: time.Second}
	virtual(t, func(t *testing.T, v *virtualEngine) {
		v.open(work.tool())
		v.save(queueOf("concurrency: 1"))
		runs := v.names(2, "r", `{}`)
		view, err := v.system.Pause(t.Context(), runs[1], "ada", "")
		if err != nil || view.Status != workflow.StatusPaused {
			t.Fatalf("%+v, %v", view, err)
		}
		v.finish(runs[:1])
		time.Sleep(time.Minute)
		if work.calls() != 1 {
			t.Errorf("%d calls: the paused run has begun", work.calls())
		}
		if _, err := v.system.Resume(t.Context(), runs[1], "ada", ""); err != nil {
			t.Fatal(err)
		}
		v.finish(runs)
	})
}
