package workflow

import (
	"fmt"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// signals reads which signals runs take: {approve: {schema: {…}}, note: {}}.
func (p *parser) signals(n *node) {
	t := under(nil, "signals")
	if !p.object(n, t, "an object with each signal's name", "write signals: {approve: {}}") {
		return
	}
	p.def.SignalsListed = true
	for _, m := range n.members {
		at := under(t, m.key)
		p.checkName(m.key, "a signal", m.at, at)
		rule := SignalRule{}
		if p.object(m.value, at, "an object, which may have a schema", "write "+m.key+": {}") {
			if schema := p.fields(m.value, at, signalKeys)["schema"]; schema != nil {
				rule = p.signalRule(schema, under(at, "schema"))
			}
		}
		p.takes(m.key, rule)
	}
}

func (p *parser) takes(signal string, rule SignalRule) {
	if p.def.Signals == nil {
		p.def.Signals = map[string]SignalRule{}
	}
	p.def.Signals[signal] = rule
}

// signalRule reads the JSON Schema of a signal's payload.
func (p *parser) signalRule(n *node, t *trail) SignalRule {
	return SignalRule{Schema: p.schema(n, t), Position: p.position(n.at)}
}

// schema reads a JSON Schema: of a signal's payload, or of what is under a key of the state. It is null where there is none.
func (p *parser) schema(n *node, t *trail) document.Value {
	if n.kind != document.KindBool && !p.object(n, t, "a JSON Schema such as {type: object}", "") {
		return document.Null
	}
	schema := n.value()
	if p.opts.Checker == nil {
		return schema
	}
	for _, m := range p.opts.Checker.Schema(schema) {
		at, way := lookup(n, t, m.At)
		p.schemaMisfit(&m, at, way)
	}
	return schema
}

// schemaMisfit reports what keeps a schema from being one.
func (p *parser) schemaMisfit(m *Misfit, n *node, t *trail) {
	switch {
	case m.Want != "":
		hint := ""
		if near := p.near(n.text, m.Known); near != "" {
			hint = didYouMean(near)
		}
		p.refuse(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, m.Want, n.describe()), hint)
	case m.Missing != "":
		p.refuse(n.at, t, CodeMissing, fmt.Sprintf("%s needs `%s`", t, m.Missing), "add it")
	default:
		p.refuse(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is not a JSON Schema: %s", t, m.Message), "")
	}
}

// wait reads what a node waits for: {signal: approve, timeout: 24h, schema: {…}}, or the signal's name for short.
func (p *parser) wait(out *Node, n *node, t *trail) {
	out.Kind = KindWait
	const want = "the name of a signal, or an object with signal"
	if n.kind == document.KindString {
		if name, ok := p.text(n, t, "the name of a signal"); ok {
			p.awaited(out, name, SignalRule{}, n, t)
		}
		return
	}
	if !p.object(n, t, want, "write wait: approve") {
		return
	}
	f := p.fields(n, t, waitKeys)
	if timeout := f["timeout"]; timeout != nil {
		out.Timeout, _ = p.duration(timeout, under(t, "timeout"), 1)
	}
	rule := SignalRule{}
	if schema := f["schema"]; schema != nil {
		rule = p.signalRule(schema, under(t, "schema"))
	}
	if signal := f["signal"]; signal != nil {
		at := under(t, "signal")
		if name, ok := p.text(signal, at, "the name of a signal"); ok {
			p.awaited(out, name, rule, signal, at)
		}
	} else if n.member("signal") == nil {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s does not say which signal it waits for", t), "write {signal: approve}")
	}
}

// awaited notes that a node waits for a signal, of which there can be but one schema.
func (p *parser) awaited(out *Node, name string, rule SignalRule, n *node, t *trail) {
	if p.checkName(name, "a signal", n.at, t); !namePattern.MatchString(name) {
		return
	}
	out.Signal = name
	known, there := p.def.Signals[name]
	switch {
	case !there && p.def.SignalsListed:
		names := keys(p.def.Signals)
		hint := "add it to `signals`"
		if near := p.near(name, names); near != "" {
			hint = didYouMean(near)
		} else if len(names) > 0 {
			hint += ", which has " + strings.Join(names, ", ")
		}
		p.error(n.at, t, CodeUnknownSignal, fmt.Sprintf("`signals` has no %s", quote(name)), hint)
	case rule.Schema.IsNull() && there:
	case !known.Schema.IsNull() && !document.Equal(known.Schema, rule.Schema):
		p.error(placeAt(rule.Position), t, CodeInvalidValue,
			fmt.Sprintf("the signal %s has another schema at line %d, but a signal has one", quote(name), known.Position.Line),
			"write it once, under `signals`")
	default:
		p.takes(name, rule)
	}
}

// until reads the time that a node waits for.
func (p *parser) until(out *Node, n *node, t *trail) {
	out.Kind = KindUntil
	const want = `one ${…} that gives a time, or a time such as "2026-12-24T18:00:00Z"`
	switch n.kind {
	case document.KindString, document.KindNumber:
	default:
		p.wrongType(n, t, want, "")
		return
	}
	if n.kind == document.KindString {
		if _, ok := p.text(n, t, want); !ok {
			return
		}
	}
	out.Until = &Until{Time: p.template(n, t), Position: p.position(n.at)}
	if constant, ok := out.Until.Time.Constant(); ok {
		if _, err := timeOf(constant); err != nil {
			what, hint, _ := strings.Cut(err.Error(), "; ")
			if durationShape.MatchString(n.text) {
				hint = "write sleep: " + n.text
			}
			p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s %s", t, what), hint)
		}
	}
}

// waiting reports options that do nothing on nodes that wait, and a timeout that is given twice.
func (p *parser) waiting(f fields, kind string, t *trail) {
	idle := func(why string, options ...string) {
		for _, option := range options {
			if n := f[option]; n != nil {
				p.warn(n.at, under(t, option), CodeNoEffect, fmt.Sprintf("`%s` does nothing here: %s", option, why), "remove it")
			}
		}
	}
	switch kind {
	case "sleep":
		idle("a sleep has no result", "into")
		idle("a sleep neither fails nor runs late", "retry", "timeout", "catch")
	case "until":
		idle("a time has no result", "into")
		idle("a time that has come is never late", "timeout")
	case "wait":
		if wait, outer := f["wait"], f["timeout"]; wait != nil && outer != nil && wait.member("timeout") != nil {
			p.error(outer.at, under(t, "timeout"), CodeInvalidValue, "the wait has a timeout already", "give it one, here or under `wait`")
		}
	}
}
