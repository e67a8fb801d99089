package actors_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/runindex"
)

const approvalSource = `
name: approval
signals:
  approve: {schema: {type: object, required: [ok], properties: {ok: {type: boolean}}, additionalProperties: false}}
  note: {}
nodes:
  wait: {wait: {signal: approve, timeout: 24h}}
  done: {script: "return {done: true}"}
edges: {wait: done}
`

func (e *engine) signal(run, name, id, payload string) actors.View {
	e.t.Helper()
	v, err := e.Signal(e.t.Context(), run, name, id, document.MustParse(payload), "ada")
	if err != nil {
		e.t.Fatal(err)
	}
	return v
}

func (e *engine) received(run string) int {
	e.t.Helper()
	return strings.Count(strings.Join(e.log(run), ","), "SignalReceived")
}

func TestSignalEndsAWait(t *testing.T) {
	e := open(t)
	e.save(approvalSource)
	e.begin("approval", "r", "{}")
	e.reach("r", "wait")
	v := e.mustView("r")
	if c := v.Current[0]; v.Status != workflow.StatusWaiting || c.Signal != "approve" || time.Until(c.Until) < 23*time.Hour {
		t.Errorf("the run is %s at %+v", v.Status, c)
	}
	e.signal("r", "approve", "", `{"ok": true}`)
	v = e.end("r")
	if got := v.State.String(); v.Status != workflow.StatusCompleted || got != `{"done":true,"ok":true}` {
		t.Errorf("the run is %s with %s", v.Status, got)
	}
}

// A run that waits for a signal, with a timeout or without, is not held in memory, and a signal brings it back.
func TestSignalWakesAParkedRun(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {wait: s}, b: {wait: {signal: s, timeout: 24h}}}\nedges: {a: b}")
	e.begin("w", "r", "{}")
	for _, payload := range []string{`{"x": 1}`, `{"x": 2}`} {
		e.parked(1)
		e.signal("r", "s", payload, payload)
	}
	if v := e.end("r"); v.State.String() != `{"x":2}` || e.Parked() != 0 {
		t.Errorf("the run ended as %s with %s, and %d are parked", v.Status, v.State, e.Parked())
	}
}

// The schema of a signal, its names, and the run's status are held against what is sent before it is recorded.
func TestSignalsThatAreRefused(t *testing.T) {
	e := open(t)
	e.save(approvalSource)
	e.begin("approval", "r", "{}")
	for _, c := range []struct {
		name, payload string
		refusal       workflow.SignalRefusal
		says          string
	}{
		{"approve", `{"ok": "yes"}`, workflow.SignalMisfit, "/ok: must be true or false, not a text"},
		{"approve", `{"ok": true, "by": 1}`, workflow.SignalMisfit, "`by` is not allowed"},
		{"approve", `null`, workflow.SignalMisfit, "must be an object, not null"},
		{"approve", `[]`, workflow.SignalMisfit, "must be an object"},
		{"aprove", `{"ok": true}`, workflow.SignalUnknown, "did you mean `approve`?"},
		{"veto", `{}`, workflow.SignalUnknown, "it has approve, note"},
	} {
		_, err := e.Signal(t.Context(), "r", c.name, "x", document.MustParse(c.payload), "")
		refused := (*workflow.SignalError)(nil)
		if !errors.As(err, &refused) || refused.Refusal != c.refusal || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v", c.name, c.payload, err)
		}
	}
	for _, id := range []string{"", strings.Repeat("x", 256)} {
		name := "a b"
		if id != "" {
			name = "note"
		}
		if _, err := e.Signal(t.Context(), "r", name, id, document.Null, ""); !errors.Is(err, actors.ErrInvalidID) {
			t.Errorf("signal %q with an id of %d bytes: %v", name, len(id), err)
		}
	}
	if n := e.received("r"); n != 0 {
		t.Errorf("%d signals are recorded", n)
	}
	if _, err := e.Signal(t.Context(), "nobody", "note", "", document.Null, ""); !errors.Is(err, actors.ErrRunNotFound) {
		t.Errorf("a run that is not there: %v", err)
	}
	e.signal("r", "note", "seen", "1")
	e.signal("r", "approve", "", `{"ok": true}`)
	e.end("r")
	status := (*actors.StatusError)(nil)
	if _, err := e.Signal(t.Context(), "r", "note", "new", document.Null, ""); !errors.As(err, &status) || status.Status != "completed" {
		t.Errorf("a run that has ended: %v", err)
	}
	if v := e.signal("r", "note", "seen", "2"); v.Status != workflow.StatusCompleted {
		t.Errorf("a signal that the run has had: %+v", v)
	}
}

