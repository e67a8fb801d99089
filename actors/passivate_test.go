package actors_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// parked waits until the engine holds no run and has parked so many.
func (e *engine) parked(runs int) {
	e.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); e.Active() > 0 || e.Parked() != runs; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			e.t.Fatalf("%d runs are held and %d parked, want 0 and %d", e.Active(), e.Parked(), runs)
		}
	}
}

// A run that only waits has no actor and no goroutine, and everything about it can still be read.
func TestParkedRunsHoldNothing(t *testing.T) {
	e := open(t)
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	e.begin("nap", "first", "{}")
	e.parked(1)
	before := runtime.NumGoroutine()
	const naps = 200
	for i := range naps {
		e.begin("nap", fmt.Sprintf("r%d", i), `{"x": 1}`)
	}
	e.parked(naps + 1)
	if after := runtime.NumGoroutine(); after > before+naps/10 {
		t.Errorf("%d goroutines before %d runs were parked, %d after", before, naps, after)
	}
	if carried := e.Carried(); len(carried) != 0 {
		t.Errorf("the runs %v are carried", runs(carried))
	}
	v := e.mustView("r7")
	if v.Status != workflow.StatusWaiting || len(v.Current) != 1 || v.LastEvent != 3 {
		t.Errorf("the view is %+v", v)
	}
	if doc, err := e.StateAt(t.Context(), "r7", 2); err != nil || doc.String() != `{"x":1}` {
		t.Errorf("the state after event 2 is %s, %v", doc, err)
	}
	if events, err := e.Events(t.Context(), "r7", 1, 0); err != nil || len(events) != 2 || events[1].Type != event.TypeTimerSet {
		t.Errorf("the events behind the first are %v, %v", events, err)
	}
	for raw, err := range e.Follow(t.Context(), "r7", 2) {
		if err != nil || raw.N != 3 {
			t.Errorf("a follower had event %d, %v", raw.N, err)
		}
		break
	}
	if e.Active() != 0 {
		t.Error("reading has woken the run")
	}
}

// punctual sees that each timer of a run has fired when it was due, never before, and soon after.
func (e *engine) punctual(run string) {
	e.t.Helper()
	due := map[string]time.Time{}
	for _, ev := range e.told(run) {
		switch b := ev.Body.(type) {
		case event.TimerSet:
			due[b.Timer] = b.Due
		case event.TimerFired:
			if late := ev.At.Sub(due[b.Timer]); late < 0 || late > time.Second {
				e.t.Errorf("%s: timer %s fired %s after it was due", run, b.Timer, late)
			}
		default:
		}
	}
}

// A parked run goes on when it is due, as often as it is parked, and who waits for its end learns of it.
func TestParkedRunIsWoken(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {sleep: 1200ms}, b: {script: 'return {x: 1}'}, c: {sleep: 1300ms}}\nedges: {a: b, b: c}")
	e.begin("w", "r", "{}")
	ended := make(chan actors.View)
	go func() { ended <- e.end("r") }()
	e.parked(1)
	if v := <-ended; v.Status != workflow.StatusCompleted || v.State.String() != `{"x":1}` {
		t.Errorf("the run ended %s with %s: %q", v.Status, v.State, e.log("r"))
	}
	e.punctual("r")
	if n := e.Parked(); n != 0 {
		t.Errorf("%d runs are parked", n)
	}
}

// A run whose retry is far away is parked as well, and limits.duration ends a parked run on time, also where only the
// list of runs was read since.
func TestParkedBackoffAndDeadline(t *testing.T) {
	e := open(t)
	e.save("name: backoff\nnodes: {a: {script: \"if (ctx.attempt < 2) throw new Error('no')\", retry: {max: 2, initial: 1500ms}}}")
	e.save("name: limited\nlimits: {duration: 2s}\nnodes: {a: {sleep: 1h}}")
	e.begin("backoff", "b", "{}")
	e.begin("limited", "l", "{}")
	e.parked(2)
	e.restart()
	if v := e.end("b"); v.Status != workflow.StatusCompleted {
		t.Errorf("the run that is tried again is %s: %q", v.Status, e.log("b"))
	}
	v := e.end("l")
	if v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureDurationLimit || v.EndedAt.Sub(v.StartedAt) < 2*time.Second {
		t.Errorf("the run that took too long is %s with %+v after %s", v.Status, v.Error, v.EndedAt.Sub(v.StartedAt))
	}
}

