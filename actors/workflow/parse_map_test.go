package workflow

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestParseKeepsMaps reads maps in which each option has a value of its own, and one with all defaults.
func TestParseKeepsMaps(t *testing.T) {
	d := mustParse(t, `name: maps
nodes:
  a: {map: {over: "${state.xs}", as: x, concurrency: 3, on_error: collect, node: {tool: t, retry: {max: 2, initial: 2m}, timeout: 3s}}, timeout: 4s, into: ys}
  b: {map: {over: [1], node: {script_file: s.js}}}
edges: {a: b}
`, Options{File: "maps.yaml", Files: map[string]string{"s.js": "return item"}})
	at := func(line, column int) Position { return Position{File: "maps.yaml", Line: line, Column: column} }
	retry := RetryPolicy{Max: 2, Backoff: "exponential", Initial: 2 * time.Minute, Cap: 2 * time.Minute}
	want := []Node{
		{
			Name: "a", Kind: KindMap, Into: "ys", Timeout: 4 * time.Second, Edges: []Edge{{To: "b", Position: at(5, 12)}}, Position: at(3, 3),
			Map: &Map{As: "x", Concurrency: 3, Collect: true, Work: &Node{
				Name: "a", Kind: KindTool, Tool: "t", Retry: retry, Timeout: 3 * time.Second, Position: at(3, 3),
			}},
		},
		{
			Name: "b", Kind: KindMap, Position: at(4, 3),
			Map: &Map{As: "item", Concurrency: 8, Work: &Node{
				Name: "b", Kind: KindScript, Position: at(4, 3),
				Script: Script{Source: "return item", Origin: Position{File: "s.js", Line: 1, Column: 1}, Block: true, Item: "item"},
			}},
		},
	}
	if diff := cmp.Diff(want, d.Nodes, cmpopts.IgnoreFields(Map{}, "Over"), cmpopts.IgnoreUnexported(Script{})); diff != "" {
		t.Errorf("the nodes differ (-want +got):\n%s", diff)
	}
	if _, constant := d.Nodes[0].Map.Over.Constant(); constant {
		t.Error("the first map goes over a constant")
	}
	if over, _ := d.Nodes[1].Map.Over.Constant(); over.String() != "[1]" {
		t.Errorf("the second map goes over %s", over)
	}
}

// The files of a map's scripts belong to the workflow as others do.
func TestScriptFilesOfMaps(t *testing.T) {
	got, _ := ScriptSources([]byte(`nodes: {a: {map: {node: {script_file: b.js}}}, c: {script_file: a.js}, d: {map: {node: t}}, e: {map: x}}`), Options{})
	if !slices.Equal(got, []string{"b.js", "a.js"}) {
		t.Errorf("the files are %q", got)
	}
}
