package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

var (
	expectKeys = keySet{
		of: "expect", known: []string{"status", "path", "state", "state_is", "error", "events", "console", "visits", "duration"},
	}
	expectedErrorKeys = keySet{of: "an error that is expected", known: []string{"kind", "node", "message"}}
)

var endings = []string{string(StatusCompleted), string(StatusFailed), string(StatusCancelled), string(StatusWaiting)}

// expectation reads what shall become of a run. One that says nothing of the status wants the run to complete, or, where it speaks of
// an error, to fail.
func (p *testParser) expectation(n *node, t *trail) Expectation {
	e := Expectation{Status: StatusCompleted}
	f := p.fields(n, t, expectKeys)
	if v := f["error"]; v != nil && p.object(v, under(t, "error"), "an object with kind, node or message", "") {
		e.Error, e.Status = p.expectedError(v, under(t, "error")), StatusFailed
	}
	if v := f["status"]; v != nil {
		e.Status = p.expectedStatus(v, under(t, "status"), e.Error != nil)
	}
	for _, step := range p.items(f["path"], under(t, "path"), "a list of nodes") {
		e.Path = append(e.Path, p.pathStep(step.n, step.t))
	}
	e.HasPath = f["path"] != nil
	if v := f["state"]; v != nil && p.object(v, under(t, "state"), "an object with keys of the state", "") {
		e.State = v.value()
	}
	if v := f["state_is"]; v != nil && p.object(v, under(t, "state_is"), "an object, the whole state", "") {
		e.StateIs = v.value()
	}
	for _, each := range p.items(f["events"], under(t, "events"), "a list of events") {
		if p.object(each.n, each.t, "an object with keys of an event", "write {type: NodeFailed, node: …}") {
			p.eventType(each.n, each.t)
			e.Events = append(e.Events, each.n.value())
		}
	}
	if v := f["console"]; v != nil {
		e.Console = p.texts(v, under(t, "console"), "a list of lines")
	}
	if v := f["visits"]; v != nil && p.object(v, under(t, "visits"), "an object with how often each node is visited", "write visits: {node: 3}") {
		e.Visits = p.expectedVisits(v, under(t, "visits"))
	}
	if v := f["duration"]; v != nil {
		e.Duration, e.HasTime = p.duration(v, under(t, "duration"), 0)
	}
	return e
}

// eventType reports a type that no event has, which would come in no run.
func (p *testParser) eventType(n *node, t *trail) {
	v := n.member("type")
	if v == nil {
		return
	}
	if name, ok := p.text(v, under(t, "type"), "the type of an event"); ok && !slices.Contains(eventTypes, name) {
		p.unknown(CodeInvalidValue, "there are no events of type "+quote(name), name, eventTypes, v.at, under(t, "type"))
	}
}

var eventTypes = func() (names []string) {
	for _, t := range event.Types() {
		names = append(names, string(t))
	}
	return names
}()

func (p *testParser) expectedStatus(n *node, t *trail, hasError bool) Status {
	status, ok := p.text(n, t, "a status")
	switch {
	case ok && !slices.Contains(endings, status):
		hint := "write one of " + strings.Join(endings, ", ")
		if near := p.near(status, endings); near != "" {
			hint = didYouMean(near)
		}
		p.error(n.at, t, CodeInvalidValue, "a run does not end as "+quote(status), hint)
	case ok && hasError && status != string(StatusFailed):
		p.error(n.at, t, CodeInvalidValue, "only a run that has failed has an error, not one that is "+status, "remove `error`, or write status: failed")
	}
	return Status(status)
}

func (p *testParser) expectedError(n *node, t *trail) *ExpectedError {
	f, e := p.fields(n, t, expectedErrorKeys), &ExpectedError{}
	if v := f["kind"]; v != nil {
		if kind, ok := p.text(v, under(t, "kind"), "a kind of error"); ok {
			p.knownKind(kind, v, under(t, "kind"))
			e.Kind = kind
		}
	}
	if v := f["node"]; v != nil {
		if name, ok := p.text(v, under(t, "node"), "the name of a node"); ok {
			p.nodeNamed(name, v.at, under(t, "node"))
			e.Node = name
		}
	}
	if v := f["message"]; v != nil {
		e.Message, _ = p.text(v, under(t, "message"), "a part of the message")
	}
	return e
}

