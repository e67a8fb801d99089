package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

const (
	exampleBundleYAML = `source: |
  name: code-review
  nodes:
    score: {script_file: score.js}
files:
  score.js: |
    return {quality_score: 100 - 10 * state.issues.length}
`
	exampleBundleJSON = `{"source":"name: code-review\nnodes:\n  score: {script_file: score.js}\n",
"files":{"score.js":"return {quality_score: 100 - 10 * state.issues.length}\n"}}`
)

// bundleSchema describes a workflow that comes with its script files.
func bundleSchema() *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, Description: "A workflow with the script files it names", Required: []string{"source"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"source": {
				Description: "The workflow: its text in YAML or JSON, or the object itself",
				OneOf:       []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeObject, AdditionalProperties: true}},
			},
			"format": {Type: huma.TypeString, Enum: []any{"yaml", "json"}, Description: "What the source is written in; told by its first character where absent"},
			"files": {
				Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString},
				Description: "The text of each script file under the path that script_file gives, from the folder of the workflow",
			},
		},
	}
}

// upload is a workflow as a request brings it: the body itself, or the source in a bundle.
type upload struct {
	source   actors.Source
	bundled  bool
	problems workflow.Problems // of the bundle around the source
}

// readUpload tells a bundle from a workflow.
func readUpload(body *received) *upload {
	format := strings.TrimPrefix(body.mediaType, "application/")
	bundle, found, problems := workflow.ReadBundle(body.data, workflow.Options{File: named("bundle", format), Format: format})
	if !found {
		return &upload{source: actors.Source{Data: slices.Clone(body.data), Format: format, File: named("workflow", format)}}
	}
	return &upload{
		source:  actors.Source{Data: bundle.Source, Format: bundle.Format, File: named("workflow", bundle.Format), Files: bundle.Files},
		bundled: true, problems: problems,
	}
}

// named is what positions call a text of a format.
func named(name, format string) string {
	if format == "" {
		return name
	}
	return name + "." + format
}

// check finds everything that is wrong with the workflow and, first, with what it comes in.
func (u *upload) check(system *actors.System) (*workflow.Definition, workflow.Problems) {
	if u.bundled && u.source.Data == nil {
		return nil, u.problems
	}
	definition, problems := system.Check(u.source)
	return definition, slices.Concat(u.problems, problems)
}

// problem names what is wrong, each at its place in the request.
func (u *upload) problem(ps workflow.Problems) *problem {
	p := workflowProblem(ps)
	for i, each := range ps.Errors() {
		p.Errors[i].Location = u.location(&each)
	}
	return p
}

// location leads to a problem's place in the request.
func (u *upload) location(p *workflow.Problem) string {
	location := "body"
	if _, script := u.source.Files[p.File]; script {
		return location + ".files[" + strconv.Quote(p.File) + "]"
	}
	if u.bundled && p.File == u.source.File && p.Path != "files" {
		location += ".source"
	}
	if p.Path != "" {
		location += "." + p.Path
	}
	return location
}
