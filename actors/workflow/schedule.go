package workflow

import (
	"time"

	"github.com/weirflow/weir/actors/timetable"
)

// Schedule says when runs of a workflow are started without anybody asking for them.
type Schedule struct {
	Name     string
	Cron     string           // a cron line, "" where Every says when
	TimeZone string           // of the cron line; UTC where the source does not say
	Every    time.Duration    // 0 where Cron says when
	Table    *timetable.Table // what these three mean; nil where this version does not know, and the schedule is not in force
	Input    *Template        // of an object; nil: an empty one. Of its scope it has ctx.now, the time that is due
	Overlap  Overlap
	CatchUp  CatchUp
	Paused   bool
}

// SameTimes reports whether two schedules have the same times.
func (s *Schedule) SameTimes(other *Schedule) bool {
	return s.Cron == other.Cron && s.TimeZone == other.TimeZone && s.Every == other.Every
}

// Overlap is what is done at a time when the last run of the schedule has not ended.
type Overlap string

// What can be done at such a time.
const (
	OverlapSkip  Overlap = "skip"  // nothing
	OverlapQueue Overlap = "queue" // the time waits for the end of that run, unless another one waits already
	OverlapAllow Overlap = "allow" // another run is started
)

// CatchUp is what is done about the times that were missed, because no engine was there.
type CatchUp string

// What can be done about them.
const (
	CatchUpNone CatchUp = "none" // nothing
	CatchUpOne  CatchUp = "one"  // the latest one is started
	CatchUpAll  CatchUp = "all"  // each is started, but no more than the latest 100
)