// pathStep reads a node, a list of nodes that come in any order, or "...".
func (p *testParser) pathStep(n *node, t *trail) PathStep {
	if n.kind != document.KindArray {
		name, ok := p.text(n, t, "the name of a node")
		if !ok || name == "..." || name == "…" {
			return PathStep{Any: true}
		}
		p.nodeNamed(name, n.at, t)
		return PathStep{Nodes: []string{name}}
	}
	var step PathStep
	for _, each := range p.items(n, t, "a list of nodes that come in any order") {
		if name, ok := p.text(each.n, each.t, "the name of a node"); ok {
			p.nodeNamed(name, each.n.at, each.t)
			step.Nodes = append(step.Nodes, name)
		}
	}
	return step
}

func (p *testParser) expectedVisits(n *node, t *trail) map[string]int {
	visits := make(map[string]int, len(n.members))
	for _, m := range n.members {
		at := under(t, m.key)
		p.nodeNamed(m.key, m.at, at)
		visits[m.key] = p.times(m.value, at)
	}
	return visits
}

// times reads how often something is.
func (p *testParser) times(n *node, t *trail) int {
	i, ok := n.value().AsInt()
	switch {
	case n.kind != document.KindNumber:
		p.wrongType(n, t, "a whole number", "")
	case !ok || i < 0 || i > stepsMax:
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be a whole number from 0 to %s, not %s", t, grouped(stepsMax), clip(n.text)), "")
	}
	return int(i)
}

// placed is a value of a list, and the way to it.
type placed struct {
	n *node
	t *trail
}

// items returns what a list has; none where there is no list.
func (p *testParser) items(n *node, t *trail, want string) []placed {
	if n == nil || n.bad {
		return nil
	}
	if n.kind != document.KindArray {
		p.wrongType(n, t, want, "put it in brackets")
		return nil
	}
	list := make([]placed, len(n.items))
	for i, item := range n.items {
		list[i] = placed{item, within(t, i)}
	}
	return list
}

func (p *testParser) texts(n *node, t *trail, want string) (texts []string) {
	for _, item := range p.items(n, t, want) {
		if text, ok := p.text(item.n, item.t, "a text"); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func (p *testParser) knownTool(m *member, t *trail) {
	if p.opts.Checker == nil {
		return
	}
	if known, near := p.opts.Checker.Tool(m.key); !known {
		hint := "weir has no tool of that name"
		if near != "" {
			hint = didYouMean(near)
		}
		p.error(m.at, t, CodeUnknownTool, "no tool named "+quote(m.key), hint)
	}
}

// caller reports a name that is not of a node which calls a tool.
func (p *testParser) caller(m *member, t *trail) {
	p.nodeNamed(m.key, m.at, t)
	if p.tested == nil {
		return
	}
	if n, ok := p.tested.Node(m.key); ok && n.Kind != KindTool && n.Kind != KindScript && (n.Map == nil || n.Map.Work.Kind != KindTool) {
		p.error(m.at, t, CodeInvalidValue, fmt.Sprintf("node %s calls no tool, so that there is nothing to answer", quote(m.key)),
			"write what child runs come to under `workflows`")
	}
}

// nodeNamed reports a name that no node of the workflow has.
func (p *testParser) nodeNamed(name string, at place, t *trail) {
	if p.tested == nil {
		return
	}
	if _, ok := p.tested.Node(name); ok {
		return
	}
	names := make([]string, 0, len(p.tested.Nodes))
	for i := range p.tested.Nodes {
		names = append(names, p.tested.Nodes[i].Name)
	}
	p.unknown(CodeUnknownNode, fmt.Sprintf("workflow %s has no node %s", p.tested.Name, quote(name)), name, names, at, t)
}

func (p *testParser) knownSignal(name string, n *node, t *trail) {
	if p.tested == nil || !p.tested.SignalsListed {
		return
	}
	if _, ok := p.tested.Signals[name]; !ok {
		p.unknown(CodeUnknownSignal, fmt.Sprintf("workflow %s has no signal %s", p.tested.Name, quote(name)), name, keys(p.tested.Signals), n.at, t)
	}
}

func (p *testParser) knownKind(kind string, n *node, t *trail) {
	if p.opts.Checker == nil {
		return
	}
	known := slices.Concat(FailureKinds(), p.opts.Checker.Kinds())
	if !slices.Contains(known, kind) {
		slices.Sort(known)
		p.unknown(CodeInvalidValue, "there is no error kind "+quote(kind), kind, slices.Compact(known), n.at, t)
	}
}

// unknown reports a name that is none of those that there are.
func (p *testParser) unknown(code, message, name string, names []string, at place, t *trail) {
	hint := "there are " + strings.Join(names, ", ")
	if near := p.near(name, names); near != "" {
		hint = didYouMean(near)
	}
	p.error(at, t, code, message, hint)
}
