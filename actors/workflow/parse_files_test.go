package workflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesThatComeAlong(t *testing.T) {
	many := map[string]string{}
	for i := range filesMax + 1 {
		many[fmt.Sprintf("%d.js", i)] = "1"
	}
	half := strings.Repeat("x", filesBytesMax/2)
	const one = "name: x\nnodes: {a: {script_file: a.js}}\n"
	for _, c := range []struct {
		what, source string
		files        map[string]string
		want         string
	}{
		{"fine", one, map[string]string{"a.js": "1"}, ""},
		{
			"one that nothing names", one,
			map[string]string{"a.js": "1", "b.js": "1"},
			`b.js: warning: no script_file names this file, and no script imports it; leave it out, or name it at files["b.js"]`,
		},
		{
			"a misspelt name is said once", one,
			map[string]string{"b.js": "1"},
			"w.yaml:2:26: there is no file \"a.js\" with the workflow; did you mean `b.js`? at nodes.a.script_file",
		},
		{
			"an unreadable workflow names nothing", "name: [",
			map[string]string{"a.js": "1"},
			"w.yaml:1:7: not valid YAML: a list has no closing ] at ",
		},
		{
			"paths", one,
			map[string]string{"a.js": "1", "../a.js": "1", "/a.js": "1", "a//b.js": "1", "": "1", strings.Repeat("x", 300): "1"},
			`../a.js: the path "../a.js" has a step ` + "`..`" + `; keep the file in the folder of the workflow, or below it at files["../a.js"]
/a.js: the path "/a.js" is absolute; write the way to it from the folder of the workflow, such as lib/score.js at files["/a.js"]
a//b.js: the path "a//b.js" is not written as short as it can be; write a/b.js at files["a//b.js"]
the path "" is empty; write the way to it from the folder of the workflow, such as lib/score.js at files[""]
` + strings.Repeat("x", 300) + `: the path "` + strings.Repeat("x", 100) + `…" has more than 255 bytes at files.` + strings.Repeat("x", 100) + "…",
		},
		{
			"no text", one,
			map[string]string{"a.js": "return '\xff'"},
			`a.js: the file is not a text in UTF-8; save it as UTF-8 at files["a.js"]`,
		},
		{"many", one, many, "w.yaml: 101 files came with the workflow; at most 100 are allowed; send those that a script_file names at files\n" +
			"w.yaml:2:26: there is no file \"a.js\" with the workflow; did you mean `0.js`? at nodes.a.script_file"},
		{
			"large", "name: x\nstart: a\nnodes: {a: {script_file: a.js}, b: {script_file: b.js}, c: {script_file: c.js}}\nedges: {a: b, b: c}\n",
			map[string]string{"a.js": half, "b.js": half, "c.js": "1"},
			"w.yaml: the files have 1,048,577 bytes together; at most 1,048,576 are allowed at files",
		},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, problems := Parse([]byte(c.source), Options{File: "w.yaml", Files: c.files})
			var got []string
			for _, p := range problems {
				got = append(got, fmt.Sprintf("%s at %s", p, p.Path))
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A workflow that was saved before paths were looked at can still be run.
func TestFilesOfASavedWorkflow(t *testing.T) {
	source := []byte("name: x\nnodes: {a: {script_file: ./a.js}}\n")
	options := Options{File: "w.yaml", Files: map[string]string{"./a.js": "return 1"}}
	if d, _ := Parse(source, options); d != nil {
		t.Error("it could be saved anew")
	}
	options.Saved = true
	d, problems := Parse(source, options)
	if d == nil || d.Nodes[0].Script.Source != "return 1" || len(problems) != 2 || problems.HasErrors() {
		t.Errorf("got %v", problems)
	}
}

func TestScriptsOfASource(t *testing.T) {
	type found struct{ files, inline []string }
	for source, want := range map[string]found{
		"nodes:\n  a: {script_file: a.js} # script_file: no.js\n  b: {script_file: \"with space.js\"}\n  c: {script_file: a.js}\n": {[]string{"a.js", "with space.js"}, nil},
		`{"nodes": {"a": {"script_file": "lib\u002fa.js"}, "b": {"set": {"script_file": "x.js"}}, "c": "tool"}}`:                   {[]string{"lib/a.js"}, nil},
		"nodes: {a: {script: x, compensate: {script_file: c.ts}}, b: {compensate: {script: y}}, c: {map: {node: {script: x}}}}":    {[]string{"c.ts"}, []string{"x", "y"}},
		"nodes: [":    {},
		"nodes: text": {},
		"":            {},
	} {
		files, inline := ScriptSources([]byte(source), Options{})
		if !slices.Equal(files, want.files) || !slices.Equal(inline, want.inline) {
			t.Errorf("%q has %q and %q, want %q", source, files, inline, want)
		}
	}
}
