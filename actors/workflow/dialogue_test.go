package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/scripts"
)

// TestDialogue plays testdata/dialogue/*.txt: each paragraph is a command, and after its line of dashes
// what the core answered. Commands:
//
//	workflow          the YAML that follows, of revision sha256:d
//	revision DIGEST   the YAML that follows, of another revision of it
//	start INPUT
//	below DEPTH INPUT as a child run
//	ok NODE/VISIT/ATTEMPT [RESULT]
//	patch NODE/VISIT/ATTEMPT PATCH
//	fail NODE/VISIT/ATTEMPT KIND MESSAGE
//	child NODE/VISIT/ATTEMPT RUN
//	ended NODE/VISIT/ATTEMPT RUN completed STATE | failed KIND MESSAGE | cancelled REASON
//
// where ATTEMPT#ITEM is an attempt of an item of a map, and ATTEMPT@CALL one of a call of a durable script,
//
//	turn NODE/VISIT/ATTEMPT SEEN
//	uncaught NODE/VISIT/ATTEMPT CALL KIND MESSAGE
//
// where the further lines of a turn are what the script did: tool NAME ARGS [MAX INITIAL], sleep WAIT, signal NAME [WAIT] or log TEXT, and
//
//	tick DURATION     let time pass, then Tick
//	signal NAME ID [PAYLOAD]
//	admit | cancel | pause | resume | quarantine
//	retry [DIGEST]
//	state | due       show, decide nothing
//
// After every command the events so far are folded anew and must give the state that Decide returned.
func TestDialogue(t *testing.T) {
	files, err := filepath.Glob("testdata/dialogue/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues found", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if workflow.Updating() {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(text), got); diff != "" {
				t.Errorf("the dialogue changed (-want +got):\n%s", diff)
			}
		})
	}
}

// play answers every command of a dialogue and returns it with the answers as they are.
func play(t *testing.T, text string) string {
	p := &player{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), engine: scripts.New(scripts.Limits{})}
	p.begun = p.now
	var out strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if strings.HasPrefix(paragraph, "#") {
			out.WriteString(paragraph + "\n\n")
			continue
		}
		command, _, _ := strings.Cut(paragraph, "\n----")
		out.WriteString(command + "\n----\n" + p.answer(command) + "\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n"
}

type player struct {
	t          *testing.T
	engine     *scripts.Engine
	def        *workflow.Definition
	revisions  map[string]*workflow.Definition
	state      *workflow.State
	events     []event.Event
	begun, now time.Time
}

func (p *player) answer(command string) string {
	head, rest, _ := strings.Cut(command, "\n")
	word, args, _ := strings.Cut(head, " ")
	switch word {
	case "workflow", "revision":
		def, problems := workflow.Parse([]byte(rest), workflow.Options{File: "w.yaml", Checker: anyTool{p.engine}})
		if problems.HasErrors() {
			return problems.Error() + "\n"
		}
		if word == "revision" {
			p.revisions[args] = def
			return ""
		}
		p.def, p.state, p.events, p.revisions = def, workflow.New(def), nil, map[string]*workflow.Definition{}
		return ""
	case "state":
		return fmt.Sprintf("%s %s\n", p.state.Status(), p.state.Doc)
	case "due":
		due, ok := p.state.NextDue()
		if !ok {
			return "never\n"
		}
		return fmt.Sprintf("+%s\n", due.Sub(p.begun))
	case "signal":
		c := p.command(word, args).(workflow.Signal)
		if p.state != nil && !p.state.Signalled(c.ID) {
			if refusal := p.state.Refuses(c); refusal != nil {
				return p.decide(c) + fmt.Sprintf("refused (%s): %s\n", refusal.Refusal, refusal)
			}
		}
		return p.decide(c)
	default:
		if word == "turn" {
			args += "\n" + rest
		}
		return p.decide(p.command(word, args))
	}
}

// finish reads which attempt a report is about.
func (p *player) finish(at string) workflow.Finish {
	part := strings.Split(at, "/")
	f := workflow.Finish{Node: part[0], Visit: p.number(part[1])}
	if attempt, call, found := strings.Cut(part[2], "@"); found {
		f.Attempt, f.Call = p.number(attempt), p.number(call)
		return f
	}
	attempt, item, found := strings.Cut(part[2], "#")
	f.Attempt = p.number(attempt)
	if found {
		f.Item = p.number(item)
	}
	return f
}

