package actors

import (
	"sync/atomic"
	"time"
)

// deputy looks after a run's commits while its owner is held up by the JavaScript of a decision: what was
// gathered is sent, what has landed is released, and whoever waits for that gets the answer. A decision is
// one step and cannot be handed over halfway, as an attempt can; so the owner keeps it, the deputy takes
// everything else, and only commands wait. It comes when a decision has used up the owner's patience, so a
// fast decision costs no goroutine.
//
// While the deputy is there, journal, waiters and released states are its own; state and inflight stay the
// owner's.
type deputy struct {
	timer  *time.Timer
	called atomic.Bool   // the owner is in a decision and nobody stands in for it yet
	recall chan struct{} // unbuffered: once the deputy has received, it touches nothing more
}

// callDeputy has a deputy come unless dismissDeputy is called soon.
func (a *actor) callDeputy() {
	d := &a.deputy
	if d.timer == nil {
		d.recall = make(chan struct{})
		d.called.Store(true)
		d.timer = time.AfterFunc(patience, func() {
			if d.called.CompareAndSwap(true, false) {
				a.standIn(d.recall)
			}
		})
		return
	}
	d.called.Store(true)
	d.timer.Reset(patience)
}

// dismissDeputy gives the owner everything back.
func (a *actor) dismissDeputy() {
	if a.deputy.called.CompareAndSwap(true, false) {
		a.deputy.timer.Stop()
		return
	}
	a.deputy.recall <- struct{}{}
}

// standIn is the deputy's work. An error stays in a.lost for the owner to find.
func (a *actor) standIn(recall <-chan struct{}) {
	for {
		if a.lost == nil && a.journal.flight == nil && len(a.journal.gathered) > 0 {
			a.journal.send(a.state)
		}
		select {
		case <-a.journal.arrival():
			a.lost = a.land()
		case <-recall:
			return
		}
	}
}
