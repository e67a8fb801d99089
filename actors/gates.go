package actors

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
)

// gates hold calls of tools back: those of a tool with a limit, and those of a node with one. A call waits behind its NodeStarted
// and before its time counts, in its goroutine; nothing of it is stored, and a restart has it wait anew. A call with two limits
// has its turn by the node's first, and keeps that while it waits for the tool.
type gates struct {
	byTool map[string]*turns // the map is immutable

	mu      sync.Mutex // held by whoever uses a turns
	byNode  map[nodeOf]*turns
	order   uint64
	waiting map[visitOf]awaited
}

// nodeOf tells limits of nodes apart: runs of revisions that give a node the same limit are bounded by it together.
type nodeOf struct {
	workflow, node string
	each           bounds
}

// awaited is the tool that a visit waits for, and how many of its calls do: the items of a map wait each for itself.
type awaited struct {
	tool  string
	calls int
}

// visitOf tells visits apart.
type visitOf struct {
	run, node string
	visit     int
}

// caller is who has come to a gate.
type caller struct {
	ticket

	at     *turns
	lane   *keyed
	called chan struct{} // closed when it has its turn
}

// newGates makes gates for the tools with a limit: what they declare, in whose place the engine's own configuration goes.
func newGates(registry *tools.Registry, limits map[string]tools.Limit) (*gates, error) {
	g := &gates{byTool: map[string]*turns{}, byNode: map[nodeOf]*turns{}, waiting: map[visitOf]awaited{}}
	for _, tool := range registry.All() {
		limit := tool.Limit
		if set, ok := limits[tool.Name]; ok {
			limit = merged(limit, set)
		}
		if limit != (tools.Limit{}) {
			t := newTurns(&g.mu, bounds{}, bounds{limit.Concurrency, workflow.Rate{Count: limit.Count, Per: limit.Per}})
			g.byTool[tool.Name] = &t
		}
	}
	var unknown []error
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if _, ok := registry.Lookup(name); ok {
			continue
		}
		hint := ""
		if near := registry.Near(name); near != "" {
			hint = "; did you mean " + near + "?"
		}
		unknown = append(unknown, fmt.Errorf("a limit is set for tool %q, which this engine does not have%s", name, hint))
	}
	return g, errors.Join(unknown...)
}

// merged is a tool's own limit with what is set in place of its parts.
func merged(own, set tools.Limit) tools.Limit {
	if set.Concurrency > 0 {
		own.Concurrency = set.Concurrency
	}
	if set.Count > 0 {
		own.Count, own.Per = set.Count, set.Per
	}
	return own
}

// limited reports whether calls of a node's tool may have to wait.
func (g *gates) limited(n *workflow.Node) bool { return n.Limit != nil || g.byTool[n.Tool] != nil }

// enter returns when the attempt may call its tool, or with ctx's error once that ends. The caller calls leave when the call has
// ended.
func (g *gates) enter(ctx context.Context, w *work, key string, priority int) (leave func(), err error) {
	var passed []*caller
	leave = func() {
		for _, c := range slices.Backward(passed) {
			g.leave(c)
		}
	}
	for _, gate := range []func(*work) *turns{g.ofNode, g.ofTool} {
		c := g.come(w, gate, key, priority)
		if c == nil {
			continue
		}
		if err := g.await(ctx, w, c); err != nil {
			leave()
			return nil, err
		}
		passed = append(passed, c)
	}
	return leave, nil
}

// ofNode is what the attempt's node bounds its calls by, nil where it does not.
func (g *gates) ofNode(w *work) *turns {
	l := w.node.Limit
	if l == nil || l.Concurrency == 0 && l.Rate.Count == 0 {
		return nil
	}
	id := nodeOf{w.state.Workflow, w.visit.Node, bounds{l.Concurrency, l.Rate}}
	t := g.byNode[id]
	if t == nil {
		made := newTurns(&g.mu, id.each, bounds{})
		t = &made
		t.empty = func() { delete(g.byNode, id) }
		g.byNode[id] = t
	}
	return t
}

// ofTool is what bounds the calls of the attempt's tool, nil where nothing does.
func (g *gates) ofTool(w *work) *turns { return g.byTool[w.node.Tool] }

// come has a call wait behind those that are as urgent, or gives it its turn. It returns nil where there is no gate.
func (g *gates) come(w *work, gate func(*work) *turns, key string, priority int) *caller {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := gate(w)
	if at == nil {
		return nil
	}
	g.order++
	c := &caller{ticket: ticket{priority: priority, order: g.order}, at: at, lane: at.lane(key), called: make(chan struct{})}
	c.call = func() { close(c.called) }
	at.wait(c.lane, &c.ticket)
	at.settle(c.lane)
	return c
}

// await returns when a call has its turn, or takes it out with ctx's error.
func (g *gates) await(ctx context.Context, w *work, c *caller) error {
	select {
	case <-c.called:
		return nil
	default:
	}
	visit := visitOf{w.state.Run, w.visit.Node, w.visit.Number}
	g.note(visit, w.node.Tool, 1)
	defer g.note(visit, w.node.Tool, -1)
	select {
	case <-c.called:
		return nil
	case <-ctx.Done():
		g.leave(c)
		return context.Cause(ctx)
	}
}

// leave takes a call out that waits, or gives its turn to another.
func (g *gates) leave(c *caller) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !c.at.forget(c.lane, &c.ticket) {
		c.at.end(c.lane)
	}
	c.at.settle(c.lane)
}

// note counts calls of a visit that wait.
func (g *gates) note(visit visitOf, tool string, calls int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := awaited{tool, g.waiting[visit].calls + calls}
	if a.calls == 0 {
		delete(g.waiting, visit)
	} else {
		g.waiting[visit] = a
	}
}

// awaited is the tool that a visit waits for, "" where it waits for none.
func (g *gates) awaited(run, node string, visit int) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting[visitOf{run, node, visit}].tool
}

// ToolCount is what bounds the calls of a tool, how many wait for their turn, and how many are being made.
type ToolCount struct {
	Tool             string
	Concurrency      int // 0: no bound
	Rate             workflow.Rate
	Waiting, Running int
}

// ToolCounts returns the counts of the tools that have a limit, by name.
func (s *System) ToolCounts() []ToolCount {
	counts := make([]ToolCount, 0, len(s.gates.byTool))
	s.gates.mu.Lock()
	defer s.gates.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.gates.byTool)) {
		t := s.gates.byTool[name]
		counts = append(counts, ToolCount{
			Tool: name, Concurrency: t.total.concurrency, Rate: t.total.rate, Waiting: t.waiting, Running: t.total.holding,
		})
	}
	return counts
}
