package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// Examples that several operations show.
const (
	exampleRunView = `{"run_id":"review-7","workflow":"code-review","revision":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
"status":"completed","state":{"code":"func main() {}","quality_score":90},"input":{"code":"func main() {}"},"current":[],"last_event":12,
"started_at":"2026-11-02T09:30:00.120934117Z","ended_at":"2026-11-02T09:30:00.188217650Z","error":null,"labels":{"team":"core"}}`
	exampleSummaries = `{"runs":[{"run_id":"review-7","workflow":"code-review","revision":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
"status":"completed","last_event":12,"started_at":"2026-11-02T09:30:00.120934117Z","ended_at":"2026-11-02T09:30:00.188217650Z","labels":{"team":"core"}}],
"next_cursor":"cnVuczox"}`
)

// runPath is the input of calls that need to know the run alone.
type runPath struct {
	ID string `path:"id" doc:"The run's id" example:"review-7"`
}

type listRunsInput struct {
	Workflow string   `query:"workflow" doc:"Only runs of this workflow" example:"code-review"`
	Status   string   `query:"status" enum:"running,waiting,paused,completed,failed,cancelled" doc:"Only runs that stand so"`
	Label    []string `query:"label,explode" doc:"Only runs with this label, as key=value; may be given more than once" example:"team=core"`
	Limit    int      `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"The most runs one page holds"`
	Cursor   string   `query:"cursor" doc:"next_cursor of the page before, as it came"`
}

type runsPage struct {
	Runs       []summaryView `json:"runs" doc:"The runs, newest first"`
	NextCursor string        `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last"`
}

type runsOutput struct{ Body runsPage }

type runOutput struct{ Body runView }

func (s *Server) registerRuns() {
	handle(s, huma.Operation{
		OperationID: "list-runs", Method: http.MethodGet, Path: "/v1/runs", Tags: []string{tagRuns},
		Summary:     "List runs",
		Description: "Runs of all workflows, newest first, a page at a time. Send `next_cursor` back as `cursor`, with the same filters, until it is absent.",
		Errors:      []int{http.StatusBadRequest},
		Responses:   map[string]*huma.Response{"200": reply[runsPage](s, "A page of runs", exampleSummaries)},
	}, s.listRuns)
	handle(s, huma.Operation{
		OperationID: "get-run", Method: http.MethodGet, Path: "/v1/runs/{id}", Tags: []string{tagRuns},
		Summary:     "Read a run",
		Description: "The run as its durable events show it: status, state, the visits that are open, and the error of a run that failed.",
		Errors:      []int{http.StatusNotFound},
		Responses:   map[string]*huma.Response{"200": reply[runView](s, "The run", exampleRunView)},
	}, func(ctx context.Context, input *runPath) (*runOutput, error) {
		view, err := s.system.View(ctx, input.ID)
		if err != nil {
			return nil, err
		}
		return &runOutput{Body: viewOf(&view)}, nil
	})
}

func (s *Server) listRuns(ctx context.Context, input *listRunsInput) (*runsOutput, error) {
	labels, p := labelFilter(input.Label)
	if p != nil {
		return nil, p
	}
	filter := actors.RunFilter{
		Workflow: input.Workflow, Status: workflow.Status(input.Status), Labels: labels, Limit: input.Limit, Cursor: input.Cursor,
	}
	page, err := s.system.Runs(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := &runsOutput{Body: runsPage{Runs: make([]summaryView, len(page.Runs)), NextCursor: page.Next}}
	for i := range page.Runs {
		out.Body.Runs[i] = summaryOf(&page.Runs[i])
	}
	return out, nil
}

// labelFilter reads key=value pairs, nil for none.
func labelFilter(pairs []string) (labels map[string]string, p *problem) {
	var errors []fieldError
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		first, again := labels[key]
		switch {
		case !ok || key == "":
			errors = append(errors, fieldError{Location: "query.label", Message: "expected key=value, as in label=team=core", Value: clip(pair)})
		case again && first != value:
			errors = append(errors, fieldError{Location: "query.label", Message: "no run has this label and " + key + "=" + first, Value: clip(pair)})
		case labels == nil:
			labels = map[string]string{key: value}
		default:
			labels[key] = value
		}
	}
	return labels, invalid(errors)
}
