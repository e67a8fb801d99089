package workflow

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weirflow/weir/actors/timetable"
	"github.com/weirflow/weir/eventstore/document"
)

func mustParse(t *testing.T, source string, o Options) *Definition {
	t.Helper()
	d, problems := Parse([]byte(source), o)
	if d == nil {
		t.Fatal(problems)
	}
	return d
}

// TestParseKeepsEverything reads a workflow in which each option has a value of its own.
func TestParseKeepsEverything(t *testing.T) {
	d := mustParse(t, `name: all
start: b
state: {list: append, total: {reduce: add, schema: {type: number}}, name: {schema: true}}
labels: {team: search}
limits: {steps: 7, duration: 90m, state_size: 1.5MiB, output_size: 2KB, fan_out: 50, calls: 30}
nodes:
  b:
    tool: t
    with: {x: 1}
    into: reply
    retry: {max: 3, backoff: constant, initial: 2s, cap: 3s, jitter: 0.25, on: [timeout, tool_error]}
    timeout: 1.5s
    checkpoint: true
    catch: [{on: timeout, to: a}, {to: $fail}]
  a: {tool: u, retry: {max: 2, initial: 2m}, catch: b}
  c: {script: return 1}
  d: {script_file: lib/s.js}
  e: {set: {k: v}}
  f: {sleep: 150ms}
edges:
  b:
    - {when: x, to: a}
    - {to: b, max: 10, exhausted: $fail, loop: true}
    - {when: true, to: c}
  c: [d]
  d: e
  e: {to: f}
`, Options{File: "all.yaml", Files: map[string]string{"lib/s.js": "return 2"}})
	at := func(line, column int) Position { return Position{File: "all.yaml", Line: line, Column: column} }
	want := &Definition{
		Name: "all", Start: Entry{Node: "b"},
		Reducers: map[string]Reducer{"list": ReduceAppend, "total": ReduceAdd},
		Schemas:  map[string]document.Value{"total": document.MustParse(`{"type":"number"}`), "name": document.Bool(true)},
		Labels:   map[string]string{"team": "search"},
		Limits:   Limits{Steps: 7, Duration: 90 * time.Minute, StateBytes: 3 << 19, OutputBytes: 2000, FanOut: 50, Depth: 16, Calls: 30},
		Nodes: []Node{
			{
				Name: "b", Kind: KindTool, Tool: "t", With: ConstantTemplate(document.MustParse(`{"x":1}`)), Into: "reply",
				Retry:   RetryPolicy{Max: 3, Backoff: "constant", Initial: 2 * time.Second, Cap: 3 * time.Second, Jitter: 0.25, On: []string{"timeout", "tool_error"}},
				Timeout: 1500 * time.Millisecond, Checkpoint: true,
				Catch: []Catch{{On: []string{"timeout"}, To: "a"}, {To: Fail}},
				Edges: []Edge{
					{When: &Expression{Source: "x", Origin: at(22, 14)}, To: "a", Position: at(22, 7)},
					{To: "b", Max: 10, Exhausted: Fail, Loop: true, Position: at(23, 7)},
					{When: &Expression{Source: "true", Origin: at(24, 14)}, To: "c", Position: at(24, 7)},
				},
				Position: at(7, 3),
			},
			{
				Name: "a", Kind: KindTool, Tool: "u", Retry: RetryPolicy{Max: 2, Backoff: "exponential", Initial: 2 * time.Minute, Cap: 2 * time.Minute},
				Catch: []Catch{{To: "b"}}, Position: at(15, 3),
			},
			{
				Name: "c", Kind: KindScript, Script: Script{Source: "return 1", Origin: at(16, 15)},
				Edges: []Edge{{To: "d", Position: at(25, 7)}}, Position: at(16, 3),
			},
			{
				Name: "d", Kind: KindScript, Script: Script{Source: "return 2", Origin: Position{File: "lib/s.js", Line: 1, Column: 1}, Block: true},
				Edges: []Edge{{To: "e", Position: at(26, 6)}}, Position: at(17, 3),
			},
			{Name: "e", Kind: KindSet, Set: ConstantTemplate(document.MustParse(`{"k":"v"}`)), Edges: []Edge{{To: "f", Position: at(27, 6)}}, Position: at(18, 3)},
			{Name: "f", Kind: KindSleep, Sleep: 150 * time.Millisecond, Position: at(19, 3)},
		},
	}
	templates := cmp.Comparer(func(a, b *Template) bool {
		if a == nil || b == nil {
			return a == b
		}
		v, ok := a.Constant()
		w, also := b.Constant()
		return ok && also && document.Equal(v, w)
	})
	if diff := cmp.Diff(want, d, templates, cmpopts.IgnoreUnexported(Definition{}, Script{})); diff != "" {
		t.Errorf("the definition differs (-want +got):\n%s", diff)
	}
}

