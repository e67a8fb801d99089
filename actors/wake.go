package actors

import "time"

const (
	// readingMost is how many due runs are read at once.
	readingMost = 16
	// lookAgain bounds how long the parked runs are left alone: timers stand still while a machine sleeps, and know
	// nothing of a clock that is set.
	lookAgain = 10 * time.Second
)

// wake gives runs actors as they become due, until the system closes. What is due at once is a wave: its runs are read
// some at a time, and its memory is held.
func (s *System) wake() {
	reading := make(chan struct{}, readingMost)
	rest := time.NewTimer(lookAgain)
	defer rest.Stop()
	for s.running.Err() == nil {
		due, left := s.due()
		if due > 0 {
			s.wakeWave(due, reading)
			continue
		}
		rest.Reset(left)
		select {
		case <-rest.C:
		case <-s.parked.sooner:
		case <-s.running.Done():
		}
	}
}

// wakeWave gives actors to the runs that are due, as room comes free in reading.
func (s *System) wakeWave(due int, reading chan struct{}) {
	release := holdMemory(due)
	for range due {
		select {
		case reading <- struct{}{}:
			s.wakeFirst(func() { <-reading })
		case <-s.running.Done():
		}
	}
	s.wait.Go(release)
}

// due returns how many parked runs are due now, or, where none is, for how long to leave them alone.
func (s *System) due() (runs int, left time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	first, ok := s.parked.first()
	if !ok || s.closed {
		return 0, lookAgain
	}
	if left = min(first.Sub(now), lookAgain); left > 0 {
		return 0, left
	}
	return s.parked.dueBy(now), 0
}

// wakeFirst gives the run that is due first an actor, and calls read once that has read the run or has ended.
func (s *System) wakeFirst(read func()) {
	a := s.unparkDue()
	if a == nil { // the run was cancelled, say
		read()
		return
	}
	s.wait.Go(func() {
		select {
		case <-a.loaded:
		case <-a.done:
		}
		read()
	})
}

// unparkDue gives the run that is due first an actor, nil where none is due any more.
func (s *System) unparkDue() *actor {
	s.mu.Lock()
	defer s.mu.Unlock()
	if due, ok := s.parked.first(); !ok || s.closed || time.Until(due) > 0 {
		return nil
	}
	return s.unpark(s.parked.queue[0].run)
}
