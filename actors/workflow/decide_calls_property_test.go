package workflow_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// randomOfScript tells of a turn of a durable script, or of a call of one; nil for neither. Turns may be late: calls may have ended
// that they have not seen.
func randomOfScript(t *rapid.T, s *workflow.State, v *workflow.Visit) workflow.Command {
	node, _ := s.Definition().Node(v.Node)
	if node.Kind != workflow.KindScript || v.Compensates() {
		return nil
	}
	seen, ended := 0, 0
	if v.Calls != nil {
		seen, ended = max(0, v.Calls.Seen), v.Calls.Ended()
		for _, c := range v.Calls.Open {
			if rapid.Bool().Draw(t, "of a call") {
				return randomOfCall(t, v, c)
			}
		}
	}
	if v.Phase != workflow.PhaseRunning || rapid.IntRange(0, 3).Draw(t, "turn") == 0 {
		return nil
	}
	f := workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: v.Attempt}
	for i := range ended {
		if c := v.Calls.End(i); c.Failed != "" && rapid.IntRange(0, 2).Draw(t, "uncaught") == 0 {
			f.Outcome.Failure = &workflow.Failure{Kind: c.Failed, Message: "no", Call: c.Number}
			return f
		}
	}
	turn := &workflow.Turn{Seen: rapid.IntRange(seen, ended).Draw(t, "seen")}
	for range rapid.IntRange(0, 3).Draw(t, "calls") {
		seen = rapid.IntRange(seen, turn.Seen).Draw(t, "made after")
		c := workflow.NewCall{Kind: event.CallTool, Name: "t", Args: document.MustParse(`{"k": 1}`), Seen: seen}
		switch rapid.IntRange(0, 4).Draw(t, "call") {
		case 0:
			c = workflow.NewCall{Kind: event.CallSleep, Wait: 700 * time.Millisecond, Seen: seen}
		case 1:
			c = workflow.NewCall{Kind: event.CallSignal, Name: "s", Wait: rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "wait"), Seen: seen}
		case 2:
			c.Retry = &event.CallRetry{Max: 2, Backoff: "exponential", Initial: 500 * time.Millisecond, Cap: time.Second}
		default:
		}
		turn.Calls = append(turn.Calls, c)
	}
	f.Outcome.Turn = turn
	if rapid.Bool().Draw(t, "logs") {
		f.Outcome.Console = []event.LogLine{{Level: "log", Text: "x"}}
	}
	return f
}

func randomOfCall(t *rapid.T, v *workflow.Visit, c *workflow.Call) workflow.Command {
	f := workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: c.Attempt - rapid.IntRange(0, 1).Draw(t, "late"), Call: c.Number}
	if kind := rapid.SampledFrom([]string{"", "", "", "interrupted", "stopped", "tool_error", "timeout"}).Draw(t, "ends"); kind != "" {
		f.Outcome.Failure = &workflow.Failure{Kind: kind, Message: "no"}
	} else {
		f.Outcome.Result = document.MustParse(`{"k": 2}`)
	}
	return f
}

func callKey(node string, visit, call int) string { return fmt.Sprintf("%s/%d@%d", node, visit, call) }

func (l *ledger) called(b event.CallStarted) {
	key := callKey(b.Node, b.Visit, b.Call)
	if l.completed[key] || l.open[key] != b.Attempt-1 {
		l.t.Fatalf("attempt %d of call %s follows attempt %d (completed %v)", b.Attempt, key, l.open[key], l.completed[key])
	}
	l.open[key] = b.Attempt
	if b.Kind == event.CallSignal {
		l.waits[key] = b.Name
	}
}

// answered sees that no call completes twice, unless the script began anew before its end.
func (l *ledger) answered(b event.CallCompleted) {
	key := callKey(b.Node, b.Visit, b.Call)
	if l.completed[key] || l.open[key] != b.Attempt {
		l.t.Fatalf("attempt %d of call %s ends; the last was attempt %d (completed %v)", b.Attempt, key, l.open[key], l.completed[key])
	}
	if b.Kind != "" {
		return
	}
	l.completed[key] = true
	if signal := l.waits[key]; signal != "" {
		if len(l.kept[signal]) == 0 {
			l.t.Fatalf("call %s completes without a signal %s", key, signal)
		}
		l.kept[signal] = l.kept[signal][1:]
	}
}

func (l *ledger) checkCalls(v *workflow.Visit) {
	if v.Calls == nil || !v.Open() {
		return
	}
	for _, c := range v.Calls.Open {
		if c.Phase == workflow.PhaseSignal && len(l.kept[c.Name]) > 0 {
			l.t.Fatalf("call %d of visit %s/%d waits for signal %s, of which %q are kept", c.Number, v.Node, v.Number, c.Name, l.kept[c.Name])
		}
	}
	if v.Phase == workflow.PhaseCalls && (v.Calls.Seen != v.Calls.Ended() || len(v.Calls.Open) == 0) {
		l.t.Fatalf("visit %s/%d waits for %d calls, and its script has seen %d of %d end", v.Node, v.Number, len(v.Calls.Open), v.Calls.Seen, v.Calls.Ended())
	}
}
