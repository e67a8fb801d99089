package workflow

import (
	"fmt"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// Bounds of a workflow's limits.
const (
	stepsMax       = 10_000_000
	stateBytesMax  = 64 << 20
	outputBytesMax = 4 << 20
	runDepthMax    = 64
	callsMax       = 100_000
)

var reducers = []string{
	string(ReduceLast), string(ReduceAppend), string(ReduceAdd), string(ReduceMin),
	string(ReduceMax), string(ReduceMerge), string(ReduceUnion),
}

// state reads how the state's keys combine and what is under them: {key: {reduce: append, schema: {…}}}, each of the two by
// itself, or {key: append} for short.
func (p *parser) state(n *node) {
	t := under(nil, "state")
	if !p.object(n, t, "an object with the reducer or the schema of each key", "write state: {list: {reduce: append}}") {
		return
	}
	p.def.Reducers, p.def.Schemas = map[string]Reducer{}, map[string]document.Value{}
	for _, m := range n.members {
		at := under(t, m.key)
		p.checkStateKey(m.key, m.at, at)
		if m.value.kind == document.KindString {
			p.def.Reducers[m.key] = Reducer(p.oneOf(m.value, at, reducers))
			continue
		}
		if !p.object(m.value, at, "an object with reduce or schema", "write {reduce: append}") {
			continue
		}
		f := p.fields(m.value, at, stateKeys)
		if reduce := f["reduce"]; reduce != nil {
			p.def.Reducers[m.key] = Reducer(p.oneOf(reduce, under(at, "reduce"), reducers))
		}
		if schema := f["schema"]; schema != nil {
			p.def.Schemas[m.key] = p.schema(schema, under(at, "schema"))
		}
		if m.value.member("reduce") == nil && m.value.member("schema") == nil {
			p.error(m.value.at, at, CodeMissing, fmt.Sprintf("%s has neither a reducer nor a schema", at), "write {reduce: append} or {schema: {type: string}}, or remove the key")
		}
	}
}

func (p *parser) limits(n *node) {
	t := under(nil, "limits")
	if !p.object(n, t, "an object such as {steps: 10000, duration: 1h}", "") {
		return
	}
	f := p.fields(n, t, limitKeys)
	l := &p.def.Limits
	if v := f["steps"]; v != nil {
		l.Steps, _ = p.integer(v, under(t, "steps"), stepsMax)
	}
	if v := f["duration"]; v != nil {
		l.Duration, _ = p.duration(v, under(t, "duration"), 1)
	}
	if v := f["state_size"]; v != nil {
		l.StateBytes = p.size(v, under(t, "state_size"), stateBytesMax)
	}
	if v := f["fan_out"]; v != nil {
		l.FanOut, _ = p.integer(v, under(t, "fan_out"), fanOutMax)
	}
	if v := f["output_size"]; v != nil {
		l.OutputBytes = p.size(v, under(t, "output_size"), outputBytesMax)
	}
	if v := f["depth"]; v != nil {
		l.Depth, _ = p.integer(v, under(t, "depth"), runDepthMax)
	}
	if v := f["calls"]; v != nil {
		l.Calls, _ = p.integer(v, under(t, "calls"), callsMax)
	}
}

func (p *parser) labels(n *node) {
	t := under(nil, "labels")
	if !p.object(n, t, "an object with a text for each label", "write labels: {team: search}") {
		return
	}
	if len(n.members) > LabelsMax {
		p.error(n.members[LabelsMax].at, t, CodeTooLarge, fmt.Sprintf("a workflow has at most %d labels", LabelsMax), "")
		return
	}
	p.def.Labels = map[string]string{}
	for _, m := range n.members {
		at := under(t, m.key)
		if wrong := labelName(m.key); wrong != "" {
			p.error(m.at, at, CodeInvalidName, wrong, "")
		}
		if m.value.kind != document.KindString {
			hint := ""
			if k := m.value.kind; k == document.KindNumber || k == document.KindBool {
				hint = "put it in quotes"
			}
			p.wrongType(m.value, at, "a text", hint)
			continue
		}
		if wrong := labelText(at, m.value.text); wrong != "" {
			p.error(m.value.at, at, CodeTooLarge, wrong, "")
		}
		p.def.Labels[m.key] = m.value.text
	}
}

func (p *parser) isolation(n *node) {
	t := under(nil, "isolation")
	const inProcess, process = "in-process", "process"
	p.def.Isolated = p.oneOf(n, t, []string{inProcess, process}) == process
	if !p.def.Isolated || p.opts.Saved || p.opts.Checker == nil {
		return
	}
	if err := p.opts.Checker.Isolation(); err != nil {
		p.error(n.at, t, CodeNoIsolation, "`isolation: process` cannot be had here: "+err.Error(),
			"mend that, or remove it; scripts then run within the engine, which is for authors you trust")
	}
}

// start reads where runs begin.
func (p *parser) start(n *node) {
	t := under(nil, "start")
	name, ok := p.text(n, t, "a node's name, one ${…} over the input, or $end")
	if !ok {
		return
	}
	if strings.Contains(name, "${") {
		parts, unclosed := spans(name)
		if unclosed < 0 && (len(parts) != 1 || !parts[0].expression) {
			p.error(n.at, t, CodeInvalidValue, "start is a node's name or one ${…}, and nothing around it", `write start: "${input.start}"`)
		}
		if part, ok := p.textPart(n, t).(expressionPart); ok {
			p.def.Start.Expression = part.expression
		}
		return
	}
	p.def.Start.Node = name
	if name == Fail {
		p.error(n.at, t, CodeInvalidValue, "a run cannot begin at $fail", "write a node's name")
		return
	}
	p.target(n, t)
}
