package actors

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
)

// gates hold the calls of tools with a limit back. A call waits behind its NodeStarted and before its time counts, in its goroutine;
// nothing of it is stored, and a restart has it wait anew.
type gates struct {
	byTool map[string]*gate // immutable

	mu      sync.Mutex
	waiting map[visitOf]awaited
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

// gate is those that wait for one tool.
type gate struct {
	mu    sync.Mutex
	lane  lane
	order uint64
}

// caller is who waits at a gate.
type caller struct {
	ticket

	called chan struct{} // closed when it has its turn
}

// newGates makes gates for the tools with a limit: what they declare, in whose place the engine's own configuration goes.
func newGates(registry *tools.Registry, limits map[string]tools.Limit) (*gates, error) {
	g := &gates{byTool: map[string]*gate{}, waiting: map[visitOf]awaited{}}
	for _, tool := range registry.All() {
		limit := tool.Limit
		if set, ok := limits[tool.Name]; ok {
			limit = merged(limit, set)
		}
		if limit != (tools.Limit{}) {
			g.byTool[tool.Name] = &gate{lane: lane{concurrency: limit.Concurrency, rate: workflow.Rate{Count: limit.Count, Per: limit.Per}}}
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

// limited reports whether calls of a tool may have to wait.
func (g *gates) limited(tool string) bool { return g.byTool[tool] != nil }

// enter returns when the attempt may call its tool, or with ctx's error once that ends. The caller calls leave when the call has
// ended.
func (g *gates) enter(ctx context.Context, w *work) (leave func(), err error) {
	at := g.byTool[w.node.Tool]
	if w.node.Kind != workflow.KindTool || at == nil {
		return func() {}, nil
	}
	c := at.queue(w.state)
	select {
	case <-c.called:
		return at.leave, nil
	default:
	}
	visit := visitOf{w.state.Run, w.visit.Node, w.visit.Number}
	g.note(visit, w.node.Tool, 1)
	defer g.note(visit, w.node.Tool, -1)
	select {
	case <-c.called:
		return at.leave, nil
	case <-ctx.Done():
		at.abandon(c)
		return nil, context.Cause(ctx)
	}
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

// queue has a run's call wait behind those of runs that are as urgent.
func (t *gate) queue(s *workflow.State) *caller {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.order++
	c := &caller{ticket: ticket{order: t.order}, called: make(chan struct{})}
	c.call = func() { close(c.called) }
	if s.Queue != nil {
		c.priority = s.Queue.Priority
	}
	t.lane.wait(&c.ticket)
	t.advance()
	return c
}

// advance lets calls through while there is room.
func (t *gate) advance() {
	for len(t.lane.waiting) > 0 {
		now := time.Now()
		room, again := t.lane.room(now)
		if !room {
			if !again.IsZero() {
				t.lane.again(again, func() {
					t.mu.Lock()
					defer t.mu.Unlock()
					t.advance()
				})
			}
			return
		}
		t.lane.next(now).call()
	}
	if t.lane.timer != nil {
		t.lane.timer.Stop()
	}
}

func (t *gate) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lane.holding--
	t.advance()
}

// abandon takes a call out that waits, or gives its turn to another.
func (t *gate) abandon(c *caller) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.lane.forget(&c.ticket) {
		t.lane.holding--
	}
	t.advance()
}

// ToolCount is how many calls of a tool wait for their turn, and how many are being made.
type ToolCount struct {
	Tool             string
	Waiting, Running int
}

// ToolCounts returns the counts of the tools that have a limit, by name.
func (s *System) ToolCounts() []ToolCount {
	counts := make([]ToolCount, 0, len(s.gates.byTool))
	for _, name := range slices.Sorted(maps.Keys(s.gates.byTool)) {
		t := s.gates.byTool[name]
		t.mu.Lock()
		counts = append(counts, ToolCount{Tool: name, Waiting: len(t.lane.waiting), Running: t.lane.holding})
		t.mu.Unlock()
	}
	return counts
}
