package actors

import (
	"context"

	"github.com/weirflow/weir/actors/workflow"
)

// shutdown makes durable what was decided, and what came of the attempts in flight: those that were cut
// short begin again with the next owner.
func (a *actor) shutdown() error {
	for len(a.inflight) > 0 {
		a.finished(<-a.results)
	}
	a.renew(context.WithoutCancel(a.system.running))
	unknown, unknownCalls := map[visitID]bool{}, map[attemptID]bool{} // for the next owner to record
	for _, f := range a.late {
		switch {
		case f.Outcome.Failure == nil:
			a.decide(f) // only its conditions were cut short
		case f.Outcome.Failure.Kind == workflow.FailureStopped:
		case f.Call > 0:
			unknownCalls[idOf(f)] = a.callsAtMostOnce(f)
		case a.system.atMostOnce(a.state, f.Node):
			unknown[visitID{f.Node, f.Visit}] = true
		}
	}
	a.stopCalls(unknownCalls)
	for stops := true; stops; { // what ends makes room for a compensation, which is not to begin here either
		stops = false
		for _, v := range a.state.Visits {
			if v.Phase == workflow.PhaseRunning && !unknown[visitID{v.Node, v.Number}] && !a.state.Fosters(&v) {
				stops = a.decide(failed(&v, workflow.FailureStopped, "the engine was stopped during this attempt"))
			}
		}
	}
	for {
		if a.lost != nil {
			return a.lost
		}
		if a.journal.flight == nil {
			if len(a.journal.gathered) == 0 {
				return ErrClosed
			}
			a.journal.send(a.state)
		}
		<-a.journal.arrival()
		if err := a.land(); err != nil {
			return err
		}
	}
}
