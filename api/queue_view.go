package api

import (
	"strconv"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// queueView is where a run waits that has not begun.
type queueView struct {
	Key      string `json:"key,omitempty" doc:"Which of the workflow's queues it waits in" example:"acme"`
	Priority int    `json:"priority" doc:"Higher goes first"`
	Position int    `json:"position" doc:"Its place among those of its key, from 1" example:"3"`
	Waiting  int    `json:"waiting" doc:"How many of its key wait" example:"12"`
}

func appendQueue(dst []byte, q *actors.QueuePlace) []byte {
	dst = append(dst, `{"priority":`...)
	dst = strconv.AppendInt(dst, int64(q.Priority), 10)
	if q.Key != "" {
		dst = appendString(appendMember(dst, "key"), q.Key)
	}
	dst = strconv.AppendInt(appendMember(dst, "position"), int64(q.Position), 10)
	dst = strconv.AppendInt(appendMember(dst, "waiting"), int64(q.Waiting), 10)
	return append(dst, '}')
}

// queueCountsView is how full a workflow's queue is.
type queueCountsView struct {
	Queued  int `json:"queued" doc:"Runs that wait for their turn to begin" example:"12"`
	Running int `json:"running" doc:"Runs that have begun and not ended, which the limits count" example:"10"`
}

// queueCounts is nil for a workflow that has no queue and of which no run waits.
func queueCounts(c actors.QueueCount, d *workflow.Definition) *queueCountsView {
	if c.Queued+c.Running == 0 && (d == nil || d.Queue == nil) {
		return nil
	}
	return &queueCountsView{Queued: c.Queued, Running: c.Running}
}