func (p *player) command(word, args string) workflow.Command {
	switch word {
	case "start":
		return workflow.Start{Run: "r", Revision: "sha256:d", Input: document.MustParse(args)}
	case "below":
		depth, input, _ := strings.Cut(args, " ")
		return workflow.Start{
			Run: "r", Revision: "sha256:d", Input: document.MustParse(input), Depth: p.number(depth),
			Parent: &event.Parent{Run: "p", Node: "call", Visit: 1, Attempt: 2},
		}
	case "ok", "patch", "fail":
		at, what, _ := strings.Cut(args, " ")
		f := p.finish(at)
		f.Outcome.Duration = time.Millisecond
		switch {
		case word == "fail":
			kind, message, _ := strings.Cut(what, " ")
			f.Outcome.Failure = &workflow.Failure{Kind: kind, Message: message}
		case word == "patch":
			patch, err := document.ParsePatch([]byte(what))
			if err != nil {
				p.t.Fatal(err)
			}
			f.Outcome.Patch = patch
		case what != "":
			f.Outcome.Result, f.Outcome.HasResult = document.MustParse(what), true
		}
		return f
	case "turn":
		return p.turn(args)
	case "uncaught":
		part := strings.SplitN(args, " ", 4)
		f := p.finish(part[0])
		f.Outcome.Failure = &workflow.Failure{Kind: part[2], Message: part[3], Call: p.number(part[1])}
		return f
	case "tick":
		d, err := time.ParseDuration(args)
		if err != nil {
			p.t.Fatal(err)
		}
		p.now = p.now.Add(d)
		return workflow.Tick{}
	case "admit":
		return workflow.Admit{}
	case "child", "ended":
		return p.child(word, args)
	case "signal":
		part := strings.SplitN(args, " ", 3)
		s := workflow.Signal{Name: part[0], ID: part[1], By: "ada"}
		if len(part) == 3 {
			s.Payload = document.MustParse(part[2])
		}
		return s
	case "cancel":
		return workflow.Cancel{By: "ada", Reason: args}
	case "pause":
		return workflow.Pause{By: "ada", Reason: args}
	case "resume":
		return workflow.Resume{By: "ada", Reason: args}
	case "retry":
		return workflow.Retry{By: "ada", Revision: args, Definition: p.revisions[args]}
	case "quarantine":
		return workflow.Quarantine{Message: args}
	}
	p.t.Fatalf("unknown command %q", word)
	return nil
}

// child reads what is told of a child run c that an attempt has started.
func (p *player) child(word, args string) workflow.Command {
	part := strings.SplitN(args, " ", 4)
	c := workflow.Child{Run: part[1], Workflow: "child", Revision: "sha256:c"}
	f := p.finish(part[0])
	f.Outcome.Child = &c
	if word == "child" {
		return f
	}
	end := workflow.ChildEnded{
		Node: f.Node, Visit: f.Visit, Attempt: f.Attempt, Item: f.Item, Child: c, Status: workflow.Status(part[2]), State: document.Object(),
	}
	switch end.Status {
	case workflow.StatusFailed:
		kind, message, _ := strings.Cut(part[3], " ")
		end.Failed = &event.RunFailed{Kind: kind, Message: message, Node: "deep", Visit: 1, Position: &event.Position{File: "c.yaml", Line: 3, Column: 9}}
	case workflow.StatusCancelled:
		end.Cancelled = &event.RunCancelled{By: "bob", Reason: part[3]}
	default:
		end.State = document.MustParse(part[3])
	}
	return end
}

