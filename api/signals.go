package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors/workflow"
)

// signalBody is what a signal carries.
type signalBody struct {
	ID      string   `json:"id,omitempty" minLength:"1" maxLength:"255" doc:"What tells the signal from others: a run takes an id once, for ever. Drawn where absent" example:"mail-4711"`
	Payload anyValue `json:"payload,omitzero" doc:"The result of the wait that the signal ends; null where absent"`
}

type signalInput struct {
	Run  string `path:"id" doc:"The run's id" example:"review-7"`
	Name string `path:"name" doc:"The signal's name" example:"approve"`
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"The signal's id, in place of the one in the body" example:"mail-4711"`
	Body *signalBody
}

type signalOutput struct {
	Status int
	Body   startedView
}

func (s *Server) registerSignals() {
	handle(s, huma.Operation{
		OperationID: "signal-run", Method: http.MethodPost, Path: "/v1/runs/{id}/signals/{name}", Tags: []string{tagRuns},
		Summary: "Send a run a signal",
		Description: "Ends the wait of the visit that has waited longest for a signal of that name; the payload becomes the visit's result. Where none waits, the run keeps the signal for the next that does, up to 1,000 signals. The reply comes once the signal is on disk.\n\n" +
			"Asking again is safe with an `id` or an `Idempotency-Key`: a run takes an id once, for ever, and answers a repetition as it stands, even after its end. Only one of the two may be sent. Without one, each request is a new signal.\n\n" +
			"A name or a payload that the run's workflow does not take is 422, with the place in the payload and what is expected there; nothing is recorded then. A run that has ended answers 409 with its status.",
		RequestBody: jsonBody(`{"id":"mail-4711","payload":{"approved":true,"by":"ada"}}`), DefaultStatus: http.StatusAccepted,
		Errors: []int{
			http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		},
		Responses: map[string]*huma.Response{
			"202": reply[startedView](s, "The run has the signal", `{"run_id":"review-7","status":"running","last_event":9}`),
		},
	}, s.signalRun)
}

func (s *Server) signalRun(ctx context.Context, input *signalInput) (*signalOutput, error) {
	body := signalBody{}
	if input.Body != nil {
		body = *input.Body
	}
	if input.Key != "" && body.ID != "" {
		const hint = "send either id or Idempotency-Key: each is the signal's id"
		return nil, invalid([]fieldError{
			{Location: "body.id", Message: "stands beside an Idempotency-Key", Value: clip(body.ID), Hint: hint},
			{Location: "header.Idempotency-Key", Message: "stands beside an id", Value: clip(input.Key), Hint: hint},
		})
	}
	view, err := s.system.Signal(ctx, input.Run, input.Name, input.Key+body.ID, body.Payload.Value, "")
	if err != nil {
		return nil, err
	}
	return &signalOutput{
		Status: http.StatusAccepted,
		Body:   startedView{RunID: view.Run, Status: string(view.Status), LastEvent: view.LastEvent},
	}, nil
}

// signalProblem says why a run does not take a signal, and where in the request that is.
func signalProblem(e *workflow.SignalError) *problem {
	switch e.Refusal {
	case workflow.SignalsFull:
		return newProblem(kindSignalsFull, "%s", e.Error())
	case workflow.SignalUnknown:
		return invalid([]fieldError{{Location: "path.name", Message: e.Message, Value: e.Signal, Hint: e.Hint}})
	default:
		errors := make([]fieldError, len(e.Misfits))
		for i, m := range e.Misfits {
			errors[i] = fieldError{Location: "body.payload" + wayOf(m.Pointer), Message: m.Message}
		}
		return invalid(errors)
	}
}

// wayOf writes a JSON Pointer as the locations of problems have it: /a/0 is .a[0].
func wayOf(pointer string) string {
	var way strings.Builder
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		if step != "" && strings.Trim(step, "0123456789") == "" {
			way.WriteString("[" + step + "]")
		} else {
			way.WriteString("." + step)
		}
	}
	return way.String()
}
