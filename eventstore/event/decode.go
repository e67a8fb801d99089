package event

import (
	"errors"
	"fmt"

	"github.com/weirflow/weir/eventstore/document"
)

// ErrUnknownType is wrapped by the error for an event whose type this version does not know: a newer weir has written it.
var ErrUnknownType = errors.New("unknown type of event, written by a newer weir")

// envelopeDepth is how deep the values of an event lie in its text: the patch's are the deepest, within the event, the
// list of operations and the operation.
const envelopeDepth = 3

// Decode reads the text of one event, as AppendJSON writes it. Fields that it does not know are ignored. A type that it does not
// know is [ErrUnknownType]; every other error means that the text is not an event, and says where. An empty list, patch or map is
// read as nil.
func Decode(data []byte) (Event, error) {
	return new(decoder).decode(data)
}

// decoder reads events one after the other, and needs no more room for many than for one.
type decoder struct{ fields fields }

func (d *decoder) decode(data []byte) (Event, error) {
	members, err := document.AppendMembers(d.fields.members[:0], data, document.MaxDepth+envelopeDepth)
	if err != nil {
		return Event{}, fmt.Errorf("event: %w", err)
	}
	d.fields = fields{members: members}
	f := &d.fields
	e := Event{Run: f.text("run"), N: f.number("n"), At: f.instant("at")}
	typ := Type(f.text("type"))
	if f.err != nil {
		return Event{}, fmt.Errorf("event: %w", f.err)
	}
	if e.Body = f.body(typ); e.Body == nil {
		return Event{}, fmt.Errorf("event %d of run %s: %w: %q", e.N, e.Run, ErrUnknownType, typ)
	}
	if f.err != nil {
		return Event{}, fmt.Errorf("event %d of run %s (%s): %w", e.N, e.Run, typ, f.err)
	}
	return e, nil
}

// body reads the fields of a type, and returns nil where there is no such type.
func (f *fields) body(t Type) Body {
	switch t {
	case TypeRunStarted:
		input, _ := f.value("input")
		return RunStarted{
			Workflow: f.text("workflow"), Revision: f.text("revision"), Input: input, Start: f.text("start"),
			Labels: f.labels("labels"), By: f.optionalText("by"), Parent: f.parent("parent"), Depth: f.optionalInt("depth"),
			Queue: f.queue("queue"),
		}
	case TypeNodeStarted:
		b := NodeStarted{
			Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Input: f.optionalText("input"),
			Tie: f.optionalTruth("tie"), Signal: f.optionalText("signal"), Items: f.optionalInt("items"), Item: f.optionalInt("item"),
		}
		if b.Item == 0 || f.has("tokens") {
			b.Tokens = f.numbers("tokens")
		}
		return b
	case TypeNodeCompleted:
		return NodeCompleted{
			Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Duration: f.duration("duration_ns"),
			Output: f.int("output_bytes"), Item: f.optionalInt("item"), Result: f.optionalValue("result"),
		}
	case TypeNodeFailed:
		return NodeFailed{
			Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"),
			Duration: f.duration("duration_ns"), Kind: f.text("kind"), Message: f.text("message"),
			Position: f.position("position"), RetryAt: f.optionalInstant("retry_at"), Item: f.optionalInt("item"), Call: f.optionalInt("call"), Kept: f.optionalInt("kept"),
		}
	case TypeStateChanged:
		return StateChanged{Node: f.text("node"), Visit: f.int("visit"), Patch: f.patch("patch")}
	case TypeEdgeTaken:
		return EdgeTaken{
			From: f.text("from"), Visit: f.int("visit"), To: f.text("to"), Token: f.number("token"),
			Edge: f.int("edge"), When: f.optionalText("when"), Via: f.optionalText("via"),
		}
	case TypeScriptLogged:
		return ScriptLogged{
			Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Lines: f.lines("lines"), Item: f.optionalInt("item"),
		}
	case TypeTimerSet:
		return TimerSet{Timer: f.text("timer"), Node: f.text("node"), Visit: f.int("visit"), Due: f.instant("due")}
	case TypeTimerFired:
		return TimerFired{Timer: f.text("timer"), Node: f.text("node"), Visit: f.int("visit")}
	case TypeChildStarted:
		return ChildStarted{
			Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Item: f.optionalInt("item"), Child: f.text("child"),
			Workflow: f.text("workflow"), Revision: f.text("revision"), Due: f.optionalInstant("due"),
		}
	case TypeChildCompleted:
		return ChildCompleted{
			Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Item: f.optionalInt("item"), Child: f.text("child"),
			Status: f.text("status"), Kind: f.optionalText("kind"), Message: f.optionalText("message"), State: f.text("state"),
		}
	case TypeSignalReceived:
		return SignalReceived{
			Signal: f.text("signal"), ID: f.text("id"), Payload: f.optionalValue("payload"), By: f.optionalText("by"),
		}
	case TypeCallStarted, TypeCallCompleted, TypeCallsAwaited:
		return f.call(t)
	case TypeRunPaused:
		return RunPaused{By: f.optionalText("by"), Reason: f.optionalText("reason")}
	case TypeRunResumed:
		return RunResumed{
			Reason: f.text("reason"), By: f.optionalText("by"), Note: f.optionalText("note"), Revision: f.optionalText("revision"),
		}
	case TypeRunCancelRequested:
		return RunCancelRequested{By: f.optionalText("by"), Reason: f.optionalText("reason")}
	case TypeRunFailing:
		return RunFailing{
			Kind: f.text("kind"), Message: f.text("message"), Node: f.optionalText("node"), Visit: f.optionalInt("visit"),
			Position: f.position("position"),
		}
	case TypeRunCompleted:
		return RunCompleted{State: f.text("state")}
	case TypeRunFailed:
		return RunFailed{
			Kind: f.text("kind"), Message: f.text("message"), Node: f.optionalText("node"), Visit: f.optionalInt("visit"),
			Position: f.position("position"), State: f.text("state"), Uncompensated: f.uncompensated("uncompensated"),
		}
	case TypeRunCancelled:
		return RunCancelled{By: f.optionalText("by"), Reason: f.optionalText("reason"), State: f.text("state")}
	case TypeRunRetired:
		return RunRetired{
			Status: f.text("status"), Revision: f.text("revision"), Input: f.text("input"),
			StartedAt: f.instant("started_at"), EndedAt: f.instant("ended_at"), Reason: f.text("reason"),
		}
	default:
		return nil
	}
}
