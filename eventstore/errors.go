package eventstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

var (
	// ErrConflict says that the run (or workflow) does not end where the writer believed: another commit
	// stands there. Nothing of the refused one was stored, and it never will be.
	ErrConflict = errors.New("another commit stands where this one was to go")
	// ErrNotFound says that nothing is stored under this id.
	ErrNotFound = errors.New("not found in the event store")
	// ErrClosed says that the store is closed or closing. What was refused with it is not stored.
	ErrClosed = errors.New("the event store is closed")
	// ErrTooLarge says that a commit exceeds what one message can hold. Nothing was sent.
	ErrTooLarge = errors.New("too large for the event store")
	// ErrInvalid says that a run or workflow id cannot be part of a subject. Nothing was sent.
	ErrInvalid = errors.New("not a valid id for the event store")
	// ErrUnavailable says that the store failed and cannot tell whether the commit was stored. The run's
	// owner must not go on from what it remembers: only the stream knows.
	ErrUnavailable = errors.New("the event store failed and the outcome is unknown")
	// ErrSlowConsumer says that a reader of live events fell too far behind and lost some.
	ErrSlowConsumer = errors.New("the reader fell too far behind the live events")
)

// RetiredError says that a run's events were let go of (see Retire). It is neither damage nor absence: the id
// stays taken.
type RetiredError struct {
	Run, Workflow string
	N             uint64    // number of RunRetired; the run had N-1 events before
	At            time.Time // when it was retired
	event.RunRetired
}

func (e *RetiredError) Error() string {
	return fmt.Sprintf("run %s of workflow %s %s at %s, and its events were removed at %s: %s",
		e.Run, e.Workflow, e.Status, e.EndedAt.Format(time.RFC3339), e.At.Format(time.RFC3339), e.Reason)
}

// RefusedError is the server's own reason for not storing a message. Nothing was stored.
type RefusedError struct {
	Code        int // JetStream's error code
	Description string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the event store refused the commit: %s (JetStream error %d)", e.Description, e.Code)
}
