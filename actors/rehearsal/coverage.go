package rehearsal

import (
	"fmt"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// Coverage is what of a workflow runs have come to: of its nodes, compensations among them, and of the ways that lead from one
// to another. Where no choice of a node need match, that none did is a way, too.
type Coverage struct {
	nodes, edges []part
	node         map[string]int
	edge         map[way]int
}

// part is something that is covered or not.
type part struct {
	text    string
	covered bool
}

// way is an edge as EdgeTaken tells it.
type way struct {
	from string
	via  string
	edge int
}

// NewCoverage returns the coverage of a workflow that nothing has been run of.
func NewCoverage(d *workflow.Definition) *Coverage {
	c := &Coverage{node: map[string]int{}, edge: map[way]int{}}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		c.addNode(n.Name)
		if n.Compensate != nil {
			c.addNode(n.Compensate.Name)
		}
		c.addEdges(n)
	}
	return c
}

func (c *Coverage) addNode(name string) {
	c.node[name] = len(c.nodes)
	c.nodes = append(c.nodes, part{text: name})
}

func (c *Coverage) addEdge(w way, to, why string) {
	c.edge[w] = len(c.edges)
	c.edges = append(c.edges, part{text: strings.TrimSpace(fmt.Sprintf("%s → %s %s", w.from, to, why))})
}

func (c *Coverage) addEdges(n *workflow.Node) {
	open := len(n.Edges) > 0 // it may be that no edge is taken
	for k := range n.Edges {
		e := &n.Edges[k]
		why := ""
		if e.When != nil {
			why = "when " + e.When.Source
		}
		c.addEdge(way{n.Name, event.ViaEdge, k}, e.To, why)
		if e.Max > 0 && e.Exhausted != "" {
			c.addEdge(way{n.Name, event.ViaExhausted, k}, e.Exhausted, fmt.Sprintf("after %d rounds", e.Max))
		}
		if e.When == nil && (e.Max == 0 || e.Exhausted != "") {
			open = false
		}
	}
	if open {
		c.addEdge(way{n.Name, event.ViaEdge, -1}, workflow.End, "when nothing else holds")
	}
	for k, each := range n.Catch {
		if each.To == workflow.Fail {
			continue // the visit stays failed, and no edge is taken
		}
		why := "on any error"
		if len(each.On) > 0 {
			why = "on " + strings.Join(each.On, ", ")
		}
		c.addEdge(way{n.Name, event.ViaCatch, k}, each.To, why)
	}
}

// Add takes in what a run has come to.
func (c *Coverage) Add(events []event.Event) {
	for _, e := range events {
		switch b := e.Body.(type) {
		case event.NodeStarted:
			if i, ok := c.node[b.Node]; ok {
				c.nodes[i].covered = true
			}
		case event.EdgeTaken:
			if i, ok := c.edge[way{b.From, b.Via, b.Edge}]; ok {
				c.edges[i].covered = true
			}
		default:
		}
	}
}

// Nodes returns how many nodes there are, how many of them are covered, and which are not.
func (c *Coverage) Nodes() (all, covered int, missing []string) { return counted(c.nodes) }

// Edges returns the same of the ways between nodes.
func (c *Coverage) Edges() (all, covered int, missing []string) { return counted(c.edges) }

// Percent is how many of a hundred nodes and edges are covered, rounded down.
func (c *Coverage) Percent() int {
	nodes, visited, _ := c.Nodes()
	edges, taken, _ := c.Edges()
	return 100 * (visited + taken) / (nodes + edges)
}

func counted(parts []part) (all, covered int, missing []string) {
	for _, p := range parts {
		if p.covered {
			covered++
		} else {
			missing = append(missing, p.text)
		}
	}
	return len(parts), covered, missing
}
