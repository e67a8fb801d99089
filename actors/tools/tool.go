package tools

import (
	"context"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Tool is something a node can call. The zero values of all fields but Name and Call are sound.
type Tool struct {
	// Name is what workflows write: a lower-case letter, then lower-case letters, digits, '_', '.' and
	// '-', at most 64 bytes in all.
	Name string
	// Description tells an author what the tool does and returns.
	Description string
	// Input and Output are JSON Schemas (draft 2020-12 unless they say otherwise); null allows anything.
	// Without `with` a node's whole state is the input, so a schema that refuses unknown keys makes
	// `with` mandatory.
	Input, Output document.Value
	// Pure says that the result depends on the input alone and that a call leaves no trace: such a call
	// may run early, and again after a crash.
	Pure bool
	// AtMostOnce says that a call whose outcome is unknown must not be repeated.
	AtMostOnce bool
	// Kinds are the error kinds of the tool's own, beyond those of every tool: see Kinds. A workflow cannot
	// name a kind in `retry.on` or `catch.on` that no tool declares.
	Kinds []string
	// Timeout bounds one attempt where the node gives no timeout; 0 leaves it to the engine. The caller
	// of Invoke applies it, by the context.
	Timeout time.Duration
	// Limit bounds how many calls are made at once, and how many in a span of time. Whoever runs the engine can set
	// another.
	Limit Limit
	// Call does the work. It returns soon after its context is done, and may return any error: see Error.
	Call func(context.Context, Call) (document.Value, error)

	schemas *schemas // set by NewRegistry
}

// Limit bounds the calls of a tool. The zero value bounds nothing.
type Limit struct {
	Concurrency int           // at most so many at once; 0: no bound
	Count       int           // at most so many begin in any span of Per; 0: no bound
	Per         time.Duration // goes with Count
}

// Call is one attempt's arguments.
type Call struct {
	// Input is what the node gives, and has passed the input schema.
	Input document.Value
	// Key is the visit's idempotency key, run/node/visit, or run/node/visit/item for an item of a map and
	// run/node/visit/number for a call of a durable script: the same for every attempt.
	Key string
	// Run and Node say who calls; Visit and Attempt count from 1.
	Run, Node      string
	Visit, Attempt int
	// Item is which item of a map the call is for, counted from 1; 0 outside of maps.
	Item int
	// Number is which call of a durable script it is, counted from 1; 0 outside of those. Attempt is then the call's.
	Number int
	// Timeout is what the node itself allows the attempt, 0 where it says nothing. The context has it
	// already; a shorter default of the tool's own yields to it.
	Timeout time.Duration
}

// The kinds of errors that calls end with. They are stable: workflows name them in `retry.on` and
// `catch.on`. A tool may add kinds of its own, which it then declares.
const (
	KindInput          = "tool_input"       // the input does not fit the schema
	KindOutput         = "tool_output"      // the output does not fit the schema
	KindPanic          = "panic"            // the tool panicked
	KindTimeout        = "timeout"          // the attempt's time was up
	KindCancelled      = "cancelled"        // the call was cancelled
	KindTool           = "tool_error"       // any other error
	KindOutputTooLarge = "output_too_large" // the result exceeds what the tool may return
	KindHTTPStatus     = "http_status"      // http.request: the status says failure
	KindAddressRefused = "address_refused"  // http.request: the address is not public
)

// Kinds returns the kinds that a call of any tool may end with.
func Kinds() []string {
	return []string{KindInput, KindOutput, KindPanic, KindTimeout, KindCancelled, KindTool, KindOutputTooLarge}
}

// Error is why a call failed: a stable kind for workflows and a message for people.
type Error struct {
	Kind, Message string

	cause error
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the error that the tool returned, where there was one.
func (e *Error) Unwrap() error {
	if e == nil { // a tool may return a nil *Error as its error by mistake
		return nil
	}
	return e.cause
}

// Options choose what the built-in tools may do.
type Options struct {
	// AllowPrivateHTTP lets http.request reach addresses that are not public: loopback, private networks
	// and the like.
	AllowPrivateHTTP bool
}
