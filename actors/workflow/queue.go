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
	key, priority, failure := standing("queue", q.Key, q.Priority, ev, sc)
	return event.Queue{Key: key, Priority: priority}, failure
}

// standing evaluates a key and a priority, of which either may be nil.
func standing(of string, key, priority *Template, ev Evaluator, sc Scope) (k string, p int, failure *Failure) {
	if key != nil {
		v, err := key.Eval(ev, sc)
		if err != nil {
			return "", 0, asFailure(err)
		}
		text, wrong := keyText(v)
		if wrong != "" {
			return "", 0, &Failure{Kind: FailureScript, Message: fmt.Sprintf("%s.key must be a text of at most %d bytes, not %s", of, QueueKeyBytes, wrong)}
		}
		k = text
	}
	if priority != nil {
		v, err := priority.Eval(ev, sc)
		if err != nil {
			return "", 0, asFailure(err)
		}
		var ok bool
		if p, ok = priorityOf(v); !ok {
			return "", 0, &Failure{Kind: FailureScript, Message: fmt.Sprintf("%s.priority must be %s, not %s", of, wantPriority, clip(v.String()))}
		}
	}
	return k, p, nil
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
