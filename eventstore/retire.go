package eventstore

import (
	"github.com/weirflow/weir/eventstore/event"
)

// Retire replaces all commits of an ended run by one, which holds RunRetired as the next event of the run. It
// is appended like any other commit, with the same errors, so a run that somebody else has set going again meanwhile is ErrConflict
// and keeps its events; and the run's id stays taken, so that neither a stale owner nor a start that is
// repeated brings the run back. From then on the run reads as a *RetiredError. It panics where c is not such a
// commit.
//
// The message is stored first and purges the others afterwards, so a crash between the two leaves both, and a
// power cut may bring back what was purged. Readers take no notice: the last commit tells. What is left over
// is purged when the store is opened. It waits while a backup is taken.
func (s *Store) Retire(c event.Sealed, expected uint64) (sequence uint64, err error) {
	w := &write{stream: s.runs, subject: runsPrefix + c.Run, expected: expected, data: c.Data, commit: c, rollup: true}
	if !c.Retired() {
		panic("eventstore: Retire of run " + c.Run + " with other events than RunRetired")
	}
	s.retiring.RLock()
	defer s.retiring.RUnlock()
	return s.submit(w).Result()
}

// retiredError is what a retired run reads as.
func retiredError(c Stored) error {
	events, err := c.Events()
	if err != nil {
		return err
	}
	body, ok := events[0].Body.(event.RunRetired)
	if !ok {
		return &event.DamageError{Run: c.Run, Reason: "it is retired by another event than RunRetired"}
	}
	return &RetiredError{Run: c.Run, Workflow: c.Workflow, N: c.First, At: events[0].At, RunRetired: body}
}
