package workflow

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// Bounds of a map.
const (
	concurrencyMax = 1_000
	fanOutMax      = 100_000
)

// What becomes of a map when an item fails.
const (
	onErrorFail    = "fail"
	onErrorCollect = "collect"
)

var mapKeys = keySet{
	of: "a map", known: []string{"over", "as", "node", "workflow", "with", "concurrency", "on_error"},
	misplaced: map[string]string{
		"into":  "write it beside `map`: the results of all items go under one key",
		"retry": "write it in the `node` of the map; what is to be tried again in a child run, its own workflow says",
	},
}

// workKinds name the kind of a map's work.
var workKinds = []string{"tool", "script", "script_file", "set"}

var workKeys = keySet{
	of: "the node of a map", known: slices.Concat(workKinds, []string{"with", "retry", "timeout", "limit"}),
	misplaced: map[string]string{
		"into":       "write it beside `map`: the results of all items go under one key",
		"catch":      "write it beside `map`, or on_error: collect in it to keep the errors of items",
		"join":       "write it beside `map`",
		"compensate": "write it beside `map`: it takes back all that the map has done",
		"checkpoint": "write it beside `map`",
		"map":        "go over a list of both at once, or have a second node go over the results",
		"sleep":      "put the sleep before or behind the map",
		"until":      "put it before or behind the map",
		"wait":       "put it before or behind the map",
		"workflow":   "write it in the map, in the place of `node`",
	},
}

// mapNode reads what a map does.
func (p *parser) mapNode(out *Node, n *node, t *trail) {
	out.Kind = KindMap
	m := &Map{As: mapAs, Concurrency: mapConcurrency}
	if !p.object(n, t, "an object with over and node", `write map: {over: "${state.list}", node: some.tool}`) {
		return
	}
	out.Map = m
	f := p.fields(n, t, mapKeys)
	if v := f["over"]; v != nil {
		m.Over = p.mapOver(v, under(t, "over"))
	} else if n.member("over") == nil {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s does not say what it goes over", t), `add over: "${state.list}"`)
	}
	if v := f["as"]; v != nil {
		m.As = p.itemName(v, under(t, "as"))
	}
	if v := f["concurrency"]; v != nil {
		m.Concurrency, _ = p.integer(v, under(t, "concurrency"), concurrencyMax)
	}
	if v := f["on_error"]; v != nil {
		m.Collect = p.oneOf(v, under(t, "on_error"), []string{onErrorFail, onErrorCollect}) == onErrorCollect
	}
	p.mapWork(m, out, n, f, t)
}

// mapWork reads what is done with each item: a node, or a run of another workflow.
func (p *parser) mapWork(m *Map, out *Node, n *node, f fields, t *trail) {
	m.Work = &Node{Name: out.Name, Position: out.Position}
	p.item = m.As
	defer func() { p.item = "" }()
	switch work, name, with := f["node"], f["workflow"], f["with"]; {
	case work != nil && name != nil:
		p.error(name.at, under(t, "workflow"), CodeInvalidValue, fmt.Sprintf("%s has `node` and `workflow`, but one thing is done with each item", t), "write one of the two")
	case work != nil && with != nil:
		p.error(with.at, under(t, "with"), CodeInvalidValue, "`with` here is for `workflow`: it is the input of the child runs", "write the arguments of a tool in the node of the map")
	case work != nil:
		p.step(m.Work, work, under(t, "node"), &workKeys, workKinds)
	case name != nil:
		p.kind(m.Work, "workflow", name, under(t, "workflow"))
		if with != nil {
			p.with(m.Work, with, "workflow", under(t, "with"))
		}
	case n.member("node") == nil && n.member("workflow") == nil:
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s does not say what is done with each item", t), "add node: and the name of a tool, or an object with one of "+strings.Join(workKinds, ", ")+", or workflow: and the name of a workflow")
	}
}

// mapOver reads what a map goes over: one ${…}, or a list or an object, whose values may be ${…}.
func (p *parser) mapOver(n *node, t *trail) *Template {
	switch n.kind {
	case document.KindArray, document.KindObject:
		return p.template(n, t)
	case document.KindString:
		if parts, unclosed := spans(n.text); unclosed >= 0 || len(parts) == 1 && parts[0].expression {
			return p.template(n, t)
		}
	}
	p.wrongType(n, t, "a list, an object or one ${…}", `write over: "${state.list}"`)
	return p.template(n, t)
}

var itemNamePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// seenNames are those that every script sees.
var seenNames = []string{"state", "input", "ctx", "console"}

// scriptWords cannot be names in a strict script.
var scriptWords = strings.Fields(`
	arguments await break case catch class const continue debugger default delete do else enum eval export extends false
	finally for function if implements import in instanceof interface let new null package private protected public return
	static super switch this throw true try typeof undefined var void while with yield NaN Infinity`)

// itemName reads the name that the scripts of a map give to the item.
func (p *parser) itemName(n *node, t *trail) string {
	name, ok := p.text(n, t, "a name such as "+mapAs)
	switch {
	case !ok:
	case !itemNamePattern.MatchString(name):
		p.error(n.at, t, CodeInvalidName, fmt.Sprintf("%s cannot be the name of an item: scripts see it as a variable", quote(name)), "write letters, digits and _, beginning with a letter")
	case slices.Contains(seenNames, name):
		p.error(n.at, t, CodeInvalidName, fmt.Sprintf("%s cannot be the name of an item: scripts know something else by it", quote(name)), "take another name, such as "+mapAs)
	case slices.Contains(scriptWords, name):
		p.error(n.at, t, CodeInvalidName, fmt.Sprintf("%s cannot be the name of an item: it is a word of JavaScript", quote(name)), "take another name, such as "+mapAs)
	default:
		return name
	}
	return mapAs
}
