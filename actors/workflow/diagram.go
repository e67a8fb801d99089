package workflow

import (
	"fmt"
	"strings"
)

// arrow is one line of a diagram. From is "" for where runs begin.
type arrow struct {
	from, to, label string
	failure         bool // a way that is taken only when something went wrong
}

// arrows lists every way a token can go, in source order, ends that are not written included.
func (d *Definition) arrows() []arrow {
	var out []arrow
	switch {
	case d.Start.Expression != nil:
		label := shown(d.Start.Expression.Source)
		for i := range d.Nodes {
			out = append(out, arrow{to: d.Nodes[i].Name, label: label})
		}
		out = append(out, arrow{to: End, label: label})
	default:
		out = append(out, arrow{to: d.Start.Node})
	}
	for i := range d.Nodes {
		out = append(out, d.Nodes[i].arrows()...)
	}
	return out
}

func (n *Node) arrows() []arrow {
	var out []arrow
	open := true // no choice so far is always taken
	for i := range n.Edges {
		e := &n.Edges[i]
		if !open {
			break
		}
		var labels []string
		if e.When != nil {
			labels = append(labels, shown(e.When.Source))
		} else if i > 0 {
			labels = append(labels, "else")
		}
		if e.Max > 0 {
			labels = append(labels, fmt.Sprintf("max %d", e.Max))
		}
		out = append(out, arrow{from: n.Name, to: e.To, label: strings.Join(labels, ", ")})
		if e.Exhausted != "" {
			out = append(out, arrow{from: n.Name, to: e.Exhausted, label: fmt.Sprintf("after %d", e.Max)})
		}
		open = !e.certain()
	}
	if open {
		label := ""
		if len(n.Edges) > 0 {
			label = "else"
		}
		out = append(out, arrow{from: n.Name, to: End, label: label})
	}
	for _, c := range n.Catch {
		label := "any error"
		if len(c.On) > 0 {
			label = strings.Join(c.On, ", ")
		}
		out = append(out, arrow{from: n.Name, to: c.To, label: label, failure: true})
	}
	return out
}

// does says in a few words what the node does.
func (n *Node) does() string {
	switch n.Kind {
	case KindTool:
		return n.Tool
	case KindSleep:
		return "sleep " + n.Sleep.String()
	case KindUntil:
		return "until " + n.Until.shown()
	case KindWait:
		return "wait for " + n.Signal
	case KindMap:
		return "each " + n.Map.As + ": " + n.Map.Work.does()
	case KindChild:
		return "workflow " + n.Workflow
	default:
		return string(n.Kind)
	}
}

// shown fits an expression into a diagram.
func shown(source string) string { return clip(strings.Join(strings.Fields(source), " ")) }

// Mermaid returns the graph as a Mermaid flowchart. Node i of the definition has the id n<i>.
func (d *Definition) Mermaid() string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids := map[string]string{"": "start", End: "finish", Fail: "failure"}
	arrows := d.arrows()
	b.WriteString("  start((\"start\"))\n")
	for i := range d.Nodes {
		n := &d.Nodes[i]
		ids[n.Name] = fmt.Sprintf("n%d", i)
		shape := map[Kind][2]string{KindTool: {"[", "]"}, KindScript: {"[[", "]]"}, KindSet: {"[/", "/]"}, KindSleep: {"{{", "}}"}, KindUntil: {"{{", "}}"}, KindWait: {"([", "])"}, KindChild: {"(", ")"}, KindMap: {"[/", "\\]"}}[n.Kind]
		fmt.Fprintf(&b, "  n%d%s\"%s<br/>%s\"%s\n", i, shape[0], mermaidText(n.Name), mermaidText(n.does()), shape[1])
	}
	for _, end := range []string{End, Fail} {
		if leadsTo(arrows, end) {
			fmt.Fprintf(&b, "  %s((\"%s\"))\n", ids[end], strings.TrimPrefix(end, "$"))
		}
	}
	for _, a := range arrows {
		line := "-->"
		if a.failure {
			line = "-.->"
		}
		if a.label != "" {
			line += `|"` + mermaidText(a.label) + `"|`
		}
		fmt.Fprintf(&b, "  %s %s %s\n", ids[a.from], line, ids[a.to])
	}
	return b.String()
}

// mermaidText writes a text so that nothing in it has a meaning to Mermaid or to HTML.
var mermaidText = strings.NewReplacer(
	"#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "&", "#amp;", "`", "#96;", `\`, "#92;", "\n", " ", "\r", " ",
).Replace

func leadsTo(arrows []arrow, to string) bool {
	for _, a := range arrows {
		if a.to == to {
			return true
		}
	}
	return false
}

// DOT returns the graph in Graphviz's language.
func (d *Definition) DOT() string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotText(d.Name))
	b.WriteString("  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n")
	arrows := d.arrows()
	b.WriteString("  \"$start\" [label=\"start\", shape=circle];\n")
	for i := range d.Nodes {
		n := &d.Nodes[i]
		shape := ""
		if n.Kind == KindChild {
			shape = ", peripheries=2"
		}
		fmt.Fprintf(&b, "  %s [label=%s%s];\n", dotText(n.Name), dotText(n.Name+"\n"+n.does()), shape)
	}
	for _, end := range []string{End, Fail} {
		if leadsTo(arrows, end) {
			fmt.Fprintf(&b, "  %s [label=%s, shape=doublecircle];\n", dotText(end), dotText(strings.TrimPrefix(end, "$")))
		}
	}
	for _, a := range arrows {
		from := a.from
		if from == "" {
			from = "$start"
		}
		var options []string
		if a.label != "" {
			options = append(options, "label="+dotText(a.label))
		}
		if a.failure {
			options = append(options, "style=dashed")
		}
		fmt.Fprintf(&b, "  %s -> %s", dotText(from), dotText(a.to))
		if len(options) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(options, ", "))
		}
		b.WriteString(";\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes a text for Graphviz.
func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", " ").Replace(s) + `"`
}
