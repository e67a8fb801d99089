package runindex

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Who adds a type of event decides here what the list makes of it. Types that this version does not know count as events and say
// nothing more.
func TestEveryTypeOfEventIsDecided(t *testing.T) {
	known := []event.Type{
		event.TypeRunStarted, event.TypeNodeStarted, event.TypeNodeCompleted, event.TypeNodeFailed, event.TypeEdgeTaken, event.TypeTimerSet,
		event.TypeTimerFired, event.TypeRunPaused, event.TypeRunResumed, event.TypeRunCancelRequested, event.TypeRunCompleted, event.TypeRunFailed, event.TypeRunCancelled, event.TypeRunRetired, event.TypeRunFailing,
		event.TypeChildStarted, event.TypeChildCompleted, event.TypeCallStarted, event.TypeCallCompleted, event.TypeCallsAwaited,
		// These say nothing that the list holds.
		event.TypeStateChanged, event.TypeScriptLogged, event.TypeSignalReceived,
	}
	for _, typ := range event.Types() {
		if !slices.Contains(known, typ) {
			t.Errorf("%s is new: fold it in row.event and raise schemaVersion, or say here that it says nothing to the list", typ)
		}
	}
}

// One run through the real core, whose failure at one node is caught, and at the next not: a retry opens the next again, and not the
// one whose failure was caught.
func TestCaughtFailureStaysCaught(t *testing.T) {
	def, problems := workflow.Parse([]byte(`
name: w
start: a
nodes:
  a: {tool: t, catch: {to: b}}
  b: t
edges: {a: b}
`), workflow.Options{File: "w.yaml", Checker: anything{}})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	x, h := openTest(t), &history{after: []map[string]Run{{}}}
	a := &actor{state: workflow.New(def), now: lifeBegun}
	fail := func(node string, attempt int) workflow.Command {
		return workflow.Finish{Node: node, Visit: 1, Attempt: attempt, Outcome: workflow.Outcome{Failure: &workflow.Failure{Kind: "tool_error", Message: "no"}}}
	}
	for _, cmd := range []workflow.Command{
		workflow.Start{Run: "r", Revision: "sha256:d", Input: document.Object()},
		fail("a", 1), fail("b", 1),
		workflow.Retry{By: "ada"},
		workflow.Finish{Node: "b", Visit: 1, Attempt: 2},
	} {
		next, events := workflow.Decide(a.state, cmd, a.now, dice{})
		if len(events) == 0 {
			t.Fatalf("%+v gives nothing", cmd)
		}
		a.state, a.gathers = next, events
		h.store("r", a)
		apply(t, x, h.commits[len(h.commits)-1])
		compare(t, x, h.after[len(h.after)-1])
	}
	if got := h.after[4]["r"].Current; len(got) != 1 || got[0].Node != "b" || got[0].Attempt != 2 {
		t.Errorf("after the retry it stands at %+v", got)
	}
}

// said is a sealed commit of events as texts.
func said(sequence uint64, run string, first uint64, texts ...string) Commit {
	c := Commit{Sequence: sequence, Sealed: event.Sealed{Run: run, Workflow: "w", First: first, Last: first + uint64(len(texts)) - 1, Digest: fmt.Sprint(sequence)}}
	for i, text := range texts {
		typ, _, _ := strings.Cut(text, " ")
		n := first + uint64(i)
		_, fields, _ := strings.Cut(text, " ")
		c.Raw = append(c.Raw, event.Raw{Run: run, Workflow: "w", N: n, Type: event.Type(typ), JSON: []byte(fmt.Sprintf(
			`{"run":"%s","n":%d,"type":"%s","at":"2026-11-02T09:30:%02d.000000000Z"%s}`, run, n, typ, sequence, fields))})
	}
	return c
}

// at is the time of what was said in a sequence.
func at(second int) time.Time { return time.Date(2026, 11, 2, 9, 30, second, 0, time.UTC) }

