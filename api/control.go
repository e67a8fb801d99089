package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
)

type reasonInput struct {
	ID   string `path:"id" doc:"The run's id" example:"review-7"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"1000" doc:"Why; it is recorded with the request" example:"superseded by review-8"`
	}
}

// reason is why, "" where the body does not say.
func (i *reasonInput) reason() string {
	if i.Body == nil {
		return ""
	}
	return i.Body.Reason
}

type retryInput struct {
	ID   string `path:"id" doc:"The run's id" example:"review-7"`
	Body *struct {
		Revision revisionRef `json:"revision,omitzero" doc:"The revision of its workflow that the run goes on with: a number, a digest, or latest. Absent, it keeps its own"`
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
			"What the run has completed is compensated first, where its nodes say how. A paused run is cancelled, too.\n\n" +
			"A run that has ended, or ends before the wish reaches it, answers 409 with its status.",
		RequestBody: jsonBody(`{"reason":"superseded by review-8"}`), DefaultStatus: http.StatusAccepted, Errors: errs,
		Responses: map[string]*huma.Response{"202": reply[runView](s, "The run, with the wish recorded", exampleRunView)},
	}, func(ctx context.Context, input *reasonInput) (*controlOutput, error) {
		return controlled(s.system.Cancel(ctx, input.ID, "", input.reason()))
	})
	handle(s, huma.Operation{
		OperationID: "pause-run", Method: http.MethodPost, Path: "/v1/runs/{id}/pause", Tags: []string{tagRuns},
		Summary: "Pause a run",
		Description: "Keeps a run from beginning anything: no visit, no attempt, no timer. What it has under way goes on to its end and is recorded; what follows waits for the resume. " +
			"The time of a pause does not count for `limits.duration`.\n\n" +
			"A run that is paused or has ended answers 409 with its status. A run may complete or fail while it is paused, where what was under way was the last.",
		RequestBody: jsonBody(`{"reason":"the bank is closed"}`), DefaultStatus: http.StatusAccepted, Errors: errs,
		Responses: map[string]*huma.Response{"202": reply[runView](s, "The run, paused", exampleRunView)},
	}, func(ctx context.Context, input *reasonInput) (*controlOutput, error) {
		return controlled(s.system.Pause(ctx, input.ID, "", input.reason()))
	})
	handle(s, huma.Operation{
		OperationID: "resume-run", Method: http.MethodPost, Path: "/v1/runs/{id}/resume", Tags: []string{tagRuns},
		Summary:     "Resume a paused run",
		Description: "Sets a paused run going again. Timers and retries that were due meanwhile act at once. A run that is not paused answers 409 with its status.",
		RequestBody: jsonBody(`{"reason":"the bank is open"}`), DefaultStatus: http.StatusAccepted, Errors: errs,
		Responses: map[string]*huma.Response{"202": reply[runView](s, "The run, going again", exampleRunView)},
	}, func(ctx context.Context, input *reasonInput) (*controlOutput, error) {
		return controlled(s.system.Resume(ctx, input.ID, "", input.reason()))
	})
	handle(s, huma.Operation{
		OperationID: "retry-run", Method: http.MethodPost, Path: "/v1/runs/{id}/retry", Tags: []string{tagRuns},
		Summary: "Retry a failed run",
		Description: "Sets a failed run going again from the visits that failed, over the state they left. What completed is not run again. A run that has not failed answers 409 with its status, and so does one that was compensated.\n\n" +
			"With `revision` the run goes on with another revision of its workflow, and is pinned to that from then on. Every node at which it goes on must be there and of the same kind, and what it may have to compensate must still have a compensation; " +
			"else the answer is 409, the errors name all that does not fit, and nothing changes.",
		RequestBody: jsonBody(`{"revision":"latest"}`), DefaultStatus: http.StatusAccepted, Errors: errs,
		Responses: map[string]*huma.Response{"202": reply[runView](s, "The run, going again", exampleRunView)},
	}, func(ctx context.Context, input *retryInput) (*controlOutput, error) {
		revision := ""
		if input.Body != nil {
			revision = string(input.Body.Revision)
		}
		return controlled(s.system.RetryWith(ctx, input.ID, "", revision))
	})
}

func controlled(view actors.View, err error) (*controlOutput, error) {
	if err != nil {
		return nil, err
	}
	return &controlOutput{Status: http.StatusAccepted, Body: viewOf(&view)}, nil
}
