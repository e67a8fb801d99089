package workflow_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// TestDecideKeepsItsPromises drives random graphs with random outcomes, clocks, pauses, cancels and retries, and
// checks after every command what holds for every run whatever happens.
func TestDecideKeepsItsPromises(t *testing.T) {
	engine := scripts.New(scripts.Limits{})
	rapid.Check(t, func(t *rapid.T) {
		source := randomGraph(t)
		def, problems := workflow.Parse([]byte(source), workflow.Options{File: "w.yaml", Checker: anyTool{engine}})
		if problems.HasErrors() {
			t.Fatalf("%s\n%s", problems, source)
		}
		r := &ledger{t: t, def: def, state: workflow.New(def), open: map[string]int{}, tokens: map[uint64]bool{}, consumed: map[uint64]bool{}, completed: map[string]bool{}, waits: map[string]string{}, kept: map[string][]string{}, signalled: map[string]bool{}}
		ev := &evaluator{engine}
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		var cmd workflow.Command = workflow.Start{Run: "r", Revision: "sha256:d", Input: document.MustParse(`{"k": 0}`)}
		for range 60 {
			next, events := workflow.Decide(r.state, cmd, now, ev)
			r.enter(next, events)
			now = now.Add(time.Duration(rapid.IntRange(-1, 3000).Draw(t, "ms")) * time.Millisecond)
			cmd = randomCommand(t, next)
		}
	})
}

