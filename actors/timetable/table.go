package timetable

import (
	"slices"
	"time"

	"github.com/netresearch/go-cron"
)

// Table is a set of times, which has no end.
type Table struct {
	every time.Duration // 0: the times of the line

	line     *cron.SpecSchedule // of the times that clocks show, as if they were those of UTC
	zone     *time.Location
	allHours bool
}

// Every returns the table of a duration's multiples, counted from 1970-01-01T00:00:00Z, so that it does not matter when whoever
// asks has begun. The duration is at least a second.
func Every(d time.Duration) *Table { return &Table{every: max(d, time.Second)} }

// Next returns the first time of the table after another, the zero time where none comes within ten years.
func (t *Table) Next(after time.Time) time.Time {
	var next time.Time
	switch {
	case t.every > 0:
		next = t.multiple(after).Add(t.every)
	case t.allHours:
		next = t.nextShown(after)
	default:
		next = t.nextOnce(after)
	}
	return inUTC(next)
}

// Prev returns the last time of the table that is not after another, the zero time where none was within ten years.
func (t *Table) Prev(from time.Time) time.Time {
	var prev time.Time
	switch {
	case t.every > 0:
		prev = t.multiple(from)
	case t.allHours:
		prev = t.prevShown(from)
	default:
		prev = t.prevOnce(from)
	}
	return inUTC(prev)
}

// Latest returns the last times of the table up to, and with, until; those after another one, at most so many, the oldest first.
func (t *Table) Latest(after, until time.Time, most int) []time.Time {
	var times []time.Time
	for at := t.Prev(until); len(times) < most && !at.IsZero() && at.After(after); at = t.Prev(at.Add(-1)) {
		times = append(times, at)
	}
	slices.Reverse(times)
	return times
}

func inUTC(at time.Time) time.Time {
	if at.IsZero() {
		return time.Time{}
	}
	return at.UTC()
}

// multiple is the last multiple of the duration that is not after a time.
func (t *Table) multiple(at time.Time) time.Time {
	each := int64(t.every)
	over := at.UnixNano() % each
	if over < 0 {
		over += each
	}
	return at.Add(-time.Duration(over))
}
