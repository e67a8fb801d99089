package rehearsal

import (
	"slices"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/event"
)

// Revision is what the events of a rehearsal give as the digest of each workflow.
const Revision = "rehearsed"

// attempt names one attempt within a run, of an item of a map or a call of a script where item or call is not 0.
type attempt struct {
	node                      string
	visit, item, call, number int
}

// visit names one visit within a run.
type visit struct {
	node   string
	number int
}

// run is one run on the stage. As an actor does, it has the core decide, and then executes what follows from that.
type run struct {
	stage    *stage
	state    *workflow.State
	events   []event.Event
	under    map[attempt]bool       // attempts that are being executed
	lives    map[visit]*actors.Life // of durable scripts
	parent   *run                   // nil for the run that is rehearsed
	children map[event.Parent]*run  // by the attempt that started them
	winding  bool                   // what a run that is ending had under way was cut short
}

// begin starts a run, which is then taken up by carryOn.
func (s *stage) begin(d *workflow.Definition, parent *run, start workflow.Start) *run {
	start.Revision = Revision
	r := &run{
		stage: s, state: workflow.New(d), parent: parent,
		under: map[attempt]bool{}, lives: map[visit]*actors.Life{}, children: map[event.Parent]*run{},
	}
	s.runs = append(s.runs, r)
	if parent == nil {
		s.cueStart()
	}
	r.decide(start)
	return r
}

func (r *run) ended() bool { return r.state.Status().Ended() }

// decide takes a command, and has those know of what was decided whom it concerns.
func (r *run) decide(cmd workflow.Command) {
	s, before := r.stage, r.state
	next, events := workflow.Decide(before, cmd, s.now, s.company.executor.Evaluator(s.ctx, before.Definition()))
	r.state = next
	r.events = append(r.events, events...)
	if r.parent == nil {
		s.cue(events)
	}
	for _, p := range workflow.Abandoned(before, next) {
		s.later(0, func() { r.abandon(p) })
	}
	if r.parent != nil && r.ended() && !before.Status().Ended() {
		s.later(0, func() { r.parent.decide(workflow.EndOf(r.state)) })
	}
}

// act begins all attempts that begin now, and executes the first of those that take no time. It reports false where there are none.
func (r *run) act() bool {
	if r.state.Admissible() {
		r.decide(workflow.Admit{})
		return true
	}
	if r.ended() {
		return false
	}
	if r.windDown() {
		return true
	}
	var ahead func()
	begun := false
	for _, w := range r.due() {
		if r.stage.ahead(w.node) {
			if ahead == nil {
				ahead = func() { r.finish(w, r.perform(w)) }
			}
			continue
		}
		begun = true
		r.under[w.id] = true
		if w.node.Kind == workflow.KindChild {
			r.foster(w)
		} else {
			r.answer(w)
		}
	}
	if ahead != nil && r.stage.faults == nil {
		ahead()
	}
	return begun || ahead != nil
}

// work is one attempt to be executed.
type work struct {
	id    attempt
	node  *workflow.Node
	visit *workflow.Visit
	item  *workflow.Item
	call  *workflow.Call
}

// due returns the attempts that have begun and that nobody executes yet.
func (r *run) due() (all []work) {
	ending := r.state.Ending()
	for i := range r.state.Visits {
		v := &r.state.Visits[i]
		if v.Calls != nil && !ending {
			for _, c := range v.Calls.Open {
				if c.Phase == workflow.PhaseRunning {
					all = append(all, work{id: attempt{node: v.Node, visit: v.Number, call: c.Number, number: c.Attempt}, node: actors.CallNode(v, c), visit: v, call: c})
				}
			}
		}
		if v.Phase != workflow.PhaseRunning || ending && !v.Compensates() && v.Calls == nil {
			continue
		}
		node, _ := r.state.Definition().Node(v.Node) // the core has no other visits
		if v.Items == nil {
			all = append(all, work{id: attempt{node: v.Node, visit: v.Number, number: v.Attempt}, node: node, visit: v})
			continue
		}
		for _, item := range v.Items.Open {
			if item.Phase == workflow.PhaseRunning {
				all = append(all, work{id: attempt{node: v.Node, visit: v.Number, item: item.Number, number: item.Attempt}, node: node.Map.Work, visit: v, item: item})
			}
		}
	}
	return slices.DeleteFunc(all, func(w work) bool { return r.under[w.id] })
}

// ahead reports whether executing the work of a node takes no time and shows nothing to anybody.
func (s *stage) ahead(node *workflow.Node) bool {
	switch node.Kind {
	case workflow.KindChild:
		return false
	case workflow.KindTool:
		tool, ok := s.company.tools.Lookup(node.Tool)
		return ok && tool.Pure && !s.props.has(node)
	default:
		return true
	}
}

func (r *run) perform(w work) workflow.Outcome {
	s := r.stage
	if w.node.Limit != nil {
		ev := s.company.executor.Evaluator(s.ctx, r.state.Definition())
		if _, _, failure := w.node.Limit.Place(r.state, ev, r.state.Scope(w.visit)); failure != nil {
			return workflow.Outcome{Failure: failure}
		}
	}
	if w.call != nil {
		return s.company.executor.ExecuteCall(s.ctx, r.state, w.visit, w.call)
	}
	id := visit{w.id.node, w.id.visit}
	if r.lives[id] == nil {
		r.lives[id] = &actors.Life{}
	}
	return s.company.executor.Execute(s.ctx, r.state, w.visit, w.item, r.lives[id])
}

// finish reports how an attempt has ended.
func (r *run) finish(w work, o workflow.Outcome) {
	delete(r.under, w.id)
	if r.stage.ctx.Err() == nil { // else it was cut short, and is no outcome
		r.decide(w.finish(o))
	}
}

func (w *work) finish(o workflow.Outcome) workflow.Finish {
	return workflow.Finish{Node: w.id.node, Visit: w.id.visit, Item: w.id.item, Call: w.id.call, Attempt: w.id.number, Outcome: o}
}

// limit is how long an attempt may take.
func (r *run) limit(w work) time.Duration {
	return min(r.stage.company.executor.Timeout(w.node), r.state.Deadline().Sub(r.stage.now))
}