func randomGraph(t *rapid.T) string {
	n := rapid.IntRange(1, 5).Draw(t, "nodes")
	branches := n > 2 && rapid.Bool().Draw(t, "branches")
	var out strings.Builder
	out.WriteString("name: g\nstart: \"${'n0'}\"\nlimits: {steps: 40, duration: 30s}\nnodes:\n")
	pick := func(label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	name := func(i int) string { return fmt.Sprintf("n%d", i) }
	onward := func(i int, label string) string { // beside branches a catch must not close a cycle
		if k := pick(label); !branches || k > i {
			return name(k)
		}
		return "$end"
	}
	for i := range n {
		compensate := rapid.SampledFrom([]string{
			"", "", "", ", compensate: u", ", compensate: {tool: u, with: {k: \"${state.k.valueOf()}\"}, retry: {max: 2, initial: 500ms}}",
		}).Draw(t, "compensate")
		switch rapid.IntRange(0, 8).Draw(t, "kind") {
		case 8:
			fmt.Fprintf(&out, "  n%d: {script: \"return {}\", timeout: 5s, retry: {max: 3, initial: 500ms}, catch: [{on: timeout, to: %s}]%s}\n", i, onward(i, "catch"), compensate)
		case 6:
			fmt.Fprintf(&out, "  n%d: %s\n", i, randomMap(t))
		case 0:
			fmt.Fprintf(&out, "  n%d: {sleep: 1s%s}\n", i, compensate)
		case 4:
			fmt.Fprintf(&out, "  n%[1]d: {wait: {signal: %[2]s, timeout: 2s}, retry: {max: 2, initial: 500ms}%[3]s}\n", i, rapid.SampledFrom([]string{"s", "z"}).Draw(t, "signal"), compensate)
		case 5:
			fmt.Fprintf(&out, "  n%d: {until: \"${new Date(ctx.now).getTime() + state.k*500}\", catch: %s%s}\n", i, onward(i, "catch"), compensate)
		case 7:
			fmt.Fprintf(&out, "  n%d: {workflow: other, timeout: %s, retry: {max: 2, initial: 500ms, on: child_failed}, catch: {on: child_failed, to: %s}%s}\n",
				i, rapid.SampledFrom([]string{"1s", "1h"}).Draw(t, "timeout"), onward(i, "catch"), compensate)
		case 1:
			fmt.Fprintf(&out, "  n%d: {tool: t, retry: {max: 2, initial: 500ms, jitter: 0.5}, catch: [{on: timeout, to: %s}]%s}\n", i, onward(i, "catch"), compensate)
		case 2:
			fmt.Fprintf(&out, "  n%d: {tool: t, with: {k: \"${state.k.valueOf()}\"}%s}\n", i, compensate)
		default:
			join := rapid.SampledFrom([]string{"", "", ", join: any", ", join: all", ", join: 1"}).Draw(t, "join")
			fmt.Fprintf(&out, "  n%d: {tool: t%s%s}\n", i, join, compensate)
		}
	}
	out.WriteString("edges:\n")
	for i := range n {
		if branches && i < n-2 && (i == 0 || rapid.Bool().Draw(t, "fan out")) {
			fmt.Fprintf(&out, "  n%d: [%s", i, name(i+1))
			for k := i + 2; k < n; k++ {
				if k == i+2 || rapid.Bool().Draw(t, "branch") {
					out.WriteString(", " + name(k))
				}
			}
			out.WriteString("]\n")
			continue
		}
		fmt.Fprintf(&out, "  n%d:\n", i)
		for range rapid.IntRange(1, 3).Draw(t, "edges") {
			to := pick("to")
			edge := fmt.Sprintf("when: \"state.k %% %d == 0\", to: %s", rapid.IntRange(1, 3).Draw(t, "mod"), name(to))
			if branches && to <= i {
				edge += ", loop: true"
			}
			switch rapid.IntRange(0, 4).Draw(t, "shape") {
			case 0:
				edge += ", max: 2"
			case 1:
				edge += fmt.Sprintf(", max: 1, exhausted: %s", rapid.SampledFrom([]string{"$fail", "$end", onward(i, "exhausted")}).Draw(t, "target"))
			case 2:
				edge = "when: \"state.gone.deep\", to: $end"
				if rapid.IntRange(0, 5).Draw(t, "throws") > 0 {
					edge = "when: \"state.k > 5\", to: $end"
				}
			default:
			}
			fmt.Fprintf(&out, "    - {%s}\n", edge)
		}
	}
	return out.String()
}

func randomCommand(t *rapid.T, s *workflow.State) workflow.Command {
	switch rapid.IntRange(0, 19).Draw(t, "command") {
	case 0:
		return workflow.Cancel{By: "ada"}
	case 1, 2:
		return workflow.Retry{By: "ada"}
	case 3, 4, 5:
		return workflow.Tick{}
	case 6, 7, 8:
		return workflow.Signal{
			Name: rapid.SampledFrom([]string{"s", "z"}).Draw(t, "name"), ID: rapid.StringMatching(`[ab][0-9]`).Draw(t, "id"),
			Payload: document.MustParse(rapid.SampledFrom([]string{`null`, `{"k": 3}`, `{"k": 4}`, `"no object"`, `{"x": {"$blob": 1}}`}).Draw(t, "payload")),
		}
	case 9:
		return workflow.Pause{By: "ada"}
	case 10, 11:
		return workflow.Resume{By: "ada"}
	}
	for i := range s.Visits {
		v := s.Visits[(i+len(s.Visits)/2)%len(s.Visits)]
		if s.Fosters(&v) && rapid.IntRange(0, 9).Draw(t, "child") > 0 {
			return randomOfChild(t, &v)
		}
		if cmd := randomOfScript(t, s, &v); cmd != nil {
			return cmd
		}
		if v.Phase != workflow.PhaseRunning {
			continue
		}
		f := workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: v.Attempt}
		if v.Items != nil && len(v.Items.Open) > 0 && rapid.IntRange(0, 9).Draw(t, "item") > 0 {
			i := rapid.SampledFrom(v.Items.Open).Draw(t, "open")
			f.Attempt, f.Item = i.Attempt, i.Number
		}
		switch rapid.IntRange(0, 9).Draw(t, "outcome") {
		case 0:
			f.Outcome.Failure = &workflow.Failure{Kind: "timeout", Message: "late"}
		case 1:
			f.Outcome.Failure = &workflow.Failure{Kind: "interrupted", Message: "gone"}
		case 2:
			f.Outcome.Failure = &workflow.Failure{Kind: "tool_error", Message: "no"}
		default:
			k := rapid.IntRange(0, 8).Draw(t, "k")
			if len(s.Visits) > 1 && rapid.IntRange(0, 9).Draw(t, "agrees") > 0 { // else most runs end where two visits differ
				k = 3
			}
			f.Outcome.Result, f.Outcome.HasResult = document.MustParse(fmt.Sprintf(`{"k": %d}`, k)), true
		}
		return f
	}
	return workflow.Tick{}
}

