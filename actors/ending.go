package actors

import "github.com/weirflow/weir/actors/workflow"

// A run that fails or is cancelled has what it executes cut short, and then compensates what it had done. No cancel
// cuts a compensation short.

// takeCancel decides a cancel request that came by outside the mailbox.
func (a *actor) takeCancel() bool {
	c := a.wanted.Swap(nil)
	if c == nil {
		return false
	}
	a.interrupt()
	a.renew(a.system.running)
	a.decide(*c)
	a.windDown()
	return true
}

// windDown cuts short what a run that is ending has under way. Attempts that were due to begin never do.
func (a *actor) windDown() {
	if a.winding || !a.state.Ending() {
		return
	}
	a.winding = true
	a.interrupt()
	a.renew(a.system.running)
	for _, v := range a.state.Visits {
		if v.Phase == workflow.PhaseRunning && !v.Compensates() && v.Child == "" && v.Calls == nil && !a.cancelItems(&v) && !a.executes(&v) {
			a.decide(cancelledBefore(&v))
		}
	}
}
