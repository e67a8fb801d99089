package actors_test

import (
	"fmt"
	"testing"

	"github.com/weirflow/weir/actors/workflow"
)

// TestStepAllocations holds what a step of a loop allocates in all, store and index included, against a budget: the script, the
// condition, its four events, and its share of the commits.
func TestStepAllocations(t *testing.T) {
	const steps, most = 2000, 130
	e := open(t)
	e.save(loopSource)
	runs := 0
	total := testing.AllocsPerRun(2, func() {
		run := fmt.Sprintf("r%d", runs)
		runs++
		e.begin("loop", run, fmt.Sprintf(`{"i": 0, "steps": %d}`, steps))
		if v := e.end(run); v.Status != workflow.StatusCompleted {
			t.Fatal(v.Error)
		}
	})
	if got := total / steps; got > most {
		t.Errorf("a step costs %.1f allocations, the budget is %d", got, most)
	}
}
