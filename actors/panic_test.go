package actors

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// TestPanicQuarantinesOneRun breaks the engine under a run's conditions: the actor panics, is replaced,
// panics again, and its run ends with the reason while another run goes on.
func TestPanicQuarantinesOneRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := tools.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	index, err := runindex.Open(ctx, runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: store.ID()})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, Config{Store: store, Index: index, Tools: registry, Scripts: scripts.New(scripts.Limits{}), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := errors.Join(index.Close(), store.Close()); err != nil {
			t.Error(err)
		}
	}()
	for _, source := range []string{
		"name: breaks\nnodes: {a: {sleep: 100ms}, b: {sleep: 1ms}}\nedges: {a: [{when: 'state.x', to: b}]}",
		"name: whole\nnodes: {a: {sleep: 50ms}, b: {sleep: 1ms}}\nedges: {a: b}",
	} {
		if _, _, err := s.Save(ctx, Source{Data: []byte(source)}); err != nil {
			t.Fatal(err)
		}
	}
	s.scripts = nil // evaluating a condition now panics; the catalog keeps an engine of its own
	for _, name := range []string{"breaks", "whole"} {
		if _, _, err := s.Start(ctx, StartRequest{Workflow: name, Run: name}); err != nil {
			t.Fatal(err)
		}
	}
	v, err := s.Wait(ctx, "breaks")
	if err != nil || v.Status != workflow.StatusFailed || v.Error.Kind != workflow.FailureQuarantined || !strings.Contains(v.Error.Message, "panicked") {
		t.Errorf("the broken run is %s with %+v, %v", v.Status, v.Error, err)
	}
	if v, err = s.Wait(ctx, "whole"); err != nil || v.Status != workflow.StatusCompleted {
		t.Errorf("the other run is %s with %+v, %v", v.Status, v.Error, err)
	}
}
