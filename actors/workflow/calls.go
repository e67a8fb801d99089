package workflow

import (
	"fmt"
	"slices"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// A durable script makes calls, and goes on as they end. A visit that runs one takes turns with it: in a turn the script runs
// until it can only wait, and what it called meanwhile is reported as a Turn. The visit is in PhaseRunning while a turn is due, and in
// PhaseCalls while the script waits. Its calls are its journal: whoever executes a turn may begin the script anew, tell it
// the ends of its calls in the order in which they came, and find it where it was.
//
// A visit keeps its journal over all its attempts. A call whose error has failed the script is made again by the
// next attempt; a call that has completed never is.

// Calls is the journal of an open visit that runs a durable script. It is never changed once it is there.
type Calls struct {
	Open []*Call // those that have not ended, in the order in which the script made them; never changed once they are there
	Seen int     // how many have ended for the script

	attempt int           // of the visit, in which the script began
	begunAt time.Time     // its time
	made    int           // calls
	all     chunks[*Call] // in the order in which the script made them
	ended   int           // calls
	ends    chunks[*Call] // those that have ended, in the order in which they did
	next    int           // the number of the last call that the visit has made
	bytes   int           // of arguments and results
}

// Call is a call of a durable script. It is never changed once it is there.
type Call struct {
	Number  int    // counts from 1 within the visit, never twice
	Place   int    // among those that the script has made, from 0
	Kind    string // one of event.CallTool, event.CallSleep and event.CallSignal
	Name    string // of the tool or signal
	Args    document.Value
	Wait    time.Duration // how long the sleep is, the signal is waited for, or an attempt may take; 0 where nothing is said
	Retry   *event.CallRetry
	Seen    int // how many calls had ended for the script when it made this one
	Attempt int
	Phase   Phase     // PhaseRunning, PhaseBackoff, PhaseTimer or PhaseSignal; 0 once it has ended
	Due     time.Time // PhaseBackoff, PhaseTimer; PhaseSignal: when that has taken too long, zero for never
	Begun   uint64    // number of its latest CallStarted
	BegunAt time.Time // its time

	// How it ended.
	EndedAt     time.Time // zero before
	Result      document.Value
	Failed      string // the kind of its error, "" where it has succeeded
	Message     string // of its error
	tries       int    // failed attempts that count against retry.max
	interrupted int    // interrupted attempts in a row
}

// Begun returns the attempt in which the script began, and when: what it sees as ctx.attempt and first as ctx.now.
func (c *Calls) Begun() (attempt int, at time.Time) { return c.attempt, c.begunAt }

// Made returns how many calls the script has made, and Ended how many of them have ended.
func (c *Calls) Made() int { return c.made }

// Ended returns how many calls have ended.
func (c *Calls) Ended() int { return c.ended }

// At returns a call by its place.
func (c *Calls) At(place int) *Call { return c.all.at(place) }

// End returns a call by when it ended, counted from 0.
func (c *Calls) End(i int) *Call { return c.ends.at(i) }

// CallKey is the idempotency key of a call of the visit, equal for all its attempts.
func (v *Visit) CallKey(run string, c *Call) string {
	return fmt.Sprintf("%s/%d", v.Key(run), c.Number)
}

// takesTurns reports whether the visit's journal goes on: the visit is neither waiting for its next attempt nor closed.
func (v *Visit) takesTurns() bool {
	return v.Calls != nil && (v.Phase == PhaseRunning || v.Phase == PhaseCalls)
}

// Find returns an open call by its number, nil where it is not open.
func (c *Calls) Find(number int) *Call {
	for _, k := range c.Open {
		if k.Number == number {
			return k
		}
	}
	return nil
}

// executing reports whether an attempt of a call has begun and not ended.
func (c *Calls) executing() bool {
	return slices.ContainsFunc(c.Open, func(k *Call) bool { return k.Phase == PhaseRunning })
}

// due is when something is to be done for the calls of a visit that takes turns.
func (s *State) callsDue(v *Visit, due time.Time) time.Time {
	if timeout := s.nodeOf(v).Timeout; timeout > 0 {
		due = earlier(due, v.StartedAt.Add(timeout))
	}
	for _, c := range v.Calls.Open {
		if !c.Due.IsZero() {
			due = earlier(due, c.Due)
		}
	}
	return due
}

// change gives the visit a journal of its own, in which open calls may be replaced.
func (v *Visit) changeCalls() *Calls {
	c := Calls{attempt: v.Attempt, begunAt: v.StartedAt}
	if v.Calls != nil {
		c = *v.Calls
	}
	c.Open = slices.Clone(c.Open)
	v.Calls = &c
	return &c
}

// replace puts another version of an open call in its place.
func (c *Calls) replace(k Call) {
	at := slices.IndexFunc(c.Open, func(open *Call) bool { return open.Number == k.Number })
	c.Open[at] = &k
	c.all = c.all.with(k.Place, &k)
}

// saw moves on what the script has seen.
func (v *Visit) saw(c *Calls, seen int) {
	c.Seen = max(c.Seen, seen)
	v.interrupted = 0
	if v.Phase == PhaseRunning && c.Seen == c.ended {
		v.Phase = PhaseCalls
	}
}

// callOf finds the visit whose script an event about a call is of.
func (s *State) callOf(e event.Event, node string, visit int) (*Visit, error) {
	v := s.visit(node, visit)
	if v == nil || !v.Open() || v.Items != nil {
		return nil, foldError(e, "the visit is not open")
	}
	return v, nil
}

func (s *State) callStarted(e event.Event, b event.CallStarted) error {
	v, err := s.callOf(e, b.Node, b.Visit)
	if err != nil {
		return err
	}
	if b.Attempt > 1 {
		return v.callRepeated(e, b)
	}
	c := v.changeCalls()
	if b.Call != c.next+1 {
		return foldError(e, fmt.Sprintf("the call before it has the number %d", c.next))
	}
	if b.Seen > c.ended {
		return foldError(e, fmt.Sprintf("%d calls have ended", c.ended))
	}
	k := &Call{
		Number: b.Call, Place: c.made, Kind: b.Kind, Name: b.Name, Args: b.Args, Wait: b.Wait, Retry: b.Retry, Seen: b.Seen,
		Attempt: 1, Begun: e.N, BegunAt: e.At,
	}
	k.begin()
	c.all, c.made, c.next = c.all.with(c.made, k), c.made+1, b.Call
	c.bytes += k.Args.Size()
	c.Open = append(c.Open, k)
	v.saw(c, b.Seen)
	return nil
}

// begin has the call be in the phase in which calls of its kind begin.
func (k *Call) begin() {
	switch k.Kind {
	case event.CallSleep:
		k.Phase, k.Due = PhaseTimer, k.BegunAt.Add(k.Wait)
	case event.CallSignal:
		k.Phase, k.Due = PhaseSignal, time.Time{}
		if k.Wait > 0 {
			k.Due = k.BegunAt.Add(k.Wait)
		}
	default:
		k.Phase, k.Due = PhaseRunning, time.Time{}
	}
}

func (v *Visit) callRepeated(e event.Event, b event.CallStarted) error {
	c := v.changeCalls()
	k := c.Find(b.Call)
	if k == nil || k.Phase != PhaseBackoff || k.Attempt != b.Attempt-1 {
		return foldError(e, "the attempt before it is missing")
	}
	again := *k
	again.Attempt, again.Begun, again.BegunAt = b.Attempt, e.N, e.At
	again.begin()
	c.replace(again)
	return nil
}

func (s *State) callCompleted(e event.Event, b event.CallCompleted) error {
	v, err := s.callOf(e, b.Node, b.Visit)
	if err != nil {
		return err
	}
	c := v.changeCalls()
	k := c.Find(b.Call)
	if k == nil || k.Attempt != b.Attempt {
		return foldError(e, fmt.Sprintf("attempt %d of call %d is not open", b.Attempt, b.Call))
	}
	end := *k
	switch b.Kind {
	case "", FailureStopped:
	case FailureInterrupted:
		end.interrupted++
	default:
		end.tries++
		end.interrupted = 0
	}
	if !b.RetryAt.IsZero() {
		end.Phase, end.Due = PhaseBackoff, b.RetryAt
		c.replace(end)
		return nil
	}
	if k.Phase == PhaseSignal && b.Kind == "" {
		s.takeSignal(k.Name)
	}
	end.Phase, end.Due = 0, time.Time{}
	end.EndedAt, end.Result, end.Failed, end.Message = e.At, b.Result, b.Kind, b.Message
	c.replace(end)
	c.Open = slices.DeleteFunc(c.Open, func(open *Call) bool { return open.Number == b.Call })
	c.ends, c.ended = c.ends.with(c.ended, &end), c.ended+1
	c.bytes += b.Result.Size()
	if v.Phase == PhaseCalls {
		v.Phase = PhaseRunning
	}
	return nil
}

func (s *State) callsAwaited(e event.Event, b event.CallsAwaited) error {
	v, err := s.callOf(e, b.Node, b.Visit)
	if err != nil {
		return err
	}
	c := v.changeCalls()
	if b.Seen > c.ended {
		return foldError(e, fmt.Sprintf("%d calls have ended", c.ended))
	}
	v.saw(c, b.Seen)
	return nil
}

// haltCalls has the calls that were being executed begin again at the visit's next attempt, as the call does that has failed the
// script, where one has.
func (v *Visit) haltCalls(at time.Time, failed int) {
	c := v.changeCalls()
	for _, k := range c.Open {
		if k.Phase == PhaseRunning {
			halted := *k
			halted.Phase, halted.Due = PhaseBackoff, at
			c.replace(halted)
		}
	}
	if end := c.endOf(failed); end >= 0 {
		v.Calls = c.before(end, at)
	}
}

// endOf returns when a call ended, counted from 0, -1 where it has not.
func (c *Calls) endOf(number int) int {
	for i := range c.ended {
		if c.End(i).Number == number {
			return i
		}
	}
	return -1
}

// kept returns the number of the last call that the script had made before it saw the end of a call, 0 where that has not ended.
func (c *Calls) kept(number int) int {
	end, last := c.endOf(number), 0
	for i := 0; i < c.made && c.At(i).Seen <= end; i++ {
		last = c.At(i).Number
	}
	return last
}

// before is the journal as the script knew it before it saw the end of a call, which is to be made again. What it has called since then is
// forgotten, but for its number.
func (c *Calls) before(end int, at time.Time) *Calls {
	b := &Calls{attempt: c.attempt, begunAt: c.begunAt, next: c.next, Seen: min(c.Seen, end)}
	for i := range c.made {
		k := c.At(i)
		if k.Seen > end {
			break
		}
		if k.Number == c.End(end).Number {
			again := *k
			again.Phase, again.Due = PhaseBackoff, at
			again.EndedAt, again.Result, again.Failed, again.Message, again.tries = time.Time{}, document.Null, "", "", 0
			k = &again
		}
		b.all, b.made = b.all.with(i, k), i+1
		b.bytes += k.Args.Size() + k.Result.Size()
		if k.EndedAt.IsZero() {
			b.Open = append(b.Open, k)
		}
	}
	for i := range c.ended {
		if k := c.End(i); i != end && k.Seen <= end {
			b.ends, b.ended = b.ends.with(b.ended, k), b.ended+1
		}
	}
	return b
}

// cancelCalls has scripts that wait for their calls take a turn, in which those end that are open: their run is ending.
func (s *State) cancelCalls() {
	for i := range s.Visits {
		if v := &s.Visits[i]; v.Phase == PhaseCalls {
			v.Phase = PhaseRunning
		}
	}
}
