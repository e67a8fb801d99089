package workflow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

var kindPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,63}$`)

// errorKinds reads one kind or a list of them, of errors that are to be retried or caught.
func (p *parser) errorKinds(n *node, t *trail, done string) []string {
	items, list := []*node{n}, n.kind == document.KindArray
	if list {
		items = n.items
		if len(items) == 0 {
			p.error(n.at, t, CodeMissing, fmt.Sprintf("%s is an empty list, which no error is in", t), "remove the key to mean every kind")
		}
	}
	var kinds []string
	for i, item := range items {
		at := t
		if list {
			at = within(t, i)
		}
		kind, ok := p.text(item, at, "an error kind such as timeout")
		switch {
		case !ok:
		case kind == "*" || kind == "all" || kind == "any":
			p.error(item.at, at, CodeInvalidValue, fmt.Sprintf("%s is not an error kind", quote(kind)), "remove `on` to mean every kind")
		case !kindPattern.MatchString(kind):
			p.error(item.at, at, CodeInvalidValue, fmt.Sprintf("%s is not an error kind: kinds are lower case, as timeout and tool_error are", quote(kind)), "")
		default:
			p.checkKind(kind, item.at, at, done)
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// checkKind refuses a kind that no error has, and one that never comes to where it is named.
func (p *parser) checkKind(kind string, at place, t *trail, done string) {
	for _, k := range failureKinds {
		if k.name != kind {
			continue
		}
		if why := k.unseen(done); why != "" {
			p.refuse(at, t, CodeInvalidValue, fmt.Sprintf("%s cannot be %s: %s", quote(kind), done, why), "remove it")
		}
		return
	}
	if p.opts.Checker == nil {
		return // tools and scripts have kinds that are not known here
	}
	known := p.opts.Checker.Kinds()
	if slices.Contains(known, kind) {
		return
	}
	known = seenKinds(known, done)
	hint := "the kinds are " + strings.Join(known, ", ")
	if near := p.near(kind, known); near != "" {
		hint = didYouMean(near)
	}
	p.refuse(at, t, CodeInvalidValue, "there is no error kind "+quote(kind), hint)
}

// seenKinds returns what may be named, in order: the core's kinds and others.
func seenKinds(others []string, done string) []string {
	known := slices.Clone(others)
	for _, k := range failureKinds {
		known = slices.DeleteFunc(known, func(name string) bool { return name == k.name })
		if k.unseen(done) == "" {
			known = append(known, k.name)
		}
	}
	slices.Sort(known)
	return known
}
