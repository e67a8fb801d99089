package workflow

import (
	"fmt"

	"github.com/weirflow/weir/eventstore/document"
)

var queueKeys = keySet{of: "queue", known: []string{"concurrency", "rate", "total", "key", "priority"}}

// queue reads how runs are held back.
func (p *parser) queue(n *node) {
	t := under(nil, "queue")
	hint := "write queue: {concurrency: 10}"
	if n.kind == document.KindNumber {
		hint = fmt.Sprintf("write queue: {concurrency: %s}", clip(n.text))
	}
	if !p.object(n, t, "an object such as {concurrency: 10, rate: 100/1m}", hint) {
		return
	}
	f := p.fields(n, t, queueKeys)
	q := &Queue{}
	p.def.Queue = q
	if v := f["concurrency"]; v != nil {
		q.Concurrency, _ = p.integer(v, under(t, "concurrency"), QueueMax)
	}
	if v := f["rate"]; v != nil {
		q.Rate = p.rate(v, under(t, "rate"))
	}
	if v := f["total"]; v != nil {
		q.Total, _ = p.integer(v, under(t, "total"), QueueMax)
		if n.member("key") == nil {
			p.error(v.at, under(t, "total"), CodeMissing, "queue.total bounds the runs of all keys together, and there is no key",
				"write concurrency instead, or add a key")
		}
	}
	if n.member("concurrency") == nil && n.member("rate") == nil && n.member("total") == nil {
		p.error(n.at, t, CodeMissing, "the queue has no limit", "give it concurrency, such as 10, or rate, such as 100/1m")
	}
	if v := f["key"]; v != nil {
		q.Key = p.queueKey(v, under(t, "key"), "input", "all runs")
	}
	if v := f["priority"]; v != nil {
		q.Priority = p.priority(v, under(t, "priority"), "input")
	}
}

func (p *parser) rate(n *node, t *trail) Rate {
	const hint = `write a count and a duration, such as 100/1m`
	if n.kind != document.KindString {
		p.wrongType(n, t, "a rate such as 100/1m", hint)
		return Rate{}
	}
	r, err := ParseRate(n.text)
	if err != nil {
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s: %s", t, err), "")
	}
	return r
}

// queueKey reads a key's template over the state or the input, which must differ between those it is for to be of use.
func (p *parser) queueKey(n *node, t *trail, over, of string) *Template {
	if _, ok := p.text(n, t, "a text with a ${…} over the "+over); !ok {
		return nil
	}
	key := p.template(n, t)
	if _, fixed := key.Constant(); fixed {
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s has no ${…}: %s would have the same key", t, of), fmt.Sprintf("write key: \"${%s.tenant}\"", over))
	}
	return key
}

func (p *parser) priority(n *node, t *trail, over string) *Template {
	want := wantPriority + ", or one ${…} over the " + over
	switch n.kind {
	case document.KindNumber:
		if _, ok := priorityOf(n.value()); !ok {
			p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, want, clip(n.text)), "")
		}
		return ConstantTemplate(n.value())
	case document.KindString:
	default:
		p.wrongType(n, t, want, "")
		return nil
	}
	priority := p.template(n, t)
	switch priority.root.(type) {
	case constant:
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, want, quote(n.text)), "")
	case textPart:
		if !p.list.has(CodeScript) {
			p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s is a number or one ${…}, and nothing around it", t),
				fmt.Sprintf("write priority: \"${%s.priority ?? 0}\"", over))
		}
	}
	return priority
}

var nodeLimitKeys = keySet{
	of: "limit", known: []string{"concurrency", "rate", "key", "priority"},
	misplaced: map[string]string{"total": "a server bounds all calls of a tool, by --tool-limit and --tool-rate"},
}

// nodeLimit reads how the calls of a node's tool are held back.
func (p *parser) nodeLimit(out *Node, n *node, kind string, t *trail) {
	if kind != "tool" && kind != "" {
		hint := "remove it"
		if kind == "map" {
			hint = "write it in the node of the map"
		}
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("`limit` is for the calls of tools, and `%s` calls none", kind), hint)
		return
	}
	if !p.object(n, t, "an object such as {concurrency: 2, key: \"${state.tenant}\"}", "write limit: {concurrency: 2}") {
		return
	}
	f := p.fields(n, t, nodeLimitKeys)
	l := &NodeLimit{}
	out.Limit = l
	if v := f["concurrency"]; v != nil {
		l.Concurrency, _ = p.integer(v, under(t, "concurrency"), QueueMax)
	}
	if v := f["rate"]; v != nil {
		l.Rate = p.rate(v, under(t, "rate"))
	}
	if v := f["key"]; v != nil {
		l.Key = p.queueKey(v, under(t, "key"), "state", "all calls")
	}
	if v := f["priority"]; v != nil {
		l.Priority = p.priority(v, under(t, "priority"), "state")
	}
	if len(n.members) == 0 {
		p.error(n.at, t, CodeMissing, "the limit has nothing in it", "give it concurrency, such as 2, or rate, such as 100/1m, or a key whose values take turns")
	}
}
