package scripts

import "fmt"

// The kinds of Error.
const (
	KindScript    = "script_error"     // the script is wrong or threw
	KindLimit     = "script_limit"     // a limit other than those of time and output was reached
	KindOutput    = "output_too_large" // what it returned or changed is larger than an output may be
	KindTimeout   = "timeout"          // the time limit was reached
	KindCancelled = "cancelled"        // the caller's context was cancelled
	KindInexact   = "inexact_number"   // a number would have lost digits
	KindCrashed   = "script_crashed"   // the process that was to run the script was lost, or could not be had
	// KindNondeterministic is of a durable script that does not make the calls again that it has made.
	KindNondeterministic = "nondeterministic"
)

// Kinds returns every kind of Error.
func Kinds() []string {
	return []string{KindScript, KindLimit, KindOutput, KindTimeout, KindCancelled, KindInexact, KindCrashed, KindNondeterministic}
}

// Error says why a script could not be compiled or run. Line and Column are those of the file that the
// author wrote, 1-based and in characters; 0 when unknown.
type Error struct {
	Kind         string
	Message      string
	File         string
	Line, Column int
	Console      []Line // what the script had logged before it failed
	Call         int    // of a durable script: the place, from 1, of the call whose error it did not catch; 0 for none

	cause  error
	unread bool // the parser could not read it
	offset int  // in bytes of the source, where the parser could not
}

// Error returns the message with its position.
func (e *Error) Error() string {
	switch {
	case e.Line == 0 && e.File == "":
		return e.Message
	case e.Line == 0:
		return e.File + ": " + e.Message
	case e.File == "":
		return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// at moves the error to a place.
func (e *Error) at(s spot) {
	e.File, e.Line, e.Column = s.file, s.line, s.column
	e.Message += s.note
}

// Unwrap returns the context's error when the caller's context ended the execution.
func (e *Error) Unwrap() error { return e.cause }
