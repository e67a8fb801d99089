package workflow

import "github.com/weirflow/weir/eventstore/event"

// The error kinds that the core itself gives; tools and scripts add theirs. They are stored and matched
// by `retry.on` and `catch.on`, so their spelling is part of the format.
const (
	FailureTimeout          = "timeout"
	FailureTool             = "tool_error"
	FailureScript           = "script_error"
	FailureOutputTooLarge   = "output_too_large"
	FailureStateTooLarge    = "state_too_large"
	FailureFanOutLimit      = "fan_out_limit"
	FailureStepLimit        = "step_limit"
	FailureDurationLimit    = "duration_limit"
	FailureInterrupted      = event.KindInterrupted
	FailureStopped          = event.KindStopped
	FailureSignal           = "signal_error"    // a signal's payload cannot become part of the state
	FailureUnknownOutcome   = "unknown_outcome" // likewise, for a tool that must not be called twice
	FailureCancelled        = "cancelled"
	FailureUnknownNode      = "unknown_node"     // a start expression names no node
	FailureConcurrentWrite  = "concurrent_write" // two branches gave a key different values
	FailureJoinUnsatisfied  = "join_unsatisfied" // fewer tokens came to a node than its join counts
	FailureFailEdge         = "failed"           // an edge to $fail was taken
	FailureQuarantined      = "quarantined"
	FailureChild            = "child_failed"        // the run that the attempt started failed or was cancelled, or could not be started
	FailureUnknownWorkflow  = "unknown_workflow"    // no workflow has the name that a node gives
	FailureCallLimit        = "call_limit"          // a durable script calls more than it may
	FailureNondeterministic = "nondeterministic"    // a durable script does not do again what it has done
	FailureInvalidInput     = "invalid_input"       // what a node gives a child run cannot be a run's input
	FailureDepthLimit       = "depth_limit"         // the run has as many runs above it as limits.depth allows
	FailureCompensation     = "compensation_failed" // a cancelled run could not be compensated
)

// failureKind says of a kind why a node's retry or catch never sees it; "" where it does.
type failureKind struct{ name, retry, catch string }

// What may be done about a failure.
const (
	retried = "retried"
	caught  = "caught"
)

// unseen says why a failure of the kind can never be retried or caught, "" where it can.
func (k failureKind) unseen(done string) string {
	if done == retried {
		return k.retry
	}
	return k.catch
}

// unseen says why a failure of a kind can never be retried or caught, "" where it can.
func unseen(kind, done string) string {
	for _, k := range failureKinds {
		if k.name == kind {
			return k.unseen(done)
		}
	}
	return ""
}

// never is a kind that can be neither.
func never(name, why string) failureKind { return failureKind{name: name, retry: why, catch: why} }

var failureKinds = []failureKind{
	{name: FailureTimeout},
	{name: FailureTool},
	{name: FailureScript},
	{name: FailureOutputTooLarge},
	{name: FailureStateTooLarge},
	{name: FailureChild},
	{name: FailureUnknownWorkflow, retry: "no workflow comes of trying again; save it, and retry the run"},
	{name: FailureInvalidInput, retry: "the same input would be refused again"},
	{name: FailureDepthLimit, retry: "a run stays as deep as it is"},
	{name: FailureSignal},
	{name: FailureCallLimit, retry: "the script would call as much again"},
	{name: FailureNondeterministic, retry: "the script would differ again"},
	{name: FailureFanOutLimit, retry: "the list would be as long again"},
	{name: FailureUnknownOutcome, retry: "a call that may have happened is not repeated"},
	never(FailureInterrupted, "an attempt that a crash ended begins again by itself"),
	never(FailureStopped, "an attempt that the end of the engine cut short begins again by itself"),
	never(FailureCancelled, "a cancelled run does not go on"),
	never(FailureQuarantined, "a run that is quarantined has ended"),
	never(FailureCompensation, "the run has ended"),
	never(FailureStepLimit, "a run that has used up its steps has ended"),
	never(FailureDurationLimit, "a run that has used up its time has ended"),
	never(FailureFailEdge, "an edge to $fail ends the run"),
	never(FailureConcurrentWrite, "which of the two visits came second depends on their timing"),
	never(FailureJoinUnsatisfied, "the run has ended, and no visit has failed"),
	never(FailureUnknownNode, "a run that begins nowhere has ended"),
}

// FailureKinds returns every error kind that the core gives.
func FailureKinds() []string {
	names := make([]string, len(failureKinds))
	for i, k := range failureKinds {
		names[i] = k.name
	}
	return names
}
