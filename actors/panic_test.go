package actors

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

// TestPanicQuarantinesOneRun breaks the engine under a run's conditions: the actor panics, is replaced,
// panics again, and its run ends with the reason while another run goes on.
func TestPanicQuarantinesOneRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	s := openQuiet(t)
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
