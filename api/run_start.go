package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// startBody is what a run is started with.
type startBody struct {
	Input    objectValue `json:"input" doc:"The run's first state; scripts see it as input, too"`
	RunID    string      `json:"run_id,omitempty" pattern:"^[A-Za-z0-9_-]{1,64}$" patternDescription:"1 to 64 letters, digits, underscores and hyphens" doc:"The run's id; drawn where absent. An id names one run for ever" example:"review-7"`
	Revision revisionRef `json:"revision,omitzero" doc:"The revision to run, by number or digest; the latest where absent"`
	Labels   runLabels   `json:"labels,omitempty" doc:"Words to find the run by"`
}

// revisionRef names a revision by its number or its digest. Clients may send a number as number.
type revisionRef string

// UnmarshalJSON takes a text or a whole number.
func (r *revisionRef) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(r))
	}
	*r = revisionRef(data)
	return nil
}

// Schema allows both.
func (revisionRef) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		OneOf:    []*huma.Schema{{Type: huma.TypeInteger}, {Type: huma.TypeString, MinLength: ptr(1)}},
		Examples: []any{3},
	}
}

// runLabels is what a run can be found by.
type runLabels map[string]string

// Schema says what a schema can of the limits; the engine knows them all.
func (runLabels) Schema(huma.Registry) *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString, MaxLength: ptr(workflow.LabelBytesMax)}
	text.PrecomputeMessages() // huma does so only for schemas that it has made
	return &huma.Schema{
		Type: huma.TypeObject, MaxProperties: ptr(workflow.LabelsMax),
		Description:          fmt.Sprintf("Names of 1 to 64 of the characters A-Z a-z 0-9 _ . / - and texts of at most %d bytes", workflow.LabelBytesMax),
		AdditionalProperties: text,
		Examples:             []any{map[string]string{"team": "core"}},
	}
}

func ptr[T any](v T) *T { return &v }

type startInput struct {
	Name   string   `path:"name" doc:"The workflow's name" example:"code-review"`
	Key    string   `header:"Idempotency-Key" maxLength:"255" doc:"At most one run comes of this key and workflow, for ever: the same request again answers with the same run. Not together with a run_id in the body, which says the same" example:"order-4711"`
	Prefer []string `header:"Prefer" doc:"wait=N waits up to N seconds for the end; respond-async does not wait" example:"wait=10"`
	Body   startBody

	preference preference
}

// Resolve reads all Prefer headers, of which huma gives only the first.
func (i *startInput) Resolve(ctx huma.Context) []error {
	i.preference = preferenceIn(ctx)
	return nil
}

func preferenceIn(ctx huma.Context) preference {
	h := http.Header{}
	ctx.EachHeader(func(name, value string) {
		if http.CanonicalHeaderKey(name) == "Prefer" {
			h.Add(name, value)
		}
	})
	return preferenceOf(h)
}

type startOutput struct {
	Status   int
	Location string `header:"Location" doc:"Where the run is"`
	Applied  string `header:"Preference-Applied" doc:"The preferences that were honoured"`
	Body     any
}

func (s *Server) registerStart() {
	body := jsonBody(`{"input":{"code":"func main() {}","threshold":80},"labels":{"team":"core"}}`)
	handle(s, huma.Operation{
		OperationID: "start-run", Method: http.MethodPost, Path: "/v1/workflows/{name}/runs", Tags: []string{tagRuns},
		Summary: "Start a run",
		Description: "Starts a run whose first state is `input`. The reply comes once the start is on disk: 202, or with `Prefer: wait=N` the whole run with 200 where it ends in time.\n\n" +
			"Asking again is safe: a `run_id` or an `Idempotency-Key` names one run for ever. The same content answers with that run, other content with 409. A request has one of the two; both are 422. An input that does not fit the schemas of the workflow's state is 422, too, and `errors` has every place.",
		RequestBody: body, DefaultStatus: http.StatusAccepted,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType},
		Responses: map[string]*huma.Response{
			"202": reply[startedView](s, "The run has started", `{"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","status":"running","last_event":2}`),
			"200": reply[runView](s, "With Prefer: wait=N, the run has ended", exampleRunView),
		},
	}, s.startRun)
}

