package actors

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// What the events of a run tell of one attempt at a script; see Past.

// logged is what the script of an attempt wrote. A durable one goes on where an attempt before was interrupted, the first of them.
func logged(events []event.Event, ref AttemptRef, first int) (lines []event.LogLine) {
	for _, e := range events {
		l, ok := e.Body.(event.ScriptLogged)
		if ok && l.Node == ref.Node && l.Visit == ref.Visit && l.Item == ref.Item && l.Attempt >= first && l.Attempt <= ref.Attempt {
			lines = append(lines, l.Lines...)
		}
	}
	return lines
}

// attemptOf returns the attempt that an event begins or ends, or says something of; none for others.
func attemptOf(b event.Body) AttemptRef {
	switch b := b.(type) {
	case event.NodeStarted:
		return AttemptRef{b.Node, b.Visit, b.Attempt, b.Item}
	case event.ScriptLogged:
		return AttemptRef{b.Node, b.Visit, b.Attempt, b.Item}
	case event.NodeCompleted:
		return AttemptRef{b.Node, b.Visit, b.Attempt, b.Item}
	case event.NodeFailed:
		return AttemptRef{b.Node, b.Visit, b.Attempt, b.Item}
	default:
		return AttemptRef{}
	}
}

// last is the last attempt that the events tell of. Those of items begin unseen: of one that has not ended, it is the first.
func (r AttemptRef) last(events []event.Event) (attempt int, err error) {
	visits, visited := map[string]int{}, false
	for _, e := range events {
		a := attemptOf(e.Body)
		visits[a.Node] = max(visits[a.Node], a.Visit)
		if a.Node == r.Node && a.Visit == r.Visit {
			visited = true
			if a.Item == r.Item {
				attempt = max(attempt, a.Attempt)
			}
		}
	}
	delete(visits, "")
	switch {
	case !visited:
		return 0, fmt.Errorf("%w: the run has not visited %s/%d; %s", ErrAttemptNotFound, r.Node, r.Visit, visitsText(r.Node, visits))
	case attempt == 0:
		attempt = 1
	case r.Attempt > attempt:
		return 0, fmt.Errorf("%w: %s/%d has had %d attempts, not %d", ErrAttemptNotFound, r.Node, r.Visit, attempt, r.Attempt)
	}
	return attempt, nil
}

// end is the place of the event that tells how the attempt ended. One of an item that has not ended is looked at where
// its map's visit ends; one that is still under way, behind all events.
func (r AttemptRef) end(events []event.Event) (at int, ended bool) {
	at = len(events)
	for i, e := range events {
		a := attemptOf(e.Body)
		_, begins := e.Body.(event.NodeStarted)
		_, logs := e.Body.(event.ScriptLogged)
		around := r.Item > 0 && a == AttemptRef{r.Node, r.Visit, a.Attempt, 0}
		switch {
		case logs:
		case a == r && !begins:
			return i, true
		case around && begins:
			at = len(events)
		case around:
			at = i
		}
	}
	return at, false
}

// visitsText says which visits there are: of the node, or else of all.
func visitsText(node string, visits map[string]int) string {
	if n := visits[node]; n > 0 {
		return fmt.Sprintf("it has visited it %d times, the last is %s/%d", n, node, n)
	}
	var list []string
	for name, n := range visits {
		list = append(list, fmt.Sprintf("%s/%d", name, n))
	}
	slices.Sort(list)
	if len(list) == 0 {
		return "it has visited none yet"
	}
	return "the last visits of its nodes are " + strings.Join(list, ", ")
}

// effectOf gathers what the events say of an attempt, from the first that does.
func effectOf(events []event.Event, ref AttemptRef) (f Effect, took time.Duration) {
	for i, e := range events {
		if attemptOf(e.Body) != ref {
			continue
		}
		switch b := e.Body.(type) {
		case event.ScriptLogged:
			f.Console = append(f.Console, b.Lines...)
		case event.NodeFailed:
			f.Failure = &workflow.Failure{Kind: b.Kind, Message: b.Message, Position: b.Position}
			return f, b.Duration
		case event.NodeCompleted:
			f.Result = b.Result
			if ref.Item == 0 && i+1 < len(events) { // what it changed is decided with it
				if changed, ok := events[i+1].Body.(event.StateChanged); ok && changed.Node == ref.Node && changed.Visit == ref.Visit {
					f.Patch = changed.Patch
				}
			}
			return f, b.Duration
		default:
		}
	}
	return f, 0
}
