package runindex

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// history is the stream that the real core gives for runs with random definitions, outcomes, clocks, pauses, cancels and retries, and what each
// run is after each commit.
type history struct {
	stream

	after []map[string]Run // by run, after as many commits
}

// actor decides for one run.
type actor struct {
	state   *workflow.State
	now     time.Time
	prev    string
	gathers []event.Event // decided, not yet in a commit
	begun   uint64        // sequence of its first commit
	labels  map[string]string
	by      string
	retired bool
	queue   *Queue
}

func drawHistory(t *rapid.T) *history {
	h := &history{after: []map[string]Run{{}}}
	actors := make([]*actor, rapid.IntRange(1, 6).Draw(t, "runs"))
	for i := range actors {
		source := drawGraph(t)
		def, problems := workflow.Parse([]byte(source), workflow.Options{File: "w.yaml", Checker: anything{}})
		if problems.HasErrors() {
			t.Fatalf("%s\n%s", problems, source)
		}
		actors[i] = &actor{state: workflow.New(def), now: time.Date(2026, 1, 2, 3, 4, 5, i, time.UTC)}
	}
	for range rapid.IntRange(0, 150).Draw(t, "steps") {
		i := rapid.IntRange(0, len(actors)-1).Draw(t, "run")
		h.step(t, fmt.Sprintf("run-%d", i), actors[i])
	}
	return h
}

// step takes one decision for a run, or stores what was decided.
func (h *history) step(t *rapid.T, run string, a *actor) {
	if len(a.gathers) > 0 && rapid.Bool().Draw(t, "store") {
		h.store(run, a)
		return
	}
	if a.state.Status().Ended() && len(a.gathers) == 0 && !a.retired && rapid.IntRange(0, 4).Draw(t, "retire") == 0 {
		h.retire(run, a)
		return
	}
	if a.retired {
		return
	}
	var cmd workflow.Command
	if a.state.N == 0 {
		a.labels = rapid.SampledFrom([]map[string]string{nil, {"team": "core"}, {"team": "core", "a \"b\"\x00\u2028": "😀\n", "": ""}}).Draw(t, "labels")
		a.by = rapid.SampledFrom([]string{"", "ada"}).Draw(t, "by")
		cmd = workflow.Start{Run: run, Revision: "sha256:" + run, Input: document.MustParse(`{"a":{"at":"x","b":[1,"}"]}}`), Labels: a.labels, By: a.by}
	} else {
		a.now = a.now.Add(time.Duration(rapid.IntRange(-1, 3000).Draw(t, "ms")) * time.Millisecond)
		cmd = drawCommand(t, a.state)
	}
	next, events := workflow.Decide(a.state, cmd, a.now, dice{t})
	a.state = next
	a.gathers = append(a.gathers, events...)
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.RunStarted:
			if b.Queue != nil {
				a.queue = &Queue{Key: b.Queue.Key, Priority: b.Queue.Priority}
			}
		case event.NodeStarted:
			if a.queue != nil && a.queue.Begun.IsZero() {
				a.queue = &Queue{Key: a.queue.Key, Priority: a.queue.Priority, Begun: e.At}
			}
		default:
		}
	}
}

func (h *history) store(run string, a *actor) {
	c := event.Commit{Run: run, Workflow: a.state.Workflow, First: a.gathers[0].N, Epoch: "e", Prev: a.prev, Events: a.gathers}
	stored := h.append(c)
	a.gathers, a.prev = nil, stored.Digest
	if a.begun == 0 {
		a.begun = stored.Sequence
	}
	h.note(func(runs map[string]Run) { runs[run] = a.run(stored.Sequence) })
}

func (h *history) retire(run string, a *actor) {
	s := a.state
	h.append(event.Commit{Run: run, Workflow: s.Workflow, First: s.N + 1, Epoch: "e", Prev: a.prev, Events: []event.Event{{
		Run: run, N: s.N + 1, At: s.At, Body: event.RunRetired{Status: string(s.Status()), StartedAt: s.StartedAt, EndedAt: s.EndedAt, Reason: "old"},
	}}})
	a.retired = true
	h.note(func(runs map[string]Run) { delete(runs, run) })
}

func (h *history) note(change func(map[string]Run)) {
	runs := maps.Clone(h.after[len(h.after)-1])
	change(runs)
	h.after = append(h.after, runs)
}

