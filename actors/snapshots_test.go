package actors_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
)

// longSource takes 400 steps and then sleeps, or ends where the input says so.
const longSource = `
name: long
nodes:
  count: {script: "state.i++"}
  nap: {sleep: 1h}
edges:
  count: [{when: "state.i < 400", to: count}, {when: "input.nap", to: nap}]
limits: {steps: 100000}
`

// long runs it, and returns its snapshot once there is one, of a run that has ended the last.
func (e *engine) long(run, input string) eventstore.Snapshot {
	e.t.Helper()
	e.save(longSource)
	e.begin("long", run, input)
	last := uint64(0)
	if strings.Contains(input, "true") {
		e.reach(run, "nap")
	} else {
		last = e.end(run).LastEvent
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		snap, err := eventstore.OpenSnapshots(e.snapshots()).Get(run)
		if err == nil && snap.N >= last {
			return snap
		}
		if err != nil && !errors.Is(err, eventstore.ErrNotFound) || time.Now().After(deadline) {
			e.t.Fatalf("the snapshot is of event %d, %v", snap.N, err)
		}
	}
}

// A long run is opened from its snapshot: what that says is believed where the events do not tell otherwise.
func TestLongRunsAreReadFromSnapshots(t *testing.T) {
	e := open(t)
	snap := e.long("r", `{"i": 0, "nap": true}`)
	if snap.N < 1000 {
		t.Errorf("the snapshot is of event %d", snap.N)
	}
	e.stop()
	snap.State = bytes.ReplaceAll(snap.State, []byte(`"nap":true`), []byte(`"nap":"marked"`))
	if err := eventstore.OpenSnapshots(e.snapshots()).Put(snap); err != nil {
		t.Fatal(err)
	}
	e.start()
	v := e.mustView("r")
	if nap, _ := v.Input.Get("nap"); nap.String() != `"marked"` || v.LastEvent < snap.N {
		t.Errorf("the run is read as %s up to event %d", v.Input, v.LastEvent)
	}
	if _, err := e.Cancel(t.Context(), "r", "", ""); err != nil {
		t.Fatal(err)
	}
	if v := e.end("r"); v.Status != workflow.StatusCancelled {
		t.Errorf("the run is %s", v.Status)
	}
	e.log("r") // checks that events are dense
}

// A snapshot that is damaged, or that the events disagree with, is discarded, and the run read as it is.
func TestWrongSnapshotsAreDiscarded(t *testing.T) {
	e := open(t)
	whole := e.long("r", `{"i": 0}`)
	for name, change := range map[string]func(*eventstore.Snapshot){
		"another commit":   func(s *eventstore.Snapshot) { s.Digest = strings.Repeat("0", len(s.Digest)) },
		"a later event":    func(s *eventstore.Snapshot) { s.N += 1e6 },
		"another revision": func(s *eventstore.Snapshot) { s.Revision = "sha256:1" },
		"no state":         func(s *eventstore.Snapshot) { s.State = []byte("{}") },
		"another end": func(s *eventstore.Snapshot) {
			s.State = bytes.ReplaceAll(s.State, []byte(`{"i":400}`), []byte(`{"i":401}`))
		},
		"another run's": func(s *eventstore.Snapshot) {
			s.State = bytes.Replace(s.State, []byte(`"Run":"r"`), []byte(`"Run":"x"`), 1)
		},
		"an earlier number": func(s *eventstore.Snapshot) { s.N-- },
	} {
		t.Run(name, func(t *testing.T) {
			changed := whole
			change(&changed)
			kept := eventstore.OpenSnapshots(e.snapshots())
			if err := kept.Put(changed); err != nil {
				t.Fatal(err)
			}
			e.restart()
			if v := e.mustView("r"); v.State.String() != `{"i":400}` || v.Status != workflow.StatusCompleted {
				t.Errorf("the run is read as %s, %s", v.Status, v.State)
			}
			if _, err := kept.Get("r"); name != "another end" && !errors.Is(err, eventstore.ErrNotFound) {
				t.Errorf("the snapshot is still there: %v", err)
			}
		})
	}
}

// BenchmarkOpenLong reads a run of 100,000 events whose state is durable, with and without its snapshot.
func BenchmarkOpenLong(b *testing.B) {
	e := open(b)
	e.save(loopSource)
	e.begin("loop", "r", `{"i": 0, "steps": 25000}`)
	e.end("r")
	for _, way := range []string{"snapshot", "events"} {
		b.Run(way, func(b *testing.B) {
			if way == "events" {
				if err := eventstore.OpenSnapshots(e.snapshots()).Remove("r"); err != nil {
					b.Fatal(err)
				}
			}
			var v actors.View
			for b.Loop() {
				v = e.mustView("r")
			}
			b.ReportMetric(float64(v.LastEvent), "events")
		})
	}
}
