package api

import (
	"fmt"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
)

// mermaid draws a definition as a Mermaid flowchart.
func mermaid(d *workflow.Definition) string {
	c, edges := newCanvas(d), arrows(d)
	var b strings.Builder
	for _, e := range edges {
		from, to := c.id(e.from), c.id(e.to)
		line := "-->"
		if e.dashed {
			line = "-.->"
		}
		if e.label != "" {
			line += `|"` + mermaidText(e.label) + `"|`
		}
		fmt.Fprintf(&b, "  %s %s %s\n", from, line, to)
	}
	var head strings.Builder
	head.WriteString("flowchart TD\n")
	for _, name := range c.order {
		fmt.Fprintf(&head, "  %s%s\n", c.ids[name], mermaidShape(d, name))
	}
	return head.String() + b.String()
}

func mermaidShape(d *workflow.Definition, name string) string {
	switch name {
	case "":
		return `((start))`
	case workflow.End:
		return `((end))`
	case workflow.Fail:
		return `((fail))`
	}
	return `["` + mermaidText(nodeLabel(d, name, "<br>")) + `"]`
}

// mermaidText writes the characters that would end a label as Mermaid's entities.
func mermaidText(text string) string {
	text = strings.ReplaceAll(text, "<br>", "\x00")
	text = strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", " ").Replace(text)
	return strings.ReplaceAll(text, "\x00", "<br>")
}

// dot draws a definition in Graphviz' language.
func dot(d *workflow.Definition) string {
	c, edges := newCanvas(d), arrows(d)
	var b strings.Builder
	for _, e := range edges {
		var attributes []string
		if e.label != "" {
			attributes = append(attributes, "label="+dotText(e.label))
		}
		if e.dashed {
			attributes = append(attributes, "style=dashed")
		}
		fmt.Fprintf(&b, "  %s -> %s", c.id(e.from), c.id(e.to))
		if len(attributes) > 0 {
			fmt.Fprintf(&b, " [%s]", strings.Join(attributes, ", "))
		}
		b.WriteString(";\n")
	}
	var head strings.Builder
	fmt.Fprintf(&head, "digraph %s {\n  node [shape=box, style=rounded];\n", dotText(d.Name))
	for _, name := range c.order {
		switch name {
		case "":
			fmt.Fprintf(&head, "  %s [shape=circle, label=start];\n", c.ids[name])
		case workflow.End, workflow.Fail:
			fmt.Fprintf(&head, "  %s [shape=doublecircle, label=%s];\n", c.ids[name], strings.TrimPrefix(name, "$"))
		default:
			fmt.Fprintf(&head, "  %s [label=%s];\n", c.ids[name], dotText(nodeLabel(d, name, "\n")))
		}
	}
	return head.String() + b.String() + "}\n"
}

func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

// nodeLabel is a node's name and, on a second line, what it does.
func nodeLabel(d *workflow.Definition, name, line string) string {
	node, ok := d.Node(name)
	switch {
	case !ok:
		return name
	case node.Kind == workflow.KindTool && node.Tool != name:
		return name + line + node.Tool
	case node.Kind == workflow.KindSleep:
		return name + line + "sleep " + node.Sleep.String()
	case node.Kind == workflow.KindTool:
		return name
	}
	return name + line + string(node.Kind)
}
