package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Status is where a run stands.
type Status = event.Status

// The statuses a run can have.
const (
	StatusRunning   = event.StatusRunning
	StatusWaiting   = event.StatusWaiting
	StatusPaused    = event.StatusPaused
	StatusCompleted = event.StatusCompleted
	StatusFailed    = event.StatusFailed
	StatusCancelled = event.StatusCancelled
)

// State is what a run's events fold into. A State is never changed once Decide or Fold has
// returned it: they give new ones, so it may be read from anywhere at any time.
type State struct {
	Run, Workflow, Revision string
	Input, Doc              document.Value // the input, and the shared state as it is now
	Labels                  map[string]string
	Parent                  *event.Parent // the attempt that started the run, nil where none did
	Depth                   int           // how many runs are above it
	N                       uint64        // number of the last event
	At                      time.Time     // its time
	StartedAt, EndedAt      time.Time
	Tokens                  []Token // tokens that have arrived and are not yet consumed
	Visits                  []Visit // visits that are open, or that a retry would open again
	Failed                  *event.RunFailed
	Failing                 *event.RunFailing // why the run fails, where it compensates first
	Cancelling              *event.RunCancelRequested
	Queue                   *event.Queue // nil: it never waited in one
	Paused                  *event.RunPaused

	def           *Definition
	revisions     Revisions // while events are folded that may need others
	queued        bool      // it has a Queue and has not begun
	ended         Status    // "" while the run goes on
	resumedAt     time.Time // from where limits.duration counts
	pausedAt      time.Time
	endingAt      time.Time // when the run began to end
	undo          *completion
	uncompensated []event.Uncompensated
	steps         int // visits begun since resumedAt
	token         uint64
	counts        []int          // visits by node index
	absent        map[string]int // and of nodes that only earlier revisions have
	rounds        []round
	begun         []int       // nodes with a count that have begun, while tokens of the same round are on their way to them
	writes        []keyWrites // what does not lie in every past
	lapsed        []lapsed
	leaving       leaving
	signals       []keptSignal // that have come and are not taken, in the order they came
	signalIDs     []string     // of all that have come
	retried       bool         // somebody has set it going again after it had failed
}

// round counts how often a bounded loop edge was taken since its loop was entered.
type round struct {
	loopRef
	taken int
}

// Phase is what an unfinished visit is doing.
type Phase uint8

// The phases of a visit.
const (
	PhaseRunning Phase = iota + 1 // an attempt is being executed
	PhaseBackoff                  // the next attempt begins at Due
	PhaseTimer                    // its timer fires at Due
	PhaseSignal                   // it waits for Signal, until Due where that is set
	PhaseChild                    // its child run goes on; Due is when that has taken too long, zero for never
	PhaseCalls                    // its script waits for its calls, of which some may be executed
	PhaseFailed                   // closed by a failure of the run; a retry opens it again
)

// Visit is one entry into a node that has not completed.
type Visit struct {
	Node      string
	Number    int // counts from 1 within the node
	Attempt   int // the latest attempt
	Phase     Phase
	Due       time.Time      // PhaseBackoff, PhaseTimer, PhaseSignal, PhaseChild
	Signal    string         // the signal that its attempts wait for, "" where they wait for none
	Begun     uint64         // number of the latest NodeStarted
	StartedAt time.Time      // its time
	Seen      document.Value // the state when the visit began: what it reads
	Error     document.Value // ctx.error after a catch, else null
	Tokens    []uint64
	Items     *Items // of a map, once its first attempt has begun; else nil
	Calls     *Calls // of a durable script, once it has made some; else nil
	Child     string // the run that the attempt has started, "" before and in nodes of other kinds

	at          int // index of Node
	past        past
	tries       int // failed attempts that count against retry.max
	interrupted int // interrupted attempts in a row
	failure     *event.NodeFailed
	childEnd    *event.ChildCompleted // of the latest attempt
	arguments   document.Value        // remembered from Decide; a replayed visit evaluates them again
	hasArgs     bool
}

// Open reports whether the visit is going on.
func (v *Visit) Open() bool { return v.Phase != PhaseFailed }

// Executing reports whether an attempt of the visit, or of an item or a call of it, has begun and not ended. A map whose items all
// wait has none, nor has a script whose calls do.
func (v *Visit) Executing() bool {
	if v.Phase == PhaseCalls {
		return v.Calls.executing()
	}
	if v.Phase != PhaseRunning || v.Items == nil {
		return v.Phase == PhaseRunning
	}
	return slices.ContainsFunc(v.Items.Open, func(i *Item) bool { return i.Phase == PhaseRunning })
}