func TestCancelOfAParkedRun(t *testing.T) {
	e := open(t)
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	for _, moment := range []string{"parked", "restarted"} {
		e.begin("nap", moment, "{}")
		e.parked(1)
		if moment == "restarted" {
			e.restart()
		}
		ended := make(chan actors.View)
		go func() { ended <- e.end(moment) }()
		var status *actors.StatusError
		if _, err := e.Retry(t.Context(), moment, ""); !errors.As(err, &status) || status.Status != "waiting" {
			t.Errorf("%s: retrying: %v", moment, err)
		}
		if v, err := e.Cancel(t.Context(), moment, "ada", "enough"); err != nil || v.Status != workflow.StatusCancelled {
			t.Errorf("%s: the cancelled run is %s, %v", moment, v.Status, err)
		}
		if v := <-ended; v.Status != workflow.StatusCancelled {
			t.Errorf("%s: who waited for the run has it as %s", moment, v.Status)
		}
		if _, err := e.Cancel(t.Context(), moment, "", ""); !errors.As(err, &status) || status.Status != "cancelled" {
			t.Errorf("%s: cancelling again: %v", moment, err)
		}
	}
	if _, err := e.Cancel(t.Context(), "nobody", "", ""); !errors.Is(err, actors.ErrRunNotFound) {
		t.Errorf("cancelling an unknown run: %v", err)
	}
}

// A start of a parked run gives that run, or says what is different, and leaves it parked.
func TestStartOfAParkedRun(t *testing.T) {
	e := open(t)
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	request := actors.StartRequest{Workflow: "nap", Run: "r", Input: document.MustParse(`{"x": 1}`)}
	e.begin("nap", "r", `{"x": 1}`)
	e.parked(1)
	v, existed, err := e.Start(t.Context(), request)
	if err != nil || !existed || v.Run != "r" || v.Status != workflow.StatusWaiting {
		t.Errorf("run %q is %s, existed %t, %v", v.Run, v.Status, existed, err)
	}
	request.Input = document.Object()
	if _, _, err := e.Start(t.Context(), request); !errors.Is(err, actors.ErrRunExists) {
		t.Errorf("with another input: %v", err)
	}
	e.parked(1)
	if log := e.log("r"); len(log) != 3 {
		t.Errorf("the run has the events %q", log)
	}
}

// No cancel is lost between an actor that parks its run and the next, nor between a client and the due time.
func TestCancelRacesWithParking(t *testing.T) {
	e := open(t)
	e.save("name: nap\nnodes: {a: {sleep: 1500ms}, b: {sleep: 1h}}\nedges: {a: b}")
	const runs = 400
	var all sync.WaitGroup
	var parked atomic.Int64
	for i := range runs {
		run := fmt.Sprintf("r%d", i)
		all.Go(func() {
			v, _, err := e.Start(t.Context(), actors.StartRequest{Workflow: "nap", Run: run})
			if err != nil {
				t.Error(err)
				return
			}
			switch i % 4 { // 0: as it is parked for the first time
			case 1, 2, 3: // around the time that it is due and parked again
				time.Sleep(time.Until(v.StartedAt.Add(1480*time.Millisecond + time.Duration(i)*100*time.Microsecond)))
				if e.Parked() > 0 {
					parked.Add(1)
				}
			}
			v, err = e.Cancel(t.Context(), run, "", "")
			if err != nil || v.Status != workflow.StatusCancelled {
				t.Errorf("run %s is %s, %v: %q", run, v.Status, err, e.log(run))
			}
		})
	}
	all.Wait()
	if parked.Load() == 0 {
		t.Error("no run was parked when it was cancelled")
	}
	e.parked(0)
}

// Whoever waits for a parked run hears of the engine's end, and may stop waiting.
func TestWaitForAParkedRunEnds(t *testing.T) {
	e := open(t)
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	e.begin("nap", "r", "{}")
	e.parked(1)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := e.Wait(ctx, "r"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting until a deadline: %v", err)
	}
	ended := make(chan error)
	go func() {
		_, err := e.Wait(t.Context(), "r")
		ended <- err
	}()
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, actors.ErrClosed) {
		t.Errorf("waiting until the engine stops: %v", err)
	}
	if _, err := e.Cancel(t.Context(), "r", "", ""); !errors.Is(err, actors.ErrClosed) {
		t.Errorf("cancelling after that: %v", err)
	}
}

// readings counts the runs that are read from a log, and those whose end was not known then, and fails the first of them
// where it is told to.
type readings struct {
	actors.Log
	runs     atomic.Int64
	blind    atomic.Int64
	failures atomic.Int64
	failure  error
}

func (r *readings) ReadTo(ctx context.Context, run string, after, last uint64) iter.Seq2[eventstore.Stored, error] {
	r.runs.Add(1)
	if last == 0 {
		r.blind.Add(1)
	}
	if r.failures.Add(-1) >= 0 {
		return func(yield func(eventstore.Stored, error) bool) { yield(eventstore.Stored{}, r.failure) }
	}
	return r.Log.ReadTo(ctx, run, after, last)
}