func (s *Server) startRun(ctx context.Context, input *startInput) (*startOutput, error) {
	if input.Key != "" && input.Body.RunID != "" {
		// Each names one run for ever. A repeat that has only one of them could not find the other's run.
		const hint = "send either run_id or Idempotency-Key: each makes a repeated request find the same run"
		return nil, invalid([]fieldError{
			{Location: "body.run_id", Message: "stands beside an Idempotency-Key", Value: input.Body.RunID, Hint: hint},
			{Location: "header.Idempotency-Key", Message: "stands beside a run_id", Value: clip(input.Key), Hint: hint},
		})
	}
	view, _, err := s.system.Start(ctx, actors.StartRequest{
		Workflow: input.Name, Revision: string(input.Body.Revision), Run: input.Body.RunID, Key: input.Key,
		Input: input.Body.Input.Value, Labels: input.Body.Labels,
	})
	if err != nil {
		return nil, s.startProblem(ctx, err, "body.input", input.Key != "")
	}
	out := &startOutput{Status: http.StatusAccepted, Location: "/v1/runs/" + view.Run, Applied: input.preference.applied()}
	if input.preference.waits && !view.Status.Ended() {
		if ended, err := s.await(ctx, view.Run, input.preference.timeout); err == nil {
			view = ended
		} else if view, err = s.system.View(ctx, view.Run); err != nil {
			return nil, s.problemOf(ctx, err).of(view.Run)
		}
	}
	if input.preference.waits && view.Status.Ended() {
		out.Status, out.Body = http.StatusOK, viewOf(&view)
		return out, nil
	}
	out.Body = startedView{RunID: view.Run, Status: string(view.Status), LastEvent: view.LastEvent}
	return out, nil
}

// startProblem tells a key that was used before from a run id that was, and where the input was sent.
func (s *Server) startProblem(ctx context.Context, err error, input string, byKey bool) error {
	var misfit *actors.InputError
	switch {
	case byKey && errors.Is(err, actors.ErrRunExists):
		return newProblem(kindKeyReused, "%s", sentence(err)).add("header.Idempotency-Key", nil, "was used before with another body; take another key")
	case errors.As(err, &misfit):
		p := newProblem(kindInvalidInput, "the input is not what workflow %s takes; see errors", misfit.Workflow)
		for _, v := range misfit.Violations {
			p = p.add(input+wayOf(v.Pointer), nil, "%s", v.Message)
		}
		return p
	case errors.Is(err, actors.ErrInvalidInput):
		return s.problemOf(ctx, err).add(input, nil, "%s", sentence(err))
	}
	return s.problemOf(ctx, err)
}

// Why a wait ended without the run's end.
var (
	errWaitTimeout = errors.New("the run goes on")
	errWaitClosing = errors.New("the server is shutting down")
)

// await returns the run once it has ended. It gives up after the timeout (0: at once; negative: never)
// with errWaitTimeout, when the server shuts down with errWaitClosing, and when the client leaves with the
// context's error.
func (s *Server) await(ctx context.Context, run string, timeout time.Duration) (actors.View, error) {
	waiting, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(s.closing, func() { cancel(errWaitClosing) }) //nolint:contextcheck // the server's end, not the request's
	defer stop()
	if timeout >= 0 {
		timer := time.AfterFunc(timeout, func() { cancel(errWaitTimeout) })
		defer timer.Stop()
	}
	view, err := s.system.Wait(waiting, run)
	if err == nil {
		return view, nil
	}
	if cause := context.Cause(waiting); waiting.Err() != nil && cause != nil {
		return view, cause
	}
	if errors.Is(err, actors.ErrClosed) {
		return view, errWaitClosing
	}
	return view, err
}
