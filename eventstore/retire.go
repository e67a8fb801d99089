package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/weirflow/weir/eventstore/event"
)

// Retire replaces all commits of an ended run, whose sequences are given in order, by one that holds
// RunRetired as the next event of the run. It is appended like any other commit, with the same errors, so a
// run that somebody else has set going again meanwhile is ErrConflict and keeps its events; and the run's id
// stays taken, so that neither a stale owner nor a start that is repeated brings the run back. From then on the
// run reads as a *RetiredError. It panics where c is not such a commit, or no sequences are given.
//
// The message is stored first and purges the others afterwards, so a crash between the two leaves both, and a
// power cut may bring back what was purged. Readers take no notice: the last commit tells; what is left over
// goes with ClearRetired. It waits while a backup is taken.
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

// ClearRetired purges what a crash has left of a retired run's commits.
func (s *Store) ClearRetired(ctx context.Context, run string) error {
	ctx, release := s.bind(ctx)
	defer release()
	request, err := json.Marshal(struct {
		Filter string `json:"filter"`
		Keep   int    `json:"keep"`
	}{runsPrefix + run, 1})
	if err != nil {
		return fmt.Errorf("purge retired run %s: %w", run, err)
	}
	answer, err := s.links.ask(ctx, "$JS.API.STREAM.PURGE."+s.runs.name, request, false)
	if err != nil {
		return fmt.Errorf("purge retired run %s: %w", run, err)
	}
	var reply struct {
		Error *apiError `json:"error"`
	}
	if err := json.Unmarshal(answer[0].Data, &reply); err != nil {
		return fmt.Errorf("purge retired run %s: %w", run, err)
	}
	if reply.Error != nil {
		return fmt.Errorf("purge retired run %s: %s (JetStream error %d)", run, reply.Error.Description, reply.Error.Code)
	}
	return nil
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