// What a newer weir, or damage, has put into the stream does not keep the list from the rest.
func TestWhatIsNotUnderstoodIsPassedOver(t *testing.T) {
	grown, built := openTest(t), openTest(t).byRows(1)
	commits := []Commit{
		said(1, "newer", 1, `RunStarted ,"workflow":"w","revision":"sha256:1","start":"a","later":{"x":[1,"}"]},"parent":{"run":"mother","node":"n"}`,
			`NodeStarted ,"node":"a","visit":1,"attempt":1`, `NodeDreamed ,"node":"a","visit":1`),
		said(2, "beheaded", 5, `NodeStarted ,"node":"a","visit":1,"attempt":3`),
		said(3, "garbled", 1, `RunStarted ,"workflow":"w","revision":7,"labels":{"a":1,"b":"c"},"by":null`, `TimerSet ,"node":"a","visit":1,"due":"x"`,
			`NodeStarted "node`),
		said(4, "child", 1, `RunStarted ,"workflow":"w","revision":"sha256:1","start":"a","parent":"mother"`),
		said(5, "newer", 4, `RunDreamed`),
		said(6, "newer", 1, `RunStarted ,"workflow":"w","revision":"sha256:2"`), // a second beginning
		said(7, "newer", 5, `RunCompleted ,"state":"s"`),
		said(8, "newer", 1, `RunStarted ,"workflow":"w","revision":"sha256:3"`, `NodeStarted ,"node":"a","visit":1,"attempt":1`), // and a third
		said(9, "gone", 1, `RunStarted ,"workflow":"w"`, `RunCompleted ,"state":"s"`),
		said(10, "gone", 3, `RunRetired ,"status":"completed"`),
	}
	apply(t, grown, commits...)
	fold(t, built, commits...)
	want := []Run{
		{
			Run: "newer", Workflow: "w", Revision: "sha256:1", Status: Completed, StartedAt: at(1), UpdatedAt: at(7), EndedAt: at(7), LastEvent: 5,
			First: 1, Last: 7, Parent: "mother",
		},
		{
			Run: "beheaded", Workflow: "w", Status: Running, StartedAt: at(2), UpdatedAt: at(2), LastEvent: 5, First: 2, Last: 2,
			Current: []Visit{{Node: "a", Visit: 1, Attempt: 3, Phase: PhaseRunning}},
		},
		{
			Run: "garbled", Workflow: "w", Status: Running, StartedAt: at(3), UpdatedAt: at(3), LastEvent: 3, First: 3, Last: 3,
			Labels: map[string]string{"b": "c"}, Current: []Visit{{Phase: PhaseRunning}},
		},
		{Run: "child", Workflow: "w", Revision: "sha256:1", Status: Running, StartedAt: at(4), UpdatedAt: at(4), LastEvent: 1, First: 4, Last: 4, Parent: "mother"},
	}
	for _, x := range []*Index{grown, built} {
		if diff := cmp.Diff(want, listed(t, x, Listing{Ascending: true})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := namesOf(listed(t, x, Listing{Filter: Filter{Parent: "mother"}})); !slices.Equal(got, []string{"child", "newer"}) {
			t.Errorf("children: %v", got)
		}
		sound(t, x)
	}
}

// Whatever times a damaged run has, it is in the listings that rely on their order.
func TestNoRunEndsBeforeItStarted(t *testing.T) {
	x := openTest(t)
	end := said(2, "odd", 2, `RunCompleted ,"state":"s"`)
	end.Raw[0].JSON = []byte(`{"run":"odd","n":2,"type":"RunCompleted","at":"yesterday"}`)
	apply(t, x, said(1, "odd", 1, `RunStarted ,"workflow":"w"`), end)
	for _, order := range orders {
		if runs := listed(t, x, Listing{Filter: Filter{StartedFrom: at(1)}, Order: order}); len(runs) != 1 || !runs[0].EndedAt.Equal(at(1)) {
			t.Errorf("by %s: %+v", order, runs)
		}
	}
}

func TestLongMessagesAreShortened(t *testing.T) {
	x := openTest(t)
	long := strings.Repeat("ä", messageBytesMax)
	for i, message := range []string{strings.Repeat("x", messageBytesMax), long, "x" + long} {
		run := fmt.Sprint("run-", i)
		apply(t, x, said(uint64(i+1), run, 1, `RunStarted ,"workflow":"w"`, `RunFailed ,"kind":"k","message":"`+message+`"`))
		r, found, err := x.Run(t.Context(), run)
		if err != nil || !found {
			t.Fatal(found, err)
		}
		got := r.Error.Message
		if stem, cut := strings.CutSuffix(got, "…"); len(got) > messageBytesMax || !strings.HasPrefix(message, stem) || cut != (i > 0) || len(got) < messageBytesMax-4 {
			t.Errorf("%d bytes of %d, cut: %v", len(got), len(message), cut)
		}
	}
}

// A run is found by the words of its error, as people write them.
func TestText(t *testing.T) {
	x := openTest(t)
	for i, e := range []string{
		`"kind":"tool_error","message":"GET https://example.com: connection refused"`, `"kind":"timeout","message":"Größe: 3 \"ünits\" too many"`,
		`"kind":"script_error","message":"TypeError: x.y is undefined at line 3"`,
	} {
		apply(t, x, said(uint64(i+1), fmt.Sprint(i), 1, `RunStarted ,"workflow":"w"`, `RunFailed ,`+e))
	}
	for text, want := range map[string]string{
		"refused": "0", "REFUSED connection": "0", "refuse": "", "refuse*": "0", "https://example.com": "0", "tool_error": "0", "error": "2 0", "typeerror x.y": "2",
		`"ünits"`: "1", "größe 3": "1", "GRÖSSE": "", "- refused!": "0", "NOT refused": "", "refused OR timeout": "", "message:refused": "", "3": "2 1", "ref* con*": "0",
		"a\x00b": "", `"x`: "2", "(refused)": "0", "refused*)": "0", "^GET": "0",
	} {
		if got := strings.Join(namesOf(listed(t, x, Listing{Filter: Filter{Text: text}})), " "); got != want {
			t.Errorf("%q finds %q, not %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if _, err := match(text); err == nil {
			listed(t, x, Listing{Filter: Filter{Text: text}})
		}
	})
}
