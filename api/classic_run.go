package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore/document"
)

func itoa(i int) string { return strconv.Itoa(i) }

type classicRunInput struct {
	rawBody

	Key    string   `header:"Idempotency-Key" maxLength:"255" doc:"At most one run of the graph comes of this key, for ever: the same request again answers with the same run"`
	Prefer []string `header:"Prefer" doc:"wait=N waits up to N seconds for the end; respond-async does not wait" example:"respond-async"`

	preference preference
}

// Resolve takes the body that was read and all Prefer headers.
func (i *classicRunInput) Resolve(ctx huma.Context) []error {
	i.preference = preferenceIn(ctx)
	return i.rawBody.Resolve(ctx)
}

const (
	exampleRunMap   = `{"graph_id":"1","initial_state":{"start":"extract","code":"def f(): pass","threshold":80}}`
	exampleRunList  = `{"graph_id":"2","initial_state":{"code":"def foo():\n    print('hi')\n    # TODO improve","quality_threshold":7}}`
	exampleMapRun   = `{"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","status":"started"}`
	exampleListRun  = `{"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","final_state":{"code":"…","quality_ok":true},"status":"COMPLETED","log":[{"node":"a","state_snapshot":{"code":"…"}}],"error":null}`
	exampleListWait = `{"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","status":"PENDING"}`
)

func (s *Server) registerClassicRun() {
	errs := []int{http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}
	handle(s, huma.Operation{
		OperationID: "classic-run", Method: http.MethodPost, Path: "/graph/run", Tags: []string{tagClassic},
		Summary: "Run a graph",
		Description: "A graph of dialect A runs in the background and the reply comes at once. One of dialect B is waited for, for as long as the client stays; a client that leaves does not cancel the run. " +
			"`Prefer` asks for the other behaviour. While the server shuts down, a waiting call is answered 503 with the `run_id`: the run goes on later.\n\n" +
			"`initial_state.start` names the first node in dialect A; without it the run ends at once.",
		RequestBody: classicBody(exampleRunMap, exampleRunList), SkipValidateBody: true, Errors: errs,
		Responses: classicResponse("The run", exampleMapRun, exampleListRun),
	}, func(ctx context.Context, input *classicRunInput) (*classicOutput, error) {
		return s.runGraph(ctx, input, false)
	})
	handle(s, huma.Operation{
		OperationID: "classic-run-async", Method: http.MethodPost, Path: "/graph/run_async", Tags: []string{tagClassic},
		Summary: "Run a graph in the background", Description: "As /graph/run, but the reply comes at once in either dialect.",
		RequestBody: classicBody(exampleRunMap, exampleRunList), SkipValidateBody: true, Errors: errs,
		Responses: classicResponse("The run", exampleMapRun, exampleListWait),
	}, func(ctx context.Context, input *classicRunInput) (*classicOutput, error) {
		return s.runGraph(ctx, input, true)
	})
}

// runGraph starts a run and waits for it as the call, the dialect and the client's preference say.
func (s *Server) runGraph(ctx context.Context, input *classicRunInput, async bool) (*classicOutput, error) {
	graph, state, p := runFields(input.body.value)
	if p != nil {
		return nil, p
	}
	revision, dialect, err := s.graph(graph)
	if err != nil {
		return nil, err
	}
	view, _, err := s.system.Start(ctx, actors.StartRequest{Workflow: revision.Workflow, Key: input.Key, Input: state})
	if err != nil {
		return nil, s.startProblem(ctx, err, "body.initial_state", input.Key != "")
	}
	out := &classicOutput{Applied: input.preference.applied()}
	wait := preference{async: async || dialect == dialectMap, timeout: -1}
	if input.preference.waits {
		wait = preference{timeout: input.preference.timeout}
	} else if input.preference.async {
		wait = preference{async: true}
	}
	if wait.async {
		out.Body.text = appendStarted(dialect, view.Run, "PENDING")
		return out, nil
	}
	switch _, err := s.await(ctx, view.Run, wait.timeout); {
	case errors.Is(err, errWaitTimeout):
		out.Body.text = appendStarted(dialect, view.Run, "RUNNING")
		return out, nil
	case errors.Is(err, errWaitClosing):
		return nil, newProblem(kindShuttingDown, "the server is shutting down; run %s goes on when it is back: ask GET /graph/state/%s then", view.Run, view.Run).
			of(view.Run).with("Retry-After", "1")
	case err != nil:
		return nil, s.problemOf(ctx, err).of(view.Run)
	}
	t, err := s.tell(ctx, view.Run)
	if err != nil {
		return nil, s.problemOf(ctx, err).of(view.Run)
	}
	if dialect == dialectMap {
		out.Body.text = appendMapState(nil, t)
	} else {
		out.Body.text = appendListResult(nil, t)
	}
	return out, nil
}

func appendStarted(d dialect, run, status string) []byte {
	if d == dialectMap {
		return appendMapStarted(nil, run)
	}
	return appendListStarted(nil, run, status)
}

// runFields reads the body of a run. Clients sent the graph's id as text or as number.
func runFields(body document.Value) (graph string, state document.Value, p *problem) {
	f := &fields{}
	if !f.object(body) {
		return "", state, f.problem()
	}
	id, _ := body.Get("graph_id")
	if n, ok := id.AsInt(); ok {
		graph = strconv.FormatInt(n, 10)
	} else {
		graph, _ = f.text(body, "body", "graph_id")
	}
	state, _ = body.Get("initial_state")
	if state.IsNull() {
		f.bad("body.initial_state", state, "is required")
	} else if state.Kind() != document.KindObject {
		f.bad("body.initial_state", state, "expected an object, not %s", state.Kind())
	}
	return graph, state, f.problem()
}

type classicStateInput struct {
	Run string `path:"run_id" doc:"The run's id" example:"01890a5d-ac96-774b-bcce-b302099a8057"`
}

func (s *Server) registerClassicState() {
	handle(s, huma.Operation{
		OperationID: "classic-state", Method: http.MethodGet, Path: "/graph/state/{run_id}", Tags: []string{tagClassic},
		Summary:     "Read a run",
		Description: "The run in the words of its graph's dialect, with the whole state after each node that finished.",
		Errors:      []int{http.StatusNotFound},
		Responses: classicResponse("The run",
			`{"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","status":"finished","state":{"start":"extract","functions":1},"logs":[{"node":"extract","state":{"start":"extract","functions":1}}]}`,
			`{"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","graph_id":"2","status":"COMPLETED","current_node":null,"state":{"code":"…"},"log":[{"node":"a","state_snapshot":{"code":"…"}}],"error":null}`),
	}, func(ctx context.Context, input *classicStateInput) (*classicOutput, error) {
		t, err := s.tell(ctx, input.Run)
		if err != nil {
			return nil, err
		}
		if t.dialect == dialectMap {
			return &classicOutput{Body: classicReply{text: appendMapState(nil, t)}}, nil
		}
		return &classicOutput{Body: classicReply{text: appendListState(nil, t)}}, nil
	})
}
