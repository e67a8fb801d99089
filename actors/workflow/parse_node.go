package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// nodes reads the nodes in the order they are written.
func (p *parser) nodes(n *node) {
	t := under(nil, "nodes")
	if !p.object(n, t, "an object with a node under each name", "write nodes: {first: some.tool}") {
		return
	}
	if len(n.members) == 0 {
		p.error(n.at, t, CodeMissing, "a workflow needs at least one node", "write nodes: {first: some.tool}")
		return
	}
	if len(n.members) > NodesMax {
		p.error(n.members[NodesMax].at, t, CodeTooLarge, fmt.Sprintf("a workflow has at most %s nodes", grouped(NodesMax)), "")
		return
	}
	for i, m := range n.members { // all names first: a catch may lead to any of them
		p.checkName(m.key, "a node", m.at, under(t, m.key))
		p.def.index[m.key] = i
		p.nodeNames = append(p.nodeNames, m.key)
		p.def.Nodes = append(p.def.Nodes, Node{Name: m.key, Position: p.position(m.at)})
	}
	for i, m := range n.members {
		p.node(&p.def.Nodes[i], m.value, under(t, m.key))
	}
}

// kindKeys name a node's kind.
var kindKeys = []string{"tool", "script", "script_file", "set", "sleep", "until", "wait", "map", "workflow"}

func (p *parser) node(out *Node, n *node, t *trail) { p.step(out, n, t, &nodeKeys, kindKeys) }

// step reads a node, or the work of a map, by the keys that it may have and those of them that name its kind.
func (p *parser) step(out *Node, n *node, t *trail, keys *keySet, kinds []string) {
	if n.kind == document.KindString {
		out.Kind = KindTool
		out.Tool = p.tool(n, t)
		return
	}
	if n.bad {
		return
	}
	if n.kind == document.KindNull {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("the node %s does nothing", quote(out.Name)),
			"write the name of a tool, or an object with one of "+strings.Join(kinds, ", "))
		return
	}
	if !p.object(n, t, "the name of a tool, or an object with one of "+strings.Join(kinds, ", "), "") {
		return
	}
	before := len(p.list.all)
	f := p.fields(n, t, *keys)
	kind := ""
	for _, m := range n.members {
		if !slices.Contains(kinds, m.key) {
			continue
		}
		if kind != "" {
			p.error(m.at, under(t, m.key), CodeInvalidValue,
				fmt.Sprintf("the node %s has `%s` and `%s`, but a node does one thing", quote(out.Name), kind, m.key), "make two nodes of it")
			continue
		}
		kind = m.key
	}
	if kind == "" && len(p.list.all) == before {
		p.error(n.at, t, CodeMissing, fmt.Sprintf("the node %s does nothing", quote(out.Name)), "give it one of "+strings.Join(kinds, ", "))
	}
	if value := f[kind]; value != nil {
		p.kind(out, kind, value, under(t, kind))
	}
	p.options(out, f, kind, t)
}

// kind reads what the node does.
func (p *parser) kind(out *Node, kind string, n *node, t *trail) {
	switch kind {
	case "tool":
		out.Kind = KindTool
		out.Tool = p.tool(n, t)
	case "script":
		out.Kind = KindScript
		if _, ok := p.text(n, t, "JavaScript such as return {done: true}"); ok {
			out.Script = p.codeOf(n)
			p.checkBody(&out.Script, "/"+t.String(), t)
		}
	case "script_file":
		out.Kind = KindScript
		p.scriptFile(out, n, t)
	case "set":
		out.Kind = KindSet
		if p.object(n, t, "an object with a value for each key", "") {
			out.Set = p.template(n, t)
		}
	case "sleep":
		out.Kind = KindSleep
		out.Sleep, _ = p.duration(n, t, 0)
	case "until":
		p.until(out, n, t)
	case "wait":
		p.wait(out, n, t)
	case "map":
		p.mapNode(out, n, t)
	case "workflow":
		out.Kind = KindChild
		out.Workflow = p.child(n, t)
	}
}

func (p *parser) tool(n *node, t *trail) string {
	name, ok := p.text(n, t, "the name of a tool")
	if !ok || p.opts.Checker == nil {
		return name
	}
	if known, near := p.opts.Checker.Tool(name); !known {
		hint := "check the name against the list of tools"
		if near != "" {
			hint = didYouMean(near)
		}
		p.error(n.at, t, CodeUnknownTool, "unknown tool "+quote(name), hint)
	}
	return name
}

// options reads what every kind of node may have.
func (p *parser) options(out *Node, f fields, kind string, t *trail) {
	if n := f["with"]; n != nil {
		p.with(out, n, kind, under(t, "with"))
	}
	if n := f["into"]; n != nil {
		at := under(t, "into")
		if key, ok := p.text(n, at, "the state key that the result goes under"); ok {
			out.Into = key
			p.checkStateKey(key, n.at, at)
		}
	}
	if n := f["retry"]; n != nil {
		if kind == "map" {
			p.error(n.at, under(t, "retry"), CodeInvalidValue, "`retry` is for what is done with each item, not for the map as a whole", "write it in the node of the map")
		}
		p.retry(out, n, under(t, "retry"))
	}
	if n := f["timeout"]; n != nil {
		out.Timeout, _ = p.duration(n, under(t, "timeout"), 1)
	}
	if n := f["catch"]; n != nil {
		p.catches(out, n, under(t, "catch"))
	}
	if n := f["join"]; n != nil {
		p.join(out, n, under(t, "join"))
	}
	if n := f["checkpoint"]; n != nil {
		out.Checkpoint = p.truth(n, under(t, "checkpoint"))
	}
	if n := f["limit"]; n != nil {
		p.nodeLimit(out, n, kind, under(t, "limit"))
	}
	if n := f["compensate"]; n != nil {
		p.compensate(out, n, under(t, "compensate"))
	}
	p.waiting(f, kind, t)
}

func (p *parser) with(out *Node, n *node, kind string, t *trail) {
	switch kind {
	case "script", "script_file":
		p.error(n.at, t, CodeInvalidValue, "`with` is for tools: a script reads `state` and `input` itself", "remove it")
	case "map":
		p.error(n.at, t, CodeInvalidValue, "`with` is for tools: what a map goes over is `over`", "write the arguments of a tool in the node of the map")
	case "set", "sleep", "until", "wait":
		p.error(n.at, t, CodeInvalidValue, fmt.Sprintf("`with` is for tools: `%s` takes no arguments", kind), "remove it")
	default:
		if n.kind == document.KindString {
			if parts, _ := spans(n.text); len(parts) == 1 && parts[0].expression {
				out.With = p.template(n, t)
				return
			}
		}
		if p.object(n, t, "an object with the arguments, or one ${…}", "") {
			out.With = p.template(n, t)
			p.arguments(out, n, t)
		}
	}
}

func (p *parser) checkStateKey(key string, at place, t *trail) {
	if key == blobKey {
		p.error(at, t, CodeInvalidValue, fmt.Sprintf("the key %s is reserved", quote(blobKey)), "take another name")
	}
}