// An engine that starts reads no run that waits, and all of them go on when they are due.
func TestRestartReadsNoParkedRun(t *testing.T) {
	e := open(t)
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	e.save("name: doze\nnodes: {a: {sleep: 3s}}")
	const runs = 50
	for i := range runs {
		e.begin("nap", fmt.Sprintf("nap%d", i), "{}")
		e.begin("doze", fmt.Sprintf("doze%d", i), "{}")
	}
	e.parked(2 * runs)
	e.stop()
	log := &readings{}
	e.over = func(l actors.Log) actors.Log { log.Log = l; return log }
	e.start()
	if read := log.runs.Load(); read != 0 || e.Active() != 0 || e.Parked() != 2*runs {
		t.Errorf("%d runs were read, %d are held, %d are parked", read, e.Active(), e.Parked())
	}
	e.parked(runs)
	if read, blind := log.runs.Load(), log.blind.Load(); read != runs || blind > 0 {
		t.Errorf("%d runs were read, and the ends of %d were looked for", read, blind)
	}
	for i := range runs {
		run := fmt.Sprintf("doze%d", i)
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			t.Errorf("%s is %s", run, v.Status)
		}
		e.punctual(run)
	}
}

// Who looks at a parked run again and again has it read once, and sees each change all the same.
func TestLookingAgainReadsNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no memory is needed meanwhile
	log := &readings{}
	e := open(t)
	e.save("name: ask\nnodes: {a: {wait: {signal: s}, into: first}, b: {wait: {signal: s}, into: second}}\nedges: {a: b}")
	e.begin("ask", "r", "{}")
	e.parked(1)
	e.stop()
	e.over = func(l actors.Log) actors.Log { log.Log = l; return log }
	e.start()
	first := e.mustView("r")
	read := log.runs.Load()
	if read != 1 {
		t.Errorf("%d runs were read for the first look", read)
	}
	for range 10 {
		if diff := cmp.Diff(first, e.mustView("r")); diff != "" {
			t.Error(diff)
		}
	}
	if again := log.runs.Load() - read; again != 0 {
		t.Errorf("%d runs were read for ten more looks", again)
	}
	if _, err := e.Signal(t.Context(), "r", "s", "1", document.String("yes"), ""); err != nil {
		t.Fatal(err)
	}
	e.parked(1)
	if v := e.mustView("r"); v.State.String() != `{"first":"yes"}` {
		t.Errorf("after the signal the view shows %s", v.State)
	}
}

// A parked run that cannot be read when it is due is tried again after a while, not at once and for ever; one that is
// damaged is not.
func TestParkedRunThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		failure error
		reads   int64
	}{
		"for a time": {errors.New("no answer"), 4},
		"store gone": {eventstore.ErrUnavailable, 4},
		"damaged":    {&event.DamageError{Run: "r", Reason: "a bit is flipped"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := &readings{Log: memlog.Open(memlog.Faults{}), failure: test.failure}
				system := openOver(t, log)
				if _, _, err := system.Save(t.Context(), actors.Source{Data: []byte("name: w\nnodes: {a: {sleep: 1h}}")}); err != nil {
					t.Fatal(err)
				}
				if _, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "w", Run: "r"}); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				runtime.GC() // takes the memory of the run, which is then to be read
				log.failures.Store(3)
				log.runs.Store(0)
				begun := time.Now()
				time.Sleep(2 * time.Hour)
				if reads := log.runs.Load(); reads != test.reads {
					t.Errorf("the run was read %d times, want %d", reads, test.reads)
				}
				log.failures.Store(0)
				v, err := system.Wait(t.Context(), "r")
				if test.reads == 1 {
					if err == nil || !strings.Contains(err.Error(), "not being carried on") {
						t.Errorf("waiting for a damaged run: %s, %v", v.Status, err)
					}
				} else if late := v.EndedAt.Sub(begun) - time.Hour; err != nil || v.Status != workflow.StatusCompleted || late < time.Second || late > time.Minute {
					t.Errorf("the run is %s, %s late, %v", v.Status, late, err)
				}
			})
		})
	}
}

// openOver starts a system over a log, in virtual time.
func openOver(t *testing.T, log *readings) *actors.System {
	t.Helper()
	registry, err := tools.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "simulated"})
	if err != nil {
		t.Fatal(err)
	}
	system, err := actors.Open(t.Context(), actors.Config{
		Store: log, Index: index, Tools: registry, Scripts: scripts.New(scripts.Limits{}), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(system.Close(context.Background()), index.Close(), log.Log.(*memlog.Log).Close()); err != nil {
			t.Error(err)
		}
	})
	return system
}
