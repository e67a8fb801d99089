package api

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

const exampleWorkflow = `{"name":"code-review","revision":3,"digest":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
"saved_at":"2026-11-02T09:29:12.5Z","format":"yaml","source":"name: code-review\nstart: extract\n…","start":"extract",
"nodes":[{"name":"extract","kind":"tool","tool":"code.functions"},{"name":"score","kind":"script"}],"labels":{},"schedules":[],"warnings":[]}`

type pageInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"The most entries one page holds"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before, as it came"`
}

type workflowsPage struct {
	Workflows  []workflowSummary `json:"workflows" doc:"The latest revision of each workflow, by name"`
	NextCursor string            `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last"`
}

type revisionsPage struct {
	Revisions  []revisionView `json:"revisions" doc:"The workflow's revisions, newest first"`
	NextCursor string         `json:"next_cursor,omitempty" doc:"Where the next page begins; absent on the last"`
}

type workflowsOutput struct{ Body workflowsPage }

type revisionsOutput struct{ Body revisionsPage }

type revisionsInput struct {
	Name   string `path:"name" doc:"The workflow's name" example:"code-review"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"The most entries one page holds"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before, as it came"`
}

type getWorkflowInput struct {
	Name        string `path:"name" doc:"The workflow's name" example:"code-review"`
	Revision    string `query:"revision" doc:"A revision by number or digest; the latest where absent" example:"3"`
	IfNoneMatch string `header:"If-None-Match" doc:"An ETag the client has: 304 where it is still the latest"`
}

type workflowOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"The digest, quoted"`
	Body   *workflowView
}

func (s *Server) registerWorkflows() {
	s.registerSave()
	handle(s, huma.Operation{
		OperationID: "list-workflows", Method: http.MethodGet, Path: "/v1/workflows", Tags: []string{tagWorkflows},
		Summary: "List workflows", Description: "The latest revision of every workflow, by name.",
		Errors: []int{http.StatusBadRequest},
		Responses: map[string]*huma.Response{"200": reply[workflowsPage](s, "A page of workflows",
			`{"workflows":[{"name":"code-review","revision":3,"digest":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","saved_at":"2026-11-02T09:29:12.5Z","labels":{}}]}`)},
	}, s.listWorkflows)
	handle(s, huma.Operation{
		OperationID: "get-workflow", Method: http.MethodGet, Path: "/v1/workflows/{name}", Tags: []string{tagWorkflows},
		Summary: "Read a workflow", Description: "The latest revision, or the one asked for, with its source. The digest is its ETag.",
		Errors: []int{http.StatusNotFound},
		Responses: map[string]*huma.Response{
			"200": reply[workflowView](s, "The revision", exampleWorkflow),
			"304": {Description: "The client's copy is still the latest"},
		},
	}, s.getWorkflow)
	handle(s, huma.Operation{
		OperationID: "list-revisions", Method: http.MethodGet, Path: "/v1/workflows/{name}/revisions", Tags: []string{tagWorkflows},
		Summary: "List a workflow's revisions", Description: "Every saved content, newest first.",
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
		Responses: map[string]*huma.Response{"200": reply[revisionsPage](s, "A page of revisions",
			`{"revisions":[{"name":"code-review","revision":3,"digest":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","saved_at":"2026-11-02T09:29:12.5Z"}]}`)},
	}, s.listRevisions)
	s.registerDiagram()
}

func (s *Server) listWorkflows(_ context.Context, input *pageInput) (*workflowsOutput, error) {
	after, p := readCursor("workflows", input.Cursor)
	if p != nil {
		return nil, p
	}
	all := s.system.Workflows()
	begin, found := slices.BinarySearchFunc(all, after, func(r actors.Revision, name string) int { return strings.Compare(r.Workflow, name) })
	if found {
		begin++
	}
	page := all[begin:]
	out := &workflowsOutput{Body: workflowsPage{Workflows: []workflowSummary{}}}
	if len(page) > input.Limit {
		page = page[:input.Limit]
		out.Body.NextCursor = writeCursor("workflows", page[len(page)-1].Workflow)
	}
	for i := range page {
		out.Body.Workflows = append(out.Body.Workflows, summaryOfWorkflow(&page[i]))
	}
	return out, nil
}

func (s *Server) getWorkflow(ctx context.Context, input *getWorkflowInput) (*workflowOutput, error) {
	revision, err := s.system.Workflow(input.Name, input.Revision)
	unusable := workflow.Problems(nil)
	if errors.As(err, &unusable) && revision.Digest != "" {
		revision.Warnings = append(revision.Warnings, unusable...) // it can be read where it cannot be run
	} else if err != nil {
		return nil, err
	}
	out := &workflowOutput{Status: http.StatusOK, ETag: etag(revision.Digest)}
	if input.IfNoneMatch != "" && matches(input.IfNoneMatch, revision.Digest) {
		out.Status = http.StatusNotModified
		return out, nil
	}
	view := workflowOf(&revision)
	view.Queue = queueCounts(s.system.Queue(revision.Workflow), revision.Definition)
	if view.Schedules, err = s.schedulesOf(ctx, &revision); err != nil {
		return nil, err
	}
	out.Body = &view
	return out, nil
}

func (s *Server) listRevisions(_ context.Context, input *revisionsInput) (*revisionsOutput, error) {
	before, p := readCursor("revisions", input.Cursor)
	if p != nil {
		return nil, p
	}
	all, err := s.system.Revisions(input.Name)
	if err != nil {
		return nil, err
	}
	if before != "" {
		number, err := strconv.Atoi(before)
		if err != nil {
			return nil, badCursor()
		}
		all = slices.DeleteFunc(all, func(r actors.Revision) bool { return r.Number >= number })
	}
	out := &revisionsOutput{Body: revisionsPage{Revisions: []revisionView{}}}
	if len(all) > input.Limit {
		all = all[:input.Limit]
		out.Body.NextCursor = writeCursor("revisions", strconv.Itoa(all[len(all)-1].Number))
	}
	for i := range all {
		out.Body.Revisions = append(out.Body.Revisions, revisionOf(&all[i]))
	}
	return out, nil
}

// writeCursor makes an opaque cursor of the last entry of a page.
func writeCursor(list, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + ":" + last))
}

// readCursor is the entry after which a page begins, "" for the first page.
func readCursor(list, cursor string) (string, *problem) {
	if cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	last, ok := strings.CutPrefix(string(text), list+":")
	if err != nil || !ok {
		return "", badCursor()
	}
	return last, nil
}

func badCursor() *problem {
	return newProblem(kindInvalidCursor, "send next_cursor of the page before as it came").add("query.cursor", nil, "was not made by this list")
}
