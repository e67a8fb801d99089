package actors

import (
	"time"

	"github.com/weirflow/weir/actors/timetable"
	"github.com/weirflow/weir/actors/workflow"
)

const (
	// onTime is how late the engine may come to a time that counts as kept: a machine that has slept, or whose clock was set, is
	// noticed within lookAgain.
	onTime = 15 * time.Second
	// caughtUpMost is how many times of one schedule are started late, and how far back its runs are looked for.
	caughtUpMost = 100
)

// due returns the times of a table behind considered, up to now, that are to be started, oldest first. Where the oldest of them has
// been missed, so have all that follow it, and the policy says which are caught up.
func due(table *timetable.Table, policy workflow.CatchUp, considered, now time.Time) []time.Time {
	first := table.Next(considered)
	if first.IsZero() || first.After(now) {
		return nil
	}
	if now.Sub(first) <= onTime || policy == workflow.CatchUpAll {
		return table.Latest(considered, now, caughtUpMost)
	}
	latest := table.Latest(considered, now, 1)
	if policy == workflow.CatchUpNone && now.Sub(latest[0]) > onTime {
		return nil
	}
	return latest
}

// occasion is a run that a schedule has started.
type occasion struct {
	run       string
	at        time.Time // the time that was due
	startedAt time.Time
	endedAt   time.Time // zero where that is not known
	open      bool
	earlier   bool // an engine before this one has seen what came after it
}

// verdict is what becomes of a time that is due.
type verdict int

const (
	verdictStart verdict = iota
	verdictWait          // until the last run has ended
	verdictSkip
	verdictDone // it has been started, or seen before
)

// judge says what becomes of a time, given the last run of the schedule and whether another time waits for its end. Behind a run that
// an engine before has seen, it says what that one has said: a run that ended after the time was open then, and one that was started
// after the time was what waited.
func judge(policy workflow.Overlap, at time.Time, last *occasion, waiting bool) verdict {
	switch {
	case last != nil && !at.After(last.at):
		return verdictDone
	case last == nil || policy == workflow.OverlapAllow:
		return verdictStart
	case policy == workflow.OverlapQueue && (waiting || last.earlier && last.startedAt.After(at)):
		return verdictSkip
	case policy == workflow.OverlapQueue && last.open:
		return verdictWait
	case policy == workflow.OverlapSkip && (last.open || last.earlier && last.endedAt.After(at)):
		return verdictSkip
	default:
		return verdictStart
	}
}
