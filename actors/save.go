package actors

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
)

// A save in whose place another owner's revision stands is tried anew, ten times, and waits before that until the other's
// can be read: at first so long, then twice as long each time, and no longer than the most.
const (
	savePause    = 10 * time.Millisecond
	savePauseMax = savePause << 9
)

// Save stores a workflow as a new revision, durable when it returns. Saving the latest content again
// changes nothing and reports false. The error is workflow.Problems where the source is at fault.
func (s *System) Save(ctx context.Context, src Source) (rev Revision, created bool, err error) {
	return s.SaveIf(ctx, src, func(*Revision) error { return nil })
}

// SaveIf is Save on a condition: allow is asked with the workflow's latest revision, nil where it has none, and an error
// of it ends the save and is returned. It is asked again where another owner saves meanwhile, so that the new revision
// never follows one that was not allowed. It must not save by itself.
func (s *System) SaveIf(ctx context.Context, src Source, allow func(latest *Revision) error) (rev Revision, created bool, err error) {
	if s.running.Err() != nil {
		return Revision{}, false, ErrClosed
	}
	rev, created, err = s.catalog.save(ctx, src, allow)
	if errors.Is(err, eventstore.ErrClosed) {
		err = ErrClosed
	}
	if created {
		s.mu.Lock()
		s.lines.changed(rev.Workflow)
		s.mu.Unlock()
	}
	return rev, created, err
}

// save stores a new revision unless the latest has the same content.
func (c *catalog) save(ctx context.Context, src Source, allow func(*Revision) error) (Revision, bool, error) {
	def, problems := c.parse(src)
	select {
	case c.saving <- struct{}{}:
		defer func() { <-c.saving }()
	case <-ctx.Done():
		return Revision{}, false, fmt.Errorf("saving a workflow: %w", context.Cause(ctx))
	}
	if problems.HasErrors() {
		if e := c.again(src); e != nil {
			latest := c.revision(e)
			return latest, false, allow(&latest)
		}
		return Revision{}, false, problems
	}
	for pause := savePause; ; pause *= 2 {
		latest := c.latest(def.Name)
		rev, created, err := c.follow(ctx, latest, src, def, problems, allow)
		if !errors.Is(err, eventstore.ErrConflict) || pause > savePauseMax {
			return rev, created, err
		}
		if err := c.load(ctx); err != nil {
			return Revision{}, false, err
		}
		if c.latest(def.Name) != latest {
			continue
		}
		select { // what stands there is not durable yet
		case <-time.After(pause):
		case <-ctx.Done():
			return Revision{}, false, fmt.Errorf("saving workflow %s: %w", def.Name, context.Cause(ctx))
		}
	}
}

// follow stores a revision behind the latest, nil for none. The error is eventstore.ErrConflict where that is not the
// latest.
func (c *catalog) follow(
	ctx context.Context, latest *entry, src Source, def *workflow.Definition, problems workflow.Problems, allow func(*Revision) error,
) (Revision, bool, error) {
	e := &entry{def: def, problems: problems, record: eventstore.RevisionRecord{
		Workflow: def.Name, Number: 1, Digest: digestOf(def.Name, src), SavedAt: time.Now().UTC(),
		Format: src.Format, File: src.File, Source: string(src.Data), Files: maps.Clone(src.Files), Bundles: bundlesOf(def),
	}}
	c.repeats(e, src)
	e.parse.Do(func() {})
	var before *Revision
	var expected uint64
	if latest != nil {
		if latest.sameAs(&e.record) { // it need not be parsed twice
			latest.parse.Do(func() { latest.def, latest.problems = def, problems })
		}
		rev := c.revision(latest)
		before, expected, e.record.Number = &rev, latest.sequence, rev.Number+1
	}
	if err := allow(before); err != nil {
		return Revision{}, false, err
	}
	if before != nil && before.Digest == e.record.Digest {
		return *before, false, nil
	}
	var err error
	if e.sequence, err = c.store.AppendRevision(ctx, e.record, expected); err != nil {
		return Revision{}, false, fmt.Errorf("saving workflow %s: %w", def.Name, err)
	}
	c.add(e)
	return c.revision(e), true, nil
}

// repeats takes over what the scripts were translated to where the same content has been saved before: it has the same
// digest, to which runs are pinned.
func (c *catalog) repeats(e *entry, src Source) {
	c.mu.RLock()
	before := c.digest[e.record.Digest]
	c.mu.RUnlock()
	if before != nil && len(before.record.Bundles) > 0 {
		e.record.Bundles = before.record.Bundles
		e.def, e.problems = c.parseSaved(src, e.record.Bundles)
	}
}

func bundlesOf(def *workflow.Definition) map[string]*eventstore.ScriptBundle {
	if len(def.Bundles) == 0 {
		return nil
	}
	bundles := make(map[string]*eventstore.ScriptBundle, len(def.Bundles))
	for key, b := range def.Bundles {
		bundles[key] = (*eventstore.ScriptBundle)(b)
	}
	return bundles
}

// again returns the latest revision if it has that content, though only an earlier version would have saved it anew.
func (c *catalog) again(src Source) *entry {
	def, _ := c.parseSaved(src, nil)
	if def == nil {
		return nil
	}
	latest := c.latest(def.Name)
	if latest == nil || latest.record.Digest != digestOf(def.Name, src) {
		return nil
	}
	return latest
}