// randomOfChild tells of a child run: that it was started, which may be told again, or late, or how it has ended.
func randomOfChild(t *rapid.T, v *workflow.Visit) workflow.Command {
	attempt, item := v.Attempt, 0
	if v.Items != nil && len(v.Items.Open) > 0 {
		i := rapid.SampledFrom(v.Items.Open).Draw(t, "open")
		attempt, item = i.Attempt, i.Number
	}
	attempt -= rapid.IntRange(0, 1).Draw(t, "late") * rapid.IntRange(0, 1).Draw(t, "how late")
	c := workflow.Child{Run: fmt.Sprintf("%s-%d-%d-%d", v.Node, v.Number, attempt, item), Workflow: "other", Revision: "sha256:o"}
	if rapid.Bool().Draw(t, "started") {
		return workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: attempt, Item: item, Outcome: workflow.Outcome{Child: &c}}
	}
	end := workflow.ChildEnded{
		Node: v.Node, Visit: v.Number, Attempt: attempt, Item: item, Child: c, Status: workflow.StatusCompleted, State: document.MustParse(`{"k": 3}`),
	}
	switch rapid.IntRange(0, 3).Draw(t, "end") {
	case 0:
		end.Status, end.Failed = workflow.StatusFailed, &event.RunFailed{Kind: "tool_error", Message: "no"}
	case 1:
		end.Status, end.Cancelled = workflow.StatusCancelled, &event.RunCancelled{By: "bob"}
	default:
	}
	return end
}

func randomMap(t *rapid.T) string {
	work := rapid.SampledFrom([]string{
		"node: t", "node: {tool: t, retry: {max: 2, initial: 500ms}}", `node: {script: "return item"}`,
		`node: {script: "return item", retry: {max: 3, initial: 500ms}}`, "workflow: other", `workflow: other, with: {n: "${item}"}`,
	}).Draw(t, "work")
	over := rapid.SampledFrom([]string{"[]", "[1, 2, 3]", `"${[1, 2, 3, 4, state.k]}"`, `{a: 1, b: "${state.k}"}`, `"${state.k}"`}).Draw(t, "over")
	more := rapid.SampledFrom([]string{"", ", into: k", ", timeout: 2s", ", catch: $end"}).Draw(t, "more")
	return fmt.Sprintf("{map: {over: %s, %s, concurrency: %d, on_error: %s}%s}",
		over, work, rapid.IntRange(1, 3).Draw(t, "concurrency"), rapid.SampledFrom([]string{"fail", "collect"}).Draw(t, "on_error"), more)
}

// ledger checks a run's events as they come.
type ledger struct {
	t         *rapid.T
	def       *workflow.Definition
	state     *workflow.State
	events    []event.Event
	open      map[string]int // attempts by visit
	tokens    map[uint64]bool
	consumed  map[uint64]bool
	completed map[string]bool
	waits     map[string]string   // by open visit, the signal that it waits for
	kept      map[string][]string // by name, the ids of the signals that no visit has taken
	signalled map[string]bool     // ids
	undone    undone
}

