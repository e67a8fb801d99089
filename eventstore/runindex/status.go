package runindex

import (
	"math"
	"slices"
	"time"
)

// Status is where a run stands.
type Status string

// The statuses of a run.
const (
	Running   Status = "running"
	Waiting   Status = "waiting" // every open visit waits for a time to come
	Paused    Status = "paused"
	Completed Status = "completed"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
)

// Ended reports whether a run that stands so is over.
func (s Status) Ended() bool { return s == Completed || s == Failed || s == Cancelled }

// code is a status as the file holds it. The codes of runs that go on are below those of runs that have ended.
type code int64

// The codes, in the order of statuses.
const (
	running code = iota + 1
	waiting
	paused
	completed
	failed
	cancelled
)

// statuses is every status; a code is a place in it, counted from 1.
var statuses = []Status{Running, Waiting, Paused, Completed, Failed, Cancelled}

// Every code, and the codes of the runs that go on.
var (
	allCodes  = []code{running, waiting, paused, completed, failed, cancelled}
	openCodes = allCodes[:3]
)

func (c code) ended() bool { return c >= completed }

func (c code) status() Status { return statuses[c-1] }

// codeOf returns the code of a status, 0 where there is no such status.
func codeOf(s Status) code { return code(slices.Index(statuses, s) + 1) }

// never is the end of a run that goes on, and due where nothing is: later than every time.
const never = math.MaxInt64

// The first and the last time that a stamp can say.
const (
	stampFirst = math.MinInt64
	stampLast  = never - 1
)

// stamp is a time as the file holds it: nanoseconds since 1970. Times beyond what those can say, which are in the years 1677 and
// 2262, become the nearest that they can.
func stamp(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, stampFirst)):
		return stampFirst
	case t.After(time.Unix(0, stampLast)):
		return stampLast
	default:
		return t.UnixNano()
	}
}

// instant is a stamp as a time, the zero time for never.
func instant(stamp int64) time.Time {
	if stamp == never {
		return time.Time{}
	}
	return time.Unix(0, stamp).UTC()
}
