package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// scheduleView is a schedule of a workflow, and where it stands.
type scheduleView struct {
	Name     string     `json:"name" doc:"The schedule's name" example:"nightly"`
	Cron     string     `json:"cron,omitempty" doc:"The cron line; absent where every says when" example:"0 3 * * *"`
	TimeZone string     `json:"time_zone,omitempty" doc:"The time zone of the cron line" example:"Europe/Berlin"`
	Every    string     `json:"every,omitempty" doc:"The time from one run to the next; absent where cron says when" example:"30s"`
	Overlap  string     `json:"overlap" enum:"skip,queue,allow" doc:"What is done while the last run goes on"`
	CatchUp  string     `json:"catch_up" enum:"none,one,all" doc:"Which of the times are started that were missed"`
	Paused   bool       `json:"paused" doc:"Whether it starts nothing"`
	NextAt   *time.Time `json:"next_at,omitempty" doc:"When it is due next; absent where it is paused, and of a revision that is not the latest"`
	LastAt   *time.Time `json:"last_at,omitempty" doc:"The time that its last run was due"`
	LastRun  string     `json:"last_run,omitempty" doc:"The id of its last run, which may have been retired"`
	Waiting  *time.Time `json:"waiting,omitempty" doc:"The time that waits for the end of the last run"`
}

// listedSchedule is a schedule in the list of all.
type listedSchedule struct {
	Workflow string `json:"workflow" doc:"The workflow's name" example:"report"`
	scheduleView
}

type schedulesPage struct {
	Schedules  []listedSchedule `json:"schedules" doc:"The schedules in force, by workflow and name"`
	NextCursor string           `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last"`
}

type schedulesOutput struct{ Body schedulesPage }

type schedulesInput struct {
	Workflow string `query:"workflow" doc:"Only the schedules of this workflow" example:"report"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"The most entries one page holds"`
	Cursor   string `query:"cursor" doc:"next_cursor of the page before, as it came"`
}

func (s *Server) registerSchedules() {
	handle(s, huma.Operation{
		OperationID: "list-schedules", Method: http.MethodGet, Path: "/v1/schedules", Tags: []string{tagWorkflows},
		Summary: "List schedules", Description: "When runs are started by themselves: the schedules of the workflows' latest revisions. " +
			"The runs of one are those with the label `schedule=WORKFLOW/NAME`.",
		Errors: []int{http.StatusBadRequest},
		Responses: map[string]*huma.Response{"200": reply[schedulesPage](s, "A page of schedules",
			`{"schedules":[{"workflow":"report","name":"nightly","cron":"0 3 * * *","time_zone":"Europe/Berlin","overlap":"skip","catch_up":"one","paused":false,
"next_at":"2026-11-03T02:00:00Z","last_at":"2026-11-02T02:00:00Z","last_run":"8d7d3c9e-0b44-5a5c-9c0e-6c7fd4f0a0ce"}]}`)},
	}, s.listSchedules)
}

func (s *Server) listSchedules(ctx context.Context, input *schedulesInput) (*schedulesOutput, error) {
	after, p := readCursor("schedules", input.Cursor)
	if p != nil {
		return nil, p
	}
	l := actors.ScheduleListing{Workflow: input.Workflow, Limit: input.Limit}
	l.AfterWorkflow, l.AfterName, _ = strings.Cut(after, "/")
	page, more, err := s.system.Schedules(ctx, l)
	if err != nil {
		return nil, err
	}
	out := &schedulesOutput{Body: schedulesPage{Schedules: []listedSchedule{}}}
	for i := range page {
		out.Body.Schedules = append(out.Body.Schedules, listedSchedule{page[i].Workflow, scheduleOf(&page[i])})
	}
	if more {
		last := &page[len(page)-1]
		out.Body.NextCursor = writeCursor("schedules", last.Workflow+"/"+last.Name)
	}
	return out, nil
}

// schedulesOf is the schedules of a revision; where it is the latest, with where they stand.
func (s *Server) schedulesOf(ctx context.Context, r *actors.Revision) ([]scheduleView, error) {
	views := []scheduleView{}
	if r.Definition == nil || len(r.Definition.Schedules) == 0 {
		return views, nil
	}
	inForce := map[string]*actors.Schedule{}
	if latest, err := s.system.Workflow(r.Workflow, ""); err == nil && latest.Digest == r.Digest {
		page, _, err := s.system.Schedules(ctx, actors.ScheduleListing{Workflow: r.Workflow, Limit: workflow.SchedulesMax})
		if err != nil {
			return nil, err
		}
		for i := range page {
			inForce[page[i].Name] = &page[i]
		}
	}
	for i := range r.Definition.Schedules {
		spec := &r.Definition.Schedules[i]
		if known := inForce[spec.Name]; known != nil {
			views = append(views, scheduleOf(known))
		} else {
			views = append(views, scheduleOf(&actors.Schedule{Schedule: *spec}))
		}
	}
	return views, nil
}

func scheduleOf(p *actors.Schedule) scheduleView {
	view := scheduleView{
		Name: p.Name, Cron: p.Cron, TimeZone: p.TimeZone, Overlap: string(p.Overlap), CatchUp: string(p.CatchUp), Paused: p.Paused,
		NextAt: timeOrNull(p.NextAt), LastAt: timeOrNull(p.LastAt), LastRun: p.LastRun, Waiting: timeOrNull(p.Waiting),
	}
	if p.Every > 0 {
		view.Every = p.Every.String()
	}
	return view
}
