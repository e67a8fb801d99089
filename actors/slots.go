package actors

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// slots bounds how many scripts of runs run at once, and counts those that wait for their turn. A slot that becomes free is not
// handed to who has waited longest: it is woken, and whoever runs first takes the slot. Else, with more goroutines ready than
// processors, each slot would stay empty until the scheduler comes round to its new owner, and everybody would have to wait.
type slots struct {
	most int

	mu      sync.Mutex
	running int
	queue   list.List // of chan struct{}, in the order in which they came; each is sent one token when a slot is free
	waiting int       // those in the queue, and those woken
	waits   int
	waited  time.Duration
}

func newSlots(most int) *slots { return &slots{most: most} }

// enter returns once a script may run. It reports false where the context ends before that. The caller calls leave when the
// script has ended.
func (s *slots) enter(ctx context.Context) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running < s.most {
		s.running++
		return true
	}
	began := time.Now()
	s.waiting++
	defer func() {
		s.waiting--
		s.waits++
		s.waited += time.Since(began)
	}()
	wake := make(chan struct{}, 1)
	at := s.queue.PushBack(wake)
	for s.sleep(ctx, at) {
		if s.running < s.most {
			s.running++
			return true
		}
		at = s.queue.PushFront(wake)
	}
	return false
}

// sleep returns once whoever stands at a place of the queue has been woken, and is out of it. It reports false where the context
// ends before that. The caller holds the mutex, and does so again afterwards.
func (s *slots) sleep(ctx context.Context, at *list.Element) bool {
	woken := at.Value.(chan struct{})
	s.mu.Unlock()
	select {
	case <-woken:
		s.mu.Lock()
		return true
	case <-ctx.Done():
	}
	s.mu.Lock()
	select {
	case <-woken:
		s.wake() // the next one instead
	default:
		s.queue.Remove(at)
	}
	return false
}

func (s *slots) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.wake()
}

// wake wakes who has waited longest if there is a slot. The caller holds the mutex.
func (s *slots) wake() {
	if first := s.queue.Front(); first != nil && s.running < s.most {
		s.queue.Remove(first).(chan struct{}) <- struct{}{}
	}
}

// ScriptCounts is what the scripts of runs, and the decisions that run expressions, are at.
type ScriptCounts struct {
	Running, Waiting int           // those that have their turn, and those that wait for it
	Waits            int           // how often one has had to wait since the engine was opened
	Waited           time.Duration // how long all of these took
}

// ScriptCounts returns the counts of scripts.
func (s *System) ScriptCounts() ScriptCounts {
	s.slots.mu.Lock()
	defer s.slots.mu.Unlock()
	return ScriptCounts{Running: s.slots.running, Waiting: s.slots.waiting, Waits: s.slots.waits, Waited: s.slots.waited}
}
