package actors

import (
	"sync"
	"testing"

	"github.com/weirflow/weir/actors/workflow"
)

// TestSendRacesWithParking sends a run that waits one command after the other from many sides. Its actor parks the run
// whenever it finds nothing to do, and now and then a command is on its way to it just then: every one is answered by
// an actor all the same.
func TestSendRacesWithParking(t *testing.T) {
	ctx := t.Context()
	s := openQuiet(t)
	if _, _, err := s.Save(ctx, Source{Data: []byte("name: nap\nnodes: {a: {sleep: 1h}}")}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Start(ctx, StartRequest{Workflow: "nap", Run: "r"}); err != nil {
		t.Fatal(err)
	}
	begun := s.epochs.Load()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				if a, err := s.send(ctx, "r", workflow.Tick{}); a == nil || err != nil {
					t.Errorf("a command that changes nothing: actor %t, %v", a != nil, err)
					return
				}
			}
		})
	}
	all.Wait()
	if v, err := s.View(ctx, "r"); err != nil || v.Status != workflow.StatusWaiting || v.LastEvent != 3 {
		t.Errorf("the run is %s at event %d, %v", v.Status, v.LastEvent, err)
	}
	actors := s.epochs.Load() - begun
	t.Logf("the run had %d actors", actors)
	if actors < 10 {
		t.Errorf("the run had %d actors, which is not often enough to show anything", actors)
	}
}