// run is what the list must say of a run whose state was stored last at a sequence.
func (a *actor) run(last uint64) Run {
	s := a.state
	r := Run{
		Run: s.Run, Workflow: s.Workflow, Revision: s.Revision, Status: s.Status(), Labels: a.labels, StartedAt: s.StartedAt,
		UpdatedAt: s.At, EndedAt: s.EndedAt, LastEvent: s.N, First: a.begun, Last: last, StartedBy: a.by, Queue: a.queue,
	}
	if f := s.Failed; f != nil {
		r.Error = &Error{Kind: f.Kind, Message: f.Message, Node: f.Node, Visit: f.Visit}
	}
	for _, v := range s.Visits {
		if !v.Open() {
			continue
		}
		phase := map[workflow.Phase]Phase{
			workflow.PhaseRunning: PhaseRunning, workflow.PhaseBackoff: PhaseBackoff, workflow.PhaseTimer: PhaseTimer, workflow.PhaseSignal: PhaseSignal,
			workflow.PhaseChild: PhaseChild, workflow.PhaseCalls: PhaseCalls,
		}[v.Phase]
		r.Current = append(r.Current, Visit{Node: v.Node, Visit: v.Number, Attempt: v.Attempt, Phase: phase, Due: v.Due, Child: v.Child})
		if v.Phase == workflow.PhaseSignal {
			r.Current[len(r.Current)-1].Signal = v.Signal
		}
		dues := []time.Time{v.Due}
		if v.Items != nil {
			for _, i := range v.Items.Open {
				if i.Phase == workflow.PhaseChild {
					dues = append(dues, i.Due)
				}
			}
		}
		if v.Calls != nil && (v.Phase == workflow.PhaseRunning || v.Phase == workflow.PhaseCalls) {
			for _, c := range v.Calls.Open {
				dues = append(dues, c.Due)
			}
		}
		for _, due := range dues {
			if r.Status != Paused && !due.IsZero() && (r.Due.IsZero() || due.Before(r.Due)) {
				r.Due = due
			}
		}
	}
	return r
}

func drawGraph(t *rapid.T) string {
	n := rapid.IntRange(1, 4).Draw(t, "nodes")
	var out strings.Builder
	fmt.Fprintf(&out, "name: w%d\nstart: \"${start}\"\nlimits: {steps: 30, duration: 30s}\n", rapid.IntRange(0, 2).Draw(t, "workflow"))
	if rapid.Bool().Draw(t, "queue") {
		out.WriteString("queue: {concurrency: 1, key: \"${k}\", priority: \"${p}\"}\n")
	}
	name := func(label string) string { return fmt.Sprintf("n%d", rapid.IntRange(0, n-1).Draw(t, label)) }
	out.WriteString("nodes:\n")
	for i := range n {
		undo := rapid.SampledFrom([]string{"", "", ", compensate: u", ", compensate: {tool: u, with: {k: \"${state.k}\"}, retry: {max: 2}}"}).Draw(t, "compensate")
		switch rapid.IntRange(0, 8).Draw(t, "kind") {
		case 8:
			fmt.Fprintf(&out, "  n%d: {script: x, retry: {max: 3, initial: 500ms}%s}\n", i, undo)
		case 7:
			fmt.Fprintf(&out, "  n%d: {workflow: other, timeout: %s, retry: {max: 2, initial: 500ms}%s}\n", i, rapid.SampledFrom([]string{"1s", "1h"}).Draw(t, "timeout"), undo)
		case 0:
			fmt.Fprintf(&out, "  n%d: {sleep: 1s%s}\n", i, undo)
		case 4:
			fmt.Fprintf(&out, "  n%d: {wait: s%s}\n", i, undo)
		case 5:
			fmt.Fprintf(&out, "  n%d: {wait: {signal: s, timeout: 2s}, retry: {max: 2, initial: 500ms}%s}\n", i, undo)
		case 6:
			work := rapid.SampledFrom([]string{"node: t", "node: {tool: t, retry: {max: 2, initial: 500ms}}", `node: {script: "x"}`, "workflow: other", "workflow: other, on_error: collect"}).Draw(t, "work")
			fmt.Fprintf(&out, "  n%d: {map: {over: [1, 2, 3], %s, concurrency: 2}, timeout: 1s, catch: [{on: timeout, to: %s}]%s}\n", i, work, name("catch"), undo)
		case 1:
			fmt.Fprintf(&out, "  n%d: {tool: t, retry: {max: 2, initial: 500ms}, catch: [{on: timeout, to: %s}]%s}\n", i, name("catch"), undo)
		case 2:
			fmt.Fprintf(&out, "  n%d: {tool: t, with: {k: \"${state.k}\"}%s}\n", i, undo)
		default:
			fmt.Fprintf(&out, "  n%d: {tool: t%s}\n", i, undo)
		}
	}
	out.WriteString("edges:\n")
	for i := range n {
		to := rapid.SampledFrom([]string{"$end", "$fail", name("to"), name("to")}).Draw(t, "target")
		fmt.Fprintf(&out, "  n%d: [{when: maybe, to: %s, max: 3}, {when: maybe, to: %s}]\n", i, name("to"), to)
	}
	return out.String()
}

