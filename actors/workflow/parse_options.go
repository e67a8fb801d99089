package workflow

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Bounds and defaults of a retry policy.
const (
	retryMax     = 1000
	retryInitial = time.Second
	retryCap     = time.Minute
)

// The ways delays between attempts grow.
const (
	backoffExponential = "exponential"
	backoffConstant    = "constant"
)

func (p *parser) retry(out *Node, n *node, t *trail) {
	hint := "write retry: {max: 3}"
	if n.kind == document.KindNumber {
		hint = fmt.Sprintf("write retry: {max: %s}", clip(n.text))
	}
	if !p.object(n, t, "an object with max, the number of attempts in all", hint) {
		return
	}
	f := p.fields(n, t, retryKeys)
	r := RetryPolicy{Backoff: backoffExponential, Initial: retryInitial, Cap: retryCap}
	if attempts := f["max"]; attempts != nil {
		r.Max, _ = p.integer(attempts, under(t, "max"), retryMax)
	} else if n.member("max") == nil {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s needs max, the number of attempts in all", t), "write max: 3")
	}
	if backoff := f["backoff"]; backoff != nil {
		r.Backoff = p.oneOf(backoff, under(t, "backoff"), []string{backoffExponential, backoffConstant})
	}
	initial := true
	if d := f["initial"]; d != nil {
		r.Initial, initial = p.duration(d, under(t, "initial"), 1)
	}
	if d := f["cap"]; d != nil {
		at := under(t, "cap")
		limit, ok := p.duration(d, at, 1)
		if r.Cap = limit; ok && initial && limit < r.Initial {
			p.error(d.at, at, CodeInvalidValue,
				fmt.Sprintf("%s, the longest delay, is shorter than initial, the first (%s)", at, r.Initial), "")
		}
	} else {
		r.Cap = max(r.Cap, r.Initial)
	}
	if j := f["jitter"]; j != nil {
		r.Jitter = p.fraction(j, under(t, "jitter"))
	}
	if on := f["on"]; on != nil {
		r.On = p.errorKinds(on, under(t, "on"), retried)
	}
	out.Retry = r
}

// oneOf reads a text that must be one of a few.
func (p *parser) oneOf(n *node, t *trail, names []string) string {
	want := names[0]
	for i, name := range names[1:] {
		if i == len(names)-2 {
			want += " or " + name
		} else {
			want += ", " + name
		}
	}
	name, ok := p.text(n, t, want)
	if ok && !slices.Contains(names, name) {
		hint := ""
		if near := p.near(name, names); near != "" {
			hint = didYouMean(near)
		}
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, want, quote(name)), hint)
	}
	return name
}

func (p *parser) fraction(n *node, t *trail) float64 {
	const want = "a number from 0 to 1"
	if n.kind != document.KindNumber {
		p.wrongType(n, t, want, "")
		return 0
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || f < 0 || f > 1 {
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("%s must be %s, not %s", t, want, clip(n.text)), "")
	}
	return f
}

// catches reads one catch, or a list of them; a name alone catches every kind.
func (p *parser) catches(out *Node, n *node, t *trail) {
	items, list := []*node{n}, n.kind == document.KindArray
	if list {
		items = n.items
	}
	if len(items) == 0 {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s is an empty list", t), "remove the key")
	}
	var all *node // a catch that takes every kind
	for i, item := range items {
		at := t
		if list {
			at = within(t, i)
		}
		var c Catch
		if item.kind == document.KindString && !list {
			c.To = p.target(item, at)
		} else {
			if !p.object(item, at, "an object with on and to", "write {on: timeout, to: some-node}") {
				continue
			}
			f := p.fields(item, at, catchKeys)
			if on := f["on"]; on != nil {
				c.On = p.errorKinds(on, under(at, "on"), caught)
			}
			c.To = p.targetIn(f, item, at, "to")
		}
		if all != nil {
			p.warn(item.at, at, CodeUnreachableChoice, "this catch is never used: the one before it takes every kind", "put it first, or remove it")
		} else if item.member("on") == nil {
			all = item
		}
		p.edgeCount(item.at, at)
		out.Catch = append(out.Catch, c)
	}
}
