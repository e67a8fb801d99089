package timetable

import "time"

// What clocks show is worked with as a time in UTC of the same digits, so that it can be computed with as if clocks were never changed.

// shown is what the clocks show at a time.
func (t *Table) shown(at time.Time) time.Time {
	at = at.In(t.zone)
	_, offset := at.Zone()
	return at.Add(time.Duration(offset) * time.Second).UTC()
}

// span is a stretch of time, the end excluded, in which clocks are not changed. A bound is zero where it has none.
type span struct {
	start, end time.Time
	offset     time.Duration
}

func (t *Table) spanOf(at time.Time) span {
	at = at.In(t.zone)
	start, end := at.ZoneBounds()
	_, offset := at.Zone()
	return span{start, end, time.Duration(offset) * time.Second}
}

// nextShown is the first time after another at which the clocks show a time of the line.
func (t *Table) nextShown(after time.Time) time.Time {
	for in := t.spanOf(after); ; in = t.spanOf(in.end) {
		clock := t.line.Next(after.UTC().Add(in.offset))
		if clock.IsZero() {
			return time.Time{}
		}
		if at := clock.Add(-in.offset); in.end.IsZero() || at.Before(in.end) {
			return at
		}
		after = in.end.Add(-1)
	}
}

// prevShown is the last time up to another at which the clocks show a time of the line.
func (t *Table) prevShown(from time.Time) time.Time {
	for {
		in := t.spanOf(from)
		clock := t.prevLine(from.UTC().Add(in.offset))
		if clock.IsZero() {
			return time.Time{}
		}
		if at := clock.Add(-in.offset); in.start.IsZero() || !at.Before(in.start) {
			return at
		}
		from = in.start.Add(-1)
	}
}

// prevLine is the last time of the line up to one that clocks show.
func (t *Table) prevLine(clock time.Time) time.Time {
	return t.line.Prev(clock.Truncate(time.Second).Add(time.Second))
}

// nextOnce is the first time after another that is due for a time of the line, each of which is due once. What is due later for no
// earlier line: due never goes back.
func (t *Table) nextOnce(after time.Time) time.Time {
	for clock := t.line.Next(t.shown(after)); !clock.IsZero(); clock = t.line.Next(clock) {
		if at := t.due(clock); at.After(after) {
			return at
		}
	}
	return time.Time{}
}

// prevOnce is the last time up to another that is due for a time of the line.
func (t *Table) prevOnce(from time.Time) time.Time {
	latest := t.shown(from)
	if in := t.spanOf(from); !in.start.IsZero() { // the clocks may have shown more before they were put back
		if before := t.shown(in.start.Add(-1)); before.After(latest) {
			latest = before
		}
	}
	for clock := t.prevLine(latest); !clock.IsZero(); clock = t.prevLine(clock.Add(-1)) {
		if at := t.due(clock); !at.After(from) {
			return at
		}
	}
	return time.Time{}
}

// due is the first time at which the clocks show a time, or, where they leave it out, at which they are put forward over it.
func (t *Table) due(clock time.Time) time.Time {
	near := time.Date(clock.Year(), clock.Month(), clock.Day(), clock.Hour(), clock.Minute(), clock.Second(), 0, t.zone)
	in := t.spanOf(near)
	spans := make([]span, 0, 3)
	if !in.start.IsZero() {
		spans = append(spans, t.spanOf(in.start.Add(-1)))
	}
	spans = append(spans, in)
	if !in.end.IsZero() {
		spans = append(spans, t.spanOf(in.end))
	}
	for _, s := range spans {
		at := clock.Add(-s.offset)
		switch {
		case !s.start.IsZero() && at.Before(s.start):
			return s.start // it was left out when this span began
		case s.end.IsZero() || at.Before(s.end):
			return at
		}
	}
	return near
}
