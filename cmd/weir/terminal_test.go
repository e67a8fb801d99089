package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

func TestForeignTextCannotMoveTheCursor(t *testing.T) {
	for in, want := range map[string]string{
		"plain ž":              "plain ž",
		"two\nlines\tand tab":  "two↵lines and tab",
		"\x1b[2Jgone\x07":      "\uFFFD[2Jgone\uFFFD",
		"\u202eright to left":  "\uFFFDright to left",
		"0123456789ž123456789": "0123456789ž123456…",
	} {
		if got := printable(in, 17); got != want {
			t.Errorf("printable(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestNothingIsPaintedForFilesAndPipes(t *testing.T) {
	var out bytes.Buffer
	if paletteFor(&out).on || isTerminal(&out) {
		t.Error("a buffer is taken for a terminal")
	}
	if got := (palette{}).red("x"); got != "x" {
		t.Errorf("painted %q", got)
	}
	if got := (palette{on: true}).red("x"); got != "\x1b[31mx\x1b[0m" {
		t.Errorf("painted %q", got)
	}
}

func TestEventsAreToldInOneLineEach(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.Local)
	var out bytes.Buffer
	n := narrator{out: &out, runs: true}
	for i, body := range []event.Body{
		event.RunStarted{Workflow: "flow", Start: "a"},
		event.NodeStarted{Node: "a", Visit: 2, Attempt: 3},
		event.NodeCompleted{Node: "a", Visit: 2, Attempt: 3, Duration: 1234567 * time.Nanosecond, Output: 2500},
		event.NodeFailed{Node: "b", Visit: 1, Attempt: 1, Kind: "timeout", Message: "too\nslow", RetryAt: at},
		event.NodeFailed{Node: "b", Visit: 1, Attempt: 2, Kind: "script_error", Message: "no", Position: &event.Position{File: "f.yaml", Line: 3, Column: 4}},
		event.StateChanged{Node: "a", Visit: 1, Patch: document.Patch{
			{Op: "add", Path: "/new"}, {Op: "remove", Path: "/old"}, {Op: "replace", Path: "/a~1b"}, {Op: "add", Path: "/list/-"}, {Op: "add", Path: "/list/-"},
		}},
		event.EdgeTaken{From: "a", Visit: 2, To: "$end", When: "state.x > 1", Via: event.ViaExhausted},
		event.ScriptLogged{Node: "a", Visit: 1, Lines: []event.LogLine{{Level: "log", Text: "one"}, {Level: "warn", Text: "two"}}},
		event.TimerSet{Node: "s", Visit: 1, Due: at},
		event.TimerSet{Node: "s", Visit: 2, Due: at.AddDate(0, 0, 40)},
		event.TimerFired{Node: "s", Visit: 1},
		event.RunPaused{Reason: "lunch", By: "ada"},
		event.RunResumed{Reason: "retry", By: "ada"},
		event.RunResumed{Reason: "retry", Revision: "sha256:e", Note: "it is mended"},
		event.RunFailing{Kind: "failed", Message: "no", Node: "b", Visit: 2},
		event.RunCancelRequested{Reason: "enough", By: "ada"},
		event.RunCompleted{},
		event.RunFailed{Kind: "failed", Message: "no", Node: "b", Visit: 2},
		event.RunCancelled{By: "ada"},
		event.RunRetired{Status: "failed", EndedAt: at, Reason: "older than 30 days"},
		event.NodeStarted{Node: "m", Visit: 2, Attempt: 1, Items: 3},
		event.NodeStarted{Node: "m", Visit: 2, Attempt: 1, Item: 3},
		event.NodeFailed{Node: "m", Visit: 1, Attempt: 2, Item: 1, Kind: "timeout", Message: "slow"},
		event.CallStarted{Node: "o", Visit: 1, Call: 3, Attempt: 1, Kind: "tool", Name: "pay", Args: document.MustParse(`{"n":1}`)},
		event.CallCompleted{Node: "o", Visit: 1, Call: 3, Attempt: 1, Kind: "timeout", Message: "slow", RetryAt: at},
		event.CallCompleted{Node: "o", Visit: 1, Call: 3, Attempt: 2, Duration: 1234567 * time.Nanosecond, Result: document.MustParse(`{"id":7}`)},
		event.CallStarted{Node: "o", Visit: 2, Call: 1, Attempt: 1, Kind: "signal", Name: "go", Due: at},
		event.CallsAwaited{Node: "o", Visit: 2, Seen: 1},
	} {
		n.tell(event.Event{Run: "r", N: uint64(i + 1), At: at, Body: body}, 123)
	}
	got := strings.ReplaceAll(out.String(), at.Format("15:04:05.000"), "TIME")
	got = strings.ReplaceAll(got, at.Format(time.DateTime), "DAY")
	want := `
    1  TIME  r  RunStarted      flow from a
    2  TIME  r  NodeStarted     a #2 attempt 3
    3  TIME  r  NodeCompleted   a #2 attempt 3  1.2ms, 2.5 kB out
    4  TIME  r  NodeFailed      b  timeout: too↵slow; again at TIME
    5  TIME  r  NodeFailed      b attempt 2  script_error: no (f.yaml:3:4)
    6  TIME  r  StateChanged    a  +new -old ~a/b ~list  123 B
    7  TIME  r  EdgeTaken       a #2 → $end (exhausted)  when state.x > 1
    8  TIME  r  ScriptLogged    a  log: one | warn: two
    9  TIME  r  TimerSet        s  due TIME
   10  TIME  r  TimerSet        s #2  due 2026-02-11 03:04:05
   11  TIME  r  TimerFired      s
   12  TIME  r  RunPaused       lunch by ada
   13  TIME  r  RunResumed      retry by ada
   14  TIME  r  RunResumed      retry with revision sha256:e: it is mended
   15  TIME  r  RunFailing      b #2  failed: no; compensating
   16  TIME  r  RunCancelRequested  enough by ada
   17  TIME  r  RunCompleted  
   18  TIME  r  RunFailed       b #2  failed: no
   19  TIME  r  RunCancelled    by ada
   20  TIME  r  RunRetired      failed, ended DAY: older than 30 days
   21  TIME  r  NodeStarted     m #2 over 3 items
   22  TIME  r  NodeStarted     m #2[3]
   23  TIME  r  NodeFailed      m[1] attempt 2  timeout: slow
   24  TIME  r  CallStarted     o call 3  tool pay  {"n":1}
   25  TIME  r  CallCompleted   o call 3  timeout: slow; again at TIME
   26  TIME  r  CallCompleted   o call 3 attempt 2  1.2ms  {"id":7}
   27  TIME  r  CallStarted     o #2 call 1  signal go  due TIME
   28  TIME  r  CallsAwaited    o #2
`
	if diff := cmp.Diff(want[1:], got); diff != "" {
		t.Error(diff)
	}
}

func TestProgressShowsWhatRunsNow(t *testing.T) {
	var out bytes.Buffer
	p := &progress{narrator: narrator{out: &out, brief: true}, width: 60, started: time.Now()}
	p.note(event.NodeStarted{Node: "a", Visit: 1, Attempt: 1})
	p.note(event.NodeCompleted{Node: "a", Visit: 1})
	p.note(event.NodeStarted{Node: "b", Visit: 2, Attempt: 1})
	p.note(event.NodeStarted{Node: "b", Visit: 2, Attempt: 1, Item: 1})
	p.note(event.NodeCompleted{Node: "b", Visit: 2, Attempt: 1, Item: 1})
	p.note(event.NodeFailed{Node: "b", Visit: 2, Attempt: 1, Item: 2})
	p.draw()
	if got := out.String(); !strings.HasSuffix(got, "1 visit  b #2") {
		t.Errorf("the line is %q", got)
	}
	p.erase()
	if !strings.HasSuffix(out.String(), "\r\x1b[K") {
		t.Error("the line was not taken away")
	}
}

func TestProblemsShowTheLineTheyAreAbout(t *testing.T) {
	long := strings.Repeat("x", 300) + "HERE" + strings.Repeat("y", 300)
	source := actors.Source{
		File: "f.yaml", Data: []byte("one\n\ttwo: ž bad\n" + long + "\n"),
		Files: map[string]string{"s.js": "first\nsecond"},
	}
	var out bytes.Buffer
	printProblems(&out, source, workflow.Problems{
		{Severity: workflow.SeverityError, File: "f.yaml", Line: 2, Column: 9, Message: "bad", Hint: "write good"},
		{Severity: workflow.SeverityWarning, File: "s.js", Line: 2, Column: 1, Message: "odd"},
		{Severity: workflow.SeverityError, File: "f.yaml", Line: 3, Column: 301, Message: "far out"},
		{Severity: workflow.SeverityError, Message: "nowhere", Hint: "anything"},
	})
	lines := strings.Split(out.String(), "\n")
	want := []string{
		"f.yaml:2:9: error: bad",
		"   2 |  two: ž bad",
		"     |         ^ write good",
		"s.js:2:1: warning: odd",
		"   2 | second",
		"     | ^",
		"f.yaml:3:301: error: far out",
	}
	if diff := cmp.Diff(want, lines[:len(want)]); diff != "" {
		t.Error(diff)
	}
	excerpt, mark := lines[7], strings.Index(lines[8], "^")
	if got := string([]rune(excerpt)[mark : mark+4]); got != "HERE" {
		t.Errorf("the mark points at %q in %q", got, excerpt)
	}
	if rest := strings.Join(lines[9:], "\n"); rest != "f.yaml: error: nowhere\n     = anything\n" {
		t.Errorf("a problem without a place is told as %q", rest)
	}
}
