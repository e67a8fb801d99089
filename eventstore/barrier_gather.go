package eventstore

import "time"

const (
	// gatherMost is how many writers are waited for. More of them share each sync well enough without: while half of
	// them wait for the disk, the other half use the processor.
	gatherMost = 48
	// gatherTime bounds how long writers are waited for, if a sync takes longer.
	gatherTime = 500 * time.Microsecond
	// gatherRest is the most groups that go without waiting after it was in vain.
	gatherRest = 256
)

// gathering is how a barrier waits for the writers that it has just released to write again, so that they share one
// sync. Whether they do is known only from what they did before: where they did not, the next groups go without
// waiting, after each time twice as many.
type gathering struct {
	wanted int           // writes that the next group waits for; up to 1: for none
	time   time.Duration // how long
	over   bool          // the time is up
	rest   int           // groups still to go without waiting
	vain   int           // for how many groups waiting rests the next time it was in vain
}

// after takes note of a sync, by which a group of writes is released while others are parked.
func (g *gathering) after(group, parked int, took time.Duration) {
	g.wanted, g.time, g.over = group+parked, min(took, gatherTime), false
	switch {
	case g.wanted > gatherMost:
		g.wanted = 0
	case g.rest > 0:
		g.rest--
		g.wanted = 0
	}
}

// gather waits until the writers of the last group have written again, or the time for it is up. The caller holds the
// mutex.
func (b *barrier) gather() {
	g := &b.gathering
	if g.wanted <= 1 {
		return
	}
	late := time.AfterFunc(g.time, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		g.over = true
		b.wake.Signal()
	})
	for len(b.parked) < g.wanted && !g.over && !b.stop {
		b.wake.Wait()
	}
	late.Stop()
	if 4*len(b.parked) >= 3*g.wanted {
		g.vain = 0
	} else {
		g.vain = min(max(1, 2*g.vain), gatherRest)
		g.rest = g.vain
	}
	g.wanted = 0
}
