package event

import "fmt"

// Continues returns nil where s is the next commit of a run whose last event has number n and whose last
// commit has this digest; 0 and "" before a run's first commit. Otherwise the error is a *[DamageError]
// that says what does not fit.
func (s Sealed) Continues(n uint64, digest string) error {
	switch {
	case s.First != n+1:
		return &DamageError{Run: s.Run, Reason: fmt.Sprintf("event %d follows event %d", s.First, n)}
	case s.Prev != digest:
		return &DamageError{Run: s.Run, Reason: fmt.Sprintf("the commit of event %d does not continue the one before it", s.First)}
	}
	return nil
}
