package workflow_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

var signalsBegin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// waitingRun returns a run that is busy at a tool, behind which it will wait for signal s again and again.
func waitingRun(t *testing.T) (s *workflow.State, decide func(workflow.Command) int) {
	t.Helper()
	ev := &evaluator{scripts.New(scripts.Limits{})}
	def, problems := workflow.Parse([]byte("{name: w, limits: {steps: 20000}, nodes: {go: t, wait: {wait: s}}, edges: {go: wait, wait: {to: wait, max: 20000}}}"),
		workflow.Options{Format: workflow.FormatYAML, Checker: anyTool{ev.engine}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	s = workflow.New(def)
	decide = func(cmd workflow.Command) int {
		next, events := workflow.Decide(s, cmd, signalsBegin, ev)
		*s = *next
		return len(events)
	}
	decide(workflow.Start{Run: "r", Revision: "d", Input: document.Object()})
	return s, decide
}

func refusal(s *workflow.State, c workflow.Signal) workflow.SignalRefusal {
	if e := s.Refuses(c); e != nil {
		return e.Refusal
	}
	return ""
}

func TestKeptSignalsAreBounded(t *testing.T) {
	s, decide := waitingRun(t)
	for i := range workflow.SignalsKeptMax {
		if decide(workflow.Signal{Name: "s", ID: fmt.Sprint(i)}) != 1 {
			t.Fatalf("signal %d is refused: %v", i, s.Refuses(workflow.Signal{Name: "s"}))
		}
	}
	more := workflow.Signal{Name: "s", ID: "more"}
	if got := refusal(s, more); got != workflow.SignalsFull || decide(more) != 0 {
		t.Fatalf("one more than are kept: %q", got)
	}
	if n := decide(workflow.Finish{Node: "go", Visit: 1, Attempt: 1}); n != 3+3*workflow.SignalsKeptMax {
		t.Fatalf("%d events come of all that were kept", n)
	}
	if refusal(s, more) != "" || decide(more) == 0 {
		t.Fatalf("nothing is kept, and the signal is refused: %v", s.Refuses(more))
	}
}

func TestSignalsOfARunAreBounded(t *testing.T) {
	s, decide := waitingRun(t)
	decide(workflow.Finish{Node: "go", Visit: 1, Attempt: 1})
	for i := range workflow.SignalsMax {
		if decide(workflow.Signal{Name: "s", ID: fmt.Sprint(i)}) == 0 {
			t.Fatalf("signal %d is refused: %v", i, s.Refuses(workflow.Signal{Name: "s"}))
		}
	}
	more := workflow.Signal{Name: "s", ID: "more"}
	if e := s.Refuses(more); e == nil || e.Refusal != workflow.SignalsFull || !strings.Contains(e.Error(), "10,000") || decide(more) != 0 {
		t.Fatal(e)
	}
	if !s.Signalled("0") || !s.Signalled("9999") || s.Signalled("more") {
		t.Error("the run does not know which signals it has had")
	}
}

func TestKeptPayloadsAreBounded(t *testing.T) {
	s, decide := waitingRun(t)
	large := document.Object(document.Member{Key: "x", Value: document.String(strings.Repeat("x", 1<<20-20))})
	for i := range 5 {
		c := workflow.Signal{Name: "s", ID: fmt.Sprint(i), Payload: large}
		if refused := decide(c) == 0; refused != (i == 4) {
			t.Fatalf("signal %d: refused %t, %v", i, refused, s.Refuses(c))
		}
	}
	if e := s.Refuses(workflow.Signal{Name: "s", ID: "x", Payload: large}); e == nil || !strings.Contains(e.Error(), "limits.state_size") {
		t.Error(e)
	}
}

// TestSignalsLeaveOtherStatesAlone decides twice from one state: neither must show in the other, nor in the state.
func TestSignalsLeaveOtherStatesAlone(t *testing.T) {
	s, decide := waitingRun(t)
	for i := range 5 {
		decide(workflow.Signal{Name: "s", ID: fmt.Sprint(i)})
	}
	before := workflow.Dump(s)
	ev := &evaluator{scripts.New(scripts.Limits{})}
	a, _ := workflow.Decide(s, workflow.Signal{Name: "s", ID: "a"}, signalsBegin, ev)
	b, _ := workflow.Decide(s, workflow.Signal{Name: "s", ID: "b"}, signalsBegin, ev)
	taken, _ := workflow.Decide(s, workflow.Finish{Node: "go", Visit: 1, Attempt: 1}, signalsBegin, ev)
	if !a.Signalled("a") || a.Signalled("b") || !b.Signalled("b") || b.Signalled("a") || !taken.Signalled("4") {
		t.Error("a state has the signals of another")
	}
	if after := workflow.Dump(s); after != before {
		t.Errorf("the state was changed:\n%s\n%s", before, after)
	}
}

func TestSignalErrorsNameThePlace(t *testing.T) {
	err := error(workflow.Misfitting("s", workflow.PayloadMisfit{Pointer: "/ok", Message: "is missing"}, workflow.PayloadMisfit{Message: "no"}))
	if e := (*workflow.SignalError)(nil); !errors.As(err, &e) || e.Error() != `the payload is not what signal "s" takes: /ok: is missing; no` {
		t.Error(err)
	}
}
