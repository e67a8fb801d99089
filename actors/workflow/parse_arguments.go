package workflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// misfitsMax is how many misfits of one node's arguments are looked at; a person reads far fewer.
const misfitsMax = 10 * problemsMax

// arguments holds what is constant of a tool's arguments against what the tool takes.
func (p *parser) arguments(out *Node, n *node, t *trail) {
	if p.opts.Checker == nil || out.Tool == "" {
		return
	}
	value, unknown := out.With.Outline()
	misfits := p.opts.Checker.Misfits(out.Tool, value, unknown)
	misfits = misfits[:min(len(misfits), misfitsMax)]
	misspelt := map[string]bool{} // what is missing, but is there under a name that is nearly right
	for _, m := range misfits {
		if m.Extra != "" {
			misspelt[document.Pointer(m.At...)+" "+p.near(m.Extra, m.Known)] = true
		}
	}
	for i := range misfits {
		m := &misfits[i]
		if m.Missing != "" && misspelt[document.Pointer(m.At...)+" "+m.Missing] {
			continue // said of the other name
		}
		at, way := lookup(n, t, m.At)
		p.misfit(out.Tool, m, at, way)
	}
}

// lookup follows keys and indices to a value, and to the way to it.
func lookup(n *node, t *trail, steps []string) (*node, *trail) {
	for _, step := range steps {
		i, _ := strconv.Atoi(step)
		switch {
		case n.kind == document.KindArray && i < len(n.items):
			n, t = n.items[i], within(t, i)
		case n.member(step) != nil:
			n, t = n.member(step), under(t, step)
		}
	}
	return n, t
}

// misfit reports one thing that a tool refuses of a value.
func (p *parser) misfit(tool string, m *Misfit, n *node, t *trail) {
	switch {
	case m.Missing != "":
		p.refuse(n.at, t, CodeMissing, fmt.Sprintf("%s has no `%s`, which %s needs", t, m.Missing, tool), "add it")
	case m.Extra != "":
		p.extra(tool, m, n, t)
	case m.Want != "":
		code, hint := CodeInvalidValue, ""
		if m.Type {
			code, hint = CodeWrongType, retype(n, m.Want)
		}
		if near := p.near(n.text, m.Known); near != "" {
			hint = didYouMean(near)
		}
		p.refuse(n.at, t, code, fmt.Sprintf("%s must be %s, not %s", t, m.Want, n.describe()), hint)
	default:
		p.refuse(n.at, t, CodeInvalidValue, fmt.Sprintf("%s does not fit what %s takes: %s", t, tool, m.Message), "")
	}
}

// extra reports a key that a tool does not take, where the key stands.
func (p *parser) extra(tool string, m *Misfit, n *node, t *trail) {
	at, hint := n.at, "remove it"
	if i := slices.IndexFunc(n.members, func(each member) bool { return each.key == m.Extra }); i >= 0 {
		at = n.members[i].at
	}
	if near := p.near(m.Extra, m.Known); near != "" {
		hint = didYouMean(near)
	} else if len(m.Known) > 0 {
		hint = "it takes " + strings.Join(m.Known, ", ")
	}
	p.refuse(at, under(t, m.Extra), CodeUnknownKey, fmt.Sprintf("%s does not take %s", tool, quote(m.Extra)), hint)
}

// retype says how a value of the wrong type is written in the right one, where quotes make the difference.
func retype(n *node, want string) string {
	scalar := n.kind == document.KindNumber || n.kind == document.KindBool
	if scalar && strings.Contains(want, "a text") {
		return "put it in quotes"
	}
	if n.kind != document.KindString {
		return ""
	}
	if hint := truthHint(n.text); hint != "" && strings.Contains(want, "true or false") {
		return hint
	}
	_, err := strconv.ParseFloat(n.text, 64)
	if err == nil && strings.Contains(want, "number") {
		return "remove the quotes"
	}
	return ""
}
