package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// roundsMax bounds an edge's max, as stepsMax bounds a run.
const roundsMax = stepsMax

// edges reads where each node leads. Targets are looked up here, after all nodes are known.
func (p *parser) edges(n *node) {
	t := under(nil, "edges")
	if !p.object(n, t, "an object with the targets under each node's name", "write edges: {first: second}") {
		return
	}
	for _, m := range n.members {
		at := under(t, m.key)
		i, ok := p.def.index[m.key]
		if !ok {
			i = -1
			near := p.near(m.key, p.nodeNames)
			hint := "add it to nodes, or remove its edges"
			if near != "" {
				hint = didYouMean(near)
				if k := p.def.index[near]; len(p.def.Nodes[k].Edges) == 0 {
					i = k // so that the nodes behind it are not said to be unreachable
				}
			}
			if m.key == End || m.key == Fail || strings.HasSuffix(m.key, compensateSuffix) {
				hint = "nothing follows " + m.key
			}
			if p.nodeNames != nil {
				p.error(m.at, at, CodeUnknownNode, fmt.Sprintf("unknown node %s in edges", quote(m.key)), hint)
			}
		}
		edges := p.choices(i, m, at)
		if i >= 0 {
			p.def.Nodes[i].Edges = edges
		}
	}
}

// choices reads one node's edges in any of their shapes: a name, a list of names, an object, a list of objects.
func (p *parser) choices(from int, m member, t *trail) []Edge {
	n := m.value
	switch n.kind {
	case document.KindString:
		return []Edge{p.plainEdge(n, t)}
	case document.KindObject:
		return []Edge{p.choice(n, t)}
	case document.KindArray:
		return p.edgeList(from, n, t)
	case document.KindNull:
		if !n.bad {
			p.error(m.at, t, CodeMissing, fmt.Sprintf("%s leads nowhere", t), "write a node's name or $end, or remove the key")
		}
	default:
		p.wrongType(n, t, "a node's name, a list of names, or a list of choices", "")
	}
	return nil
}

func (p *parser) edgeList(from int, n *node, t *trail) []Edge {
	names, objects := 0, 0
	for _, item := range n.items {
		switch item.kind {
		case document.KindString:
			names++
		case document.KindObject:
			objects++
		}
	}
	if len(n.items) == 0 {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s is an empty list", t), "write a node's name or $end, or remove the key")
		return nil
	}
	if names > 0 && objects > 0 {
		p.error(n.at, t, CodeMixedList, fmt.Sprintf("%s mixes names and objects: a list of names means all of them, a list of objects the first that matches", t),
			fmt.Sprintf("for a choice write {to: %s} instead of %[1]s", clip(n.items[slices.IndexFunc(n.items, isText)].text)))
	}
	var edges []Edge
	for i, item := range n.items {
		at := within(t, i)
		switch item.kind {
		case document.KindString:
			edges = append(edges, p.plainEdge(item, at))
		case document.KindObject:
			edges = append(edges, p.choice(item, at))
		default:
			p.wrongType(item, at, "a node's name, or an object with when and to", "")
		}
	}
	if names == 0 || names+objects == 1 {
		p.unreachableChoices(edges, n, t)
		return edges
	}
	if from >= 0 {
		p.def.Nodes[from].FanOut = true // of a mixed list, too, the order of which says nothing
	}
	if objects == 0 {
		p.branches(n, t)
	}
	return edges
}

// branches checks the names of a fan-out.
func (p *parser) branches(n *node, t *trail) {
	seen := map[string]bool{}
	for i, item := range n.items {
		name := item.text
		switch {
		case item.kind != document.KindString:
		case name == Fail:
			p.error(item.at, within(t, i), CodeInvalidValue, "one of several branches that always leads to $fail would end the others at once",
				"remove it, or write a choice: a list of {when: …, to: …}")
		case seen[name]:
			p.error(item.at, within(t, i), CodeInvalidValue, fmt.Sprintf("%s leads to %s twice", t, quote(name)), "remove one, or write map to do the same for many items")
		}
		seen[name] = true
	}
}

func isText(n *node) bool { return n.kind == document.KindString }

