package actors

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/google/uuid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// InputBytesMax is the largest input a run may be started with, as JSON text.
const InputBytesMax = 1 << 20

// StartRequest asks for a run. The same request may be sent again: a run id, or a key, names one run for ever.
type StartRequest struct {
	Workflow string
	Revision string            // number or digest; "" is the latest
	Run      string            // the run's id; "" derives it from Key, or draws one
	Key      string            // idempotency key: at most one run of the workflow comes of it; not beside Run, which would go before it
	Input    document.Value    // an object; null is the empty one
	Labels   map[string]string // as many and as large as a workflow's may be
	By       string            // who starts it, for the record

	parent *event.Parent // of a child run
	depth  int
}

// keySpace is the namespace of run ids that are derived from idempotency keys (RFC 9562, version 5).
var keySpace = uuid.MustParse("6f0b4f5e-6c7c-5b39-9a3c-6b0f7d0c1e55")

// RunID returns the id the request's run will have: the one it names, one derived from its key, or "".
func (r StartRequest) RunID() string {
	switch {
	case r.Run != "":
		return r.Run
	case r.Key != "":
		return uuid.NewSHA1(keySpace, []byte("default\x00"+r.Workflow+"\x00"+r.Key)).String()
	default:
		return ""
	}
}

// Start begins a run; its RunStarted is durable when Start returns. Where the run exists already and was
// started with the same content, that run is returned and existed is true, or its *eventstore.RetiredError where it
// was retired; other content is ErrRunExists.
// Further errors: ErrWorkflowNotFound, ErrRevisionNotFound, ErrInvalidID, ErrInvalidInput (an *InputError
// where it does not fit the schemas of the workflow's state), ErrInvalidLabels, ErrClosed.
func (s *System) Start(ctx context.Context, r StartRequest) (v View, existed bool, err error) {
	rev, err := s.Workflow(r.Workflow, r.Revision)
	if err != nil {
		return View{}, false, err
	}
	run, input, err := r.check()
	if err != nil {
		return View{}, false, err
	}
	if err := s.admits(ctx, rev, run, input); err != nil {
		return View{}, false, err
	}
	a := s.newActor(run)
	a.def = rev.Definition
	a.start = &workflow.Start{Run: run, Revision: rev.Digest, Input: input, Labels: maps.Clone(r.Labels), By: r.By, Parent: r.parent, Depth: r.depth}
	reply := make(chan error, 1)
	a.waiters = []waiter{{n: 1, reply: reply}}
	other, err := s.launch(a) //nolint:contextcheck // a run outlives the call that starts it
	parked := errors.Is(err, errParked)
	if err != nil && !parked {
		return View{}, false, err
	}
	if other == nil && !parked {
		select {
		case err = <-reply:
		case <-ctx.Done():
			return View{}, false, ctx.Err()
		}
		if err == nil {
			return *viewOf(a.released.Load()), false, nil
		}
		if !errors.Is(err, ErrRunExists) {
			return View{}, false, err
		}
		if err := s.adopt(ctx, run); err != nil {
			return View{}, false, err
		}
	}
	v, err = s.existing(ctx, run, r, input)
	return v, true, err
}

// adopt waits until the commits of a run that was begun elsewhere are durable, and carries the run on unless it has
// ended.
func (s *System) adopt(ctx context.Context, run string) error {
	last, err := s.store.Last(ctx, run)
	if err != nil {
		return fmt.Errorf("run %s: %w", run, notFound(err))
	}
	if last.Retired() || last.Raw[len(last.Raw)-1].Type.Terminal() {
		return nil
	}
	_, err = s.launch(s.newActor(run)) //nolint:contextcheck // a run outlives the call that starts it
	if errors.Is(err, errParked) {
		return nil // somebody else has adopted it
	}
	return err
}

// check returns the run's id and input, or what is wrong with the request.
func (r StartRequest) check() (run string, input document.Value, err error) {
	run, input = r.RunID(), r.Input
	if run == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return "", input, fmt.Errorf("drawing a run id: %w", err)
		}
		run = id.String()
	}
	if !event.ValidID(run) {
		return "", input, fmt.Errorf("%w: run id %q; use 1 to 64 of the characters A-Z a-z 0-9 _ -", ErrInvalidID, run)
	}
	if input.IsNull() {
		input = document.Object()
	}
	if input.Kind() != document.KindObject {
		return "", input, fmt.Errorf("%w: it must be an object like {\"name\": \"Ada\"}, not %s", ErrInvalidInput, clip(input.String()))
	}
	if size := input.Size(); size > InputBytesMax {
		return "", input, fmt.Errorf("%w: it has %d bytes, and %d are allowed", ErrInvalidInput, size, InputBytesMax)
	}
	if err := workflow.CheckKeys(input); err != nil {
		return "", input, fmt.Errorf("%w: %w", ErrInvalidInput, err)
	}
	if found := workflow.CheckLabels(r.Labels); found != nil {
		return "", input, &LabelsError{found}
	}
	return run, input, nil
}

func clip(text string) string {
	const most = 60
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// existing compares a request with the run that has its id.
func (s *System) existing(ctx context.Context, run string, r StartRequest, input document.Value) (View, error) {
	v, err := s.View(ctx, run)
	if retired := (*eventstore.RetiredError)(nil); errors.As(err, &retired) {
		if retired.Workflow != r.Workflow || retired.Input != input.Digest() {
			err = fmt.Errorf("%w: run %s had another workflow or input; choose another run id or key", ErrRunExists, run)
		}
		return View{}, err
	}
	if err != nil {
		return View{}, err
	}
	if r.parent != nil {
		if v.Parent == nil || *v.Parent != *r.parent {
			return View{}, fmt.Errorf("%w: run %s is not the child that it would be", ErrRunExists, run)
		}
		return v, nil // of the revision that was the latest then
	}
	var differs string
	switch rev, err := s.Workflow(r.Workflow, r.Revision); {
	case err != nil:
		return View{}, err
	case v.Workflow != r.Workflow:
		differs = "of workflow " + v.Workflow
	case !document.Equal(v.Input, input):
		differs = "with another input"
	case r.Revision != "" && v.Revision != rev.Digest && !s.startedWith(ctx, run, rev.Digest):
		differs = "of another revision"
	case !maps.Equal(v.Labels, r.Labels):
		differs = "with other labels"
	default:
		return v, nil
	}
	return View{}, fmt.Errorf("%w: run %s is %s; choose another run id or key", ErrRunExists, run, differs)
}

// startedWith reports whether a run was started with a revision; a retry may have led it to another since.
func (s *System) startedWith(ctx context.Context, run, revision string) bool {
	events, err := s.Events(ctx, run, 0, 1)
	if err != nil || len(events) == 0 {
		return false
	}
	first, err := event.Decode(events[0].JSON)
	if err != nil {
		return false
	}
	started, ok := first.Body.(event.RunStarted)
	return ok && started.Revision == revision
}
