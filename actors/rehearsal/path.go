package rehearsal

import (
	"slices"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// Path returns the nodes of the run's visits, in the order in which the visits ended: they completed, or failed for good. What the
// end of the run cut short is no part of it.
func (r *Run) Path() []string {
	path := []string{}
	for _, e := range r.Events {
		switch b := e.Body.(type) {
		case event.NodeCompleted:
			if b.Item == 0 {
				path = append(path, b.Node)
			}
		case event.NodeFailed:
			if b.Item == 0 && b.RetryAt.IsZero() && b.Kind != workflow.FailureCancelled {
				path = append(path, b.Node)
			}
		default:
		}
	}
	return path
}

// matchesPath reports whether a path goes as the steps say.
func matchesPath(path []string, steps []workflow.PathStep) bool {
	reached := make([]bool, len(path)+1) // after so many visits, with the steps so far
	reached[0] = true
	for _, step := range steps {
		next := make([]bool, len(path)+1)
		for i, here := range reached {
			switch {
			case !here:
			case step.Any:
				for k := i; k <= len(path); k++ {
					next[k] = true
				}
			case i+len(step.Nodes) <= len(path) && sameNodes(path[i:i+len(step.Nodes)], step.Nodes):
				next[i+len(step.Nodes)] = true
			}
		}
		reached = next
	}
	return reached[len(path)]
}

func sameNodes(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func pathText(steps []workflow.PathStep) string {
	texts := make([]string, len(steps))
	for i, step := range steps {
		switch texts[i] = strings.Join(step.Nodes, ", "); {
		case step.Any:
			texts[i] = "…"
		case len(step.Nodes) != 1:
			texts[i] = "(" + texts[i] + ")"
		}
	}
	return strings.Join(texts, " → ")
}
