package workflow

import (
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Command is what Decide can be asked. The set is closed.
//
//sumtype:decl
type Command interface{ command() }

// Start begins a run. It is the only command an empty state takes.
type Start struct {
	Run      string
	Revision string // digest of the definition the run is pinned to
	Input    document.Value
	Labels   map[string]string
	By       string
	Parent   *event.Parent // of a child run
	Depth    int
}

// Finish reports how one attempt of a visit ended. A report about an attempt that is not open is ignored.
type Finish struct {
	Node    string
	Visit   int
	Attempt int
	Item    int // the attempt is of this item of a map, counted from 1; 0 for the visit itself
	Call    int // the attempt is of this call of a durable script, counted from 1; 0 for the visit itself
	Outcome Outcome
}

// Outcome is what one attempt brought. Failure nil means success; what it changed or returned is then in
// Patch (in-place changes, relative to the state the visit saw) and Result.
type Outcome struct {
	Patch     document.Patch
	Result    document.Value
	HasResult bool
	Console   []event.LogLine
	Duration  time.Duration
	Failure   *Failure
	Child     *Child // the attempt goes on as this run; nothing else is set then
	Turn      *Turn  // the script waits for its calls; only Console is set then
}

// Tick tells that time has passed: due retries, timers and limits are acted on.
type Tick struct{}

// Cancel asks a run to stop. It is ignored by a run that has ended or is already ending.
type Cancel struct{ By, Reason string }

// Signal gives the run a message. One whose ID it has had is ignored, and so is one that State.Refuses refuses.
type Signal struct {
	Name, ID string
	Payload  document.Value
	By       string
}

// Pause keeps a run from beginning anything. It is ignored by a run that is paused or has ended.
type Pause struct{ By, Reason string }

// Resume sets a paused run going again. Other runs ignore it.
type Resume struct{ By, Reason string }

// Retry sets a failed run going again from the visits that failed. It is ignored by other runs, by those that have been
// compensated, and where the run does not fit the definition.
type Retry struct {
	By string

	// The revision to go on with; none is the one that the run is pinned to.
	Revision   string // digest
	Definition *Definition
}

// Quarantine ends a run that cannot be carried on safely.
type Quarantine struct{ Message string }

func (Start) command()      {}
func (ChildEnded) command() {}
func (Finish) command()     {}
func (Tick) command()       {}
func (Cancel) command()     {}
func (Signal) command()     {}
func (Pause) command()      {}
func (Resume) command()     {}
func (Retry) command()      {}
func (Quarantine) command() {}

// Fixed limits of a run.
const (
	InterruptionsMax = 5               // interrupted attempts in a row before a run is quarantined
	CancelGrace      = 2 * time.Second // how long a run that is ending waits for attempts in flight

	// CompensationGrace is the least time that limits.duration leaves to compensations.
	CompensationGrace = time.Minute
)
