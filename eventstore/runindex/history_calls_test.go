package runindex

import (
	"time"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// drawOfScript tells of a turn of a durable script, or of a call of one; nil for neither.
func drawOfScript(t *rapid.T, s *workflow.State, v *workflow.Visit) workflow.Command {
	if node, _ := s.Definition().Node(v.Node); node.Kind != workflow.KindScript || v.Items != nil {
		return nil
	}
	ended := 0
	if v.Calls != nil {
		ended = v.Calls.Ended()
		for _, c := range v.Calls.Open {
			if c.Phase == workflow.PhaseRunning && rapid.Bool().Draw(t, "of a call") {
				f := workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: c.Attempt, Call: c.Number}
				if kind := rapid.SampledFrom([]string{"", "", "", "interrupted", "stopped", "tool_error"}).Draw(t, "outcome"); kind != "" {
					f.Outcome.Failure = &workflow.Failure{Kind: kind, Message: "no"}
				}
				return f
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
	seen := 0
	if v.Calls != nil {
		seen = rapid.IntRange(max(0, v.Calls.Seen), ended).Draw(t, "seen")
	}
	f.Outcome.Turn = &workflow.Turn{Seen: seen}
	for range rapid.IntRange(0, 3).Draw(t, "calls") {
		f.Outcome.Turn.Calls = append(f.Outcome.Turn.Calls, drawCall(t, seen))
	}
	return f
}

func drawCall(t *rapid.T, seen int) workflow.NewCall {
	c := workflow.NewCall{Seen: seen, Kind: rapid.SampledFrom([]string{event.CallTool, event.CallTool, event.CallSleep, event.CallSignal}).Draw(t, "call")}
	switch c.Kind {
	case event.CallTool:
		c.Name, c.Args = "t", document.MustParse(`{"at":"x","kind":"sleep","call":9,"behind":3}`)
		if rapid.Bool().Draw(t, "retry") {
			c.Retry = &event.CallRetry{Max: 2, Backoff: "constant", Initial: time.Second, Cap: time.Second}
		}
	case event.CallSleep:
		c.Wait = 2 * time.Second
	case event.CallSignal:
		c.Name, c.Wait = "s", rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "wait")
	}
	return c
}
