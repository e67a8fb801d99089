package actors

import (
	"errors"
	"fmt"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
)

// Errors of the system, wrapped with the run or workflow they concern.
var (
	// ErrRunNotFound says that no run has the id.
	ErrRunNotFound = errors.New("run not found")
	// ErrRunExists says that the run id is taken by a run of other content.
	ErrRunExists = errors.New("run exists with other content")
	// ErrWorkflowNotFound says that no workflow has the name.
	ErrWorkflowNotFound = errors.New("workflow not found")
	// ErrRevisionNotFound says that the workflow exists but not in that revision.
	ErrRevisionNotFound = errors.New("revision not found")
	// ErrEventNotFound says that the run has no event of that number yet.
	ErrEventNotFound = errors.New("event not found")
	// ErrAttemptNotFound says that the run's events tell of no such attempt at a script.
	ErrAttemptNotFound = errors.New("nothing to look back at")
	// ErrInvalidID says that a name cannot be used as an id.
	ErrInvalidID = errors.New("invalid id")
	// ErrInvalidInput says that a run's input is not an object, is too large, holds a reserved key or is not what the
	// workflow takes; the last comes as an *InputError.
	ErrInvalidInput = errors.New("invalid input")
	// ErrInvalidLabels says that a run's labels are too many, too long or of other names than labels have; it comes as a
	// *LabelsError.
	ErrInvalidLabels = errors.New("invalid labels")
	// ErrInvalidCursor says that a cursor was not made by this call.
	ErrInvalidCursor = errors.New("invalid cursor")
	// ErrInvalidFilter says that a list was asked for with a filter that cannot match.
	ErrInvalidFilter = errors.New("invalid filter")
	// ErrClosed says that the system is shutting down and accepts nothing more.
	ErrClosed = errors.New("the engine is shutting down")
)

// StatusError says that a command does not fit the run's status.
type StatusError struct {
	Run     string
	Command string // "cancel", "pause", "resume", "retry" or "signal"
	Status  string // the status the run has
	Reason  string // what else is in the way; "" where it is the status alone
}

// Error names the command, the run and what is in the way.
func (e *StatusError) Error() string {
	text := fmt.Sprintf("cannot %s run %s: it is %s", e.Command, e.Run, e.Status)
	if e.Reason != "" {
		text += ", and " + e.Reason
	}
	return text
}

// MisfitError says that a failed run cannot go on with another revision, and what of the run does not fit it. The run
// stays as it is.
type MisfitError struct {
	Run      string
	Workflow string
	Revision int
	Misfits  []string
}

// Error names the run, the revision and all that does not fit.
func (e *MisfitError) Error() string {
	return fmt.Sprintf("run %s cannot go on with revision %d of workflow %s: %s", e.Run, e.Revision, e.Workflow, strings.Join(e.Misfits, "; "))
}

// LabelsError is ErrInvalidLabels, with everything that is wrong with the labels.
type LabelsError struct{ Problems workflow.Problems }

// Error has a line for each label that is wrong.
func (e *LabelsError) Error() string { return ErrInvalidLabels.Error() + ": " + e.Problems.Error() }

// Is reports whether target is ErrInvalidLabels.
func (e *LabelsError) Is(target error) bool { return target == ErrInvalidLabels }
