package scripts

import (
	"errors"
	"maps"
	"time"
)

// Why a worker was ended, or has ended, that was to run a script.
const (
	EndedDeadline  = "deadline"  // the script could not be stopped in time
	EndedMemory    = "memory"    // it asked for more than the limit, on the heap or by nesting
	EndedCancelled = "cancelled" // it could not be stopped when it was cancelled
	EndedCrashed   = "crashed"   // anything else, such as somebody who killed it
)

// PoolCounts is what a Pool is at, and what has happened since it was made.
type PoolCounts struct {
	Idle, Busy int            // workers; those that are being started or ended are busy
	Waiting    int            // scripts that wait for a worker
	Started    int            // workers
	Ended      map[string]int // workers, by why; those that Close has ended do not count
	Waits      int            // how often a script has had to wait for a worker
	Waited     time.Duration  // how long all of these took
	Replays    int            // turns of durable scripts for which the script began anew over its journal
}

func newPoolCounts() PoolCounts {
	return PoolCounts{Ended: map[string]int{EndedDeadline: 0, EndedMemory: 0, EndedCancelled: 0, EndedCrashed: 0}}
}

// Counts returns the counts of the pool in whose processes the engine's scripts run; of an engine without one they are zero.
func (e *Engine) Counts() PoolCounts {
	if e.pool == nil {
		return PoolCounts{}
	}
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.counts
	c.Idle, c.Busy, c.Ended = len(p.idle), len(p.workers)-len(p.idle), maps.Clone(c.Ended)
	return c
}

// count changes the counts.
func (p *Pool) count(change func(*PoolCounts)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.counts)
}

// countEnd counts a worker that is lost to a script that has failed with an error.
func (p *Pool) countEnd(failed error) {
	why := EndedCrashed
	if f := (*Error)(nil); errors.As(failed, &f) {
		switch f.Kind {
		case KindTimeout:
			why = EndedDeadline
		case KindLimit:
			why = EndedMemory
		case KindCancelled:
			why = EndedCancelled
		}
	}
	p.count(func(c *PoolCounts) {
		if p.why == nil {
			c.Ended[why]++
		}
	})
}
