package api

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

type saveInput struct {
	rawBody

	IfMatch     string `header:"If-Match" doc:"Save only if the workflow's latest revision has this digest" example:"\"sha256:2c26b46b\""`
	IfNoneMatch string `header:"If-None-Match" doc:"* saves only if there is no workflow of this name yet" example:"*"`
}

type saveOutput struct {
	Status   int
	ETag     string `header:"ETag" doc:"The digest, quoted"`
	Location string `header:"Location" doc:"Where the workflow is"`
	Body     savedView
}

const exampleWorkflowYAML = `name: code-review
start: extract
nodes:
  extract: code.functions
  issues: code.issues
  score: {script: "return {quality_score: 100 - 10 * state.issues.length}"}
edges:
  extract: issues
  issues: score
`

const (
	exampleWorkflowJSON = `{"name":"code-review","start":"extract",
"nodes":{"extract":"code.functions","issues":"code.issues","score":{"script":"return {quality_score: 100 - 10 * state.issues.length}"}},
"edges":{"extract":"issues","issues":"score"}}`
	exampleSaved = `{"name":"code-review","revision":3,"digest":"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae","warnings":[]}`
)

func (s *Server) registerSave() {
	handle(s, huma.Operation{
		OperationID: "save-workflow", Method: http.MethodPost, Path: "/v1/workflows", Tags: []string{tagWorkflows},
		Summary: "Save a workflow",
		Description: "Saves a new revision, in YAML or JSON by Content-Type: 201. The latest content again changes nothing: 200. The name is the one in the source.\n\n" +
			"Scripts that stand in files of their own, under `script_file`, come along in an object `{source, format, files}`, in YAML or JSON: `source` is the workflow's text, `format` says whether that is yaml or json where its first character does not, `files` has the text of each file under its path. In JSON the workflow may also stand under `source` as the object it is. The revision keeps source and files as they were sent.\n\n" +
			"A workflow with mistakes is not saved: 422 names every one of them with line, column, path and, where that is known, what to write instead. Lines and columns of a workflow with files count within its `source`, those of a script within its file.",
		RequestBody: &huma.RequestBody{
			Required: true,
			Content: map[string]*huma.MediaType{
				"application/yaml": {
					Schema: &huma.Schema{Type: huma.TypeString, Description: "A workflow in YAML, or one with files"},
					Examples: map[string]*huma.Example{
						"workflow": {Summary: "A workflow", Value: exampleWorkflowYAML}, "files": {Summary: "A workflow with a script file", Value: exampleBundleYAML},
					},
				},
				"application/json": {
					Schema: &huma.Schema{AnyOf: []*huma.Schema{bundleSchema(), {Type: huma.TypeObject, AdditionalProperties: true, Description: "A workflow in JSON"}}},
					Examples: map[string]*huma.Example{
						"workflow": {Summary: "A workflow", Value: jsonExample(exampleWorkflowJSON)}, "files": {Summary: "A workflow with a script file", Value: jsonExample(exampleBundleJSON)},
					},
				},
			},
		},
		SkipValidateBody: true, DefaultStatus: http.StatusCreated,
		Errors: []int{http.StatusBadRequest, http.StatusPreconditionFailed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity},
		Responses: map[string]*huma.Response{
			"201": reply[savedView](s, "A new revision", exampleSaved),
			"200": reply[savedView](s, "The latest revision has this content already", exampleSaved),
		},
	}, s.saveWorkflow)
}

// reservedName are the names that graphs of the classic API have.
var reservedName = regexp.MustCompile(`^classic-[0-9]+$`)

func (s *Server) saveWorkflow(ctx context.Context, input *saveInput) (*saveOutput, error) {
	upload := readUpload(input.body)
	definition, problems := upload.check(s.system)
	if problems.HasErrors() {
		return nil, upload.problem(problems)
	}
	if reservedName.MatchString(definition.Name) {
		p := newProblem(kindReservedName, "the name %q belongs to a graph of the classic API; choose another", definition.Name)
		return nil, p.add(upload.location(&workflow.Problem{File: upload.source.File, Path: "name"}), definition.Name, "is reserved")
	}
	revision, created, err := s.system.SaveIf(ctx, upload.source, func(latest *actors.Revision) error {
		return input.precondition(definition.Name, latest)
	})
	if err != nil {
		return nil, err
	}
	out := &saveOutput{
		Status: http.StatusOK, ETag: etag(revision.Digest), Location: "/v1/workflows/" + revision.Workflow,
		Body: savedView{Name: revision.Workflow, Revision: revision.Number, Digest: revision.Digest, Warnings: warningsOf(revision.Warnings)},
	}
	if created {
		out.Status = http.StatusCreated
	}
	return out, nil
}

// precondition checks If-Match and If-None-Match against the workflow's latest revision, nil where there is none.
func (i *saveInput) precondition(name string, latest *actors.Revision) error {
	switch {
	case latest == nil && i.IfMatch != "":
		return newProblem(kindPrecondition, "there is no workflow %q yet; leave out If-Match to create it", name)
	case latest == nil:
		return nil
	case i.IfMatch != "" && !matches(i.IfMatch, latest.Digest):
		return newProblem(kindPrecondition, "the latest revision of %q is %d, %s; If-Match asks for another", name, latest.Number, etag(latest.Digest)).
			with("ETag", etag(latest.Digest))
	case i.IfNoneMatch != "" && matches(i.IfNoneMatch, latest.Digest):
		return newProblem(kindPrecondition, "workflow %q exists already, in revision %d", name, latest.Number).with("ETag", etag(latest.Digest))
	}
	return nil
}

// etag is a digest as an entity tag.
func etag(digest string) string { return `"` + digest + `"` }

// matches reports whether a list of entity tags, or *, holds a digest. Weak tags match, too: equal digests
// are equal bytes.
func matches(header, digest string) bool {
	for each := range strings.SplitSeq(header, ",") {
		each = strings.TrimPrefix(strings.TrimSpace(each), "W/")
		if each == "*" || each == etag(digest) || each == digest {
			return true
		}
	}
	return false
}
