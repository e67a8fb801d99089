package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// tryPast runs a script, or the run's own, over what an attempt on a server saw.
func tryPast(ctx context.Context, cfg tryConfig, source actors.Source, stdout io.Writer) error {
	ref, err := cfg.ref()
	if err != nil {
		return err
	}
	address, err := serverURL(cfg.server)
	if err != nil {
		return err
	}
	r := remoteRun{server: cfg.server, address: address, run: cfg.run, client: &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}}
	defer r.client.CloseIdleConnections()
	engines, processes, err := cfg.engines()
	if err != nil {
		return err
	}
	defer processes.Close() //nolint:errcheck // it never fails
	past, err := r.lookBack(ctx, engines, ref)
	if err != nil {
		return err
	}
	t := trial{Script: source.File, source: source, Of: &trialVisit{
		Run: cfg.run, Workflow: r.workflow, Revision: r.revision, Node: ref.Node, Visit: ref.Visit, Attempt: past.Ref.Attempt, Item: ref.Item,
	}}
	own := cfg.script == ""
	code, written := codeOf(source), &workflow.Script{Source: string(source.Data), Origin: workflow.Position{File: source.File, Line: 1, Column: 1}, Block: true}
	if own {
		t.source = r.source(r.revision)
		code, written = past.Code(t.source.Files), past.Script
	}
	code.Item = past.Script.Item
	script, err := past.Engine.Compile(code)
	if err != nil {
		return t.refused(err, stdout, cfg.asJSON)
	}
	if err := past.Engine.Ready(ctx); err != nil {
		return err
	}
	t.began = time.Now()
	result, err := past.Run(ctx, script)
	t.took(time.Since(t.began))
	t.returned(result.Returned, result.HasReturned)
	t.beside(past, past.Outcome(ctx, written, result, err), own)
	return t.print(stdout, cfg.asJSON)
}

// beside puts what the run would have recorded beside what it has. A script of its own is right where they are the same.
func (t *trial) beside(past *actors.Past, now actors.Effect, own bool) {
	state, err := now.Patch.Apply(past.Before)
	if err == nil {
		t.changed(now.Patch, state)
	}
	t.Console, t.Error, t.OK = linesOf(now.Console), errorOf(now.Failure), now.Failure == nil
	if !past.Ended {
		return
	}
	recorded := past.Recorded
	t.Recorded = &trialRecord{Patch: recorded.Patch, Console: linesOf(recorded.Console), Error: errorOf(recorded.Failure)}
	if past.Ref.Item > 0 && recorded.Failure == nil {
		t.Recorded.Result = &recorded.Result
	}
	if t.Differs = past.Differences(now); own {
		t.OK = len(t.Differs) == 0
	}
}

func linesOf(lines []event.LogLine) []trialLine {
	out := make([]trialLine, len(lines))
	for i, l := range lines {
		out[i] = trialLine(l)
	}
	return out
}

func errorOf(f *workflow.Failure) *trialError {
	if f == nil {
		return nil
	}
	e := &trialError{Kind: f.Kind, Message: f.Message}
	if f.Position != nil {
		e.File, e.Line, e.Column = f.Position.File, f.Position.Line, f.Position.Column
	}
	return e
}

// ref reads --visit.
func (c *tryConfig) ref() (actors.AttemptRef, error) {
	if !event.ValidID(c.run) { // in a path, ".." would ask for something else
		return actors.AttemptRef{}, usagef("RUN %q names nothing; names are 1 to 64 of the characters A-Z a-z 0-9 _ -", c.run)
	}
	node, number, ok := strings.Cut(c.visit, "/")
	visit, err := strconv.Atoi(number)
	if !ok || err != nil || node == "" || visit < 1 {
		return actors.AttemptRef{}, usagef("--visit %q: write NODE/NUMBER, such as score/3", c.visit)
	}
	return actors.AttemptRef{Node: node, Visit: visit, Attempt: c.attempt, Item: c.item}, nil
}

// remoteRun is a run on a server, and the revisions that it has gone by.
type remoteRun struct {
	server, run string
	address     *url.URL
	client      *http.Client

	workflow, revision string // the latest revision that was asked for: the attempt's, once it is found
	sources            map[string]actors.Source
}

// lookBack finds an attempt in the events that the server has.
func (r *remoteRun) lookBack(ctx context.Context, engines func(*workflow.Definition) *scripts.Engine, ref actors.AttemptRef) (*actors.Past, error) {
	events, err := r.events(ctx)
	if err != nil {
		return nil, err
	}
	started, ok := events[0].Body.(event.RunStarted)
	if !ok {
		return nil, fmt.Errorf("%s has no events of run %s any more but that it was", r.server, r.run)
	}
	r.workflow, r.sources = started.Workflow, map[string]actors.Source{}
	revisions := func(digest string) (*workflow.Definition, error) { return r.definition(ctx, digest) }
	definition, err := revisions(started.Revision)
	if err != nil {
		return nil, err
	}
	past, err := actors.LookBack(ctx, engines, definition, revisions, events, ref)
	if errors.Is(err, actors.ErrAttemptNotFound) {
		return nil, fmt.Errorf("run %s: %w", r.run, err)
	}
	return past, err
}

// events reads all events of the run.
func (r *remoteRun) events(ctx context.Context) (events []event.Event, err error) {
	query := url.Values{"limit": {"1000"}}
	for {
		var page struct {
			Events     []json.RawMessage `json:"events"`
			NextCursor string            `json:"next_cursor"`
		}
		at := r.address.JoinPath("v1", "runs", r.run, "events")
		at.RawQuery = query.Encode()
		if err := getJSON(ctx, r.client, r.server, at, &page); err != nil {
			return nil, err
		}
		for _, raw := range page.Events {
			e, err := event.Decode(raw)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", r.server, err)
			}
			events = append(events, e)
		}
		if page.NextCursor == "" {
			if len(events) == 0 {
				return nil, fmt.Errorf("%s has no events of run %s", r.server, r.run)
			}
			return events, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

// definition reads a revision of the run's workflow.
func (r *remoteRun) definition(ctx context.Context, digest string) (*workflow.Definition, error) {
	var saved struct {
		Source, Format string
		Files          map[string]string
	}
	at := r.address.JoinPath("v1", "workflows", r.workflow)
	at.RawQuery = url.Values{"revision": {digest}}.Encode()
	if err := getJSON(ctx, r.client, r.server, at, &saved); err != nil {
		return nil, err
	}
	source := actors.Source{Name: r.workflow, Data: []byte(saved.Source), Format: saved.Format, File: "workflow." + saved.Format, Files: saved.Files}
	definition, problems := workflow.Parse(source.Data, workflow.Options{
		File: source.File, Format: source.Format, Name: source.Name, Files: source.Files, Saved: true,
	})
	if definition == nil {
		return nil, fmt.Errorf("this weir cannot read revision %s of workflow %s: %w", digest, r.workflow, problems.Errors())
	}
	r.sources[digest], r.revision = source, digest
	return definition, nil
}

// source is a revision that was read.
func (r *remoteRun) source(digest string) actors.Source { return r.sources[digest] }
