package rehearsal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
)

// stageKey leads a call of a tool to the rehearsal that it is part of.
type stageKey struct{}

// standIn takes the place of a tool. What a test answers need not be all that the tool returns, but nothing else.
func standIn(t tools.Tool) tools.Tool {
	really := t.Call
	if t.Output.Kind() == document.KindObject {
		t.Output = t.Output.Without("required")
	}
	t.Call = func(ctx context.Context, c tools.Call) (document.Value, error) {
		s := ctx.Value(stageKey{}).(*stage)
		if s.call == nil {
			return really(ctx, c)
		}
		return s.call.answer(c)
	}
	return t
}

// call is a call of a tool that is being answered.
type call struct {
	stage *stage
	node  *workflow.Node
	name  string // of the node, for messages
	limit time.Duration
	given *workflow.Answer
	takes time.Duration
	late  bool // it takes longer than the limit
}

// answer executes the attempt of a tool, whose call the test answers, and has it end when the test says so.
func (r *run) answer(w work) {
	s := r.stage
	c := &call{stage: s, node: w.node, name: w.id.node, limit: r.limit(w)}
	s.call = c
	o := r.perform(w)
	s.call = nil
	if o.Failure != nil && o.Failure.Kind == tools.KindOutput && (c.given == nil || c.given.Fails == nil) {
		s.fault(aboutCalls, "the answer at line %d is none that %s gives: %s", c.given.Position.Line, w.node.Tool, o.Failure.Message)
	}
	if c.late && o.Failure != nil {
		whose := fmt.Sprintf("on node %q", c.name)
		if w.call != nil {
			whose = "of the call"
		}
		o.Failure = actors.Overdue(w.node.Tool, whose, c.limit, o.Failure.Message)
	}
	o.Duration = c.takes
	s.later(c.takes, func() { r.finish(w, o) })
}

// answer gives the call what the test says.
func (c *call) answer(made tools.Call) (document.Value, error) {
	s := c.stage
	b := s.props.of(c.node)
	if b == nil {
		s.fault(aboutCalls, "node %s calls %s with %s, which the test does not answer; write tools: {%s: {returns: …}}",
			c.name, c.node.Tool, shown(made.Input), c.node.Tool)
		return document.Null, errFault
	}
	a := b.next()
	if a == nil {
		s.fault(aboutCalls, "node %s calls %s with %s, for which the test has no answer left: it has %d, under %s", c.name, c.node.Tool, shown(made.Input), len(b.answers.List), b.name)
		return document.Null, errFault
	}
	c.given, c.takes = a, a.Takes
	s.held(b, a, made.Input)
	switch {
	case a.Takes > c.limit:
		c.takes, c.late = c.limit, true
		return document.Null, &tools.Error{Kind: tools.KindTimeout, Message: "the time for this attempt was up: " + context.DeadlineExceeded.Error()}
	case a.Fails != nil:
		return document.Null, &tools.Error{Kind: a.Fails.Kind, Message: a.Fails.Message}
	}
	return a.Returns, nil
}

// errFault ends a call that the test has no answer for, and with it the rehearsal.
var errFault = &tools.Error{Kind: tools.KindTool, Message: "the test has no answer"}

// held holds a call's input against what the test expects of it.
func (s *stage) held(b *book, a *workflow.Answer, input document.Value) {
	if !a.HasInput {
		return
	}
	for _, d := range differences(a.Input, input, false) {
		d.About, d.At = aboutCalls, fmt.Sprintf("%s, call %d, input%s", b.name, b.used, d.At)
		s.noted = append(s.noted, d)
	}
}

// props are the answers of a test.
type props struct{ tools, nodes, workflows map[string]*book }

// book is what calls of one name are answered with.
type book struct {
	name    string // as people find it in the test
	answers workflow.Answers
	used    int
}

func newProps(t *workflow.Test) *props {
	return &props{books("tools", t.Tools), books("nodes", t.Nodes), books("workflows", t.Workflows)}
}

func books(under string, answers map[string]workflow.Answers) map[string]*book {
	all := make(map[string]*book, len(answers))
	for name, each := range answers {
		all[name] = &book{name: under + "." + name, answers: each}
	}
	return all
}

// has reports whether the test answers the calls of a node, which is of a tool.
func (p *props) has(node *workflow.Node) bool { return p.of(node) != nil }

// of returns the answers for the calls of a node, nil where there are none. The work of a map has the map's name.
func (p *props) of(node *workflow.Node) *book {
	if b := p.nodes[node.Name]; b != nil {
		return b
	}
	return p.tools[node.Tool]
}

// next returns the answer for the next call, nil where there is none left.
func (b *book) next() *workflow.Answer {
	b.used++
	switch {
	case b.answers.Every:
		return &b.answers.List[0]
	case b.used > len(b.answers.List):
		return nil
	}
	return &b.answers.List[b.used-1]
}

// unused returns the answers that no call has asked for.
func (p *props) unused() (all []Mismatch) {
	for _, under := range []map[string]*book{p.tools, p.nodes, p.workflows} {
		for _, name := range slices.Sorted(maps.Keys(under)) {
			if b := under[name]; !b.answers.Every && b.used < len(b.answers.List) {
				all = append(all, Mismatch{About: aboutCalls, At: b.name, Expected: count(len(b.answers.List), "call"), Got: count(b.used, "call")})
			}
		}
	}
	return all
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
