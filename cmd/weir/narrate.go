package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// narrator tells events to a person, one line each.
type narrator struct {
	out     io.Writer
	palette palette
	brief   bool      // only what a person waits for: visits that end or sleep, console lines, the run's own events
	runs    bool      // say which run, where several are told at once
	since   time.Time // tell how long after this each event is, in place of the time of day; zero: do not
}

// textMax bounds how much of a message or console line is told, in characters.
const textMax = 160

// tell writes the event's line. Size is the length of the event as JSON text.
func (n narrator) tell(e event.Event, size int) {
	if n.brief && !brief(e.Body) {
		return
	}
	what, paint := n.describe(e, size)
	var b strings.Builder
	at := e.At.Local().Format("15:04:05.000")
	if !n.since.IsZero() {
		at = fmt.Sprintf("%12s", "+"+e.At.Sub(n.since).String())
	}
	fmt.Fprintf(&b, "%5d  %s  ", e.N, n.palette.faint(at))
	if n.runs {
		b.WriteString(e.Run + "  ")
	}
	b.WriteString(paint(fmt.Sprintf("%-14s", e.Type())))
	if what != "" {
		b.WriteString("  " + what)
	}
	fmt.Fprintln(n.out, b.String())
}

func brief(body event.Body) bool {
	switch b := body.(type) {
	case event.NodeStarted:
		return b.Signal != ""
	case event.StateChanged, event.EdgeTaken, event.TimerFired, event.CallsAwaited:
		return false
	case event.NodeCompleted:
		return b.Item == 0
	default:
		return true
	}
}

// describe returns what is particular to the event, and the colour of its name.
func (n narrator) describe(e event.Event, size int) (what string, paint func(string) string) {
	p := n.palette
	switch b := e.Body.(type) {
	case event.RunStarted:
		what := fmt.Sprintf("%s from %s", b.Workflow, b.Start)
		if b.Parent != nil {
			what += p.faint("  child of " + b.Parent.Run + " at " + attemptText(b.Parent.Node, b.Parent.Visit, b.Parent.Item, b.Parent.Attempt))
		}
		return what, p.bold
	case event.NodeStarted:
		text := attemptText(b.Node, b.Visit, b.Item, b.Attempt)
		if b.Items > 0 {
			text += " over " + count(b.Items, "item")
		}
		if b.Signal != "" {
			text += "  waits for signal " + b.Signal
		}
		return text, p.faint
	case event.NodeCompleted:
		return fmt.Sprintf("%s  %s, %s out", attemptText(b.Node, b.Visit, b.Item, b.Attempt), durationText(b.Duration), sizeText(b.Output)), p.green
	case event.NodeFailed:
		what := fmt.Sprintf("%s  %s", attemptText(b.Node, b.Visit, b.Item, b.Attempt), failureText(b.Kind, b.Message, b.Position))
		if !b.RetryAt.IsZero() {
			what += p.faint("; again at " + dueText(b.RetryAt, e.At))
		}
		return what, p.red
	case event.StateChanged:
		return fmt.Sprintf("%s  %s  %s", visitText(b.Node, b.Visit, 1), changesText(b), p.faint(sizeText(size))), p.cyan
	case event.EdgeTaken:
		return edgeText(b), p.faint
	case event.ScriptLogged:
		lines := make([]string, len(b.Lines))
		for i, line := range b.Lines {
			lines[i] = line.Level + ": " + printable(line.Text, textMax)
		}
		return fmt.Sprintf("%s  %s", attemptText(b.Node, b.Visit, b.Item, b.Attempt), strings.Join(lines, " | ")), p.yellow
	case event.TimerSet:
		return fmt.Sprintf("%s  due %s", visitText(b.Node, b.Visit, 1), dueText(b.Due, e.At)), p.faint
	case event.TimerFired:
		return visitText(b.Node, b.Visit, 1), p.faint
	case event.SignalReceived:
		return byText(b.Signal+"  "+printable(b.Payload.String(), textMax), b.By), p.cyan
	case event.ChildStarted:
		return fmt.Sprintf("%s  run %s of %s", attemptText(b.Node, b.Visit, b.Item, b.Attempt), b.Child, b.Workflow), p.faint
	case event.ChildCompleted:
		return n.childText(b)
	case event.CallStarted:
		return n.callText(b, e.At), p.faint
	case event.CallCompleted:
		return n.answerText(b, e.At)
	case event.CallsAwaited:
		return visitText(b.Node, b.Visit, 1), p.faint
	case event.RunPaused:
		return byText(printable(b.Reason, textMax), b.By), p.bold
	case event.RunResumed:
		what := byText(b.Reason, b.By)
		if b.Revision != "" {
			what += " with revision " + b.Revision
		}
		if b.Note != "" {
			what += ": " + printable(b.Note, textMax)
		}
		return what, p.bold
	case event.RunFailing:
		where := ""
		if b.Node != "" {
			where = visitText(b.Node, b.Visit, 1) + "  "
		}
		return where + failureText(b.Kind, b.Message, b.Position) + p.faint("; compensating"), p.red
	case event.RunCancelRequested:
		return byText(printable(b.Reason, textMax), b.By), p.yellow
	case event.RunCompleted:
		return "", func(text string) string { return p.bold(p.green(text)) }
	case event.RunFailed:
		where := ""
		if b.Node != "" {
			where = visitText(b.Node, b.Visit, 1) + "  "
		}
		return where + failureText(b.Kind, b.Message, b.Position), func(text string) string { return p.bold(p.red(text)) }
	case event.RunRetired:
		return fmt.Sprintf("%s, ended %s: %s", b.Status, b.EndedAt.Local().Format(time.DateTime), b.Reason), p.faint
	case event.RunCancelled:
		return byText(printable(b.Reason, textMax), b.By), func(text string) string { return p.bold(p.yellow(text)) }
	}
	return "", p.bold
}

