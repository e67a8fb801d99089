package workflow

import (
	"fmt"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

var (
	testsKeys = keySet{
		of: "a file of tests", known: []string{"workflow", "also", "tests"}, ignored: workflowKeys.ignored,
	}
	testKeys = keySet{
		of: "a test", known: []string{"name", "run", "input", "now", "tools", "nodes", "workflows", "signals", "cancel", "expect"},
		misplaced: map[string]string{
			"state": "write it under `expect`", "path": "write it under `expect`", "status": "write it under `expect`", "error": "write it under `expect`",
		},
	}
	answerKeys = keySet{
		of: "an answer", known: []string{"returns", "fails", "takes", "expect"},
		misplaced: map[string]string{"error": "write fails: {kind: …, message: …}", "input": "write it under `expect`, which is held against the call's input"},
	}
	failsKeys      = keySet{of: "fails", known: []string{"kind", "message"}}
	testSignalKeys = keySet{of: "a signal that is sent", known: []string{"name", "payload", "id", "by", "at", "when", "after"}}
	testCancelKeys = keySet{of: "cancel", known: []string{"by", "reason", "at", "when", "after"}}
)

// testParser reads a file of tests, which is written as workflows are.
type testParser struct {
	*parser

	tested *Definition // nil where it is not known
}

// ParseTests reads a file of tests. It reports every problem at once, in the order of their places; the tests are nil where an
// error is among them.
func ParseTests(source []byte, opts TestsOptions) (*Tests, Problems) {
	p := &testParser{parser: &parser{opts: Options{File: opts.File, Checker: opts.Checker}, def: &Definition{}}}
	tests := &Tests{Workflow: TestedFile(opts.File)}
	if root := p.read(source); root != nil && !root.bad {
		p.tests(tests, root, opts)
	}
	problems := p.list.sorted(opts.File)
	if problems.HasErrors() {
		return nil, problems
	}
	return tests, problems
}

func (p *testParser) tests(tests *Tests, root *node, opts TestsOptions) {
	if root.kind != document.KindObject {
		p.error(root.at, nil, CodeWrongType, "a file of tests is an object with tests, not "+root.describe(), "begin with the line tests:")
		return
	}
	f := p.fields(root, nil, testsKeys)
	at := root.at
	if n := f["workflow"]; n != nil {
		at = n.at
		if file, ok := p.text(n, under(nil, "workflow"), "the workflow's file"); ok {
			tests.Workflow = file
		}
	}
	if opts.Workflow != nil {
		var err error
		if p.tested, err = opts.Workflow(tests.Workflow); err != nil {
			p.error(at, under(nil, "workflow"), CodeUnknownFile, fmt.Sprintf("the workflow that is tested cannot be had: %v", err),
				"write workflow: and the file that holds it, or mend that")
		}
	}
	if n := f["also"]; n != nil {
		tests.Also = p.texts(n, under(nil, "also"), "a list of files with workflows")
	}
	n, t := f["tests"], under(nil, "tests")
	switch {
	case n == nil && root.member("tests") == nil, n != nil && n.kind == document.KindArray && len(n.items) == 0:
		p.error(root.at, t, CodeMissing, "there are no tests in the file", "write tests: [{name: …, input: {…}, expect: {…}}]")
	case n == nil:
	case n.kind != document.KindArray:
		p.wrongType(n, t, "a list of tests", "write - before each test")
	default:
		p.runs(tests, n, t)
	}
}

func (p *testParser) runs(tests *Tests, n *node, t *trail) {
	lines := map[string]int{}
	for i, item := range n.items {
		at := within(t, i)
		if !p.object(item, at, "an object with name, input and expect", "") {
			continue
		}
		test := p.test(item, at)
		if line := lines[test.Name]; line > 0 && test.Name != "" {
			p.error(item.at, at, CodeDuplicateKey, fmt.Sprintf("the test at line %d is named %s, too", line, quote(test.Name)), "give each a name of its own")
		}
		lines[test.Name] = item.at.line
		tests.List = append(tests.List, test)
	}
}

func (p *testParser) test(n *node, t *trail) Test {
	f := p.fields(n, t, testKeys)
	test := Test{Position: p.position(n.at), Run: TestsRun, Input: document.Object(), Now: TestsStart}
	if name := f["name"]; name != nil {
		test.Name, _ = p.text(name, under(t, "name"), "what the run shows")
	} else if n.member("name") == nil {
		p.error(n.at, t, CodeMissing, "a test needs a name", "write name: and what the run shows")
	}
	if run := f["run"]; run != nil {
		at := under(t, "run")
		if id, ok := p.text(run, at, "an id"); ok {
			p.checkName(id, "a run", run.at, at)
			test.Run = id
		}
	}
	if input := f["input"]; input != nil && p.object(input, under(t, "input"), "an object", "write input: {name: Ada}") {
		test.Input = input.value()
	}
	if now := f["now"]; now != nil {
		test.Now = p.instant(now, under(t, "now"))
	}
	test.Tools = p.answered(f["tools"], under(t, "tools"), "tool", p.knownTool)
	test.Nodes = p.answered(f["nodes"], under(t, "nodes"), "node", p.caller)
	test.Workflows = p.answered(f["workflows"], under(t, "workflows"), "workflow", func(*member, *trail) {})
	for _, each := range p.items(f["signals"], under(t, "signals"), "a list of signals") {
		if p.object(each.n, each.t, "an object with name", "write {name: approve, when: node}") {
			test.Signals = append(test.Signals, p.sent(each.n, each.t, len(test.Signals)))
		}
	}
	if c := f["cancel"]; c != nil && p.object(c, under(t, "cancel"), "an object with at or when", "write cancel: {at: 10s}") {
		test.Cancel = p.cancelled(c, under(t, "cancel"))
	}
	test.Expect.Status = StatusCompleted
	if e := f["expect"]; e != nil && p.object(e, under(t, "expect"), "an object with status, path or state", "") {
		test.Expect = p.expectation(e, under(t, "expect"))
	}
	return test
}

func (p *testParser) instant(n *node, t *trail) time.Time {
	text, ok := p.text(n, t, "a time")
	at, err := time.Parse(time.RFC3339Nano, text)
	if ok && err != nil {
		p.error(n.at, t, CodeInvalidValue, quote(text)+" is no time with a date and a zone", `write "2026-12-24T18:00:00Z"`)
	}
	return at.UTC()
}

// answered reads what calls are answered with, by the name of what is called.
func (p *testParser) answered(n *node, t *trail, of string, check func(m *member, t *trail)) map[string]Answers {
	if n == nil || !p.object(n, t, "an object with an answer, or a list of them, for each "+of, "") {
		return nil
	}
	all := map[string]Answers{}
	for i := range n.members {
		m := &n.members[i]
		at := under(t, m.key)
		check(m, at)
		if m.value.kind == document.KindArray {
			answers := Answers{}
			for k, item := range m.value.items {
				answers.List = append(answers.List, p.answer(item, within(at, k)))
			}
			all[m.key] = answers
			continue
		}
		all[m.key] = Answers{List: []Answer{p.answer(m.value, at)}, Every: true}
	}
	return all
}

func (p *testParser) answer(n *node, t *trail) Answer {
	a := Answer{Position: p.position(n.at)}
	if !p.object(n, t, "an answer with returns or fails, or a list of answers", "write {returns: …} or {fails: {kind: …, message: …}}") {
		return a
	}
	f := p.fields(n, t, answerKeys)
	if v := f["returns"]; v != nil {
		a.Returns = v.value()
	}
	if v := f["fails"]; v != nil {
		if f["returns"] != nil {
			p.error(v.at, t, CodeInvalidValue, "an answer cannot both return something and fail", "remove one of the two")
		}
		a.Fails = p.fails(v, under(t, "fails"))
	}
	if v := f["takes"]; v != nil {
		a.Takes, _ = p.duration(v, under(t, "takes"), 0)
	}
	if v := f["expect"]; v != nil {
		a.Input, a.HasInput = v.value(), true
	}
	return a
}

func (p *testParser) fails(n *node, t *trail) *Failure {
	f := &Failure{Kind: FailureTool, Message: "the test lets it fail"}
	if n.kind == document.KindString {
		f.Message, _ = p.text(n, t, "a message")
		return f
	}
	if !p.object(n, t, "an object with kind and message", "write fails: {kind: timeout, message: …}") {
		return f
	}
	given := p.fields(n, t, failsKeys)
	if v := given["kind"]; v != nil {
		if kind, ok := p.text(v, under(t, "kind"), "a kind of error"); ok {
			p.knownKind(kind, v, under(t, "kind"))
			f.Kind = kind
		}
	}
	if v := given["message"]; v != nil {
		f.Message, _ = p.text(v, under(t, "message"), "a message")
	}
	return f
}

func (p *testParser) sent(n *node, t *trail, index int) TestSignal {
	f := p.fields(n, t, testSignalKeys)
	s := TestSignal{Signal: Signal{ID: fmt.Sprintf("signal-%d", index+1)}, Cue: p.cue(f, t, n.at), Position: p.position(n.at)}
	if v := f["name"]; v != nil {
		if name, ok := p.text(v, under(t, "name"), "the name of a signal"); ok {
			p.knownSignal(name, v, under(t, "name"))
			s.Signal.Name = name
		}
	} else if n.member("name") == nil {
		p.error(n.at, t, CodeMissing, "it is not said which signal is sent", "write name: and the signal's name")
	}
	if v := f["payload"]; v != nil {
		s.Signal.Payload = v.value()
	}
	if v := f["id"]; v != nil {
		s.Signal.ID, _ = p.text(v, under(t, "id"), "an id")
	}
	if v := f["by"]; v != nil {
		s.Signal.By, _ = p.text(v, under(t, "by"), "who sends it")
	}
	return s
}

func (p *testParser) cancelled(n *node, t *trail) *TestCancel {
	f := p.fields(n, t, testCancelKeys)
	c := &TestCancel{Cue: p.cue(f, t, n.at), Position: p.position(n.at)}
	if v := f["by"]; v != nil {
		c.Cancel.By, _ = p.text(v, under(t, "by"), "who cancels it")
	}
	if v := f["reason"]; v != nil {
		c.Cancel.Reason, _ = p.text(v, under(t, "reason"), "why it is cancelled")
	}
	return c
}

// cue reads when something comes to a run.
func (p *testParser) cue(f fields, t *trail, at place) (c Cue) {
	when, after := f["when"], f["after"]
	switch v := f["at"]; {
	case v != nil && (when != nil || after != nil):
		p.error(v.at, t, CodeInvalidValue, "`at` counts from the start of the run, and does not go with `when` and `after`", "write when: and the node, and after: how long after it has begun")
	case v != nil:
		c.After, _ = p.duration(v, under(t, "at"), 0)
	case when == nil && after != nil:
		p.error(after.at, t, CodeMissing, "`after` counts from the begin of a node", "write when: and the node, or at: to count from the start of the run")
	case when == nil:
		p.error(at, t, CodeMissing, "it is not said when it comes", "write when: and a node, or at: and how long after the start of the run")
	}
	if when != nil {
		if name, ok := p.text(when, under(t, "when"), "the name of a node"); ok {
			p.nodeNamed(name, when.at, under(t, "when"))
			c.Node = name
		}
		if after != nil {
			c.After, _ = p.duration(after, under(t, "after"), 0)
		}
	}
	return c
}