// A hundred senders of one id, in two engines one after the other, make one event.
func TestSignalIsReceivedOnce(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {wait: s, into: a}, b: {wait: s, into: b}}\nedges: {a: b}")
	e.begin("w", "r", "{}")
	for round := range 2 {
		var senders sync.WaitGroup
		for i := range 100 {
			senders.Go(func() {
				if _, err := e.Signal(t.Context(), "r", "s", "only", document.Int(int64(i)), ""); err != nil {
					t.Error(err)
				}
			})
		}
		senders.Wait()
		if n := e.received("r"); n != 1 {
			t.Fatalf("round %d: %d events", round, n)
		}
		e.restart()
	}
	if v := e.mustView("r"); len(v.Current) != 1 || v.Current[0].Node != "b" || v.Status != workflow.StatusWaiting {
		t.Errorf("the run is %s at %+v", v.Status, v.Current)
	}
}

// Signals that were kept, and waits that had begun, are there after a restart.
func TestSignalsOutliveTheEngine(t *testing.T) {
	e := open(t)
	e.save(`
name: w
state: {log: append}
nodes:
  go: {wait: go}
  one: {wait: s, into: log}
  two: {wait: s, into: log}
  left: {wait: l, into: l}
  right: {wait: {signal: r, timeout: 1h}, into: r}
  end: {script: "return {end: true}"}
edges: {go: one, one: two, two: [left, right], left: end, right: end}
`)
	e.begin("w", "r", "{}")
	e.signal("r", "s", "1", `"first"`)
	e.signal("r", "r", "2", `"early"`)
	e.signal("r", "s", "3", `"second"`)
	e.restart()
	e.signal("r", "go", "4", `{}`)
	e.reach("r", "left")
	if got := e.mustView("r").State.String(); got != `{"log":["first","second"],"r":"early"}` {
		t.Errorf("the state is %s", got)
	}
	e.restart()
	e.signal("r", "l", "5", `7`)
	if v := e.end("r"); v.State.String() != `{"end":true,"l":7,"log":["first","second"],"r":"early"}` {
		t.Errorf("the run ended as %s with %s: %+v", v.Status, v.State, v.Error)
	}
}

func TestWaitThatTakesTooLong(t *testing.T) {
	e := open(t)
	e.save(`
name: w
nodes:
  wait: {wait: {signal: s, timeout: 30ms}, catch: [{on: timeout, to: late}]}
  late: {script: "return {late: ctx.error.message, kind: ctx.error.kind}"}
`)
	e.begin("w", "r", "{}")
	if v := e.end("r"); v.State.String() != `{"kind":"timeout","late":"no signal \"s\" came within 30ms"}` {
		t.Errorf("the run ended as %s with %s: %+v", v.Status, v.State, v.Error)
	}
}

// A failed run takes no signal, and a retry has it wait anew: the signal that it failed with is used up.
func TestRetriedWait(t *testing.T) {
	e := open(t)
	e.save("name: w\nstate: {n: add}\nnodes: {wait: {wait: s, into: n}}")
	e.begin("w", "r", `{"n": 1}`)
	e.signal("r", "s", "1", `"no number"`)
	if v := e.end("r"); v.Error == nil || v.Error.Kind != workflow.FailureSignal {
		t.Fatalf("the run is %s: %+v", v.Status, v.Error)
	}
	status := (*actors.StatusError)(nil)
	if _, err := e.Signal(t.Context(), "r", "s", "2", document.Int(2), ""); !errors.As(err, &status) || status.Status != "failed" {
		t.Errorf("a failed run: %v", err)
	}
	if _, err := e.Retry(t.Context(), "r", ""); err != nil {
		t.Fatal(err)
	}
	e.signal("r", "s", "2", "2")
	if v := e.end("r"); v.State.String() != `{"n":3}` {
		t.Errorf("the run ended as %s with %s: %+v", v.Status, v.State, v.Error)
	}
}

func TestWaitingRunsAreListedWithTheirSignal(t *testing.T) {
	e := open(t)
	e.save("name: w\nnodes: {a: {wait: s}}")
	e.save(approvalSource)
	e.begin("w", "endless", "{}")
	e.begin("approval", "bounded", "{}")
	runs, err := e.Runs(t.Context(), runindex.Listing{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs.Runs {
		for _, v := range r.Current {
			got = append(got, fmt.Sprintf("%s %s %s %s due %t", r.Run, r.Status, v.Phase, v.Signal, !r.Due.IsZero()))
		}
	}
	slices.Sort(got)
	if want := []string{"bounded waiting signal approve due true", "endless waiting signal s due false"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