func drawCommand(t *rapid.T, s *workflow.State) workflow.Command {
	switch rapid.IntRange(0, 19).Draw(t, "command") {
	case 0:
		return workflow.Cancel{By: "ada"}
	case 1, 2, 3:
		retry := workflow.Retry{By: "ada"}
		if rapid.Bool().Draw(t, "another revision") {
			retry.Revision, retry.Definition = fmt.Sprintf("sha256:retry-%d", s.N), s.Definition()
		}
		return retry
	case 4, 5:
		return workflow.Tick{}
	case 6, 7, 8:
		return workflow.Signal{Name: "s", ID: rapid.StringMatching(`[a-f][0-9]`).Draw(t, "id"), Payload: document.MustParse(`{"k": 1}`)}
	case 9:
		return workflow.Pause{By: "ada"}
	case 10, 11:
		return workflow.Resume{By: "ada"}
	}
	if s.Queued() {
		return workflow.Admit{}
	}
	for _, v := range s.Visits {
		if s.Fosters(&v) {
			return drawOfChild(t, &v)
		}
		if cmd := drawOfScript(t, s, &v); cmd != nil {
			return cmd
		}
		if v.Phase != workflow.PhaseRunning {
			continue
		}
		f := workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: v.Attempt}
		if v.Items != nil && len(v.Items.Open) > 0 && rapid.IntRange(0, 3).Draw(t, "item") > 0 {
			i := rapid.SampledFrom(v.Items.Open).Draw(t, "open")
			f.Attempt, f.Item = i.Attempt, i.Number
		}
		kind := rapid.SampledFrom([]string{"", "", "", "timeout", "interrupted", "stopped", "tool_error"}).Draw(t, "outcome")
		if kind != "" {
			f.Outcome.Failure = &workflow.Failure{Kind: kind, Message: "the \"node\" said: " + strings.Repeat("no ", rapid.IntRange(0, 3).Draw(t, "noes"))}
		}
		return f
	}
	return workflow.Tick{}
}

// drawOfChild tells of a child run that it has begun, or how it has ended. The run is of an item where the visit is a map's.
func drawOfChild(t *rapid.T, v *workflow.Visit) workflow.Command {
	f := workflow.Finish{Node: v.Node, Visit: v.Number, Attempt: v.Attempt}
	if v.Items != nil && len(v.Items.Open) > 0 {
		i := rapid.SampledFrom(v.Items.Open).Draw(t, "open")
		f.Attempt, f.Item = i.Attempt, i.Number
	}
	c := workflow.Child{Run: fmt.Sprintf("child-%s-%d-%d-%d", f.Node, f.Visit, f.Attempt, f.Item), Workflow: "other", Revision: "sha256:o"}
	end := workflow.ChildEnded{
		Node: f.Node, Visit: f.Visit, Attempt: f.Attempt, Item: f.Item, Child: c, Status: workflow.StatusCompleted, State: document.Object(),
	}
	switch rapid.IntRange(0, 3).Draw(t, "child") {
	case 0:
		return end
	case 1:
		end.Status, end.Failed = workflow.StatusFailed, &event.RunFailed{Kind: "tool_error", Message: "no"}
		return end
	default:
		f.Outcome.Child = &c
		return f
	}
}

// dice evaluates expressions as chance has it.
type dice struct{ t *rapid.T }

func (d dice) Condition(*workflow.Expression, workflow.Scope) (bool, error) {
	switch rapid.IntRange(0, 9).Draw(d.t, "condition") {
	case 0:
		return false, &workflow.Failure{Kind: "script_error", Message: "it throws"}
	case 1, 2, 3, 4:
		return false, nil
	default:
		return true, nil
	}
}

func (d dice) Value(e *workflow.Expression, _ workflow.Scope) (document.Value, error) {
	if e.Source == "start" {
		return rapid.SampledFrom([]document.Value{
			document.Null, document.String("gone"), document.String("n0"), document.String("n0"), document.String("n0"),
		}).Draw(d.t, "start"), nil
	}
	if rapid.IntRange(0, 9).Draw(d.t, "value") == 0 {
		return document.Null, &workflow.Failure{Kind: "script_error", Message: "it throws"}
	}
	return document.Int(1), nil
}

func (dice) Elapsed() time.Duration { return 0 }

// anything knows every tool and takes every code.
type anything struct{}

func (anything) Tool(string) (known bool, near string)         { return true, "" }
func (anything) Workflow(string) (known bool, others []string) { return true, nil }
func (anything) Body(*workflow.Script, map[string]string) (*workflow.ScriptBundle, error) {
	return nil, nil
}
func (anything) Kinds() []string  { return nil }
func (anything) Isolation() error { return nil }
func (anything) Misfits(string, document.Value, [][]string) []workflow.Misfit {
	return nil
}
func (anything) Schema(document.Value) []workflow.Misfit { return nil }
func (anything) Expression(*workflow.Expression) error   { return nil }
func (anything) Remarks(*workflow.Script, bool, map[string]string) []workflow.Remark {
	return nil
}
