package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

const pythonFolder = "code-review-python"

// openPython starts the engine and saves the review of Python with the files that it needs, as the command line does.
func openPython(t testing.TB) *actors.System {
	t.Helper()
	root := os.DirFS(pythonFolder)
	read := func(path string) string {
		text, err := os.ReadFile(filepath.Join(pythonFolder, path))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	// A machine that does much else at a time may need longer.
	definition := strings.Replace(read("workflow.yaml"), "timeout: 30s", "timeout: 5m", 1)
	src := actors.Source{Data: []byte(definition), File: "workflow.yaml", Files: map[string]string{}}
	named, _ := workflow.ScriptSources(src.Data, workflow.Options{File: src.File})
	for _, path := range named {
		src.Files[path] = read(path)
		for _, imported := range scripts.Imports(scripts.Code{Source: src.Files[path], Origin: scripts.Origin{File: path}, Folder: root}) {
			src.Files[imported] = read(imported)
		}
	}
	system := start(t)
	revision, _, err := system.Save(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	if len(revision.Warnings) > 0 {
		t.Error(revision.Warnings)
	}
	return system
}

// pythonFile is one file of an input.
func pythonFile(path, code string) document.Value {
	return document.Object(
		document.Member{Key: "path", Value: document.String(path)},
		document.Member{Key: "code", Value: document.String(code)},
	)
}

// pythonInput is the input of a review that mends all it can.
func pythonInput(fixesPerRound int64, files ...document.Value) document.Value {
	return document.Object(
		document.Member{Key: "files", Value: document.Array(files...)},
		document.Member{Key: "threshold", Value: document.Int(100)},
		document.Member{Key: "fixes_per_round", Value: document.Int(fixesPerRound)},
	)
}

// testdata reads a file to review.
func testdata(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(pythonFolder, "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// at returns what a pointer leads to.
func at(t testing.TB, v document.Value, pointer string, args ...any) document.Value {
	t.Helper()
	found, ok := v.Lookup(fmt.Sprintf(pointer, args...))
	if !ok {
		t.Fatalf("there is no %s in %.2000s", fmt.Sprintf(pointer, args...), v)
	}
	return found
}

func str(v document.Value) string {
	s, _ := v.AsString()
	return s
}

const tidyPython = `"""Adds."""


def add(a, b=None):
    if b is None:
        b = []
    return [a, *b]
`

var roughPython = strings.NewReplacer("b=None", "b=[]", "    if b is None:\n        b = []\n", "", "b]\n", "b] ").Replace(tidyPython)

func TestPythonReviewEndings(t *testing.T) {
	system := openPython(t)
	for _, test := range []struct {
		name, code string
		want       map[string]string
	}{
		{"passed at once", tidyPython, map[string]string{
			"/ending": `"passed"`, "/quality_score": "100", "/diff": `""`, "/fix_count": "0", "/issues": "[]", "/complexity/max": "2",
		}},
		{"passed by mending", roughPython, map[string]string{
			"/ending": `"passed"`, "/quality_score": "100", "/fix_count": "3", "/issues": "[]", "/files_changed": "1",
			"/files/0/code": document.String(tidyPython).String(), "/fixes/0": `{"path": "a.py", "rule": "mutable_default", "line": 4}`,
		}},
		{"no fix left", roughPython + " # TODO: more", map[string]string{
			"/ending": `"no_fix_left"`, "/issue_count": "1", "/issues/0/rule": `"todo"`, "/fix_count": "2", "/suggestions/0/about": `"todo"`,
		}},
		{"broken", "def a(:\n    print(1) \n", map[string]string{
			"/ending": `"no_fix_left"`, "/fix_count": "0", "/diff": `""`, "/functions": "[]", "/fixable_count": "0",
			"/issues": `[{"path": "a.py", "rule": "syntax", "severity": "error", "line": 1, "column": 7,
				"message": "the syntax is wrong here, at :", "fixable": false}]`,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want(t, run(t, system, "code-review-python", document.Object(
				document.Member{Key: "path", Value: document.String("a.py")},
				document.Member{Key: "code", Value: document.String(test.code)},
				document.Member{Key: "threshold", Value: document.Int(100)},
			)), test.want)
		})
	}
}

// The draft that the page on the examples reviews.
func TestPythonDraft(t *testing.T) {
	draft, err := os.ReadFile(filepath.Join(pythonFolder, "draft.py"))
	if err != nil {
		t.Fatal(err)
	}
	state := run(t, openPython(t), "code-review-python", pythonInput(20, pythonFile("draft.py", string(draft))))
	want(t, state, map[string]string{"/ending": `"no_fix_left"`, "/quality_score": "22", "/complexity/max": "8"})
	if got, golden := str(at(t, state, "/diff")), testdata(t, "draft.diff"); got != golden {
		t.Error(firstDifference(got, golden))
	}
}

// Five rounds are what a person reads at once.
func TestPythonReviewGivesUp(t *testing.T) {
	code := "def a():\n" + strings.Repeat("    print(1)\n", 7)
	want(t, run(t, openPython(t), "code-review-python", pythonInput(1, pythonFile("a.py", code))), map[string]string{
		"/ending": `"gave_up"`, "/fix_count": "5", "/fixable_count": "2", "/lines_removed": "5", "/lines_added": "1", "/function_count": "1",
	})
}

// Broken files say where, and keep nobody from being mended.
func TestPythonBrokenFiles(t *testing.T) {
	broken := []struct{ code, place, message string }{
		{"x = (1,\ny = 2\n", "2:3", "the syntax is wrong here, at ="},
		{"if x:\nprint(1)\n", "2:1", "the syntax is wrong here, at print"},
		{"x = 1\n  y = 2\n", "2:3", "this line is indented differently than those before it"},
		{"def f():\n    a = 1\n      b = 2\n", "3:7", "the syntax is wrong here, at b"},
		{"é = '😀'; print 'x'\n", "1:16", "the syntax is wrong here, at '"},
		{"x = 1\ny = f(", "2:7", "the source ends in the middle of a statement"},
	}
	files := []document.Value{pythonFile("rough.py", roughPython)}
	for i, b := range broken {
		files = append(files, pythonFile(fmt.Sprintf("%d.py", i), b.code))
	}
	state := run(t, openPython(t), "code-review-python", pythonInput(20, files...))
	want(t, state, map[string]string{"/issue_count": fmt.Sprint(len(broken)), "/files_changed": "1", "/files/0/code": document.String(tidyPython).String()})
	for i, b := range broken {
		issue := at(t, state, "/issues/%d", i)
		place := fmt.Sprintf("%s:%s", at(t, issue, "/line"), at(t, issue, "/column"))
		if message := str(at(t, issue, "/message")); place != b.place || message != b.message {
			t.Errorf("%q: %s %s, want %s %s", b.code, place, message, b.place, b.message)
		}
	}
}

// TestPythonComplexity compares functions and their complexity with what radon has said of the same files.
func TestPythonComplexity(t *testing.T) {
	var files []document.Value
	for _, name := range measuredFiles {
		files = append(files, pythonFile(name, testdata(t, name)))
	}
	state := run(t, openPython(t), "code-review-python", document.Object(document.Member{Key: "files", Value: document.Array(files...)}))
	var got strings.Builder
	for _, f := range at(t, state, "/functions").Items() {
		name := strings.TrimPrefix(str(at(t, f, "/receiver"))+"."+str(at(t, f, "/name")), ".")
		fmt.Fprintf(&got, "%s %s %s %s %s\n", str(at(t, f, "/path")), at(t, f, "/line"), at(t, f, "/end_line"), at(t, f, "/complexity"), name)
	}
	var golden strings.Builder
	for line := range strings.Lines(testdata(t, "complexity.golden")) {
		if name, _, _ := strings.Cut(line, " "); slices.Contains(measuredFiles, name) {
			golden.WriteString(line)
		}
	}
	if golden.Len() == 0 || got.String() != golden.String() {
		t.Error(firstDifference(got.String(), golden.String()))
	}
	for _, issue := range at(t, state, "/issues").Items() {
		if str(at(t, issue, "/rule")) == "syntax" {
			t.Errorf("valid source is called broken: %s", issue)
		}
	}
}
