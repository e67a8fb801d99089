package api

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// The classic calls speak for two engines that came before. Each has a dialect of its own; a graph keeps
// the one it was created in. This adapter translates and holds nothing: graph n is the workflow classic-n,
// its dialect is a label of that workflow, and every reply about a run is folded from its events, so that
// it is the same before and after a restart.

// dialect is the shape a graph was created in, as the workflow's label stores it.
type dialect string

const (
	dialectMap  dialect = "map"  // nodes is an object: the Workflow Engine, which runs in the background
	dialectList dialect = "list" // nodes is an array: the Mini Agent Workflow Engine, which waits
)

// Labels of the workflows that graphs become.
const (
	labelDialect = "classic"
	labelKey     = "classic_key"  // digest of the Idempotency-Key the graph was created with
	labelBody    = "classic_body" // digest of the body that came with it
)

// classicSteps is how many nodes a run of a classic graph may enter.
const classicSteps = 500

// classic is what the adapter needs between calls: the order of creates, and where to begin to count.
type classic struct {
	creating sync.Mutex
	last     int // the highest graph id that is known to be taken; 0 before the first create
}

// classicName is the name of a graph's workflow.
func classicName(graph string) string { return "classic-" + graph }

// graphID is the id of the graph that a workflow is, "" where it is none.
func graphID(name string) string {
	id, ok := strings.CutPrefix(name, "classic-")
	if !ok || !graphPattern.MatchString(id) {
		return ""
	}
	return id
}

var graphPattern = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// dialectOf is the dialect a definition was created in, "" where it is no graph.
func dialectOf(d *workflow.Definition) dialect {
	if d == nil || graphID(d.Name) == "" {
		return ""
	}
	switch l := dialect(d.Labels[labelDialect]); l {
	case dialectMap, dialectList:
		return l
	}
	return ""
}

// graph finds a graph's workflow.
func (s *Server) graph(id string) (actors.Revision, dialect, error) {
	if graphPattern.MatchString(id) {
		revision, err := s.system.Workflow(classicName(id), "")
		if err != nil && !errors.Is(err, actors.ErrWorkflowNotFound) {
			return revision, "", unusable(id, err)
		}
		if d := dialectOf(revision.Definition); err == nil && d != "" {
			return revision, d, nil
		}
	}
	return actors.Revision{}, "", newProblem(kindWorkflowNotFound, "Graph not found: there is no graph %q", id)
}

func (s *Server) registerClassic() {
	tags := []string{tagClassic}
	handle(s, huma.Operation{
		OperationID: "classic-health", Method: http.MethodGet, Path: "/health", Tags: tags,
		Summary: "Health", Description: "Answers as long as the process can answer at all.",
		Responses: map[string]*huma.Response{"200": reply[liveView](s, "It lives", `{"status":"ok"}`)},
	}, func(context.Context, *struct{}) (*liveOutput, error) {
		return &liveOutput{Body: liveView{Status: "ok"}}, nil
	})
	s.registerClassicCreate()
	s.registerClassicRun()
	s.registerClassicState()
	s.registerClassicTails()
}

// classicReply is a reply whose text is made by hand.
type classicReply struct{ text []byte }

// AppendJSON writes the text.
func (r classicReply) AppendJSON(dst []byte) []byte { return append(dst, r.text...) }

// Schema says little: the examples show both dialects.
func (classicReply) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

type classicOutput struct {
	Applied string `header:"Preference-Applied" doc:"The preferences that were honoured"`
	Body    classicReply
}

// classicBody describes a body by an example of each dialect.
func classicBody(inMap, inList string) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Examples: classicExamples(inMap, inList),
	}}}
}

// classicResponse describes a reply by an example of each dialect.
func classicResponse(description, inMap, inList string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: description, Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Examples: classicExamples(inMap, inList),
	}}}}
}

func classicExamples(inMap, inList string) map[string]*huma.Example {
	examples := map[string]*huma.Example{}
	if inMap != "" {
		examples["map"] = &huma.Example{Summary: "Dialect A, nodes is an object", Value: jsonExample(inMap)}
	}
	if inList != "" {
		examples["list"] = &huma.Example{Summary: "Dialect B, nodes is an array", Value: jsonExample(inList)}
	}
	return examples
}
