package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// Bounds of the signals of a run.
const (
	SignalsKeptMax = 1_000  // signals that no visit has taken yet
	SignalsMax     = 10_000 // signals in all; their ids are remembered as long as the run
)

// SignalRule says what a workflow takes for a signal.
type SignalRule struct {
	Schema   document.Value // JSON Schema of the payload; null allows every payload
	Position Position       // of the schema
}

// keptSignal is a signal that has come and that no visit has taken yet.
type keptSignal struct {
	Name    string
	Payload document.Value
}

// SignalRefusal is why a run does not take a signal.
type SignalRefusal string

// The refusals.
const (
	SignalUnknown SignalRefusal = "unknown" // the workflow knows no signal of that name
	SignalMisfit  SignalRefusal = "misfit"  // the payload is not what the workflow takes
	SignalsFull   SignalRefusal = "full"    // the run has as many signals as a run can have
	SignalTooLate SignalRefusal = "late"    // the run has ended, or is about to
)

// SignalError says why a run does not take a signal, and what it would take.
type SignalError struct {
	Signal  string
	Refusal SignalRefusal
	Misfits []PayloadMisfit // where Refusal is SignalMisfit
	Message string
	Hint    string
}

// PayloadMisfit is one thing that is wrong with a signal's payload.
type PayloadMisfit struct {
	Pointer string // JSON Pointer into the payload
	Message string
}

