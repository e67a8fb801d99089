package actors

import (
	"cmp"
	"slices"
	"sync"
)

// attempts are those being executed now. A run that is cancelled, or that its limits end, does not wait for
// the attempt it was executing; only here it is still known.
type attempts struct {
	mu   sync.Mutex
	open map[*work]struct{}
}

func (t *attempts) enter(w *work) {
	t.mu.Lock()
	t.open[w] = struct{}{}
	t.mu.Unlock()
}

func (t *attempts) leave(w *work) {
	t.mu.Lock()
	delete(t.open, w)
	t.mu.Unlock()
}

// byRun lists the attempts of each run.
func (t *attempts) byRun() map[string][]Current {
	t.mu.Lock()
	defer t.mu.Unlock()
	runs := map[string][]Current{}
	for w := range t.open {
		run := w.state.Run
		f := w.finish()
		c := Current{Node: f.Node, Visit: f.Visit, Attempt: f.Attempt}
		if w.call != nil {
			c.Attempt, c.Calls = w.visit.Attempt, []CurrentCall{callOf(w.call)}
		}
		runs[run] = append(runs[run], c)
	}
	return runs
}

// Carried returns the runs that the system has in its hands now, by id: those that have an actor, as they
// were last released (of a run whose events are still being read only the id is known), and those that have
// ended while an attempt was being executed that nothing can interrupt, with the id and that attempt. Parked
// runs are in nobody's hands. While Close waits, these are the runs that it waits for, and their Current says what they execute.
func (s *System) Carried() []View {
	executing := s.executing.byRun()
	s.mu.Lock()
	defer s.mu.Unlock()
	views := make([]View, 0, len(s.actors))
	for run, a := range s.actors {
		view := View{Run: run}
		if st := a.released.Load(); st != nil {
			view = *viewOf(st)
		}
		views = append(views, view)
		delete(executing, run)
	}
	for run, current := range executing {
		views = append(views, View{Run: run, Current: current})
	}
	slices.SortFunc(views, func(a, b View) int { return cmp.Compare(a.Run, b.Run) })
	return views
}
