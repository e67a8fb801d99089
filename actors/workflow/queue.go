package workflow

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Queue holds the runs of a workflow back until there is room for them. The zero value of a limit is none.
type Queue struct {
	Concurrency int       // runs that have begun and not ended, of each key
	Rate        Rate      // runs that begin, of each key
	Total       int       // as Concurrency, of all keys together
	Key         *Template // a text; nil: all runs have the same key
	Priority    *Template // a whole number, higher first; nil: 0
}

// Rate is at most so many in any span of so long. The zero value is no limit.
type Rate struct {
	Count int
	Per   time.Duration
}

// Bounds of a queue.
const (
	QueueMax      = 1_000_000 // of concurrency and total
	RateMax       = 100_000   // of a rate's count, whose times are remembered
	PriorityMax   = 1_000_000 // and its negative
	QueueKeyBytes = 256
)

var rateShape = regexp.MustCompile(`^(100000|[1-9][0-9]{0,4})/(([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+)$`)

// ParseRate reads a rate such as 100/1m.
func ParseRate(text string) (Rate, error) {
	const hint = "write a count and a duration, such as 100/1m"
	m := rateShape.FindStringSubmatch(text)
	if m == nil {
		return Rate{}, fmt.Errorf("%s is not a rate; %s, with a count from 1 to %s", quote(text), hint, grouped(RateMax))
	}
	count, _ := strconv.Atoi(m[1]) // the shape has digits alone
	per, err := time.ParseDuration(m[2])
	switch {
	case err != nil || per > durationMax:
		return Rate{}, fmt.Errorf("%s is over more than %dh, the longest there is", quote(text), int(durationMax.Hours()))
	case per <= 0:
		return Rate{}, fmt.Errorf("%s is over no time; %s", quote(text), hint)
	}
	return Rate{Count: count, Per: per}, nil
}

// String writes the rate as ParseRate reads it.
func (r Rate) String() string {
	return fmt.Sprintf("%d/%s", r.Count, r.Per)
}

// place evaluates where in the queue a run stands. Where that fails the run does, and it stands where others without a key do.
func (q *Queue) place(ev Evaluator, sc Scope) (event.Queue, *Failure) {
	var at event.Queue
	if q.Key != nil {
		v, err := q.Key.Eval(ev, sc)
		if err != nil {
			return at, asFailure(err)
		}
		key, wrong := keyText(v)
		if wrong != "" {
			return at, &Failure{Kind: FailureScript, Message: "queue.key must be a text of at most " + strconv.Itoa(QueueKeyBytes) + " bytes, not " + wrong}
		}
		at.Key = key
	}
	if q.Priority != nil {
		v, err := q.Priority.Eval(ev, sc)
		if err != nil {
			return event.Queue{}, asFailure(err)
		}
		priority, ok := priorityOf(v)
		if !ok {
			return event.Queue{}, &Failure{Kind: FailureScript, Message: fmt.Sprintf("queue.priority must be %s, not %s", wantPriority, clip(v.String()))}
		}
		at.Priority = priority
	}
	return at, nil
}

// keyText is the value as a key, or what is wrong with it. What is missing is the empty key; numbers and truths are their text.
func keyText(v document.Value) (key, wrong string) {
	switch v.Kind() {
	case document.KindNull:
		return "", ""
	case document.KindArray, document.KindObject:
		return "", clip(v.String())
	case document.KindString:
		key, _ = v.AsString()
	default:
		key = v.String()
	}
	if len(key) > QueueKeyBytes {
		return "", fmt.Sprintf("one of %d bytes", len(key))
	}
	return key, ""
}

var wantPriority = fmt.Sprintf("a whole number from -%[1]s to %[1]s", grouped(PriorityMax))

// priorityOf is the value as a priority; what is missing is 0.
func priorityOf(v document.Value) (priority int, ok bool) {
	if v.IsNull() {
		return 0, true
	}
	i, ok := v.AsInt()
	if !ok || i < -PriorityMax || i > PriorityMax {
		return 0, false
	}
	return int(i), true
}

// Admit lets a run begin that waits in its workflow's queue. Others ignore it.
type Admit struct{}

func (Admit) command() {}

// Queued reports whether the run stands in its workflow's queue: it has not begun, nor ended.
func (s *State) Queued() bool { return s.queued && s.ended == "" }

// Admissible reports whether Admit would have the run begin.
func (s *State) Admissible() bool { return s.Queued() && s.Paused == nil && !s.Ending() }

// admit begins the run's first visit.
func (d *decision) admit() {
	if !d.s.Admissible() {
		return
	}
	d.admitted = true
	d.advance()
}
