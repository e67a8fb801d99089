package main

import (
	"fmt"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// callText says what a durable script has called.
func (n narrator) callText(b event.CallStarted, at time.Time) string {
	text := fmt.Sprintf("%s  %s", callName(b.Node, b.Visit, b.Call, b.Attempt), b.Kind)
	if b.Name != "" {
		text += " " + b.Name
	}
	if !b.Args.IsNull() {
		text += "  " + printable(b.Args.String(), textMax)
	}
	if !b.Due.IsZero() {
		text += "  due " + dueText(b.Due, at)
	}
	return text
}

// answerText says how an attempt of a call has ended.
func (n narrator) answerText(b event.CallCompleted, at time.Time) (what string, paint func(string) string) {
	what = callName(b.Node, b.Visit, b.Call, b.Attempt)
	if b.Kind != "" {
		what += "  " + failureText(b.Kind, b.Message, nil)
		if !b.RetryAt.IsZero() {
			what += n.palette.faint("; again at " + dueText(b.RetryAt, at))
		}
		return what, n.palette.red
	}
	if b.Duration > 0 {
		what += "  " + durationText(b.Duration)
	}
	if !b.Result.IsNull() {
		what += "  " + printable(b.Result.String(), textMax)
	}
	return what, n.palette.green
}

// callName names a call: "order call 3", tried again "order #2 call 3 attempt 2".
func callName(node string, visit, call, attempt int) string {
	text := fmt.Sprintf("%s call %d", visitText(node, visit, 1), call)
	if attempt > 1 {
		text += fmt.Sprintf(" attempt %d", attempt)
	}
	return text
}
