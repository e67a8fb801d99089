package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/event"
)

type eventsInput struct {
	ID     string `path:"id" doc:"The run's id" example:"review-7"`
	From   uint64 `query:"from" doc:"Events after this number; 0 begins with the first" example:"12"`
	Cursor string `query:"cursor" pattern:"^[0-9]{1,19}$" patternDescription:"next_cursor of the page before" doc:"next_cursor of the page before; goes before from"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"The most events one page holds"`
}

// eventsPage is a page of events, each in the bytes it was stored with.
type eventsPage struct {
	Events     []eventSchema `json:"events" doc:"The events, in order"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"The number of the page's last event; absent where none followed"`

	raw []event.Raw
}

// AppendJSON writes the page without looking into its events.
func (p eventsPage) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"events":[`...)
	for i, e := range p.raw {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, e.JSON...)
	}
	dst = append(dst, ']')
	if p.NextCursor != "" {
		dst = appendString(appendMember(dst, "next_cursor"), p.NextCursor)
	}
	return append(dst, '}')
}

type eventsOutput struct{ Body eventsPage }

type stateInput struct {
	ID string `path:"id" doc:"The run's id" example:"review-7"`
	At uint64 `query:"at" minimum:"1" doc:"The state as it was after this event; the latest where absent" example:"7"`
}

// stateView is a run's state at an event.
type stateView struct {
	RunID string      `json:"run_id" doc:"The run's id" example:"review-7"`
	At    uint64      `json:"at" doc:"The number of the event after which the state was this: a tail from here continues it" example:"7"`
	State objectValue `json:"state" doc:"The state"`
}

// AppendJSON writes the state as it is held.
func (v stateView) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"run_id":`...)
	dst = appendString(dst, v.RunID)
	dst = strconv.AppendUint(appendMember(dst, "at"), v.At, 10)
	dst = v.State.AppendJSON(appendMember(dst, "state"))
	return append(dst, '}')
}

type stateOutput struct{ Body stateView }

func (s *Server) registerEvents() {
	handle(s, huma.Operation{
		OperationID: "list-events", Method: http.MethodGet, Path: "/v1/runs/{id}/events", Tags: []string{tagEvents},
		Summary:     "List a run's events",
		Description: "The events after `from`, in the bytes they are stored with. `next_cursor` is there while more follow; it is the number to send as `from` (or `cursor`).",
		Errors:      []int{http.StatusNotFound},
		Responses:   map[string]*huma.Response{"200": reply[eventsPage](s, "A page of events", `{"events":[`+exampleEvent+`],"next_cursor":"3"}`)},
	}, s.listEvents)
	handle(s, huma.Operation{
		OperationID: "get-state", Method: http.MethodGet, Path: "/v1/runs/{id}/state", Tags: []string{tagEvents},
		Summary:     "Read a run's state",
		Description: "The state now, or as it was after event `at`. The reply says which event that is, so that a tail can go on from there without a gap.",
		Errors:      []int{http.StatusNotFound},
		Responses:   map[string]*huma.Response{"200": reply[stateView](s, "The state", `{"run_id":"review-7","at":7,"state":{"code":"func main() {}","complexity":1}}`)},
	}, s.getState)
}

func (s *Server) listEvents(ctx context.Context, input *eventsInput) (*eventsOutput, error) {
	after := input.From
	if input.Cursor != "" {
		n, err := strconv.ParseUint(input.Cursor, 10, 64)
		if err != nil {
			return nil, newProblem(kindInvalidCursor, "send next_cursor of the page before as it came")
		}
		after = n
	}
	// One more than asked for tells whether another page follows; at the store's own limit, look for it.
	raw, err := s.system.Events(ctx, input.ID, after, min(input.Limit+1, actors.EventsMax))
	if err != nil {
		return nil, err
	}
	page := eventsPage{raw: raw}
	switch {
	case len(raw) == 0:
		// Nothing after that number: say whether the run exists at all.
		if _, err := s.system.View(ctx, input.ID); err != nil {
			return nil, err
		}
	case len(raw) > input.Limit:
		page.raw = raw[:input.Limit]
		page.NextCursor = strconv.FormatUint(page.raw[input.Limit-1].N, 10)
	case len(raw) == actors.EventsMax:
		last := raw[len(raw)-1].N
		more, err := s.system.Events(ctx, input.ID, last, 1)
		if err != nil {
			return nil, err
		}
		if len(more) > 0 {
			page.NextCursor = strconv.FormatUint(last, 10)
		}
	}
	return &eventsOutput{Body: page}, nil
}

func (s *Server) getState(ctx context.Context, input *stateInput) (*stateOutput, error) {
	view, err := s.system.View(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	at, state := view.LastEvent, view.State
	if input.At != 0 && input.At != at {
		at = input.At
		if state, err = s.system.StateAt(ctx, input.ID, at); err != nil {
			return nil, err
		}
	}
	return &stateOutput{Body: stateView{RunID: view.Run, At: at, State: objectValue{state}}}, nil
}
