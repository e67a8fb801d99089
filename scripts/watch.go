package scripts

import (
	"context"
	"runtime/metrics"
	"sync"
	"time"
)

// watchInterval is how often an execution that goes on is looked at. One that ends earlier is never looked at: the watch
// costs it one timer.
const watchInterval = 5 * time.Millisecond

// watch ends an execution that takes too long, that its caller no longer wants, or while which the process comes to hold too much
// memory.
//
// Go knows what the process holds, not who holds it. So the heap is what survived the last garbage collection, compared
// with what it was when the execution was first looked at: garbage does not count, but what others come to hold
// meanwhile does. Where several scripts run at once, all that began before the memory grew are stopped. And a script that asks for
// memory in one piece has it before anybody looks. A process of its own mends all three; see Pool.
type watch struct {
	mu      sync.Mutex
	ctx     context.Context
	timer   *time.Timer
	over    bool
	began   time.Time
	heap    uint64      // held at the first look; 0 before
	release func() bool // ends the watch over ctx, which begins with the first look; nil before
}

func (x *execution) startWatch(ctx context.Context) {
	if x.program.guards.matches {
		matching.keep(x.limit)
	}
	w := &x.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ctx, w.began, w.over, w.heap = ctx, time.Now(), false, 0
	w.timer = time.AfterFunc(min(x.limit, watchInterval), x.inspect)
}

// unwatch ends the watch and reports whether the execution may be interrupted all the same.
func (x *execution) unwatch() (late bool) {
	w := &x.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
	late = w.release != nil && !w.release()
	w.ctx, w.release = nil, nil
	return late || x.stopped.Load() != 0
}

// inspect stops the execution where a limit is passed, or looks again later.
func (x *execution) inspect() {
	w := &x.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	left := x.limit - time.Since(w.began)
	if left <= 0 {
		x.stop(stoppedByTime)
		return
	}
	if w.release == nil {
		w.release = context.AfterFunc(w.ctx, x.abandon)
	}
	heap := readMetric(liveBytes)
	if w.heap == 0 {
		w.heap = heap
	}
	if heap > w.heap+uint64(x.program.limits.HeapBytes) {
		x.stop(stoppedByHeap)
		return
	}
	w.timer.Reset(min(left, watchInterval))
}

// What the runtime tells of the heap.
const (
	liveBytes   = "/gc/heap/live:bytes"                // survived the last collection
	objectBytes = "/memory/classes/heap/objects:bytes" // is occupied, garbage or not
)

// readMetric returns one figure of the runtime, within a microsecond or two.
func readMetric(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
