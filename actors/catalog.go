package actors

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
)

// Source is a workflow as a person wrote it.
type Source struct {
	Name   string // the name it must have; "" takes the one it says
	Data   []byte
	Format string            // "yaml" or "json"; "" finds out
	File   string            // what positions in problems name; "" is "workflow"
	Files  map[string]string // script files, and what they import, by path
}

// Revision is one saved content of a workflow. It never changes.
type Revision struct {
	Workflow   string
	Number     int // counts from 1 within the workflow
	Digest     string
	SavedAt    time.Time
	Format     string
	Source     []byte
	Files      map[string]string
	Definition *workflow.Definition
	Warnings   workflow.Problems
}

// catalog holds every saved revision. Definitions are parsed when they are first needed.
type catalog struct {
	store   Log
	checker workflow.Checker
	saving  chan struct{} // holds a token while a save is under way
	added   func(*entry)  // told of every revision that comes after the start

	mu     sync.RWMutex
	names  map[string][]*entry // by workflow, oldest first
	digest map[string]*entry
}

// entry is a stored revision with its definition.
type entry struct {
	record   eventstore.RevisionRecord
	sequence uint64
	parse    sync.Once
	def      *workflow.Definition
	problems workflow.Problems
	compile  sync.Once
	schemas  *schemas
}

// sameAs reports whether parsing the entry gives what parsing a record does: the same content, in the same words where it is at fault.
func (e *entry) sameAs(r *eventstore.RevisionRecord) bool {
	return e.record.Digest == r.Digest && e.record.Format == r.Format && e.record.File == r.File
}

func newCatalog(store Log, c checker) *catalog {
	cat := &catalog{
		store: store, saving: make(chan struct{}, 1), added: func(*entry) {},
		names: map[string][]*entry{}, digest: map[string]*entry{},
	}
	c.workflows = cat.known
	cat.checker = c
	return cat
}

// known reports whether a workflow of that name is saved and, if not, which others are.
func (c *catalog) known(name string) (known bool, others []string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.names[name] != nil {
		return true, nil
	}
	return false, slices.Sorted(maps.Keys(c.names))
}

// load reads every stored revision that it does not have yet: all of them at the start, later what other owners
// have saved.
func (c *catalog) load(ctx context.Context) error {
	for stored, err := range c.store.Revisions(ctx) {
		if err != nil {
			return fmt.Errorf("reading the workflows: %w", err)
		}
		if latest := c.latest(stored.Workflow); latest == nil || latest.sequence < stored.Sequence {
			c.add(&entry{record: stored.RevisionRecord, sequence: stored.Sequence})
		}
	}
	return nil
}

// latest returns a workflow's newest revision, nil where it has none.
func (c *catalog) latest(name string) *entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if known := c.names[name]; len(known) > 0 {
		return known[len(known)-1]
	}
	return nil
}

func (c *catalog) add(e *entry) {
	c.mu.Lock()
	c.names[e.record.Workflow] = append(c.names[e.record.Workflow], e)
	c.digest[e.record.Digest] = e
	c.mu.Unlock()
	c.added(e)
}

// options says how a source is to be read.
func (c *catalog) options(src Source) workflow.Options {
	if src.File == "" {
		src.File = "workflow"
	}
	return workflow.Options{File: src.File, Format: src.Format, Name: src.Name, Checker: c.checker, Files: src.Files}
}

// parse reads a source that is to be saved.
func (c *catalog) parse(src Source) (*workflow.Definition, workflow.Problems) {
	return workflow.Parse(src.Data, c.options(src))
}

// parseSaved reads a source that has been saved before, with what its scripts were translated to then.
func (c *catalog) parseSaved(src Source, bundles map[string]*eventstore.ScriptBundle) (*workflow.Definition, workflow.Problems) {
	o := c.options(src)
	o.Saved, o.Bundles = true, make(map[string]*workflow.ScriptBundle, len(bundles))
	for key, b := range bundles {
		o.Bundles[key] = (*workflow.ScriptBundle)(b)
	}
	return workflow.Parse(src.Data, o)
}

