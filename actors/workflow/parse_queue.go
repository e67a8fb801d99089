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
		q.Key = p.queueKey(v, under(t, "key"))
	}
	if v := f["priority"]; v != nil {
		q.Priority = p.priority(v, under(t, "priority"))
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

// queueKey reads the key's template, which must differ between runs to be of use.
func (p *parser) queueKey(n *node, t *trail) *Template {
	const hint = `write key: "${input.tenant}"`
	if _, ok := p.text(n, t, "a text with a ${…} over the input"); !ok {
		return nil
	}
	key := p.template(n, t)
	if _, fixed := key.Constant(); fixed {
		p.error(n.at, t, CodeInvalidValue, "queue.key has no ${…}: all runs would have the same key", hint)
	}
	return key
}

func (p *parser) priority(n *node, t *trail) *Template {
	want := wantPriority + ", or one ${…} over the input"
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
			p.error(n.at, t, CodeInvalidValue, "queue.priority is a number or one ${…}, and nothing around it", `write priority: "${input.priority ?? 0}"`)
		}
	}
	return priority
}
