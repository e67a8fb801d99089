package workflow_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// undone follows what has completed and what of it is compensated, in a history that may pause.
type undone struct {
	owed   []string // visits that completed, of nodes with a compensation, the last at the end
	begun  string   // the compensation that goes on
	failed []string
	ending bool
	paused bool
}

// check holds the events of a decision against what compensations and pauses promise.
func (u *undone) check(t *rapid.T, before, next *workflow.State, events []event.Event) {
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.RunPaused:
			u.paused = true
		case event.RunResumed:
			u.paused = false
			if b.Reason == event.ReasonRetry && before.Compensated() {
				t.Fatal("what was compensated is retried")
			}
		case event.RunFailing:
			u.ending = true
		case event.RunCancelRequested:
			u.ending, u.paused = true, false
		case event.NodeStarted:
			u.started(t, b)
		case event.NodeCompleted:
			if b.Item > 0 {
				continue
			}
			u.over(t, fmt.Sprintf("%s/%d", b.Node, b.Visit), next)
		case event.NodeFailed:
			if name := fmt.Sprintf("%s/%d", b.Node, b.Visit); name == u.begun && b.RetryAt.IsZero() {
				u.failed, u.begun = append(u.failed, strings.Replace(name, ".compensate", "", 1)), ""
			}
		case event.TimerFired:
			if u.paused {
				t.Fatal("a timer fires in a pause")
			}
		case event.RunCompleted:
			if u.ending {
				t.Fatal("a run that was ending has completed")
			}
		case event.RunCancelled:
			if len(u.owed)+len(u.failed) > 0 || u.begun != "" {
				t.Fatalf("the run is cancelled without the compensation of %v %v %s", u.owed, u.failed, u.begun)
			}
		case event.RunFailed:
			u.end(t, b)
		default:
		}
	}
}

func (u *undone) started(t *rapid.T, b event.NodeStarted) {
	if u.paused {
		t.Fatalf("%s begins in a pause", b.Node)
	}
	compensated, is := strings.CutSuffix(b.Node, ".compensate")
	if is != u.ending {
		t.Fatalf("%s begins, and the run is ending: %v", b.Node, u.ending)
	}
	name := fmt.Sprintf("%s/%d", compensated, b.Visit)
	switch {
	case !is || b.Attempt > 1:
		return
	case u.begun != "":
		t.Fatalf("%s is compensated beside %s", name, u.begun)
	case len(u.owed) == 0 || u.owed[len(u.owed)-1] != name:
		t.Fatalf("%s is compensated, where %v are owed", name, u.owed)
	}
	u.owed, u.begun = u.owed[:len(u.owed)-1], fmt.Sprintf("%s/%d", b.Node, b.Visit)
}

func (u *undone) over(t *rapid.T, visit string, s *workflow.State) {
	if visit == u.begun {
		u.begun = ""
		return
	}
	name, _, _ := strings.Cut(visit, "/")
	node, ok := s.Definition().Node(name)
	if !ok {
		t.Fatalf("%s completes, which is no node", visit)
	}
	if node.Compensate != nil {
		u.owed = append(u.owed, visit)
	}
}

// end checks what a failed run says of what it could not compensate.
func (u *undone) end(t *rapid.T, b event.RunFailed) {
	var said []string
	for _, c := range b.Uncompensated {
		said = append(said, fmt.Sprintf("%s/%d", c.Node, c.Visit))
	}
	left := slices.Clone(u.owed)
	slices.Reverse(left)
	if want := append(slices.Clone(u.failed), left...); !slices.Equal(said, want) {
		t.Fatalf("the run says that %v are not compensated; they are %v", said, want)
	}
}
