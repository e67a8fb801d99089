package actors

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
)

// schemas check what comes to the runs of a workflow from outside: the payloads of signals, and the input.
type schemas struct {
	payloads map[string]*tools.Schema // by signal
	state    map[string]*tools.Schema // by key
}

// compileSchemas makes a definition's schemas ready. What only an earlier version of weir took for a schema allows
// everything.
func compileSchemas(d *workflow.Definition) *schemas {
	s := &schemas{payloads: map[string]*tools.Schema{}, state: map[string]*tools.Schema{}}
	for name, rule := range d.Signals {
		s.payloads[name], _ = tools.CompileSchema(rule.Schema)
	}
	for key, source := range d.Schemas {
		s.state[key], _ = tools.CompileSchema(source)
	}
	return s
}

// schemas returns a revision's schemas, which are compiled once; nil where the revision is not known.
func (c *catalog) schemas(revision string) *schemas {
	c.mu.RLock()
	e := c.digest[revision]
	c.mu.RUnlock()
	if e == nil {
		return nil
	}
	e.compile.Do(func() { e.schemas = compileSchemas(e.def) })
	return e.schemas
}

// InputError is ErrInvalidInput, with everything in the input that the schemas of the workflow's state refuse.
type InputError struct {
	Workflow   string
	Violations []tools.Violation // their pointers lead into the input
}

// Error names the workflow, each place and what fits there.
func (e *InputError) Error() string {
	told := make([]string, len(e.Violations))
	for i, v := range e.Violations {
		told[i] = v.Pointer + ": " + v.Message
	}
	return fmt.Sprintf("%v: it is not what workflow %s takes: %s", ErrInvalidInput, e.Workflow, strings.Join(told, "; "))
}

// Is reports whether target is ErrInvalidInput.
func (e *InputError) Is(target error) bool { return target == ErrInvalidInput }

// admits returns an *InputError where a key of the input is not what its schema says. A key that is absent fits: a node
// may give it a value later.
func (s *schemas) admits(name string, input document.Value) error {
	refused := &InputError{Workflow: name}
	for key, value := range input.Members() {
		for _, v := range s.state[key].Violations(value) {
			v.Pointer = document.Pointer(key) + v.Pointer
			refused.Violations = append(refused.Violations, v)
		}
	}
	if refused.Violations == nil {
		return nil
	}
	return refused
}

// admits returns why a run cannot be started with such an input. One that was started before, by a revision that took its
// input, is not refused: whoever asks again is to be given it.
func (s *System) admits(ctx context.Context, rev Revision, run string, input document.Value) error {
	if len(rev.Definition.Schemas) == 0 {
		return nil
	}
	refused := s.catalog.schemas(rev.Digest).admits(rev.Workflow, input)
	if refused == nil {
		return nil
	}
	_, err := s.View(ctx, run)
	switch retired := (*eventstore.RetiredError)(nil); {
	case errors.Is(err, ErrRunNotFound):
		return refused
	case errors.As(err, &retired):
		return nil
	default:
		return err
	}
}
