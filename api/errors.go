package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/scripts"
)

// statusClientGone is what the log shows for a request whose client left before the answer; the client
// does not see it.
const statusClientGone = 499

// sentinels maps the errors of the layers below to kinds of problems. Each error carries its own words.
var sentinels = []struct {
	err  error
	kind kind
}{
	{actors.ErrRunNotFound, kindRunNotFound},
	{actors.ErrRunExists, kindRunExists},
	{actors.ErrWorkflowNotFound, kindWorkflowNotFound},
	{actors.ErrRevisionNotFound, kindRevisionNotFound},
	{actors.ErrEventNotFound, kindEventNotFound},
	{actors.ErrInvalidID, kindInvalidID},
	{actors.ErrInvalidInput, kindInvalidInput},
	{actors.ErrInvalidCursor, kindInvalidCursor},
	{actors.ErrInvalidFilter, kindInvalid},
	{actors.ErrClosed, kindShuttingDown},
	{eventstore.ErrClosed, kindShuttingDown},
	{eventstore.ErrUnavailable, kindNotReady},
	{eventstore.ErrNotFound, kindRunNotFound},
}

// problemOf is the problem for an error of the layers below. What is not known is a mistake of the server:
// it is logged, and its text does not leave.
func (s *Server) problemOf(ctx context.Context, err error) *problem {
	if p := (*problem)(nil); errors.As(err, &p) {
		return p
	}
	if ps := workflow.Problems(nil); errors.As(err, &ps) {
		return workflowProblem(ps)
	}
	if e := (*actors.LabelsError)(nil); errors.As(err, &e) {
		return labelsProblem(e)
	}
	if e := (*actors.StatusError)(nil); errors.As(err, &e) {
		p := newProblem(kindWrongStatus, "%s", sentence(err)).of(e.Run)
		p.RunStatus = e.Status
		return p
	}
	if e := (*actors.MisfitError)(nil); errors.As(err, &e) {
		p := newProblem(kindRevisionMisfit, "run %s cannot go on with revision %d of workflow %s", e.Run, e.Revision, e.Workflow).of(e.Run)
		for _, misfit := range e.Misfits {
			p = p.add("body.revision", nil, "%s", misfit)
		}
		return p
	}
	if e := (*workflow.SignalError)(nil); errors.As(err, &e) {
		return signalProblem(e)
	}
	if e := (*eventstore.RetiredError)(nil); errors.As(err, &e) {
		p := newProblem(kindRunRetired, "%s", e.Error()).of(e.Run)
		p.RunStatus = e.Status
		return p
	}
	if e := (*scripts.Error)(nil); errors.As(err, &e) {
		return scriptProblem(e)
	}
	for _, known := range sentinels {
		if errors.Is(err, known.err) {
			p := newProblem(known.kind, "%s", sentence(err))
			if known.kind.status == http.StatusServiceUnavailable {
				return p.with("Retry-After", "1")
			}
			return p
		}
	}
	if ctx.Err() != nil {
		p := newProblem(kindBadRequest, "the client left before the answer")
		p.Status = statusClientGone
		return p
	}
	s.logger.ErrorContext(ctx, "a request failed", "error", err, "request_id", requestID(ctx))
	return newProblem(kindInternal, "the server made a mistake; its log knows more under request_id")
}

// sentence is an error's text as a detail.
func sentence(err error) string { return strings.TrimSpace(err.Error()) }

// labelsProblem names every label of a start that is wrong.
func labelsProblem(e *actors.LabelsError) *problem {
	found := make([]fieldError, len(e.Problems))
	for i, each := range e.Problems {
		found[i] = fieldError{Location: "body." + each.Path, Message: each.Message}
	}
	return invalid(found)
}

// workflowProblem names everything that is wrong with a workflow, with its place.
func workflowProblem(ps workflow.Problems) *problem {
	found := ps.Errors()
	p := newProblem(kindInvalidWorkflow, "the workflow has %s; see errors", count(len(found), "mistake"))
	for _, each := range found {
		location := "body"
		if each.Path != "" {
			location += "." + each.Path
		}
		p.Errors = append(p.Errors, fieldError{
			Location: location, Message: each.Message, Code: each.Code, File: each.File,
			Line: each.Line, Column: each.Column, Path: each.Path, Hint: each.Hint,
		})
	}
	return p
}

// scriptProblem says what a script did wrong, and where.
func scriptProblem(e *scripts.Error) *problem {
	p := newProblem(kindScript, "%s", e.Message)
	p.Kind, p.File, p.Line, p.Column = e.Kind, e.File, e.Line, e.Column
	p.Console = consoleLines(e.Console)
	p.Errors = []fieldError{{Location: "body.script", Message: e.Message, Line: e.Line, Column: e.Column}}
	return p
}
