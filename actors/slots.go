package actors

import (
	"context"
	"sync/atomic"
	"time"
)

// slots bounds how many scripts of runs run at once, and counts those that wait for their turn.
type slots struct {
	taken chan struct{}

	waiting, waits atomic.Int64
	waited         atomic.Int64 // nanoseconds
}

func newSlots(most int) *slots { return &slots{taken: make(chan struct{}, most)} }

// enter returns once a script may run. It reports false where the context ends before that. The caller calls leave when the
// script has ended.
func (s *slots) enter(ctx context.Context) bool {
	select {
	case s.taken <- struct{}{}:
		return true
	default:
	}
	began := time.Now()
	s.waiting.Add(1)
	defer func() {
		s.waiting.Add(-1)
		s.waits.Add(1)
		s.waited.Add(int64(time.Since(began)))
	}()
	select {
	case s.taken <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *slots) leave() { <-s.taken }

// ScriptCounts is what the scripts of runs, and the decisions that run expressions, are at.
type ScriptCounts struct {
	Running, Waiting int           // those that have their turn, and those that wait for it
	Waits            int           // how often one has had to wait since the engine was opened
	Waited           time.Duration // how long all of these took
}

// ScriptCounts returns the counts of scripts.
func (s *System) ScriptCounts() ScriptCounts {
	return ScriptCounts{
		Running: len(s.slots.taken), Waiting: int(s.slots.waiting.Load()),
		Waits: int(s.slots.waits.Load()), Waited: time.Duration(s.slots.waited.Load()),
	}
}
