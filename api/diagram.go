package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors/workflow"
)

type diagramInput struct {
	Name     string `path:"name" doc:"The workflow's name" example:"code-review"`
	Format   string `query:"format" default:"mermaid" doc:"mermaid or dot" example:"mermaid"`
	Revision string `query:"revision" doc:"A revision by number or digest; the latest where absent" example:"3"`
}

type diagramOutput struct {
	ContentType string `header:"Content-Type"`
	ETag        string `header:"ETag" doc:"The digest of the revision, quoted"`
	Body        []byte
}

func (s *Server) registerDiagram() {
	handle(s, huma.Operation{
		OperationID: "get-diagram", Method: http.MethodGet, Path: "/v1/workflows/{name}/diagram", Tags: []string{tagWorkflows},
		Summary:     "Draw a workflow",
		Description: "The graph as text for Mermaid or Graphviz, with the conditions of its edges, and dashed what is caught and what takes a node back.",
		Errors:      []int{http.StatusBadRequest, http.StatusNotFound},
		Responses: map[string]*huma.Response{"200": {Description: "The diagram", Content: map[string]*huma.MediaType{
			"text/vnd.mermaid":  {Schema: &huma.Schema{Type: huma.TypeString}, Example: "flowchart TD\n  n0[\"extract\"]\n  n1[\"score\"]\n  n0 --> n1\n"},
			"text/vnd.graphviz": {Schema: &huma.Schema{Type: huma.TypeString}, Example: "digraph {\n  n0 [label=\"extract\"];\n}\n"},
		}}},
	}, s.getDiagram)
}

func (s *Server) getDiagram(_ context.Context, input *diagramInput) (*diagramOutput, error) {
	draw, contentType := mermaid, "text/vnd.mermaid; charset=utf-8"
	switch input.Format {
	case "mermaid":
	case "dot":
		draw, contentType = dot, "text/vnd.graphviz; charset=utf-8"
	case "svg":
		return nil, newProblem(kindUnsupported, "svg is not drawn yet; take format=mermaid or format=dot").add("query.format", "svg", "is not supported yet")
	default:
		return nil, newProblem(kindUnsupported, "there is no format %q; take format=mermaid or format=dot", input.Format).
			add("query.format", input.Format, "expected mermaid or dot")
	}
	revision, err := s.system.Workflow(input.Name, input.Revision)
	if err != nil {
		return nil, err
	}
	return &diagramOutput{ContentType: contentType, ETag: etag(revision.Digest), Body: []byte(draw(revision.Definition))}, nil
}

// arrow is one line of a diagram.
type arrow struct {
	from, to, label string
	dashed          bool // a catch, a compensation, or a start that an expression chooses
}

// arrows lists a definition's edges with their labels. Sources and targets are node names, "" for the
// start, $end or $fail.
func arrows(d *workflow.Definition) []arrow {
	var out []arrow
	if d.Start.Expression != nil {
		for i := range d.Nodes {
			out = append(out, arrow{to: d.Nodes[i].Name, dashed: true})
		}
	} else {
		out = append(out, arrow{to: d.Start.Node})
	}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		for _, e := range n.Edges {
			out = append(out, arrow{from: n.Name, to: e.To, label: edgeLabel(&e)})
			if e.Exhausted != "" {
				out = append(out, arrow{from: n.Name, to: e.Exhausted, label: "exhausted"})
			}
		}
		for _, c := range n.Catch {
			label := "error"
			if len(c.On) > 0 {
				label = strings.Join(c.On, ", ")
			}
			out = append(out, arrow{from: n.Name, to: c.To, label: label, dashed: true})
		}
		if n.Compensate != nil {
			out = append(out, arrow{from: n.Name, to: n.Compensate.Name, label: "compensate", dashed: true})
		}
	}
	return out
}

// labelRunesMax keeps long conditions from spreading a diagram.
const labelRunesMax = 60

func edgeLabel(e *workflow.Edge) string {
	var parts []string
	if e.When != nil {
		text := []rune(strings.Join(strings.Fields(e.When.Source), " "))
		if len(text) > labelRunesMax {
			text = append(text[:labelRunesMax-1], '…')
		}
		parts = append(parts, string(text))
	}
	if e.Max > 0 {
		parts = append(parts, fmt.Sprintf("max %d", e.Max))
	}
	return strings.Join(parts, ", ")
}

// canvas gives the things of a diagram short ids, because names may hold what the languages reserve.
type canvas struct {
	ids   map[string]string
	order []string
}

func newCanvas(d *workflow.Definition) *canvas {
	c := &canvas{ids: map[string]string{}}
	c.id("")
	for i := range d.Nodes {
		c.id(d.Nodes[i].Name)
	}
	return c
}

func (c *canvas) id(name string) string {
	if id, ok := c.ids[name]; ok {
		return id
	}
	id := fmt.Sprintf("n%d", len(c.order))
	c.ids[name] = id
	c.order = append(c.order, name)
	return id
}
