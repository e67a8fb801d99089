package rehearsal

import (
	"slices"
	"time"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
)

// windDown cuts short what a run that is ending has under way. It reports whether it did so just now.
func (r *run) windDown() bool {
	if r.winding || !r.state.Ending() {
		return false
	}
	r.winding = true
	for _, v := range slices.Clone(r.state.Visits) {
		switch {
		case v.Phase != workflow.PhaseRunning || v.Compensates() || v.Child != "":
		case v.Calls != nil: // its script takes its last turn
			for _, c := range v.Calls.Open {
				if c.Phase == workflow.PhaseRunning {
					r.cut(attempt{node: v.Node, visit: v.Number, call: c.Number, number: c.Attempt}, c.Name, c.BegunAt)
				}
			}
		case v.Items != nil:
			r.cutItems(&v)
		default:
			r.cut(attempt{node: v.Node, visit: v.Number, number: v.Attempt}, r.tool(&v), v.StartedAt)
		}
	}
	return true
}

// cutItems ends the items of a map that are under way, and then the map. Of one with child runs those end that have not begun; the
// others are cancelled.
func (r *run) cutItems(v *workflow.Visit) {
	fosters := r.state.Fosters(v)
	for _, i := range v.Items.Open {
		id := attempt{node: v.Node, visit: v.Number, item: i.Number, number: i.Attempt}
		if i.Phase == workflow.PhaseRunning && i.Child == "" && (fosters || r.under[id]) {
			r.cut(id, r.tool(v), i.StartedAt)
		}
	}
	if !fosters {
		r.cut(attempt{node: v.Node, visit: v.Number, number: v.Attempt}, "", v.StartedAt)
	}
}

// tool is what a visit, or the work of a map, calls.
func (r *run) tool(v *workflow.Visit) string {
	node, _ := r.state.Definition().Node(v.Node)
	if node.Map != nil {
		node = node.Map.Work
	}
	return node.Tool
}

// cut ends an attempt as the end of its run would: a call of a tool that is under way is interrupted, and what has not begun never does.
func (r *run) cut(id attempt, tool string, since time.Time) {
	failure := workflow.Failure{Kind: workflow.FailureCancelled, Message: "the run was cancelled before the attempt began"}
	o := workflow.Outcome{Failure: &failure}
	if r.under[id] && tool != "" {
		failure.Kind, failure.Message = tools.KindCancelled, tool+": the call was cancelled: context canceled"
		o.Duration = r.stage.now.Sub(since)
	}
	w := work{id: id}
	r.decide(w.finish(o))
}
