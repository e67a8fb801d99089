package scripts

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// stopGrace is how long a script may go on after it was told to stop. It then sits in a native function, which only the end
// of the process ends.
const stopGrace = 100 * time.Millisecond

// heapFactor is how much of the heap may be occupied, garbage and all, in terms of the limit for what is held.
const heapFactor = 2

// errUnstoppable ends the worker after its last words.
var errUnstoppable = errors.New("a script could not be stopped")

// begin makes a request the current one, and watches over it from outside of the script.
func (w *worker) begin(t *task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.began = time.Now()
	if w.early == t.number {
		t.late = t.began
		t.cancel()
	}
	w.current = t
	if heap := t.program.limits.HeapBytes; heap != w.heap { // setting it stops everything for a moment
		w.heap = heap
		debug.SetMemoryLimit(int64(heapFactor * heap))
	}
	limitTime(workerProcs * (t.program.limits.timeOf(&t.scope) + stopGrace))
	t.watch = time.AfterFunc(watchInterval, func() { w.watch(t) })
}

// end sends the answer, unless the watch has had the last word.
func (w *worker) end(t *task, a *answer, err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current != t {
		return errUnstoppable
	}
	w.current = nil
	t.watch.Stop()
	t.cancel()
	failed := (*Error)(nil)
	switch {
	case err == nil:
		w.out.answer(t.number, a)
	case errors.As(err, &failed):
		w.out.failure(frameFailure, t.number, failed)
	default:
		return err
	}
	return w.out.send(w.to)
}

// watch ends the process where the script cannot be stopped otherwise.
func (w *worker) watch(t *task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current != t {
		return
	}
	f := w.unstoppable(t)
	if f == nil {
		t.watch.Reset(watchInterval)
		return
	}
	w.current = nil
	w.out.failure(frameLastWords, t.number, f)
	_ = w.out.send(w.to) // the server may be gone
	w.ended <- errUnstoppable
}

// unstoppable says for what the process is to be ended, nil for nothing.
func (w *worker) unstoppable(t *task) *Error {
	l := t.program.limits
	var f *Error
	switch {
	case !t.late.IsZero() && time.Since(t.late) > stopGrace:
		f = t.program.cancelled(t.ctx)
	case time.Since(t.began) > l.timeOf(&t.scope)+stopGrace:
		f = t.program.failure(l.passed(stoppedByTime, &t.scope))
	case readMetric(objectBytes) > uint64(heapFactor*l.HeapBytes):
		f = t.program.failure(l.passed(stoppedByHeap, &t.scope))
	default:
		return nil
	}
	f.Message += fmt.Sprintf(" (%s)", endedProcess)
	return f
}

// endedProcess is part of every failure for which a worker was ended.
const endedProcess = "it could not be stopped, so its process was ended"
