package workflow

import (
	"errors"
	"strings"
	"testing"

	"github.com/weirflow/weir/eventstore/document"
)

func TestProblemsReadAsText(t *testing.T) {
	problems := Problems{
		{Severity: SeverityError, File: "f.yaml", Line: 3, Column: 5, Message: "it is wrong", Hint: "write it right"},
		{Severity: SeverityWarning, Line: 4, Column: 1, Message: "it is odd"},
		{Severity: SeverityError, File: "g.js", Message: "it has no place"},
		{Severity: SeverityError, Message: "it is nowhere"},
	}
	want := "f.yaml:3:5: it is wrong; write it right\n4:1: warning: it is odd\ng.js: it has no place\nit is nowhere"
	if got := problems.Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var err error = problems
	var again Problems
	if !errors.As(err, &again) || len(again.Errors()) != 3 || len(again.Warnings()) != 1 || !again.HasErrors() {
		t.Errorf("%d errors, %d warnings", len(again.Errors()), len(again.Warnings()))
	}
	if warnings := problems.Warnings(); warnings.HasErrors() {
		t.Error("a warning is not an error")
	}
}

// TestProblemsAreOrdered has problems in the workflow's file and in two script files.
func TestProblemsAreOrdered(t *testing.T) {
	_, problems := Parse([]byte("name: x\nzzz: 1\nnodes:\n  c: nope\n  a: {script_file: b.js}\n  b: {script_file: a.js}\naaa: 1\n"),
		Options{File: "m.yaml", Files: map[string]string{"a.js": "x", "b.js": "y"}, Checker: refusing{}})
	var got []string
	for _, p := range problems {
		got = append(got, strings.SplitN(p.String(), ": ", 2)[0])
	}
	want := "m.yaml:1:1 m.yaml:2:1 m.yaml:4:6 m.yaml:7:1 a.js:1:1 b.js:1:1"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
}

// refusing finds everything wrong.
type refusing struct{}

func (refusing) Tool(string) (known bool, near string)         { return false, "" }
func (refusing) Workflow(string) (known bool, others []string) { return false, nil }
func (refusing) Isolation() error                              { return errors.New("no process can be started") }
func (refusing) Kinds() []string                               { return nil }
func (refusing) Misfits(string, document.Value, [][]string) []Misfit {
	return []Misfit{{Message: "no"}}
}
func (refusing) Schema(document.Value) []Misfit { return []Misfit{{Message: "no"}} }
func (refusing) Body(*Script, map[string]string) (*ScriptBundle, error) {
	return nil, errors.New("no")
}
func (refusing) Expression(*Expression) error { return &Failure{Message: "no"} }

func (refusing) Remarks(*Script, bool, map[string]string) []Remark { return nil }

func TestNearest(t *testing.T) {
	names := []string{"retry", "timeout", "to", "tool", "$end"}
	for name, want := range map[string]string{
		"rety": "retry", "RETRY": "retry", "retyr": "retry", "timout": "timeout", "tol": "to", "end": "$end",
		"colour": "", "": "", "x": "", "retry_policy": "", strings.Repeat("x", 100): "",
	} {
		if got := nearest(name, names); got != want {
			t.Errorf("%q is near %q, want %q", name, got, want)
		}
	}
}
