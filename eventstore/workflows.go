package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// RevisionRecord is one saved content of a workflow, as its author wrote it.
type RevisionRecord struct {
	Workflow string                   // the workflow's name
	Number   int                      // counts from 1 within the workflow
	Digest   string                   // of the content; runs are pinned to it
	SavedAt  time.Time                // UTC
	Format   string                   // of Source: yaml or json
	File     string                   // what positions in Source name
	Source   string                   // the definition's text
	Files    map[string]string        // the scripts it names and what they import, by path
	Bundles  map[string]*ScriptBundle // what scripts were translated to; the keys are the workflow's affair
}

// ScriptBundle is what a script was translated to when it was saved.
type ScriptBundle struct {
	Code     string   `json:"code"`
	Files    []string `json:"files"`
	Mappings string   `json:"mappings"`
}

// StoredRevision is a revision with its place in the stream.
type StoredRevision struct {
	RevisionRecord
	Sequence uint64
}

// revisionJSON is a revision as stored.
type revisionJSON struct {
	V        int                      `json:"v"`
	Workflow string                   `json:"workflow"`
	Number   int                      `json:"number"`
	Digest   string                   `json:"digest"`
	SavedAt  time.Time                `json:"saved_at"`
	Format   string                   `json:"format"`
	File     string                   `json:"file,omitempty"`
	Source   string                   `json:"source"`
	Files    map[string]string        `json:"files,omitempty"`
	Bundles  map[string]*ScriptBundle `json:"bundles,omitempty"`
}

const revisionVersion = 1

// AppendRevision stores a revision behind the workflow's previous one, whose sequence is expected, 0 for
// a workflow's first. It is durable on return. The errors are those of Append; when the context ends
// first the outcome is unknown, and Revisions or the same call again tells.
func (s *Store) AppendRevision(ctx context.Context, r RevisionRecord, expected uint64) (sequence uint64, err error) {
	if !event.ValidID(r.Workflow) {
		return 0, fmt.Errorf("workflow %q: %w: use 1 to 64 of A-Z a-z 0-9 _ -", r.Workflow, ErrInvalid)
	}
	data, err := json.Marshal(revisionJSON{revisionVersion, r.Workflow, r.Number, r.Digest, r.SavedAt.UTC(), r.Format, r.File, r.Source, r.Files, r.Bundles})
	if err != nil {
		return 0, fmt.Errorf("encode revision %d of workflow %s: %w", r.Number, r.Workflow, err)
	}
	return s.appendRevision(ctx, r.Workflow, r.Number, data, expected)
}

func (s *Store) appendRevision(ctx context.Context, workflow string, number int, data []byte, expected uint64) (sequence uint64, err error) {
	p := s.appends.submit(&write{stream: s.workflows, subject: workflowsPrefix + workflow, expected: expected, data: data})
	select {
	case <-p.Done():
		return p.Result()
	case <-ctx.Done():
		return 0, fmt.Errorf("save revision %d of workflow %s: %w", number, workflow, context.Cause(ctx))
	}
}

// Revisions yields every stored revision in the order they were saved. Damage comes as a pair with an
// *event.DamageError, and a caller that goes on gets the rest. Any other error is the last pair.
func (s *Store) Revisions(ctx context.Context) iter.Seq2[StoredRevision, error] {
	return func(yield func(StoredRevision, error) bool) {
		ctx, release := s.bind(ctx)
		defer release()
		for rec, err := range s.records(ctx, s.workflows, 0) {
			r := StoredRevision{Sequence: rec.sequence}
			if err == nil {
				r.RevisionRecord, err = openRevision(rec)
			}
			if !yield(r, err) || err != nil && !damaged(err) {
				return
			}
		}
	}
}

func openRevision(rec record) (RevisionRecord, error) {
	var r revisionJSON
	damage := ""
	switch err := json.Unmarshal(rec.data, &r); {
	case err != nil:
		damage = err.Error()
	case r.V != revisionVersion:
		damage = fmt.Sprintf("the revision has version %d, this build reads %d", r.V, revisionVersion)
	case rec.subject != workflowsPrefix+r.Workflow:
		damage = fmt.Sprintf("the revision of workflow %q stands on another's subject", r.Workflow)
	}
	if damage != "" {
		return RevisionRecord{}, fmt.Errorf("message %d on %s: %w", rec.sequence, rec.subject, &event.DamageError{Reason: damage})
	}
	return RevisionRecord{r.Workflow, r.Number, r.Digest, r.SavedAt, r.Format, r.File, r.Source, r.Files, r.Bundles}, nil
}
