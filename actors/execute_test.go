package actors_test

import (
	"testing"
	"time"
)

// TestToolLearnsTheNodesTimeout shows that a tool can tell a timeout that the node gives from one that nobody gave.
func TestToolLearnsTheNodesTimeout(t *testing.T) {
	calls := &recorder{}
	e := open(t, calls.tool("note"))
	e.save("name: timed\nnodes:\n  a: {tool: note, timeout: 5m}\n  b: note\nedges: {a: b}\n")
	e.begin("timed", "r", "{}")
	e.end("r")
	want := map[string]time.Duration{"a": 5 * time.Minute, "b": 0}
	for _, call := range calls.all() {
		if timeout, ok := want[call.Node]; !ok || call.Timeout != timeout {
			t.Errorf("node %s was called with a timeout of %s, want %s", call.Node, call.Timeout, timeout)
		}
		delete(want, call.Node)
	}
	if len(want) > 0 {
		t.Errorf("never called: %v", want)
	}
}
