package api

import (
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// workflowView is a revision of a workflow.
type workflowView struct {
	Name     string            `json:"name" doc:"The workflow's name" example:"code-review"`
	Revision int               `json:"revision" doc:"The revision's number, from 1" example:"3"`
	Digest   string            `json:"digest" doc:"What the revision is pinned by; equal content has an equal digest" example:"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
	SavedAt  time.Time         `json:"saved_at" doc:"When it was saved"`
	Format   string            `json:"format,omitempty" doc:"yaml or json, as it was sent" example:"yaml"`
	Source   string            `json:"source" doc:"The workflow as it was sent"`
	Files    map[string]string `json:"files,omitempty" doc:"The script files that came with it, by path"`
	Start    string            `json:"start" doc:"Where runs begin: a node, or an expression over the input" example:"extract"`
	Nodes    []nodeView        `json:"nodes" doc:"The nodes, in the order of the source"`
	Labels   map[string]string `json:"labels" doc:"The workflow's labels"`
	// What changes of them as time passes is no part of the digest.
	Schedules []scheduleView   `json:"schedules" doc:"When runs are started by themselves, and when that is next at the time of this answer"`
	Warnings  []warningView    `json:"warnings" doc:"What is allowed but probably not meant"`
	Queue     *queueCountsView `json:"queue,omitempty" doc:"How many of its runs wait in its queue, and have begun; absent where it has none and none waits"`
}

// nodeView is a node of a workflow.
type nodeView struct {
	Name string `json:"name" doc:"The node's name" example:"score"`
	Kind string `json:"kind" doc:"What kind of node it is" example:"script"`
	Tool string `json:"tool,omitempty" doc:"For tool nodes: the tool it calls"`
}

// savedView answers a save.
type savedView struct {
	Name     string        `json:"name" doc:"The workflow's name" example:"code-review"`
	Revision int           `json:"revision" doc:"The revision's number, from 1" example:"3"`
	Digest   string        `json:"digest" doc:"What runs are pinned by" example:"sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"`
	Warnings []warningView `json:"warnings" doc:"What is allowed but probably not meant"`
}

// revisionView is a revision in a list.
type revisionView struct {
	Name     string    `json:"name" doc:"The workflow's name" example:"code-review"`
	Revision int       `json:"revision" doc:"The revision's number, from 1" example:"3"`
	Digest   string    `json:"digest" doc:"What the revision is pinned by"`
	SavedAt  time.Time `json:"saved_at" doc:"When it was saved"`
}

// workflowSummary is a workflow in a list.
type workflowSummary struct {
	Name     string            `json:"name" doc:"The workflow's name" example:"code-review"`
	Revision int               `json:"revision" doc:"The number of its latest revision, from 1" example:"3"`
	Digest   string            `json:"digest" doc:"What that revision is pinned by"`
	SavedAt  time.Time         `json:"saved_at" doc:"When it was saved"`
	Labels   map[string]string `json:"labels" doc:"The workflow's labels"`
}

// warningView is a warning about a workflow.
type warningView struct {
	Message string `json:"message" doc:"What is odd" example:"the cycle score → improve → score has no bound"`
	Code    string `json:"code" doc:"The stable code of the warning" example:"endless_cycle"`
	File    string `json:"file,omitempty" doc:"The file that line and column point into"`
	Line    int    `json:"line,omitempty" doc:"The line, counted from 1"`
	Column  int    `json:"column,omitempty" doc:"The column, counted from 1"`
	Path    string `json:"path,omitempty" doc:"The way to the value in the workflow" example:"edges.improve"`
	Hint    string `json:"hint,omitempty" doc:"What to write instead"`
}

func warningsOf(ps workflow.Problems) []warningView {
	out := make([]warningView, 0, len(ps))
	for _, p := range ps {
		out = append(out, warningView{
			Message: p.Message, Code: p.Code, File: p.File, Line: p.Line, Column: p.Column, Path: p.Path, Hint: p.Hint,
		})
	}
	return out
}

func revisionOf(r *actors.Revision) revisionView {
	return revisionView{Name: r.Workflow, Revision: r.Number, Digest: r.Digest, SavedAt: r.SavedAt.UTC()}
}

func summaryOfWorkflow(r *actors.Revision) workflowSummary {
	return workflowSummary{
		Name: r.Workflow, Revision: r.Number, Digest: r.Digest, SavedAt: r.SavedAt.UTC(), Labels: labelsOf(r.Definition),
	}
}

func labelsOf(d *workflow.Definition) map[string]string {
	if d == nil || d.Labels == nil {
		return map[string]string{}
	}
	return d.Labels
}

func workflowOf(r *actors.Revision) workflowView {
	view := workflowView{
		Name: r.Workflow, Revision: r.Number, Digest: r.Digest, SavedAt: r.SavedAt.UTC(), Format: r.Format,
		Source: string(r.Source), Files: r.Files, Nodes: []nodeView{}, Labels: labelsOf(r.Definition), Warnings: warningsOf(r.Warnings),
	}
	if d := r.Definition; d != nil {
		view.Start = startText(d)
		for i := range d.Nodes {
			n := &d.Nodes[i]
			view.Nodes = append(view.Nodes, nodeView{Name: n.Name, Kind: string(n.Kind), Tool: n.Tool})
		}
	}
	return view
}

// startText is where runs begin, as an author writes it.
func startText(d *workflow.Definition) string {
	if d.Start.Expression != nil {
		return "${" + d.Start.Expression.Source + "}"
	}
	return d.Start.Node
}
