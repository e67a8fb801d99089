package event

import (
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

var sampleTime = time.Date(2026, 11, 2, 9, 30, 0, 131520341, time.UTC)

const sampleDigest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// samples are events of version 1, each type with all its fields and with none that may be missing. The golden files hold
// them. A field that is added to a type later must be missing here: these are what was stored before it came.
var samples = map[string]Event{
	"RunStarted": sample(1, RunStarted{
		Workflow: "code-review", Revision: sampleDigest, Start: "extract", By: "ada",
		Input:  document.MustParse(`{"threshold":80,"exact":12345678901234567890.10,"path":"a/b~c","text":"<é\u2028\n>","none":null}`),
		Labels: map[string]string{"team": "core", "10": "ten", "9": "nine", "quoted": `"`},
		Parent: &Parent{Run: "order-9", Node: "review", Visit: 2, Attempt: 1}, Depth: 3,
	}),
	"RunStarted.root": sample(1, RunStarted{
		Workflow: "code-review", Revision: sampleDigest, Start: "extract", By: "ada",
		Input:  document.MustParse(`{"threshold":80,"exact":12345678901234567890.10,"path":"a/b~c","text":"<é\u2028\n>","none":null}`),
		Labels: map[string]string{"team": "core", "10": "ten", "9": "nine", "quoted": `"`},
	}),
	"RunStarted.item": sample(1, RunStarted{
		Workflow: "grade", Revision: sampleDigest, Start: "score", Input: document.Object(),
		Parent: &Parent{Run: "order-9", Node: "review", Visit: 2, Attempt: 1, Item: 4}, Depth: 1,
	}),
	"RunStarted.bare": sample(1, RunStarted{Workflow: "w", Revision: sampleDigest, Input: document.Object(), Start: "$end"}),
	"NodeStarted": sample(2, NodeStarted{
		Node: "extract", Visit: 3, Attempt: 2, Tokens: []uint64{1, 18446744073709551615}, Input: sampleDigest, Tie: true, Signal: "approve", Items: 10, Item: 4,
	}),
	"NodeStarted.item": sample(2, NodeStarted{Node: "extract", Visit: 3, Attempt: 1, Item: 4}),
	"NodeStarted.bare": sample(2, NodeStarted{Node: "extract", Visit: 1, Attempt: 1}),
	"NodeStarted.signal": sample(2, NodeStarted{
		Node: "approval", Visit: 1, Attempt: 1, Tokens: []uint64{2}, Signal: "approve",
	}),
	"NodeCompleted": sample(3, NodeCompleted{
		Node: "extract", Visit: 1, Attempt: 1, Duration: 1234567890, Output: 57, Item: 4, Result: document.MustParse(`{"exact":12345678901234567890.10}`),
	}),
	"NodeCompleted.bare": sample(3, NodeCompleted{Node: "extract", Visit: 1, Attempt: 1, Duration: 1234567890, Output: 57}),
	"NodeFailed": sample(4, NodeFailed{
		Node: "score", Visit: 1, Attempt: 1, Duration: time.Millisecond, Kind: "script_error", Message: "TypeError: \"x\"\nis not a function",
		Position: &Position{File: "score.ts", Line: 12, Column: 7}, RetryAt: sampleTime.Add(1500 * time.Millisecond), Item: 4,
	}),
	"NodeFailed.bare": sample(4, NodeFailed{Node: "score", Visit: 1, Attempt: 3, Kind: "timeout", Message: ""}),
	"StateChanged": sample(5, StateChanged{Node: "extract", Visit: 1, Patch: document.Patch{
		{Op: document.OpAdd, Path: "/list/-", Value: document.MustParse(`{"n":1.0}`)},
		{Op: document.OpReplace, Path: "/a~1b", Value: document.Null},
		{Op: document.OpRemove, Path: "/old"},
		{Op: document.OpMove, From: "/x", Path: "/y"},
		{Op: document.OpCopy, From: "/x/0", Path: ""},
		{Op: document.OpTest, Path: "/t", Value: document.Bool(true)},
	}}),
	"StateChanged.bare": sample(5, StateChanged{Node: "extract", Visit: 1}),
	"EdgeTaken": sample(6, EdgeTaken{
		From: "score", Visit: 1, To: "improve", Token: 9, Edge: 1, When: `state.quality_score < state.threshold`, Via: ViaExhausted,
	}),
	"EdgeTaken.bare": sample(6, EdgeTaken{From: "score", Visit: 1, To: "$end", Token: 2, Edge: -1}),
	"ScriptLogged": sample(7, ScriptLogged{Node: "score", Visit: 1, Attempt: 1, Lines: []LogLine{
		{Level: "warn", Text: "two\nlines", Line: 3}, {Level: "log", Text: ""},
	}, Item: 4}),
	"ScriptLogged.placed": sample(7, ScriptLogged{Node: "score", Visit: 1, Attempt: 1, Lines: []LogLine{
		{Level: "info", Text: "x", File: "lib/score.ts", Line: 3, Column: 14},
	}}),
	"ScriptLogged.bare": sample(7, ScriptLogged{Node: "score", Visit: 1, Attempt: 1}),
	"TimerSet":          sample(8, TimerSet{Timer: "retry-score-1", Node: "score", Visit: 1, Due: sampleTime.Add(time.Hour)}),
	"TimerFired":        sample(9, TimerFired{Timer: "retry-score-1", Node: "score", Visit: 1}),
	"SignalReceived": sample(9, SignalReceived{
		Signal: "approve", ID: "mail-4711", Payload: document.MustParse(`{"ok":true,"exact":1.50,"note":"<é>"}`), By: "ada",
	}),
	"SignalReceived.bare": sample(9, SignalReceived{Signal: "approve", ID: "1"}),
	"ChildStarted": sample(8, ChildStarted{
		Node: "score", Visit: 2, Attempt: 1, Item: 4, Child: "0b7d2e6c-64d4-5c0e-8d0a-3f8f0f9a3c11", Workflow: "grade", Revision: sampleDigest, Due: sampleTime.Add(time.Hour),
	}),
	"ChildStarted.visit": sample(8, ChildStarted{
		Node: "score", Visit: 2, Attempt: 1, Child: "0b7d2e6c-64d4-5c0e-8d0a-3f8f0f9a3c11", Workflow: "grade", Revision: sampleDigest, Due: sampleTime.Add(time.Hour),
	}),
	"ChildStarted.bare": sample(8, ChildStarted{Node: "score", Visit: 1, Attempt: 1, Child: "c", Workflow: "grade", Revision: sampleDigest}),
	"ChildCompleted": sample(9, ChildCompleted{
		Node: "score", Visit: 2, Attempt: 1, Item: 4, Child: "0b7d2e6c-64d4-5c0e-8d0a-3f8f0f9a3c11", Status: "failed", Kind: "tool_error", Message: "no \"answer\"", State: sampleDigest,
	}),
	"ChildCompleted.visit": sample(9, ChildCompleted{
		Node: "score", Visit: 2, Attempt: 1, Child: "0b7d2e6c-64d4-5c0e-8d0a-3f8f0f9a3c11", Status: "failed", Kind: "tool_error", Message: "no \"answer\"", State: sampleDigest,
	}),
	"ChildCompleted.bare": sample(9, ChildCompleted{Node: "score", Visit: 1, Attempt: 1, Child: "c", Status: "completed", State: sampleDigest}),
	"CallStarted": sample(8, CallStarted{
		Node: "order", Visit: 2, Call: 3, Attempt: 1, Kind: CallTool, Name: "http.request", Args: document.MustParse(`{"url":"https://bank.example/charge","exact":1.50}`),
		Wait: 30 * time.Second, Due: sampleTime.Add(time.Hour), Seen: 2, Behind: 1,
		Retry: &CallRetry{Max: 3, Backoff: "exponential", Initial: time.Second, Cap: time.Minute, On: []string{"timeout", "tool_error"}},
	}),
	"CallStarted.sleep": sample(8, CallStarted{
		Node: "order", Visit: 1, Call: 2, Attempt: 1, Kind: CallSleep, Wait: time.Hour, Due: sampleTime.Add(time.Hour), Seen: 1,
	}),
	"CallStarted.retry": sample(8, CallStarted{
		Node: "order", Visit: 1, Call: 1, Attempt: 1, Kind: CallTool, Name: "pay", Retry: &CallRetry{Max: 2, Backoff: "constant", Initial: 1, Cap: 1},
	}),
	"CallStarted.bare": sample(8, CallStarted{Node: "order", Visit: 1, Call: 1, Attempt: 1, Kind: CallSignal}),
	"CallCompleted": sample(9, CallCompleted{
		Node: "order", Visit: 2, Call: 3, Attempt: 1, Duration: 1234567890, Result: document.MustParse(`{"exact":12345678901234567890.10}`),
		Kind: "tool_error", Message: "no \"answer\"", RetryAt: sampleTime.Add(time.Second),
	}),
	"CallCompleted.bare":      sample(9, CallCompleted{Node: "order", Visit: 1, Call: 1, Attempt: 1}),
	"CallsAwaited":            sample(9, CallsAwaited{Node: "order", Visit: 1, Seen: 4, Behind: 2}),
	"CallsAwaited.bare":       sample(9, CallsAwaited{Node: "order", Visit: 1}),
	"RunPaused":               sample(10, RunPaused{By: "ada", Reason: "the bank is closed"}),
	"RunPaused.bare":          sample(10, RunPaused{}),
	"RunResumed":              sample(10, RunResumed{Reason: "retry", By: "ada", Note: "the bank is open", Revision: sampleDigest}),
	"RunResumed.bare":         sample(10, RunResumed{Reason: "retry"}),
	"RunCancelRequested":      sample(11, RunCancelRequested{By: "ada", Reason: "wrong input"}),
	"RunCancelRequested.bare": sample(11, RunCancelRequested{}),
	"RunFailing": sample(11, RunFailing{
		Kind: "script_error", Message: "it failed", Node: "score", Visit: 2, Position: &Position{File: "score.ts", Line: 1, Column: 2},
	}),
	"RunFailing.bare": sample(11, RunFailing{Kind: "step_limit", Message: "10000 steps"}),
	"RunCompleted":    sample(12, RunCompleted{State: sampleDigest}),
	"RunFailed": sample(12, RunFailed{
		Kind: "script_error", Message: "it failed", Node: "score", Visit: 2, Position: &Position{File: "score.ts", Line: 0, Column: 0}, State: sampleDigest,
		Uncompensated: []Uncompensated{{Node: "book", Visit: 2, Kind: "tool_error", Message: "no \"answer\""}, {Node: "pay", Visit: 1, Kind: "timeout"}},
	}),
	"RunFailed.bare":    sample(12, RunFailed{Kind: "step_limit", Message: "10000 steps", State: sampleDigest}),
	"RunCancelled":      sample(12, RunCancelled{By: "ada", Reason: "wrong input", State: sampleDigest}),
	"RunCancelled.bare": sample(18446744073709551615, RunCancelled{State: sampleDigest}),
	"RunRetired": sample(13, RunRetired{
		Status: "completed", Revision: sampleDigest, Input: sampleDigest, StartedAt: sampleTime, EndedAt: sampleTime.Add(time.Minute), Reason: "older than 30 days",
	}),
}

// grown are the types that have more fields than when their samples were stored, with all of them.
var grown = map[string]Event{
	"RunStarted": sample(1, RunStarted{
		Workflow: "w", Revision: sampleDigest, Input: document.Object(), Start: "extract", By: "ada",
		Labels: map[string]string{"team": "core"}, Queue: &Queue{Key: "acme", Priority: -3},
		Parent: &Parent{Run: "order-9", Node: "review", Visit: 1, Attempt: 2}, Depth: 3,
	}),
	"NodeFailed": sample(4, NodeFailed{
		Node: "score", Visit: 1, Attempt: 1, Item: 4, Kind: "tool_error", Message: "no answer", Position: &Position{File: "score.ts", Line: 12, Column: 7},
		RetryAt: sampleTime, Call: 3, Kept: 5,
	}),
}

func sample(n uint64, body Body) Event {
	return Event{Run: "review-7", N: n, At: sampleTime.Add(time.Duration(n%100) * time.Millisecond), Body: body}
}

// retiredCommit is what stands for a run that had 12 events.
func retiredCommit() Commit {
	return Commit{
		Run: "review-7", Workflow: "code-review", First: 13, Epoch: "e2", Prev: strings.Repeat("0f", digestBytes),
		Events: []Event{samples["RunRetired"]},
	}
}

// sampleCommit holds the samples with all their fields, numbered from 7.
func sampleCommit() Commit {
	c := Commit{Run: "review-7", Workflow: "code-review", First: 7, Epoch: `e"1`, Prev: strings.Repeat("0f", digestBytes)}
	for _, t := range types {
		if t == TypeRunRetired {
			continue // it has its commit to itself
		}
		e := samples[string(t)]
		e.N = c.First + uint64(len(c.Events))
		c.Events = append(c.Events, e)
	}
	return c
}