// TestYAMLAndJSONMeanTheSame reads one workflow in both formats.
func TestYAMLAndJSONMeanTheSame(t *testing.T) {
	a := mustParse(t, everyKeyWithoutStart(), Options{Files: map[string]string{"x.js": "1"}})
	b := mustParse(t, everyKeyWithoutStart(), Options{Format: FormatYAML, Files: map[string]string{"x.js": "1"}})
	ignore := cmp.Options{
		cmpopts.IgnoreUnexported(Definition{}, Script{}, Template{}),
		cmpopts.IgnoreTypes(Position{}),
		cmp.Comparer(func(a, b *timetable.Table) bool { return a.Next(time.Time{}).Equal(b.Next(time.Time{})) }),
	}
	if diff := cmp.Diff(a, b, ignore); diff != "" {
		t.Errorf("they differ (-json +yaml):\n%s", diff)
	}
}

// everyKeyWithoutStart is everyKey with a start from which all nodes can be reached.
func everyKeyWithoutStart() string {
	return strings.Replace(everyKey, `"start": "a"`, `"start": "${input.start}"`, 1)
}

func TestDefaults(t *testing.T) {
	d := mustParse(t, "name: x\nnodes: {a: t}", Options{})
	if d.Limits != DefaultLimits || d.Start.Node != "a" || len(d.Nodes[0].Edges) != 0 || d.Nodes[0].Retry.Max != 0 {
		t.Errorf("%+v", d)
	}
	if _, ok := d.Node("b"); ok {
		t.Error("there is no node b")
	}
}

// TestFormatsAndEncodings reads what editors make of files.
func TestFormatsAndEncodings(t *testing.T) {
	const json = `{"name": "x", "nodes": {"a": "t"}}`
	for name, c := range map[string]struct {
		source  string
		options Options
		problem string // "" for none, else how the first begins
	}{
		"yaml by content":     {"name: x\nnodes: {a: t}", Options{}, ""},
		"json by content":     {" \n" + json, Options{}, ""},
		"json by name":        {json, Options{File: "F.JSON"}, ""},
		"yaml by name":        {"{name: x, nodes: {a: t}}", Options{File: "f.YML"}, ""},
		"yaml, said":          {"{name: x, nodes: {a: t}}", Options{Format: FormatYAML}, ""},
		"json as yaml":        {json, Options{Format: FormatYAML}, ""},
		"yaml as json":        {"name: x", Options{Format: FormatJSON}, "1:1: a value must stand here, not 'n'"},
		"another format":      {json, Options{Format: "toml"}, `1:1: there is no format "toml"; use yaml or json`},
		"byte order mark":     {"\uFEFFname: x\nnodes: {a: }", Options{}, "2:11: the node \"a\" does nothing"},
		"bom and json":        {"\uFEFF" + `{"name": 1}`, Options{}, "1:1: a workflow needs nodes"},
		"crlf":                {"name: x\r\nnodes:\r\n  a: {tool: t, x: 1}\r\n", Options{}, "3:16: unknown key"},
		"cr":                  {"name: x\rnodes:\r  a: {tool: t, x: 1}\r", Options{}, "3:16: unknown key"},
		"crlf and json":       {"{\"name\": \"x\",\r\n\"nodes\": 1}", Options{}, "2:10: nodes must be"},
		"latin-1":             {"name: x\nnodes: {a: t} # \xfc", Options{}, "2:17: the source is not a text in UTF-8"},
		"utf-16":              {"n\x00a\x00m\x00e\x00", Options{}, "1:2: the source is not a text in UTF-8"},
		"document marks":      {"%YAML 1.2\n---\nname: x\nnodes: {a: t}\n...\n", Options{}, ""},
		"end and comment":     {"---\nname: x\nnodes: {a: t}\n...\n# done\n", Options{}, ""},
		"a script with dots":  {"name: x\nnodes:\n  a:\n    script: |\n      return [\n        ...state.a]\n", Options{}, ""},
		"columns are letters": {"name: \"äöü\"\nnodes: {a: t}", Options{}, `1:7: "äöü" cannot`},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := Parse([]byte(c.source), c.options)
			got := problems.Error()
			if c.problem == "" && got != "" || !strings.Contains(got, c.problem) || c.problem != "" && got == "" {
				t.Errorf("got %q, want %q", got, c.problem)
			}
		})
	}
}
