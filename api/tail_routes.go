package api

import (
	"context"
	"iter"
	"net/http"
	"slices"

	"github.com/coder/websocket"
	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/eventstore/event"
)

func (s *Server) registerTails() {
	s.registerStream()
	s.document(huma.Operation{
		OperationID: "tail-run", Method: http.MethodGet, Path: "/v1/runs/{id}/tail", Tags: []string{tagEvents},
		Summary: "Follow a run by WebSocket",
		Description: "One text message an event, in its stored bytes: exactly the events after `from`, in order, what is stored first, then live. Subprotocol `" + tailProtocol + "`, which a client may leave out.\n\n" +
			"| close | means |\n| --- | --- |\n| 1000 | the run has ended, and its last event was sent |\n| 1001 | the server is shutting down |\n| 1011 | the tail broke |\n| 1013 | the client read too slowly |\n\n" +
			"Every reason but that of 1000 says `resume from n`: connect again with that `from`. An unknown run is 404 before the upgrade. What a client says is ignored.",
		Parameters: []*huma.Param{
			runParam("id", "review-7"),
			queryParam("from", "Events after this number; 0 begins with the first", &huma.Schema{Type: huma.TypeInteger, Minimum: ptr(0.0), Default: 0}),
		},
		Responses: s.socketReplies("No such run"),
	}, s.tailRun)
	s.document(huma.Operation{
		OperationID: "tail-all", Method: http.MethodGet, Path: "/v1/tail", Tags: []string{tagEvents},
		Summary: "Follow all runs by WebSocket",
		Description: "One text message an event of any run, in its stored bytes: every event from the moment the WebSocket opens, those of one run in order. Subprotocol `" + tailProtocol + "`.\n\n" +
			"There is no number to resume from: who must have every event reads each run's own tail. A client that falls behind is closed with 1013.",
		Parameters: []*huma.Param{
			queryParam("workflow", "Only runs of this workflow; may be given more than once", &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{
				Type: huma.TypeString, Pattern: idPattern, PatternDescription: idPatternText,
			}}),
			queryParam("type", "Only events of this type; may be given more than once, or as a list with commas", &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Enum: eventTypeNames()}}),
		},
		Responses: s.socketReplies(""),
	}, s.tailAll)
}

// socketReplies are the replies of a path that speaks WebSocket.
func (s *Server) socketReplies(notFound string) map[string]*huma.Response {
	replies := map[string]*huma.Response{
		"101": {Description: "The WebSocket is open"},
		"400": s.problemReply("A handshake that cannot be read"),
		"403": s.problemReply("A page of another site asked"),
		"422": s.problemReply("A parameter that cannot be read"),
		"426": s.problemReply("The request does not ask for a WebSocket, or for one of another version"),
	}
	if notFound != "" {
		replies["404"] = s.problemReply(notFound)
	}
	return replies
}

func (s *Server) tailRun(w http.ResponseWriter, r *http.Request) {
	run := r.PathValue("id")
	after, p := afterOf(r)
	if p != nil {
		p.write(w, r)
		return
	}
	if _, err := s.system.View(r.Context(), run); err != nil {
		s.problemOf(r.Context(), err).write(w, r)
		return
	}
	s.serveTail(w, r, &tail{
		protocols: []string{tailProtocol}, last: after, resume: resumeFrom,
		frames: func(ctx context.Context) iter.Seq2[frame, error] { return frames(s.history(ctx, run, after)) },
		finish: func(ctx context.Context) (websocket.StatusCode, string) {
			return websocket.StatusNormalClosure, s.endReason(ctx, run)
		},
	})
}

// workflowFilter refuses what no workflow can be called: a tail of it would stay silent for ever.
func workflowFilter(names []string) ([]string, *problem) {
	var errors []fieldError
	for _, name := range names {
		if !event.ValidID(name) {
			errors = append(errors, fieldError{
				Location: "query.workflow", Message: "expected the name of a workflow: " + idPatternText, Value: clip(name),
			})
		}
	}
	return names, invalid(errors)
}

func (s *Server) tailAll(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	types, p := parseEventTypes(query["type"])
	if p != nil {
		p.write(w, r)
		return
	}
	workflows, p := workflowFilter(query["workflow"])
	if p != nil {
		p.write(w, r)
		return
	}
	wanted := func(raw *event.Raw) bool {
		return (len(types) == 0 || slices.Contains(types, raw.Type)) && (len(workflows) == 0 || slices.Contains(workflows, raw.Workflow))
	}
	s.serveTail(w, r, &tail{
		protocols: []string{tailProtocol},
		resume:    func(uint64) string { return "events were missed; resume each run from its last n" },
		frames: func(ctx context.Context) iter.Seq2[frame, error] {
			events := s.system.FollowAll(ctx) // here, before the WebSocket opens
			return func(yield func(frame, error) bool) {
				for raw, err := range events {
					if err == nil && !wanted(&raw) {
						continue
					}
					if !yield(frame{n: raw.N, data: raw.JSON}, err) {
						return
					}
				}
			}
		},
		finish: func(context.Context) (websocket.StatusCode, string) {
			return websocket.StatusGoingAway, "the server is shutting down; resume each run from its last n"
		},
	})
}
