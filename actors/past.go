package actors

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// AttemptRef names an attempt at a script within a run.
type AttemptRef struct {
	Node    string
	Visit   int // from 1
	Attempt int // from 1; 0 for the last
	Item    int // of a map, from 1; 0 where the node is none
}

// Past is an attempt at a script as the events of its run tell of it: what it saw and what came of it. Nothing of it is
// guessed, as the run decided on nothing else.
type Past struct {
	Ref      AttemptRef // with its attempt
	Script   *workflow.Script
	Scope    scripts.Scope
	Engine   *scripts.Engine // which runs the scripts of the run's workflow
	Before   document.Value  // the state when the attempt ended, to which Recorded.Patch applies
	Ended    bool            // else nothing is recorded of it yet
	Recorded Effect

	state *workflow.State // just before it ended
	visit workflow.Visit  // of it
	at    time.Time       // when it ended
	took  time.Duration
}

// Effect is what a run records of an attempt.
type Effect struct {
	Patch   document.Patch // of the state, after reducers
	Result  document.Value // of an item whose map keeps results, else null
	Console []event.LogLine
	Failure *workflow.Failure
}

// LookBack finds an attempt in all the events of a run. The definition is that of the revision that the run began with;
// revisions finds others, where it has gone on with some; engines has the engine for the scripts of each. Where there is no
// such attempt, or it is not at a script, the error is ErrAttemptNotFound, and says which there are.
func LookBack(
	ctx context.Context, engines func(*workflow.Definition) *scripts.Engine, d *workflow.Definition, revisions workflow.Revisions,
	events []event.Event, ref AttemptRef,
) (*Past, error) {
	last, err := ref.last(events)
	if err != nil {
		return nil, err
	}
	if ref.Attempt == 0 {
		ref.Attempt = last
	}
	p := &Past{Ref: ref}
	var end int
	end, p.Ended = ref.end(events)
	if p.state, err = workflow.FoldOver(workflow.New(d), events[:end], revisions); err != nil {
		return nil, err
	}
	p.Engine, p.Before, p.at = engines(p.state.Definition()), p.state.Doc, p.state.At
	if err := p.see(ctx); err != nil {
		return nil, err
	}
	if p.Ended {
		p.at = events[end].At
		p.Recorded, p.took = effectOf(events[end:], ref)
		p.Recorded.Console = logged(events[:end], ref, p.Scope.Ctx.Attempt)
	}
	return p, nil
}

// see takes what the attempt saw from the state in which it was open.
func (p *Past) see(ctx context.Context) error {
	d := p.state.Definition()
	node, known := d.Node(p.Ref.Node)
	at := slices.IndexFunc(p.state.Visits, func(v workflow.Visit) bool { return v.Node == p.Ref.Node && v.Number == p.Ref.Visit })
	if !known || at < 0 {
		return fmt.Errorf("%w: %s/%d was over before its attempt %d ended", ErrAttemptNotFound, p.Ref.Node, p.Ref.Visit, p.Ref.Attempt)
	}
	p.visit = p.state.Visits[at]
	visit := &p.visit
	if node.Map != nil {
		node = node.Map.Work
	}
	if node.Kind != workflow.KindScript {
		return fmt.Errorf("%w: node %s is no script but of the kind %s; what it did, `weir tail` shows", ErrAttemptNotFound, p.Ref.Node, node.Kind)
	}
	scope, err := p.scope(ctx, visit)
	if err != nil {
		return err
	}
	p.Script, p.Scope = &node.Script, scopeOf(scope, d.Limits.OutputBytes)
	p.Scope.Ctx.Timeout = node.Timeout
	if p.visit.Calls != nil {
		p.Scope.Ctx.Attempt, p.Scope.Ctx.Now = p.visit.Calls.Begun()
	}
	return nil
}

func (p *Past) scope(ctx context.Context, visit *workflow.Visit) (workflow.Scope, error) {
	items := visit.Items
	switch {
	case items == nil && p.Ref.Item == 0:
		return p.state.Scope(visit), nil
	case items == nil:
		return workflow.Scope{}, fmt.Errorf("%w: node %s is no map and has no items", ErrAttemptNotFound, p.Ref.Node)
	case p.Ref.Item < 1 || p.Ref.Item > items.Total:
		return workflow.Scope{}, fmt.Errorf("%w: node %s is a map, and %s/%d has the items 1 to %d: say which is meant",
			ErrAttemptNotFound, p.Ref.Node, p.Ref.Node, p.Ref.Visit, items.Total)
	}
	at := slices.IndexFunc(items.Open, func(i *workflow.Item) bool { return i.Number == p.Ref.Item })
	if at < 0 {
		return workflow.Scope{}, fmt.Errorf("%w: item %d of %s/%d has not begun", ErrAttemptNotFound, p.Ref.Item, p.Ref.Node, p.Ref.Visit)
	}
	return p.state.ItemScope(visit, items.Open[at], p.evaluates(ctx))
}