func (p *player) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *player) decide(cmd workflow.Command) string {
	if p.state == nil {
		return "(no workflow)\n"
	}
	before := p.state
	next, events := workflow.Decide(p.state, cmd, p.now, &evaluator{p.engine})
	again, same := workflow.Decide(before, cmd, p.now, &evaluator{p.engine})
	if a, b := show(events), show(same); a != b || again.Status() != next.Status() {
		p.t.Errorf("deciding twice differs:\n%s\n%s", a, b)
	}
	p.state = next
	p.events = append(p.events, events...)
	folded, err := workflow.FoldOver(workflow.New(p.def), p.events, p.revision)
	if err != nil {
		p.t.Fatal(err)
	}
	if diff := cmp.Diff(workflow.Dump(next), workflow.Dump(folded)); diff != "" {
		p.t.Errorf("what Decide returned is not what the events fold into (-decided +folded):\n%s", diff)
	}
	if len(events) == 0 {
		return "(nothing)\n"
	}
	return show(events)
}

func (p *player) revision(digest string) (*workflow.Definition, error) {
	def := p.revisions[digest]
	if def == nil {
		return nil, errors.New("there is no revision " + digest)
	}
	return def, nil
}

// show prints events without what all of them share.
func show(events []event.Event) string {
	var out strings.Builder
	for _, e := range events {
		v := document.MustParse(string(e.AppendJSON(nil)))
		fmt.Fprintf(&out, "%d %s", e.N, e.Type())
		for key, x := range v.Without("run").Without("n").Without("type").Without("at").Members() {
			fmt.Fprintf(&out, " %s=%s", key, x)
		}
		out.WriteString("\n")
	}
	return out.String()
}

// evaluator runs expressions with the real script engine.
type evaluator struct{ engine *scripts.Engine }

func (e *evaluator) Condition(x *workflow.Expression, sc workflow.Scope) (bool, error) {
	c, err := e.engine.CompileItemExpression(x.Source, origin(x), x.Item)
	if err != nil {
		return false, err
	}
	ok, err := c.Test(context.Background(), scope(sc))
	return ok, failure(err)
}

func (e *evaluator) Value(x *workflow.Expression, sc workflow.Scope) (document.Value, error) {
	c, err := e.engine.CompileItemExpression(x.Source, origin(x), x.Item)
	if err != nil {
		return document.Null, err
	}
	v, err := c.Eval(context.Background(), scope(sc))
	return v, failure(err)
}

func (e *evaluator) Elapsed() time.Duration { return 0 }

func origin(x *workflow.Expression) scripts.Origin {
	from, block := x.Frame()
	return scripts.Origin{File: from.File, Line: from.Line, Column: from.Column, Block: block}
}

func scope(sc workflow.Scope) scripts.Scope {
	out := scripts.Scope{State: sc.State, Input: sc.Input, Ctx: scripts.Context{
		Run: sc.Run, Node: sc.Node, Visit: sc.Visit, Attempt: sc.Attempt, Now: sc.Now, Error: sc.Error,
	}}
	if i := sc.Item; i != nil {
		out.Item = &scripts.Item{Value: i.Value, Index: i.Index, Key: i.Key, Keyed: i.Keyed}
	}
	return out
}

func failure(err error) error {
	var e *scripts.Error
	if !errors.As(err, &e) {
		return err
	}
	return &workflow.Failure{Kind: e.Kind, Message: e.Message, Position: &event.Position{File: e.File, Line: e.Line, Column: e.Column}}
}

// anyTool knows every tool, so that dialogues can name what they like.
type anyTool struct{ engine *scripts.Engine }

func (anyTool) Tool(string) (known bool, near string) { return true, "" }

// Workflow knows all but those whose names begin with no.
func (anyTool) Workflow(name string) (known bool, others []string) {
	return !strings.HasPrefix(name, "no"), nil
}

func (anyTool) Isolation() error { return nil }
func (anyTool) Kinds() []string  { return scripts.Kinds() }

func (anyTool) Misfits(string, document.Value, [][]string) []workflow.Misfit { return nil }

func (anyTool) Schema(document.Value) []workflow.Misfit { return nil }

func (c anyTool) Body(s *workflow.Script, _ map[string]string) (*workflow.ScriptBundle, error) {
	_, err := c.engine.CompileBody(s.Source, origin(s))
	return nil, failure(err)
}

func (anyTool) Remarks(*workflow.Script, bool, map[string]string) []workflow.Remark { return nil }

func (c anyTool) Expression(e *workflow.Expression) error {
	_, err := c.engine.CompileItemExpression(e.Source, origin(e), e.Item)
	return failure(err)
}
