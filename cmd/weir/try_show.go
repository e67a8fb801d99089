package main

import (
	"fmt"
	"io"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// trial is what `weir try` shows of a script.
type trial struct {
	OK         bool            `json:"ok"` // it ran, and did again what was recorded, if that was asked for
	Script     string          `json:"script,omitempty"`
	Of         *trialVisit     `json:"visit,omitempty"`
	Returned   *document.Value `json:"returned,omitempty"` // absent where it returned nothing
	Patch      document.Patch  `json:"patch"`
	State      *document.Value `json:"state,omitempty"` // after it
	Console    []trialLine     `json:"console"`
	DurationMS float64         `json:"duration_ms"`
	Error      *trialError     `json:"error,omitempty"`
	Recorded   *trialRecord    `json:"recorded,omitempty"`
	Differs    []string        `json:"differences,omitempty"`

	began  time.Time
	source actors.Source
}

// trialVisit says which attempt was looked back at.
type trialVisit struct {
	Run      string `json:"run_id"`
	Workflow string `json:"workflow"`
	Revision string `json:"revision"`
	Node     string `json:"node"`
	Visit    int    `json:"visit"`
	Attempt  int    `json:"attempt"`
	Item     int    `json:"item,omitempty"`
}

type trialLine struct {
	Level  string `json:"level"`
	Text   string `json:"text"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

type trialError struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
}

// trialRecord is what the run has recorded of the attempt.
type trialRecord struct {
	Patch   document.Patch  `json:"patch"`
	Result  *document.Value `json:"result,omitempty"` // of an item of a map
	Console []trialLine     `json:"console"`
	Error   *trialError     `json:"error,omitempty"`
}

// ran notes how the script ended. Errors that are not the script's are its end, too: they say what is wrong.
func (t *trial) ran(err error) {
	t.took(time.Since(t.began))
	t.OK = err == nil
	if err == nil {
		return
	}
	t.Error = &trialError{Kind: scripts.KindScript, Message: err.Error()}
	if f := scriptFailure(err); f != nil {
		t.Error = &trialError{Kind: f.Kind, Message: f.Message, File: f.File, Line: f.Line, Column: f.Column}
		t.wrote(f.Console)
	}
}

func (t *trial) took(d time.Duration) { t.DurationMS = float64(d.Microseconds()) / 1000 }

func (t *trial) returned(v document.Value, has bool) {
	if has {
		t.Returned = &v
	}
}

func (t *trial) changed(p document.Patch, state document.Value) { t.Patch, t.State = p, &state }

func (t *trial) wrote(lines []scripts.Line) {
	for _, l := range lines {
		t.Console = append(t.Console, trialLine(l))
	}
}

// refused shows why a script does not compile.
func (t *trial) refused(err error, out io.Writer, asJSON bool) error {
	t.ran(err)
	t.DurationMS = 0
	if err := t.show(out, asJSON); err != nil {
		return err
	}
	return &codeError{exitInvalid, nil}
}

// print shows the trial; a script that failed, or did something else than was recorded, ends with a code of its own.
func (t *trial) print(out io.Writer, asJSON bool) error {
	if err := t.show(out, asJSON); err != nil || t.OK {
		return err
	}
	return &codeError{exitFailed, nil}
}

func (t *trial) show(out io.Writer, asJSON bool) error {
	if asJSON {
		if t.Console == nil {
			t.Console = []trialLine{}
		}
		return printJSON(out, t)
	}
	p := paletteFor(out)
	for _, l := range t.Console {
		fmt.Fprintf(out, "%s %s\n", p.faint(fmt.Sprintf("%s:%d:%d %s:", l.File, l.Line, l.Column, l.Level)), printable(l.Text, 10_000))
	}
	if t.Error != nil {
		printProblems(out, t.source, workflow.Problems{{
			Severity: workflow.SeverityError, File: t.Error.File, Line: t.Error.Line, Column: t.Error.Column,
			Code: t.Error.Kind, Message: t.Error.Kind + ": " + t.Error.Message,
		}})
	}
	if t.Returned != nil {
		fmt.Fprintf(out, "%s %s\n", p.bold("returned"), t.Returned)
	}
	for _, op := range t.Patch {
		fmt.Fprintf(out, "%s %s\n", p.bold("patch   "), document.Patch{op}.String())
	}
	if t.Error == nil && len(t.Patch) == 0 {
		fmt.Fprintf(out, "%s the state is not changed\n", p.bold("patch   "))
	}
	if t.DurationMS > 0 {
		fmt.Fprintf(out, "%s %.3f ms\n", p.bold("took    "), t.DurationMS)
	}
	t.compare(out, p)
	return nil
}

// compare shows what was recorded beside what the script has done.
func (t *trial) compare(out io.Writer, p palette) {
	switch {
	case t.Recorded == nil:
	case len(t.Differs) == 0:
		fmt.Fprintln(out, p.green("the same as was recorded"))
	default:
		fmt.Fprintln(out, p.yellow("not what was recorded:"))
		for _, line := range t.Differs {
			fmt.Fprintf(out, "  %s\n", printable(line, 10_000))
		}
	}
}