// Error names the signal and what is wrong.
func (e *SignalError) Error() string {
	text := e.Message
	for i, m := range e.Misfits {
		switch {
		case i > 0:
			text += "; "
		default:
			text += ": "
		}
		if m.Pointer != "" {
			text += m.Pointer + ": "
		}
		text += m.Message
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Misfitting is the error for a payload that does not fit.
func Misfitting(signal string, misfits ...PayloadMisfit) *SignalError {
	return &SignalError{
		Signal: signal, Refusal: SignalMisfit, Misfits: misfits,
		Message: fmt.Sprintf("the payload is not what signal %s takes", quote(signal)),
	}
}

// Signalled reports whether the run has had a signal of that id.
func (s *State) Signalled(id string) bool { return slices.Contains(s.signalIDs, id) }

// Refuses returns why the run does not take a signal that it has not had yet, nil where it does. A payload's schema
// is not looked at: that is for who sends the command.
func (s *State) Refuses(c Signal) *SignalError {
	refuse := func(why SignalRefusal, hint, format string, args ...any) *SignalError {
		return &SignalError{Signal: c.Name, Refusal: why, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	switch {
	case s.N == 0 || s.ended != "":
		return refuse(SignalTooLate, "", "the run has ended")
	case s.Failing != nil:
		return refuse(SignalTooLate, "", "the run has failed and compensates what it has done")
	case s.Cancelling != nil:
		return refuse(SignalTooLate, "", "the run is being cancelled")
	}
	if _, known := s.def.Signals[c.Name]; !known && s.def.SignalsListed {
		names := keys(s.def.Signals)
		hint := "it has no signals"
		if near := nearest(c.Name, names); near != "" {
			hint = didYouMean(near)
		} else if len(names) > 0 {
			hint = "it has " + strings.Join(names, ", ")
		}
		return refuse(SignalUnknown, hint, "workflow %s has no signal %s", s.def.Name, quote(c.Name))
	}
	if misfit := s.def.payloadMisfit(c); misfit != "" {
		return Misfitting(c.Name, PayloadMisfit{Message: misfit})
	}
	kept := 0
	for _, k := range s.signals {
		kept += k.Payload.Size()
	}
	const hint = "send it when the run has taken some"
	switch {
	case len(s.signalIDs) >= SignalsMax:
		return refuse(SignalsFull, "", "the run has had %s signals, the most that one run takes", grouped(SignalsMax))
	case s.awaits(c.Name):
		return nil // it is taken at once
	case len(s.signals) >= SignalsKeptMax:
		return refuse(SignalsFull, hint, "%s signals wait to be taken by the run, the most that are kept", grouped(SignalsKeptMax))
	case kept+c.Payload.Size() > s.def.Limits.StateBytes:
		return refuse(SignalsFull, hint, "the signals that wait to be taken by the run have %d bytes, and limits.state_size allows %d for them", kept, s.def.Limits.StateBytes)
	}
	return nil
}

// payloadMisfit says what keeps a payload from ever becoming a part of the state, "" where nothing does.
func (d *Definition) payloadMisfit(c Signal) string {
	if err := CheckKeys(c.Payload); err != nil {
		return err.Error()
	}
	if size := c.Payload.Size(); size > d.Limits.OutputBytes {
		return fmt.Sprintf("it has %d bytes; limits.output_size allows %d", size, d.Limits.OutputBytes)
	}
	if c.Payload.IsNull() || c.Payload.Kind() == document.KindObject {
		return ""
	}
	for i := range d.Nodes {
		if n := &d.Nodes[i]; n.Signal == c.Name && n.Into == "" {
			return fmt.Sprintf("must be an object, not %s: node %s merges it into the state", describe(c.Payload), quote(n.Name))
		}
	}
	return ""
}

// waitingFor returns the visit that has waited longest for a signal, and the call where it is one of a durable script; nil
// where none does.
func (s *State) waitingFor(signal string) (first *Visit, call *Call) {
	var begun uint64
	for i := range s.Visits {
		v := &s.Visits[i]
		if v.Phase == PhaseSignal && v.Signal == signal && (first == nil || v.Begun < begun) {
			first, call, begun = v, nil, v.Begun
		}
		if v.Calls == nil || !v.Open() {
			continue
		}
		for _, k := range v.Calls.Open {
			if k.Phase == PhaseSignal && k.Name == signal && (first == nil || k.Begun < begun) {
				first, call, begun = v, k, k.Begun
			}
		}
	}
	return first, call
}

// awaits reports whether a visit waits for a signal.
func (s *State) awaits(signal string) bool {
	v, _ := s.waitingFor(signal)
	return v != nil
}

// kept returns the earliest signal of a name that no visit has taken, and where it stands; -1 where there is none.
func (s *State) kept(name string) (keptSignal, int) {
	i := slices.IndexFunc(s.signals, func(k keptSignal) bool { return k.Name == name })
	if i < 0 {
		return keptSignal{}, i
	}
	return s.signals[i], i
}

// receive keeps a signal. The lists are never changed where another State has them, too; see clone.
func (s *State) receive(b event.SignalReceived) {
	s.signals = append(s.signals, keptSignal{Name: b.Signal, Payload: b.Payload})
	s.signalIDs = append(s.signalIDs, b.ID)
}

// take lets a visit whose attempt has ended have the signal that ended it. Nothing is kept of the name that a visit
// waits for, but between a signal's coming and the end that it makes: so an attempt that ended otherwise takes none.
func (s *State) take(v *Visit) {
	if v.Phase == PhaseSignal {
		s.takeSignal(v.Signal)
	}
}

// takeSignal lets go of the earliest signal that is kept of a name.
func (s *State) takeSignal(name string) {
	if _, i := s.kept(name); i >= 0 {
		s.signals = slices.Delete(slices.Clone(s.signals), i, i+1)
	}
}

// signal decides what a signal comes to: the visit that has waited longest for it completes, or else it is kept.
func (d *decision) signal(c Signal) {
	if d.s.Signalled(c.ID) || d.s.Refuses(c) != nil {
		return
	}
	d.emit(event.SignalReceived{Signal: c.Name, ID: c.ID, Payload: c.Payload, By: c.By})
	switch v, call := d.s.waitingFor(c.Name); {
	case call != nil:
		d.receiveCall(v, call)
	case v != nil:
		d.receive(v)
		d.advance()
	}
}

// await begins to wait for a node's signal: one that is kept ends the wait at once.
func (d *decision) await(node *Node, v *Visit) {
	if _, i := d.s.kept(node.Signal); i >= 0 {
		d.receive(v)
		return
	}
	if node.Timeout > 0 {
		d.setTimer(node, v, d.now.Add(node.Timeout))
	}
}

// receive ends a visit with the earliest signal that is kept for it.
func (d *decision) receive(v *Visit) {
	signal, _ := d.s.kept(v.Signal)
	o := Outcome{Result: signal.Payload, HasResult: true, Duration: d.now.Sub(v.StartedAt)}
	change, failure := d.s.merge(v, &o)
	if failure != nil {
		d.fail(v, failure, o.Duration)
		return
	}
	d.complete(v, &o, change)
}

// waitedTooLong ends a wait whose timeout has passed.
func (d *decision) waitedTooLong(v *Visit) {
	d.fail(v, &Failure{Kind: FailureTimeout, Message: fmt.Sprintf(
		"no signal %s came within %s", quote(v.Signal), d.s.def.Nodes[v.at].Timeout)}, d.now.Sub(v.StartedAt))
}