// Key is the visit's idempotency key, equal for all its attempts.
func (v *Visit) Key(run string) string { return fmt.Sprintf("%s/%s/%d", run, v.Node, v.Number) }

// New returns the state of a run that has not started, pinned to a definition.
func New(d *Definition) *State {
	return &State{Workflow: d.Name, def: d, counts: make([]int, len(d.Nodes))}
}

// Definition returns the definition the run is pinned to.
func (s *State) Definition() *Definition { return s.def }

// Status says where the run stands.
func (s *State) Status() Status {
	if s.ended != "" {
		return s.ended
	}
	if s.Paused != nil {
		return StatusPaused
	}
	if s.queued {
		return StatusWaiting
	}
	waiting := false
	for i := range s.Visits {
		switch s.Visits[i].Phase {
		case PhaseRunning:
			if !s.Visits[i].Items.waiting() {
				return StatusRunning
			}
			waiting = true
		case PhaseCalls:
			if s.Visits[i].Calls.executing() {
				return StatusRunning
			}
			waiting = true
		case PhaseBackoff, PhaseTimer, PhaseSignal, PhaseChild:
			waiting = true
		case PhaseFailed:
		}
	}
	if waiting {
		return StatusWaiting
	}
	return StatusRunning
}

// nodeOf returns the node of an unfinished visit.
func (s *State) nodeOf(v *Visit) *Node {
	node, _ := s.def.Node(v.Node) // Fold has refused others
	return node
}

// NextDue returns the next time at which a Tick would find something to do; ok is false where only a command does.
func (s *State) NextDue() (due time.Time, ok bool) {
	if s.ended != "" || s.N == 0 {
		return time.Time{}, false
	}
	if s.Ending() {
		return s.endingDue()
	}
	if s.Paused != nil {
		return time.Time{}, false
	}
	due = s.Deadline()
	for i := range s.Visits {
		if v := &s.Visits[i]; v.Open() && !v.Due.IsZero() {
			due = earlier(due, v.Due)
		} else if v.Phase == PhaseRunning && v.Items != nil {
			due = s.itemsDue(v, due)
		} else if v.takesTurns() {
			due = s.callsDue(v, due)
		}
	}
	return due, true
}

// Deadline is when limits.duration ends the run, or, while it is ending, its compensations. It counts from when the run begins: until
// then a run that waits in a queue has a century.
func (s *State) Deadline() time.Time {
	if s.Ending() {
		return s.endingAt.Add(s.compensationTime())
	}
	if s.queued {
		return s.resumedAt.Add(durationMax)
	}
	return s.resumedAt.Add(s.def.Limits.Duration)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// Scope is what the scripts and templates of a visit see.
func (s *State) Scope(v *Visit) Scope {
	return Scope{
		State: v.Seen, Input: s.Input, Run: s.Run, Node: v.Node,
		Visit: v.Number, Attempt: v.Attempt, Now: v.StartedAt, Error: v.Error,
	}
}

// Arguments evaluates the visit's `with`; a node without one is given the whole state.
func (s *State) Arguments(v *Visit, ev Evaluator) (document.Value, error) {
	if v.hasArgs {
		return v.arguments, nil
	}
	node, ok := s.def.Node(v.Node)
	if !ok || node.With == nil {
		return v.Seen, nil
	}
	return node.With.Eval(ev, s.Scope(v))
}

// visit finds a visit by node and number; nil if it is not among the unfinished.
func (s *State) visit(node string, number int) *Visit {
	for i := range s.Visits {
		if s.Visits[i].Number == number && s.Visits[i].Node == node {
			return &s.Visits[i]
		}
	}
	return nil
}

// remove takes out a visit that is over.
func (s *State) remove(v *Visit) {
	node, number := v.Node, v.Number // v may lie among the visits, which move
	s.Visits = slices.DeleteFunc(s.Visits, func(k Visit) bool { return k.Number == number && k.Node == node })
}

func (s *State) clone() *State {
	c := *s
	c.Tokens = slices.Clone(s.Tokens)
	c.Visits = slices.Clone(s.Visits)
	c.counts = slices.Clone(s.counts)
	c.rounds = slices.Clone(s.rounds)
	c.writes = slices.Clone(s.writes)
	c.signals, c.signalIDs = slices.Clip(s.signals), slices.Clip(s.signalIDs)
	return &c
}

func (s *State) roundsOf(r loopRef) int {
	for _, k := range s.rounds {
		if k.loopRef == r {
			return k.taken
		}
	}
	return 0
}
