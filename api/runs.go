package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/eventstore/runindex"
)

// Examples that several operations show.
const (
	exampleRunView = `{"run_id":"review-7","workflow":"code-review","revision":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
"status":"completed","state":{"code":"func main() {}","quality_score":90},"input":{"code":"func main() {}"},"current":[],"last_event":12,
"started_at":"2026-11-02T09:30:00.120934117Z","ended_at":"2026-11-02T09:30:00.188217650Z","error":null,"labels":{"team":"core"}}`
	exampleSummaries = `{"runs":[{"run_id":"review-7","workflow":"code-review","revision":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
"status":"completed","current":[],"last_event":12,"started_at":"2026-11-02T09:30:00.120934117Z","updated_at":"2026-11-02T09:30:00.188217650Z",
"ended_at":"2026-11-02T09:30:00.188217650Z","error":null,"labels":{"team":"core"}}],
"next_cursor":"cnVuczox"}`
)

// runPath is the input of calls that need to know the run alone.
type runPath struct {
	ID string `path:"id" doc:"The run's id" example:"review-7"`
}

type listRunsInput struct {
	Workflow      string    `query:"workflow" pattern:"^[A-Za-z0-9_-]{1,64}$" patternDescription:"1 to 64 letters, digits, underscores and hyphens" doc:"Only runs of this workflow" example:"code-review"`
	Status        []string  `query:"status,explode" enum:"running,waiting,paused,completed,failed,cancelled" doc:"Only runs that stand so; may be given more than once"`
	Label         []string  `query:"label,explode" doc:"Only runs with this label, as key=value; may be given more than once" example:"team=core"`
	Node          string    `query:"node" pattern:"^[A-Za-z0-9_-]{1,64}([.]compensate)?$" patternDescription:"1 to 64 letters, digits, underscores and hyphens, and .compensate behind them where the node's compensation is meant" doc:"Only runs that are at this node, or failed there" example:"score"`
	Text          string    `query:"text" doc:"Only failed runs whose error has these words; a word ending in * stands for all that begin so" example:"connection refused"`
	Parent        string    `query:"parent" pattern:"^[A-Za-z0-9_-]{1,64}$" patternDescription:"1 to 64 letters, digits, underscores and hyphens" doc:"Only runs that this run started"`
	StartedFrom   time.Time `query:"started_from" doc:"Only runs started then or later"`
	StartedBefore time.Time `query:"started_before" doc:"Only runs started earlier"`
	EndedFrom     time.Time `query:"ended_from" doc:"Only runs that ended then or later"`
	EndedBefore   time.Time `query:"ended_before" doc:"Only runs that ended earlier"`
	Sort          string    `query:"sort" enum:"-started,started,-ended,ended,-updated,updated,-workflow,workflow" default:"-started" doc:"What the runs are sorted by; with - the newest, or last, come first. Only in the order of their start is each run sure to come once while runs come and go on"`
	Counts        bool      `query:"counts" doc:"Also count all runs that match, by status"`
	Limit         int       `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"The most runs one page holds"`
	Cursor        string    `query:"cursor" doc:"next_cursor of the page before, as it came"`
}

type runsPage struct {
	Runs       []summaryView             `json:"runs" doc:"The runs, in the order asked for"`
	NextCursor string                    `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last"`
	Counts     map[runindex.Status]int64 `json:"counts,omitempty" doc:"With counts=true: how many runs match, by status; a status without runs is absent"`
}

type runsOutput struct{ Body runsPage }

type runOutput struct{ Body runView }

func (s *Server) registerRuns() {
	handle(s, huma.Operation{
		OperationID: "list-runs", Method: http.MethodGet, Path: "/v1/runs", Tags: []string{tagRuns},
		Summary:     "List runs",
		Description: "Runs of all workflows, newest first unless `sort` says otherwise, a page at a time. A run must match every filter. Send `next_cursor` back as `cursor`, with the same filters, until it is absent.",
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
	order, descending := strings.CutPrefix(input.Sort, "-")
	listing := runindex.Listing{
		Filter: runindex.Filter{
			Workflow: input.Workflow, Labels: labels, Node: input.Node, Text: input.Text, Parent: input.Parent,
			StartedFrom: input.StartedFrom, StartedBefore: input.StartedBefore, EndedFrom: input.EndedFrom, EndedBefore: input.EndedBefore,
		},
		Order: runindex.Order(order), Ascending: !descending, Limit: input.Limit, Cursor: input.Cursor,
	}
	for _, status := range input.Status {
		listing.Statuses = append(listing.Statuses, runindex.Status(status))
	}
	page, err := s.system.Runs(ctx, listing)
	if err != nil {
		return nil, err
	}
	out := &runsOutput{Body: runsPage{Runs: make([]summaryView, len(page.Runs)), NextCursor: page.Next}}
	for i := range page.Runs {
		out.Body.Runs[i] = summaryOf(&page.Runs[i])
	}
	if input.Counts {
		if out.Body.Counts, err = s.system.CountRuns(ctx, listing.Filter); err != nil {
			return nil, err
		}
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