func (p *Past) evaluates(ctx context.Context) *evaluator {
	return &evaluator{engine: p.Engine, ctx: ctx, outputBytes: p.state.Definition().Limits.OutputBytes}
}

// Run runs a script over what the attempt saw: a durable one over what is recorded of its calls, of which none is made again.
func (p *Past) Run(ctx context.Context, script *scripts.Script) (scripts.Result, error) {
	d := script.Durable(p.Scope)
	if d == nil || p.visit.Compensates() {
		return script.Run(ctx, p.Scope)
	}
	t, err := d.Turn(ctx, journalOf(p.visit.Calls, -1))
	if err == nil && !t.Done {
		err = &scripts.Error{Kind: scripts.KindScript, Console: t.Result.Console, Message: waitsText(t.Calls)}
	}
	return t.Result, err
}

// waitsText says what a script waits for that nothing is recorded of.
func waitsText(calls []scripts.Call) string {
	if len(calls) == 0 {
		return "the script waits for what had not ended yet"
	}
	c := &calls[0]
	return fmt.Sprintf("the script calls ctx.%s(%s), which the run has not: what that gives is not known", c.Kind, document.String(c.Name))
}

// Outcome is what the run would record, had running a script over p.Scope come to this. The source is the script's.
func (p *Past) Outcome(ctx context.Context, source *workflow.Script, result scripts.Result, err error) Effect {
	o := scriptOutcome(source, result)
	if err != nil {
		o = scriptFailure(source, err)
	}
	o.Duration = p.took
	_, events := workflow.Decide(p.state, workflow.Finish{
		Node: p.Ref.Node, Visit: p.Ref.Visit, Attempt: p.Ref.Attempt, Item: p.Ref.Item, Outcome: o,
	}, p.at, p.evaluates(ctx))
	f, _ := effectOf(events, p.Ref)
	return f
}

// Differences says in what an effect differs from the recorded one, a line each; none where it is the same. Of console it
// compares what is said, not from where.
func (p *Past) Differences(now Effect) (lines []string) {
	add := func(what, recorded, is string) {
		if recorded != is {
			lines = append(lines, fmt.Sprintf("%s: recorded %s, now %s", what, recorded, is))
		}
	}
	add("the end", failureText(p.Recorded.Failure), failureText(now.Failure))
	if was, is := p.after(p.Recorded), p.after(now); !document.Equal(was, is) {
		add("the change of the state", p.Recorded.Patch.String(), now.Patch.String())
	}
	add("the result", p.Recorded.Result.String(), now.Result.String())
	if p.Ref.Attempt != p.Scope.Ctx.Attempt {
		return lines // a durable script went on where an attempt before had failed, which has logged what that did
	}
	for i := range max(len(p.Recorded.Console), len(now.Console)) {
		add(fmt.Sprintf("line %d of the console", i+1), lineText(p.Recorded.Console, i), lineText(now.Console, i))
	}
	return lines
}

// after is the state after an effect.
func (p *Past) after(f Effect) document.Value {
	state, err := f.Patch.Apply(p.Before)
	if err != nil {
		return document.Null // it was decided over another state; then the patches tell
	}
	return state
}

func failureText(f *workflow.Failure) string {
	switch {
	case f == nil:
		return "completed"
	case f.Position != nil:
		return fmt.Sprintf("%s at line %d, column %d: %s", f.Kind, f.Position.Line, f.Position.Column, f.Message)
	}
	return f.Kind + ": " + f.Message
}

func lineText(lines []event.LogLine, i int) string {
	if i >= len(lines) {
		return "nothing"
	}
	return fmt.Sprintf("%s %q", lines[i].Level, lines[i].Text)
}

// Code is the script as an engine takes it, with the files that it may import from.
func (p *Past) Code(files map[string]string) scripts.Code {
	code := codeOf(p.Script)
	code.Folder = scripts.Files(files)
	return code
}
