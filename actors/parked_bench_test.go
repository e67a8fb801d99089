package actors_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// BenchmarkParked measures what 100,000 parked runs cost, of which half sleep and half wait for a signal: the memory of
// each, with all that the store and the list of runs keep of it, the time of a start of their engine to ready, and the
// time until one of them has an actor, has taken its signal, and has ended durably.
func BenchmarkParked(b *testing.B) {
	const runs = 100_000
	e := open(b)
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	e.save("name: ask\nnodes: {a: {wait: {signal: go, timeout: 1h}}}")
	e.begin("nap", "sleeping", "{}")
	e.begin("ask", "waiting", "{}")
	e.parked(2)
	before := held()
	tomorrow := time.Now().Add(24 * time.Hour)
	e.copies(runs/2, map[string]time.Time{"sleeping": tomorrow, "waiting": tomorrow})
	e.restart() // builds the list up
	e.stop()
	begun := time.Now()
	e.start()
	ready := time.Since(begun)
	if e.Parked() != runs+2 || e.Active() != 0 {
		b.Fatalf("%d runs are parked and %d held", e.Parked(), e.Active())
	}
	each := float64(held()-before) / runs
	for i := 0; b.Loop(); i++ {
		if i == runs/2 {
			b.Fatal("there are not so many runs")
		}
		run := copyID("waiting", i)
		if _, err := e.Signal(b.Context(), run, "go", "", document.Null, ""); err != nil {
			b.Fatal(err)
		}
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			b.Fatal(v.Status)
		}
	}
	b.ReportMetric(each, "B/run")
	b.ReportMetric(ready.Seconds(), "s-to-ready")
}

// BenchmarkDueAtOnce measures 10,000 parked runs that are due at one instant: how late the last one goes on, and how
// much memory the process takes meanwhile. They are stored side by side, or in 100 blocks of the store, each of which
// its server reads whole.
func BenchmarkDueAtOnce(b *testing.B) {
	for name, between := range map[string]int{"together": 0, "apart": 80 << 10} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				late, more := dueAtOnce(b, 10_000, between)
				b.ReportMetric(late.Seconds(), "s-late")
				b.ReportMetric(float64(more)/(1<<20), "MiB-more")
			}
		})
	}
}

// dueAtOnce has runs go on at one instant. between is how many bytes of another run are stored beside each.
func dueAtOnce(b *testing.B, runs, between int) (late time.Duration, more int64) {
	e := open(b)
	defer e.stop()
	e.save("name: nap\nnodes: {a: {sleep: 1h}}")
	e.begin("nap", "sample", "{}")
	e.begin("nap", "other", fmt.Sprintf(`{"text": %q}`, strings.Repeat("x", between)))
	e.parked(2)
	due := time.Now().Add(3*time.Second + time.Duration(runs*between/(50<<20))*time.Second)
	e.copies(runs, map[string]time.Time{"sample": due, "other": due.Add(time.Hour)})
	e.restart()
	if e.Parked() != 2*runs+2 {
		b.Fatalf("%d runs are parked", e.Parked())
	}
	debug.FreeOSMemory() // twice: the server's blocks go to a pool first
	debug.FreeOSMemory()
	before := system()
	for highest := before; e.Parked() > runs+2 || e.Active() > 0; time.Sleep(5 * time.Millisecond) {
		highest = max(highest, system())
		more = highest - before
	}
	var last time.Time
	for i := range runs {
		v := e.end(copyID("sample", i))
		if v.Status != workflow.StatusCompleted || v.EndedAt.Before(due) {
			b.Fatalf("run %d is %s, %s after it was due", i, v.Status, v.EndedAt.Sub(due))
		}
		if v.EndedAt.After(last) {
			last = v.EndedAt
		}
	}
	return last.Sub(due), more
}

// held is what is in use after everything is collected that can be.
func held() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// system is what the process has of the operating system.
func system() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}

// copies stores so many copies of runs that sleep, past the engine, which a restart makes see them. due is when the copies of each are.
func (e *engine) copies(runs int, due map[string]time.Time) {
	e.t.Helper()
	samples := map[string][]event.Event{}
	for sample := range due {
		samples[sample] = e.told(sample)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range 256 {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(runs); i = next.Add(1) - 1 {
				for sample, events := range samples {
					if err := copyOf(e.store, copyID(sample, int(i)), events, due[sample]); err != nil {
						e.t.Error(err)
						return
					}
				}
			}
		})
	}
	all.Wait()
}

// copyID is the id of a copy, as unlike others as ids are that people draw.
func copyID(sample string, i int) string {
	return uuid.NewSHA1(uuid.Nil, fmt.Appendf(nil, "%s %d", sample, i)).String()
}

func copyOf(store *eventstore.Store, run string, events []event.Event, due time.Time) error {
	c := event.Commit{Run: run, First: 1, Epoch: "copy"}
	for _, e := range events {
		e.Run = run
		switch body := e.Body.(type) {
		case event.RunStarted:
			c.Workflow = body.Workflow
		case event.TimerSet:
			body.Due = due
			e.Body = body
		case event.CallStarted:
			if body.Wait >= time.Hour {
				body.Wait, body.Due = due.Sub(e.At), due
			}
			e.Body = body
		default:
		}
		c.Events = append(c.Events, e)
	}
	_, err := store.Append(event.Seal(c), 0).Result()
	return err
}
