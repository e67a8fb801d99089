package event

import "slices"

var types = [...]Type{
	TypeRunStarted, TypeNodeStarted, TypeNodeCompleted, TypeNodeFailed, TypeStateChanged, TypeEdgeTaken,
	TypeScriptLogged, TypeTimerSet, TypeTimerFired, TypeSignalReceived, TypeChildStarted, TypeChildCompleted, TypeCallStarted, TypeCallCompleted,
	TypeCallsAwaited, TypeRunPaused, TypeRunResumed, TypeRunCancelRequested,
	TypeRunFailing, TypeRunCompleted, TypeRunFailed, TypeRunCancelled, TypeRunRetired,
}

// Types returns all event types, in the order of the vocabulary.
func Types() []Type { return slices.Clone(types[:]) }

// EventType returns TypeRunStarted.
func (RunStarted) EventType() Type { return TypeRunStarted }

// EventType returns TypeNodeStarted.
func (NodeStarted) EventType() Type { return TypeNodeStarted }

// EventType returns TypeNodeCompleted.
func (NodeCompleted) EventType() Type { return TypeNodeCompleted }

// EventType returns TypeNodeFailed.
func (NodeFailed) EventType() Type { return TypeNodeFailed }

// EventType returns TypeStateChanged.
func (StateChanged) EventType() Type { return TypeStateChanged }

// EventType returns TypeEdgeTaken.
func (EdgeTaken) EventType() Type { return TypeEdgeTaken }

// EventType returns TypeScriptLogged.
func (ScriptLogged) EventType() Type { return TypeScriptLogged }

// EventType returns TypeTimerSet.
func (TimerSet) EventType() Type { return TypeTimerSet }

// EventType returns TypeTimerFired.
func (TimerFired) EventType() Type { return TypeTimerFired }

// EventType returns TypeChildStarted.
func (ChildStarted) EventType() Type { return TypeChildStarted }

// EventType returns TypeChildCompleted.
func (ChildCompleted) EventType() Type { return TypeChildCompleted }

// EventType returns TypeSignalReceived.
func (SignalReceived) EventType() Type { return TypeSignalReceived }

// EventType returns TypeCallStarted.
func (CallStarted) EventType() Type { return TypeCallStarted }

// EventType returns TypeCallCompleted.
func (CallCompleted) EventType() Type { return TypeCallCompleted }

// EventType returns TypeCallsAwaited.
func (CallsAwaited) EventType() Type { return TypeCallsAwaited }

// EventType returns TypeRunPaused.
func (RunPaused) EventType() Type { return TypeRunPaused }

// EventType returns TypeRunResumed.
func (RunResumed) EventType() Type { return TypeRunResumed }

// EventType returns TypeRunCancelRequested.
func (RunCancelRequested) EventType() Type { return TypeRunCancelRequested }

// EventType returns TypeRunFailing.
func (RunFailing) EventType() Type { return TypeRunFailing }

// EventType returns TypeRunCompleted.
func (RunCompleted) EventType() Type { return TypeRunCompleted }

// EventType returns TypeRunFailed.
func (RunFailed) EventType() Type { return TypeRunFailed }

// EventType returns TypeRunCancelled.
func (RunCancelled) EventType() Type { return TypeRunCancelled }

// EventType returns TypeRunRetired.
func (RunRetired) EventType() Type { return TypeRunRetired }