func (l *ledger) enter(next *workflow.State, events []event.Event) {
	before := l.state
	l.state = next
	left := map[string]bool{}
	for i, e := range events {
		l.events = append(l.events, e)
		if e.N != uint64(len(l.events)) {
			l.t.Fatalf("event %d has number %d", len(l.events), e.N)
		}
		if len(l.events) > 1 && e.At.Before(l.events[len(l.events)-2].At) {
			l.t.Fatalf("event %d is before the one before it", e.N)
		}
		if e.Type().Terminal() != (i == len(events)-1 && next.Status().Ended()) {
			l.t.Fatalf("event %d is %s, and the run is %s", e.N, e.Type(), next.Status())
		}
		l.body(e.Body, left)
	}
	for visit, gone := range left {
		if !gone {
			l.t.Fatalf("visit %s completed without an edge", visit)
		}
	}
	l.undone.check(l.t, before, next, events)
	if before.Status().Ended() && len(events) > 0 && events[0].Type() != event.TypeRunResumed {
		l.t.Fatalf("%s follows the end of the run", events[0].Type())
	}
	folded, err := workflow.Fold(workflow.New(l.def), l.events)
	if err != nil {
		l.t.Fatal(err)
	}
	if diff := cmp.Diff(workflow.Dump(next), workflow.Dump(folded)); diff != "" {
		l.t.Fatalf("the events do not fold into the state (-decided +folded):\n%s", diff)
	}
	text, err := next.Snapshot()
	if err != nil {
		l.t.Fatal(err)
	}
	restored, err := workflow.Restore(l.def, text)
	if err != nil {
		l.t.Fatal(err)
	}
	if diff := cmp.Diff(workflow.Dump(next), workflow.Dump(restored)); diff != "" {
		l.t.Fatalf("the snapshot is of another state (-decided +restored):\n%s", diff)
	}
	for _, v := range next.Visits {
		if next.Status().Ended() && v.Open() {
			l.t.Fatalf("visit %s/%d is open after the end", v.Node, v.Number)
		}
		if v.Phase == workflow.PhaseSignal && len(l.kept[v.Signal]) > 0 {
			l.t.Fatalf("visit %s/%d waits for signal %s, of which %q are kept", v.Node, v.Number, v.Signal, l.kept[v.Signal])
		}
		l.checkCalls(&v)
	}
	if !next.Status().Ended() && len(next.Visits) == 0 && next.Status() != workflow.StatusPaused {
		l.t.Fatal("the run goes on with nothing to do")
	}
}

// openKey names what attempts are of: a visit, or an item of it.
func openKey(node string, visit, item int) string {
	if item == 0 {
		return fmt.Sprintf("%s/%d", node, visit)
	}
	return fmt.Sprintf("%s/%d/%d", node, visit, item)
}

func (l *ledger) body(b event.Body, left map[string]bool) {
	switch b := b.(type) {
	case event.RunStarted:
		l.tokens[1] = true
	case event.NodeStarted:
		key := openKey(b.Node, b.Visit, b.Item)
		if b.Item > 0 && b.Attempt > 1 && l.open[key] == 0 {
			l.open[key] = b.Attempt - 1 // it began unseen
		}
		if l.completed[key] || l.open[key] != b.Attempt-1 {
			l.t.Fatalf("attempt %d of visit %s follows attempt %d (completed %v)", b.Attempt, key, l.open[key], l.completed[key])
		}
		l.open[key] = b.Attempt
		if b.Signal != "" {
			l.waits[key] = b.Signal
		}
		for _, id := range b.Tokens {
			if !l.tokens[id] || l.consumed[id] {
				l.t.Fatalf("visit %s consumes token %d", key, id)
			}
			l.consumed[id] = true
		}
	case event.NodeCompleted:
		key := openKey(b.Node, b.Visit, b.Item)
		if l.completed[key] {
			l.t.Fatalf("visit %s completes twice", key)
		}
		l.completed[key] = true
		if b.Item == 0 {
			left[key] = false
		}
		if signal := l.waits[key]; signal != "" {
			if len(l.kept[signal]) == 0 {
				l.t.Fatalf("visit %s completes without a signal %s", key, signal)
			}
			l.kept[signal] = l.kept[signal][1:]
		}
	case event.NodeFailed:
		key := fmt.Sprintf("%s/%d", b.Node, b.Visit)
		if signal := l.waits[key]; signal != "" && b.Kind == workflow.FailureConcurrentWrite {
			l.kept[signal] = l.kept[signal][1:] // its payload was what conflicts
		}
	case event.SignalReceived:
		if l.signalled[b.ID] {
			l.t.Fatalf("signal %s is received twice", b.ID)
		}
		l.signalled[b.ID] = true
		l.kept[b.Signal] = append(l.kept[b.Signal], b.ID)
	case event.CallStarted:
		l.called(b)
	case event.CallCompleted:
		l.answered(b)
	case event.EdgeTaken:
		if l.tokens[b.Token] {
			l.t.Fatalf("token %d moves twice", b.Token)
		}
		l.tokens[b.Token] = true
		left[fmt.Sprintf("%s/%d", b.From, b.Visit)] = true
	default:
	}
}
