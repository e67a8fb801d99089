package actors

import (
	"cmp"
	"slices"
)

// Carried returns the runs that have an actor now, by id, as they were last released; of a run whose events
// are still being read only the id is known. While Close waits, these are the runs that it waits for, and
// their Current says what they execute.
func (s *System) Carried() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	views := make([]View, 0, len(s.actors))
	for run, a := range s.actors {
		view := View{Run: run}
		if st := a.released.Load(); st != nil {
			view = *viewOf(st)
		}
		views = append(views, view)
	}
	slices.SortFunc(views, func(a, b View) int { return cmp.Compare(a.Run, b.Run) })
	return views
}
