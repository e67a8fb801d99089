package runindex

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// Status is where a run stands.
type Status = event.Status

// The statuses of a run.
const (
	Running   = event.StatusRunning
	Waiting   = event.StatusWaiting
	Paused    = event.StatusPaused
	Completed = event.StatusCompleted
	Failed    = event.StatusFailed
	Cancelled = event.StatusCancelled
)

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

// goesOn is SQL for a status of a run that goes on. An index that has only such runs is used where a query says it in the same words.
var goesOn = fmt.Sprintf("status < %d", completed)

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
