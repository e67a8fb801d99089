package eventstore

import (
	"strconv"

	"github.com/weirflow/weir/eventstore/event"
)

// headerReplaced lists the sequences that a message took the place of, as "3-5,9". With it a check of the files
// can tell what was retired from what was lost.
const headerReplaced = "Weir-Replaced"

// Retire replaces all commits of an ended run, whose sequences are given in order, by one that holds
// RunRetired as the next event of the run. It is appended like any other commit, with the same errors, so a run that somebody else has set going again meanwhile is ErrConflict
// and keeps its events; and the run's id stays taken, so that neither a stale owner nor a start that is
// repeated brings the run back. From then on the run reads as a *RetiredError. It panics where c is not such a
// commit, or no sequences are given.
//
// The message is stored first and purges the others afterwards, so a crash between the two leaves both, and a
// power cut may bring back what was purged. Readers take no notice: the last commit tells. What is left over
// is purged when the store is opened. It waits while a backup is taken.
func (s *Store) Retire(c event.Sealed, replaced []uint64) (sequence uint64, err error) {
	if !c.Retired() || len(replaced) == 0 {
		panic("eventstore: Retire of run " + c.Run + " with other events than RunRetired")
	}
	s.retiring.RLock()
	defer s.retiring.RUnlock()
	return s.submit(&write{
		stream: s.runs, subject: runsPrefix + c.Run, expected: replaced[len(replaced)-1], data: c.Data, commit: c, replaced: spansText(replaced),
	}).Result()
}

// spansText writes ascending sequences as spans.
func spansText(sequences []uint64) string {
	var text []byte
	for i := 0; i < len(sequences); {
		last := i
		for last+1 < len(sequences) && sequences[last+1] == sequences[last]+1 {
			last++
		}
		if len(text) > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, sequences[i], 10)
		if last > i {
			text = strconv.AppendUint(append(text, '-'), sequences[last], 10)
		}
		i = last + 1
	}
	return string(text)
}

// RetiredErrorOf is what a run reads as whose last commit is c and holds RunRetired: a *RetiredError, or the
// error that keeps it from being read.
func RetiredErrorOf(c Stored) error {
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
