package actors_test

import (
	"fmt"
	"testing"

	"github.com/weirflow/weir/actors/workflow"
)

// TestOutputSize shows that limits.output_size is what a script and a `${…}` may make, above the default and below it, and
// that a catch of output_too_large takes whatever passes it.
func TestOutputSize(t *testing.T) {
	const source = `name: sized
limits: {output_size: %s}
start: make
nodes:
  make:
    %s
    catch: {on: output_too_large, to: small}
  small:
    set: {caught: true}
edges: {}
`
	e := open(t)
	for _, node := range []string{
		"script: \"return {x: 'x'.repeat(input.n)}\"",
		"script: \"state.x = 'x'.repeat(input.n)\"",
		"set: {x: \"${'x'.repeat(input.n)}\"}",
	} {
		for _, c := range []struct {
			limit  string
			n      int
			caught bool
		}{
			{"2000000", 1_500_000, false},
			{"2000000", 2_000_001, true},
			{"1MiB", 1_000_000, false},
			{"1MiB", 1_500_000, true},
			{"1000", 900, false},
			{"1000", 1_500, true},
		} {
			name := fmt.Sprintf("%s-%d", c.limit, c.n)
			e.save(fmt.Sprintf(source, c.limit, node))
			run := e.begin("sized", "", fmt.Sprintf(`{"n":%d}`, c.n)).Run
			v := e.end(run)
			if v.Status != workflow.StatusCompleted {
				t.Errorf("%s, %s: %s, %+v", node, name, v.Status, v.Error)
				continue
			}
			if _, caught := v.State.Get("caught"); caught != c.caught {
				t.Errorf("%s, %s: caught %v", node, name, caught)
			}
		}
	}
}