// childText says how a child run has ended.
func (n narrator) childText(b event.ChildCompleted) (what string, paint func(string) string) {
	what = fmt.Sprintf("%s  run %s %s", attemptText(b.Node, b.Visit, b.Item, b.Attempt), b.Child, b.Status)
	switch {
	case b.Kind != "":
		return what + ", " + failureText(b.Kind, b.Message, nil), n.palette.red
	case b.Message != "":
		return what + ": " + printable(b.Message, textMax), n.palette.yellow
	}
	return what, n.palette.green
}

// visitText names one: "score", the third time "score #3", tried again "score #3 attempt 2".
func visitText(node string, visit, attempt int) string {
	text := node
	if visit > 1 {
		text += fmt.Sprintf(" #%d", visit)
	}
	if attempt > 1 {
		text += fmt.Sprintf(" attempt %d", attempt)
	}
	return text
}

// attemptText is visitText, with the item of a map that the attempt is of: "score[3]", or "score #3[3] attempt 2".
func attemptText(node string, visit, item, attempt int) string {
	if item == 0 {
		return visitText(node, visit, attempt)
	}
	text := fmt.Sprintf("%s[%d]", visitText(node, visit, 1), item)
	if attempt > 1 {
		text += fmt.Sprintf(" attempt %d", attempt)
	}
	return text
}

func edgeText(e event.EdgeTaken) string {
	text := visitText(e.From, e.Visit, 1) + " → " + e.To
	if e.Via != "" {
		text += " (" + e.Via + ")"
	}
	if e.When != "" {
		text += "  when " + printable(e.When, textMax)
	}
	return text
}

func failureText(kind, message string, position *event.Position) string {
	text := kind + ": " + printable(message, textMax)
	if position != nil && position.Line > 0 {
		text += fmt.Sprintf(" (%s:%d:%d)", position.File, position.Line, position.Column)
	}
	return text
}

func byText(reason, who string) string {
	if who == "" {
		return reason
	}
	return strings.TrimSpace(reason + " by " + who)
}

// changesText names the top-level keys that a patch touches, in the patch's order.
func changesText(e event.StateChanged) string {
	var keys []string
	for _, op := range e.Patch {
		name, deeper := keyText(op.Path)
		text := "~" + name
		switch {
		case deeper:
		case op.Op == "remove":
			text = "-" + name
		case op.Op == "add":
			text = "+" + name
		}
		if !slices.Contains(keys, text) {
			keys = append(keys, text)
		}
	}
	const most = 8
	if len(keys) > most {
		keys = append(keys[:most], fmt.Sprintf("and %d more", len(keys)-most))
	}
	return strings.Join(keys, " ")
}

// keyText returns the first token of a JSON Pointer, and whether there are more.
func keyText(pointer string) (first string, deeper bool) {
	first, _, deeper = strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
	return printable(strings.NewReplacer("~1", "/", "~0", "~").Replace(first), 40), deeper
}

// dueText is the time of day, with the date where that is not the day of now.
func dueText(due, now time.Time) string {
	due, now = due.Local(), now.Local()
	if due.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return due.Format("15:04:05.000")
	}
	return due.Format(time.DateTime)
}

// durationText is rounded to what a person can compare.
func durationText(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func sizeText(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