// unreachableChoices warns of choices behind one that is always taken.
func (p *parser) unreachableChoices(edges []Edge, n *node, t *trail) {
	for i := range edges {
		if edges[i].certain() && i+1 < len(edges) && len(edges) == len(n.items) {
			p.warn(n.items[i+1].at, within(t, i+1), CodeUnreachableChoice,
				fmt.Sprintf("this choice is never reached: %s[%d] has no `when` and is always taken", t, i),
				"give that one a `when`, or remove what follows it")
			return
		}
	}
}

// certain reports whether no choice after this one is ever looked at.
func (e *Edge) certain() bool { return e.When == nil && (e.Max == 0 || e.Exhausted != "") }

func (p *parser) plainEdge(n *node, t *trail) Edge {
	p.edgeCount(n.at, t)
	return Edge{To: p.target(n, t), Position: p.position(n.at)}
}

func (p *parser) choice(n *node, t *trail) Edge {
	p.edgeCount(n.at, t)
	f := p.fields(n, t, edgeKeys)
	e := Edge{To: p.targetIn(f, n, t, "to"), Position: p.position(n.at)}
	if when := f["when"]; when != nil {
		e.When = p.when(when, under(t, "when"))
	}
	if rounds := f["max"]; rounds != nil {
		bound, ok := p.integer(rounds, under(t, "max"), roundsMax)
		if e.Max = bound; !ok {
			e.Max = 1 // a bound all the same, so that the graph is not said to have none
		}
	}
	if exhausted := f["exhausted"]; exhausted != nil {
		at := under(t, "exhausted")
		e.Exhausted = p.target(exhausted, at)
		if n.member("max") == nil {
			p.error(exhausted.at, at, CodeMissing, "`exhausted` says where to go when `max` is used up, but there is no `max`", "add max: 10, or remove it")
		}
	}
	if loop := f["loop"]; loop != nil {
		e.Loop = p.truth(loop, under(t, "loop"))
	}
	return e
}

// when reads a condition. A wrong one is a condition all the same.
func (p *parser) when(n *node, t *trail) *Expression {
	if n.kind == document.KindBool {
		return &Expression{Source: fmt.Sprint(n.truth), Origin: p.position(n.at)}
	}
	text, ok := p.text(n, t, `a JavaScript expression such as "state.score > 80"`)
	if !ok {
		return &Expression{}
	}
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "${") {
		inner := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(trimmed, "${"), "}"))
		p.error(n.at, t, CodeScript, "`when` is an expression already and takes no ${…}", "write when: "+quote(inner))
		return &Expression{}
	}
	return p.expression(p.codeOf(n), t)
}

// targetIn reads a target that must be there.
func (p *parser) targetIn(f fields, n *node, t *trail, key string) string {
	if to := f[key]; to != nil {
		return p.target(to, under(t, key))
	}
	if n.member(key) == nil && !n.bad {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("%s does not say where to go", t), "add to: and a node's name, or $end")
	}
	return ""
}

// target reads the name of a node, or $end or $fail.
func (p *parser) target(n *node, t *trail) string {
	name, ok := p.text(n, t, "a node's name, $end or $fail")
	if !ok || name == End || name == Fail || p.nodeNames == nil {
		return name
	}
	if _, ok := p.def.index[name]; !ok {
		hint := "add it to nodes, or write $end"
		if near := p.near(name, p.targets()); near != "" {
			hint = didYouMean(near)
		} else if strings.Contains(name, "${") {
			hint = "a target is fixed; write one choice with a `when` for each"
		}
		p.error(n.at, t, CodeUnknownNode, "unknown node "+quote(name), hint)
	}
	return name
}

func (p *parser) targets() []string { return slices.Concat(p.nodeNames, []string{End, Fail}) }

// edgeCount refuses more edges than analysing them may cost.
func (p *parser) edgeCount(at place, t *trail) {
	if p.edgesSeen++; p.edgesSeen == EdgesMax+1 {
		p.error(at, t, CodeTooLarge, fmt.Sprintf("a workflow has at most %s edges and catches", grouped(EdgesMax)), "")
	}
}
