package event

import (
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// Type is the persisted name of an event. The spelling is part of the stored format.
type Type string

// The event types, in the spelling they are stored with.
const (
	TypeRunStarted         Type = "RunStarted"
	TypeNodeStarted        Type = "NodeStarted"
	TypeNodeCompleted      Type = "NodeCompleted"
	TypeNodeFailed         Type = "NodeFailed"
	TypeStateChanged       Type = "StateChanged"
	TypeEdgeTaken          Type = "EdgeTaken"
	TypeScriptLogged       Type = "ScriptLogged"
	TypeTimerSet           Type = "TimerSet"
	TypeTimerFired         Type = "TimerFired"
	TypeChildStarted       Type = "ChildStarted"
	TypeChildCompleted     Type = "ChildCompleted"
	TypeSignalReceived     Type = "SignalReceived"
	TypeCallStarted        Type = "CallStarted"
	TypeCallCompleted      Type = "CallCompleted"
	TypeCallsAwaited       Type = "CallsAwaited"
	TypeRunPaused          Type = "RunPaused"
	TypeRunResumed         Type = "RunResumed"
	TypeRunCancelRequested Type = "RunCancelRequested"
	TypeRunFailing         Type = "RunFailing"
	TypeRunCompleted       Type = "RunCompleted"
	TypeRunFailed          Type = "RunFailed"
	TypeRunCancelled       Type = "RunCancelled"
	TypeRunRetired         Type = "RunRetired"
)

// Terminal reports whether an event of this type ends a run. RunRetired does not: the run has ended before.
func (t Type) Terminal() bool {
	return t == TypeRunCompleted || t == TypeRunFailed || t == TypeRunCancelled
}

// Event is one fact about a run. N counts 1, 2, 3 … within the run without a gap; At is UTC with
// nanoseconds and never before the previous event's.
type Event struct {
	Run  string
	N    uint64
	At   time.Time
	Body Body
}

// Type returns the event's persisted name.
func (e Event) Type() Type { return e.Body.EventType() }

// Body holds what is particular to one type of event. The set of bodies is closed: only the types of
// this package implement it.
//
//sumtype:decl
type Body interface {
	EventType() Type
	appendFields(dst []byte) []byte
}

// RunStarted is always a run's first event.
type RunStarted struct {
	Workflow string            // workflow
	Revision string            // revision: digest of the pinned revision
	Input    document.Value    // input: an object, the run's first state
	Start    string            // start: the first node, "$end" where the run ends at once
	Labels   map[string]string // labels, omitted when empty
	By       string            // by: who started it, omitted when empty
	Parent   *Parent           // parent {run,node,visit,attempt,item}: the attempt that started it, omitted where none did
	Depth    int               // depth: how many runs are above it, omitted when 0
	Queue    *Queue            // queue {key,priority}: it begins when it is let in, omitted where it begins at once
}

// Queue is the place of a run in its workflow's queue. The run waits until its first NodeStarted, which is what says that it was
// let in.
type Queue struct {
	Key      string // key: which of the workflow's queues, omitted when empty
	Priority int    // priority: higher goes first, omitted when 0
}

// Parent is the attempt that started a child run.
type Parent struct {
	Run     string // run
	Node    string // node
	Visit   int    // visit
	Attempt int    // attempt: of the item, where it is one
	Item    int    // item: of a map, omitted when 0
}

// The events of a map's items name the visit of the map and, in Item, which of its items they are about: items count from 1,
// as visits and attempts do. Item is 0 where an event is about the visit itself.

// NodeStarted begins one attempt of a visit, or of an item of it.
type NodeStarted struct {
	Node    string   // node
	Visit   int      // visit: counts from 1 within the run and node
	Attempt int      // attempt: counts from 1 within the visit, or the item
	Item    int      // item, omitted when 0
	Tokens  []uint64 // tokens: the tokens this visit consumed, omitted of an item
	Input   string   // input: digest of the arguments, omitted where the node has no `with`
	Tie     bool     // tie: every token waited for another, and this one for longest, omitted when false
	Signal  string   // signal: the name of the signal that the attempt waits for, omitted where it waits for none
	Items   int      // items: how many a map goes over, omitted when 0
}

// NodeCompleted ends a visit, or an item of it, with success.
type NodeCompleted struct {
	Node     string         // node
	Visit    int            // visit
	Attempt  int            // attempt
	Item     int            // item, omitted when 0
	Duration time.Duration  // duration_ns: monotonic
	Output   int            // output_bytes: size of the node's result as JSON text
	Result   document.Value // result: of an item, for the map to gather, omitted when null
}

// Kinds of error that say of an attempt that nothing but the end of the process has ended it: it begins again by itself.
const (
	KindInterrupted = "interrupted" // the process ended during the attempt
	KindStopped     = "stopped"     // the engine was stopped in good order during the attempt
)

// NodeFailed ends an attempt without success. RetryAt is zero unless another attempt follows.
type NodeFailed struct {
	Node     string        // node
	Visit    int           // visit
	Attempt  int           // attempt
	Item     int           // item, omitted when 0
	Duration time.Duration // duration_ns
	Kind     string        // kind: a stable error kind
	Message  string        // message
	Position *Position     // position {file,line,column}, omitted when unknown
	RetryAt  time.Time     // retry_at: when the next attempt may begin, omitted when none follows
	Call     int           // call: of a durable script, the one whose error has failed it and which the next attempt makes again, omitted when 0
	Kept     int           // kept: with call, the last call that the next attempt still knows of
}

// Position points into a file that a person wrote. Line and Column count from 1; zero is unknown.
type Position struct {
	File   string // file
	Line   int    // line
	Column int    // column
}

// StateChanged changes the run's state.
type StateChanged struct {
	Node  string         // node
	Visit int            // visit
	Patch document.Patch // patch: RFC 6902 operations
}

// The ways an edge can be taken, as EdgeTaken.Via stores them.
const (
	ViaEdge      = ""          // an edge as written, or the implied end
	ViaExhausted = "exhausted" // the edge's max was used up and its `exhausted` target was taken
	ViaCatch     = "catch"     // the visit failed and a catch routed the error
	ViaError     = "error"     // the edge's condition threw: the token goes to $fail
	ViaCancel    = "cancel"    // the visit ended after a cancel request, or after the run had failed; its edges were not considered
)

// EdgeTaken moves a token from a finished visit onward. Every completed visit has at least one in its commit.
type EdgeTaken struct {
	From  string // from: the node that was left
	Visit int    // visit: the visit that was left
	To    string // to: a node, "$end" or "$fail"
	Token uint64 // token: the new token's number
	Edge  int    // edge: position in the node's list of edges (or catches) counted from 0, -1 for the implied end
	When  string // when: the condition that matched, omitted when the edge has none
	Via   string // via: one of the Via constants, omitted when empty
}

// ScriptLogged holds what a script wrote to its console during one attempt.
type ScriptLogged struct {
	Node    string    // node
	Visit   int       // visit
	Attempt int       // attempt
	Item    int       // item, omitted when 0
	Lines   []LogLine // lines
}

// LogLine is one console call, and where it stands in the file that its author wrote.
type LogLine struct {
	Level  string // level: debug, log, info, warn or error
	Text   string // text
	File   string // file, omitted when unknown, as it always was before scripts could import
	Line   int    // line, from 1; omitted when unknown
	Column int    // column, from 1; omitted when unknown
}

// TimerSet records a durable timer.
type TimerSet struct {
	Timer string    // timer: unique within the run
	Node  string    // node
	Visit int       // visit
	Due   time.Time // due
}

// TimerFired records that a timer's time has come.
type TimerFired struct {
	Timer string // timer
	Node  string // node
	Visit int    // visit
}

// ChildStarted records which run an attempt has started. The attempt ends with that run, or when it is due.
type ChildStarted struct {
	Node     string    // node
	Visit    int       // visit
	Attempt  int       // attempt
	Item     int       // item, omitted when 0
	Child    string    // child: the id of the run
	Workflow string    // workflow
	Revision string    // revision: digest of the revision that the child is pinned to
	Due      time.Time // due: when the attempt's timeout is over, omitted when it has none
}

// ChildCompleted records how the run that an attempt had started has ended.
type ChildCompleted struct {
	Node    string // node
	Visit   int    // visit
	Attempt int    // attempt
	Item    int    // item, omitted when 0
	Child   string // child
	Status  string // status: completed, failed or cancelled
	Kind    string // kind: of the child's error, omitted unless it failed
	Message string // message: why it failed or was cancelled, omitted when empty
	State   string // state: digest of the child's final state
}

// SignalReceived records a message to the run. The open visit that has waited longest for a signal of the name
// completes with it; where none waits it is kept, behind those of the name that came before, for the next that does.
type SignalReceived struct {
	Signal  string         // signal: its name
	ID      string         // id: what tells it from others; a run takes an id once
	Payload document.Value // payload, omitted when null
	By      string         // by: who sent it, omitted when empty
}

// What a call of a durable script is of, as CallStarted.Kind stores it.
const (
	CallTool   = "tool"
	CallSleep  = "sleep"
	CallSignal = "signal"
)

// CallStarted begins a call of a durable script, or repeats one whose attempt has failed. Calls count from 1 within the visit, in the
// order in which the script makes them; a visit that begins its script anew, because that has failed, counts anew.
type CallStarted struct {
	Node    string         // node
	Visit   int            // visit
	Call    int            // call
	Attempt int            // attempt: of the call
	Kind    string         // kind: one of the Call constants
	Name    string         // name: of the tool or signal, omitted when empty
	Args    document.Value // args: what the tool is given, omitted when null, and when an attempt is repeated
	Wait    time.Duration  // wait_ns: how long a sleep is, a signal is waited for, or an attempt may take, omitted when 0
	Due     time.Time      // due: when a sleep, or the wait for a signal, is over, omitted where it waits for no time
	Retry   *CallRetry     // retry {max,backoff,initial_ns,cap_ns,on}, omitted where a failure is not repeated
	Seen    int            // seen: how many calls had ended for the script when it made this one, omitted when 0
	Behind  int            // behind: how many more had ended, omitted when 0
}

// CallRetry says how a call is repeated that fails.
type CallRetry struct {
	Max     int           // max: attempts in all
	Backoff string        // backoff: exponential or constant
	Initial time.Duration // initial_ns: before the second attempt
	Cap     time.Duration // cap_ns: the longest delay
	On      []string      // on: the kinds of error that are repeated, omitted for every kind
}

// CallCompleted ends an attempt of a call. RetryAt is zero unless another attempt follows. The order of those that none
// follows is the order in which the script sees its calls end.
type CallCompleted struct {
	Node     string         // node
	Visit    int            // visit
	Call     int            // call
	Attempt  int            // attempt
	Duration time.Duration  // duration_ns: monotonic, of a tool
	Result   document.Value // result, omitted when null
	Kind     string         // kind: of the error, omitted where the call succeeded
	Message  string         // message: of the error, omitted likewise
	RetryAt  time.Time      // retry_at: when the next attempt may begin, omitted when none follows
}

// CallsAwaited records that a durable script has seen how calls of it ended and has made no other: it waits for those
// that are left.
type CallsAwaited struct {
	Node   string // node
	Visit  int    // visit
	Seen   int    // seen: how many calls have ended for the script
	Behind int    // behind: how many more have ended, omitted when 0
}

// RunPaused keeps a run from beginning anything until it is resumed or cancelled.
type RunPaused struct {
	By     string // by, omitted when empty
	Reason string // reason, omitted when empty
}

// The reasons that a run is set going again for, as RunResumed.Reason stores them.
const (
	ReasonResume = "resume" // a paused run goes on
	ReasonRetry  = "retry"  // a failed run goes on from its failed visits, and its limits count anew
)

// RunResumed sets a run going again.
type RunResumed struct {
	Reason   string // reason: one of the Reason constants
	By       string // by, omitted when empty
	Note     string // note: why, as whoever asked for it has said, omitted when empty
	Revision string // revision: digest of the revision that the run goes on with, omitted where it keeps its own
}

// RunCancelRequested records the wish to cancel; the run ends with RunCancelled once nothing is in flight.
type RunCancelRequested struct {
	By     string // by, omitted when empty
	Reason string // reason, omitted when empty
}

// RunFailing says why a run is about to fail that compensates first what it has done. RunFailed repeats it at the end.
type RunFailing struct {
	Kind     string    // kind
	Message  string    // message
	Node     string    // node, omitted when empty
	Visit    int       // visit, omitted when 0
	Position *Position // position, omitted when unknown
}

// RunCompleted ends a run with success.
type RunCompleted struct {
	State string // state: digest of the final state
}

// RunFailed ends a run that cannot go on. Node and Visit name where, when a visit is to blame.
type RunFailed struct {
	Kind     string    // kind
	Message  string    // message
	Node     string    // node, omitted when empty
	Visit    int       // visit, omitted when 0
	Position *Position // position, omitted when unknown
	State    string    // state: digest of the final state

	Uncompensated []Uncompensated // uncompensated: what should have been compensated and is not, omitted when empty
}

// Uncompensated is a completed visit whose compensation failed, or was not begun, and why.
type Uncompensated struct {
	Node    string // node
	Visit   int    // visit
	Kind    string // kind
	Message string // message
}

// RunCancelled ends a run that was asked to stop.
type RunCancelled struct {
	By     string // by, omitted when empty
	Reason string // reason, omitted when empty
	State  string // state: digest of the final state
}

// RunRetired takes the place of all events of an ended run, of which it keeps what answers for the run: its
// number says how many there were, its commit the digest of the chain that they made. It is the only event
// of its commit, and nothing follows it.
type RunRetired struct {
	Status    string    // status: completed, failed or cancelled
	Revision  string    // revision: digest of the revision the run was pinned to
	Input     string    // input: digest of the run's input
	StartedAt time.Time // started_at
	EndedAt   time.Time // ended_at
	Reason    string    // reason: why the events were let go of
}
