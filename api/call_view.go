package api

import (
	"strconv"
	"time"

	"github.com/weirflow/weir/actors"
)

// callView is a call of a durable script that has not ended.
type callView struct {
	Call    int        `json:"call" doc:"Its number within the visit, from 1"`
	Kind    string     `json:"kind" doc:"What it is" enum:"tool,sleep,signal"`
	Name    string     `json:"name,omitempty" doc:"The name of the tool or signal" example:"approve"`
	Attempt int        `json:"attempt" doc:"The try of this call, from 1"`
	Until   *time.Time `json:"until,omitempty" doc:"When it is over, or its next attempt begins; absent where it waits for no time"`
}

func callsOf(calls []actors.CurrentCall) []callView {
	views := make([]callView, len(calls))
	for i, c := range calls {
		views[i] = callView{Call: c.Call, Kind: c.Kind, Name: c.Name, Attempt: c.Attempt, Until: timeOrNull(c.Until)}
	}
	return views
}

func appendCalls(dst []byte, calls []callView) []byte {
	for i, c := range calls {
		if i == 0 {
			dst = append(appendMember(dst, "calls"), '[')
		} else {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"call":`...), int64(c.Call), 10)
		dst = appendString(appendMember(dst, "kind"), c.Kind)
		if c.Name != "" {
			dst = appendString(appendMember(dst, "name"), c.Name)
		}
		dst = strconv.AppendInt(appendMember(dst, "attempt"), int64(c.Attempt), 10)
		if c.Until != nil {
			dst = appendTime(appendMember(dst, "until"), *c.Until)
		}
		dst = append(dst, '}')
	}
	if len(calls) > 0 {
		dst = append(dst, ']')
	}
	return dst
}
