package workflow

import (
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// A paused run begins nothing: no visit, no attempt, no timer. What was under way when it was paused goes on to its
// end and is recorded with its edges, so a run can complete or fail while it is paused. The time for which a run is
// paused does not count for its limits.

// pause keeps a run from beginning anything.
func (d *decision) pause(c Pause) {
	if d.over() || d.s.N == 0 || d.s.Paused != nil {
		return
	}
	d.emit(event.RunPaused{By: c.By, Reason: c.Reason})
}

// resume sets a paused run going again. What has become due meanwhile is acted on at once.
func (d *decision) resume(c Resume) {
	if d.over() || d.s.Paused == nil {
		return
	}
	d.emit(event.RunResumed{Reason: event.ReasonResume, By: c.By, Note: c.Reason})
	d.tick()
}

// timeUp reports whether limits.duration is used up.
func (d *decision) timeUp() bool {
	now := d.now
	if d.s.Paused != nil {
		now = d.s.pausedAt
	}
	return !now.Before(d.s.Deadline())
}

// unpause moves on what limits count from by the time for which the run was paused.
func (s *State) unpause(at time.Time) {
	s.resumedAt = s.resumedAt.Add(at.Sub(s.pausedAt))
	if s.Ending() {
		s.endingAt = s.endingAt.Add(at.Sub(later(s.endingAt, s.pausedAt)))
	}
	s.Paused, s.pausedAt = nil, time.Time{}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