// digestOf names a content: the same name, source and files always have the same digest.
func digestOf(name string, src Source) string {
	h := sha256.New()
	write := func(text string) {
		fmt.Fprintf(h, "%d:", len(text))
		_, _ = io.WriteString(h, text) // a hash takes everything
	}
	write(name)
	write(string(src.Data))
	for _, path := range slices.Sorted(maps.Keys(src.Files)) {
		write(path)
		write(src.Files[path])
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

func (c *catalog) revision(e *entry) Revision {
	e.parse.Do(func() {
		e.def, e.problems = c.parseSaved(Source{
			Name: e.record.Workflow, Data: []byte(e.record.Source), Format: e.record.Format, File: e.record.File, Files: e.record.Files,
		}, e.record.Bundles)
	})
	return Revision{
		Workflow: e.record.Workflow, Number: e.record.Number, Digest: e.record.Digest, SavedAt: e.record.SavedAt,
		Format: e.record.Format, Source: []byte(e.record.Source), Files: e.record.Files,
		Definition: e.def, Warnings: e.problems.Warnings(),
	}
}

// find returns a revision by number or digest; "" means the latest.
func (c *catalog) find(name, revision string) (Revision, error) {
	c.mu.RLock()
	known := c.names[name]
	c.mu.RUnlock()
	if len(known) == 0 {
		return Revision{}, fmt.Errorf("%w: %s", ErrWorkflowNotFound, name)
	}
	if revision == "" {
		return c.usable(known[len(known)-1])
	}
	number, err := strconv.Atoi(revision)
	for _, e := range slices.Backward(known) {
		if err == nil && e.record.Number == number || e.record.Digest == revision {
			return c.usable(e)
		}
	}
	return Revision{}, fmt.Errorf("%w: workflow %s has no revision %s; its latest is %d", ErrRevisionNotFound, name, revision, len(known))
}

// usable is the revision, or the error that keeps this engine from running it.
func (c *catalog) usable(e *entry) (Revision, error) {
	r := c.revision(e)
	if r.Definition == nil {
		return r, fmt.Errorf("workflow %s, revision %d, cannot be run by this engine: %w", r.Workflow, r.Number, e.problems)
	}
	return r, nil
}

// definition returns the definition a run is pinned to.
func (c *catalog) definition(digest string) (*workflow.Definition, error) {
	c.mu.RLock()
	e := c.digest[digest]
	c.mu.RUnlock()
	if e == nil {
		return nil, fmt.Errorf("%w: %s", ErrRevisionNotFound, digest)
	}
	r, err := c.usable(e)
	return r.Definition, err
}

// Check parses and validates a workflow without saving it.
func (s *System) Check(src Source) (*workflow.Definition, workflow.Problems) {
	return s.catalog.parse(src)
}

// Workflow returns a revision by its number or digest; "" means the latest. Errors: ErrWorkflowNotFound,
// ErrRevisionNotFound, or workflow.Problems where this engine lacks what the workflow needs.
func (s *System) Workflow(name, revision string) (Revision, error) {
	return s.catalog.find(name, revision)
}

// Workflows returns the latest revision of every workflow, by name.
func (s *System) Workflows() []Revision {
	c := s.catalog
	c.mu.RLock()
	latest := make([]*entry, 0, len(c.names))
	for _, known := range c.names {
		latest = append(latest, known[len(known)-1])
	}
	c.mu.RUnlock()
	slices.SortFunc(latest, func(a, b *entry) int { return strings.Compare(a.record.Workflow, b.record.Workflow) })
	return c.revisions(latest)
}

// Revisions returns every revision of a workflow, newest first.
func (s *System) Revisions(name string) ([]Revision, error) {
	c := s.catalog
	c.mu.RLock()
	known := slices.Clone(c.names[name])
	c.mu.RUnlock()
	if len(known) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrWorkflowNotFound, name)
	}
	slices.SortFunc(known, func(a, b *entry) int { return cmp.Compare(b.record.Number, a.record.Number) })
	return c.revisions(known), nil
}

func (c *catalog) revisions(entries []*entry) []Revision {
	out := make([]Revision, len(entries))
	for i, e := range entries {
		out[i] = c.revision(e)
	}
	return out
}
