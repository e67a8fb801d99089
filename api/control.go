package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
)

type cancelInput struct {
	ID   string `path:"id" doc:"The run's id" example:"review-7"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why; it is recorded with the request" example:"superseded by review-8"`
	}
}

type controlOutput struct {
	Status int
	Body   runView
}

func (s *Server) registerControl() {
	errs := []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict}
	handle(s, huma.Operation{
		OperationID: "cancel-run", Method: http.MethodPost, Path: "/v1/runs/{id}/cancel", Tags: []string{tagRuns},
		Summary: "Cancel a run",
		Description: "Asks a run to stop. What it is executing is interrupted; what it has recorded is kept. The reply comes once the wish is on disk: the run may need a moment to end.\n\n" +
			"A run that has ended, or ends before the wish reaches it, answers 409 with its status.",
		RequestBody: jsonBody(`{"reason":"superseded by review-8"}`), DefaultStatus: http.StatusAccepted, Errors: errs,
		Responses: map[string]*huma.Response{"202": reply[runView](s, "The run, with the wish recorded", exampleRunView)},
	}, func(ctx context.Context, input *cancelInput) (*controlOutput, error) {
		reason := ""
		if input.Body != nil {
			reason = input.Body.Reason
		}
		return controlled(s.system.Cancel(ctx, input.ID, "", reason))
	})
	handle(s, huma.Operation{
		OperationID: "retry-run", Method: http.MethodPost, Path: "/v1/runs/{id}/retry", Tags: []string{tagRuns},
		Summary:       "Retry a failed run",
		Description:   "Sets a failed run going again from the visits that failed, over the state they left. What completed is not run again. A run that has not failed answers 409 with its status.",
		DefaultStatus: http.StatusAccepted, Errors: errs,
		Responses: map[string]*huma.Response{"202": reply[runView](s, "The run, going again", exampleRunView)},
	}, func(ctx context.Context, input *runPath) (*controlOutput, error) {
		return controlled(s.system.Retry(ctx, input.ID, ""))
	})
}

func controlled(view actors.View, err error) (*controlOutput, error) {
	if err != nil {
		return nil, err
	}
	return &controlOutput{Status: http.StatusAccepted, Body: viewOf(&view)}, nil
}
