package api

import (
	"context"
	"iter"
	"net/http"

	"github.com/coder/websocket"
	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/event"
)

func (s *Server) registerClassicTails() {
	s.document(huma.Operation{
		OperationID: "classic-tail", Method: http.MethodGet, Path: "/ws/{run_id}", Tags: []string{tagClassic},
		Summary:     "Follow a run by WebSocket",
		Description: "Dialect A: one message `{\"node\", \"state\"}` for each node that finished, from the run's first however late the client connects; the close comes after the run's end.",
		Parameters:  []*huma.Param{runParam("run_id", "01890a5d-ac96-774b-bcce-b302099a8057")},
		Responses:   s.socketReplies("No such run"),
	}, func(w http.ResponseWriter, r *http.Request) { s.classicTail(w, r, false) })
	s.document(huma.Operation{
		OperationID: "classic-tail-list", Method: http.MethodGet, Path: "/ws/run/{run_id}", Tags: []string{tagClassic},
		Summary:     "Follow a run by WebSocket",
		Description: "Dialect B: one message `{\"node\", \"state_snapshot\", \"status\"}` for each node that finished, then `{\"status\", \"done\": true}` and the close. An unknown run is the message `{\"error\": \"Run not found\"}` and the close.",
		Parameters:  []*huma.Param{runParam("run_id", "01890a5d-ac96-774b-bcce-b302099a8057")},
		Responses:   s.socketReplies(""),
	}, func(w http.ResponseWriter, r *http.Request) { s.classicTail(w, r, true) })
}

// classicTail follows a run in the words of its graph's dialect. On dialect B's path an unknown run is
// told by a message.
func (s *Server) classicTail(w http.ResponseWriter, r *http.Request, toldByMessage bool) {
	run := r.PathValue("run_id")
	t := &tail{resume: func(uint64) string { return "connect again to have it from the start" }}
	t.finish = func(context.Context) (websocket.StatusCode, string) { return websocket.StatusNormalClosure, "" }
	first, err := s.firstOf(r.Context(), run)
	switch {
	case err == nil:
		t.frames = func(ctx context.Context) iter.Seq2[frame, error] { return first.frames(s.history(ctx, run, 0)) }
		t.finish = func(context.Context) (websocket.StatusCode, string) { return first.finish() }
	case toldByMessage && s.problemOf(r.Context(), err).Status == http.StatusNotFound:
		t.frames = func(context.Context) iter.Seq2[frame, error] {
			return func(yield func(frame, error) bool) { yield(frame{data: []byte(`{"error":"Run not found"}`)}, nil) }
		}
	default:
		s.problemOf(r.Context(), err).write(w, r)
		return
	}
	s.serveTail(w, r, t)
}

// firstOf is the story of a run before its first event.
func (s *Server) firstOf(ctx context.Context, run string) (*story, error) {
	page, err := s.system.Events(ctx, run, 0, 1)
	if err != nil {
		return nil, err
	}
	if len(page) == 0 {
		return nil, actors.ErrRunNotFound
	}
	e, err := event.Decode(page[0].JSON)
	if err != nil {
		return nil, err
	}
	return s.begin(e)
}

// frames are the messages of a run: one for each node that finished and, in dialect B, one for the end.
func (t *story) frames(events iter.Seq2[event.Raw, error]) iter.Seq2[frame, error] {
	return func(yield func(frame, error) bool) {
		for raw, err := range events {
			var done *step
			if err == nil {
				var e event.Event
				if e, err = event.Decode(raw.JSON); err == nil {
					done, err = t.add(e)
				}
			}
			if err != nil {
				yield(frame{}, err)
				return
			}
			if done != nil && !yield(frame{n: raw.N, data: t.message(done)}, nil) {
				return
			}
		}
		if t.dialect == dialectList {
			yield(frame{data: t.farewell()}, nil)
		}
	}
}

func (t *story) message(done *step) []byte {
	if t.dialect == dialectMap {
		return appendMapStep(nil, done)
	}
	return append(appendListStep(nil, done), `,"status":"RUNNING"}`...)
}

// farewell is dialect B's last message.
func (t *story) farewell() []byte {
	dst := appendString([]byte(`{"status":`), t.listStatus())
	dst = append(dst, `,"done":true`...)
	if t.failure != nil || t.ended == event.TypeRunCancelled {
		dst = appendListError(appendMember(dst, "error"), t)
	}
	return append(dst, '}')
}

// reasonBytesMax is how long a close reason may be.
const reasonBytesMax = 120

// finish closes a tail after the run's end; why a run failed has no other place in dialect A.
func (t *story) finish() (websocket.StatusCode, string) {
	_, message := t.trouble()
	if len(message) > reasonBytesMax {
		message = ""
	}
	return websocket.StatusNormalClosure, message
}
