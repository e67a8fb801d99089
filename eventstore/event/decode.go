package event

import (
	"errors"
	"fmt"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// ErrUnknownType is wrapped by Decode's error for an event whose type this version does not know.
var ErrUnknownType = errors.New("unknown event type")

// Decode reads one event.
func Decode(data []byte) (Event, error) {
	v, err := document.Parse(data)
	if err != nil {
		return Event{}, err
	}
	f := fields{v}
	e := Event{Run: f.text("run"), N: uint64(f.int("n")), At: f.instant("at")}
	switch t := Type(f.text("type")); t {
	case TypeRunStarted:
		b := RunStarted{Workflow: f.text("workflow"), Revision: f.text("revision"), Input: f.value("input"), Start: f.text("start"), By: f.text("by")}
		for k, l := range f.value("labels").Members() {
			if b.Labels == nil {
				b.Labels = map[string]string{}
			}
			b.Labels[k], _ = l.AsString()
		}
		e.Body = b
	case TypeNodeStarted:
		b := NodeStarted{Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Input: f.text("input")}
		for _, x := range f.value("tokens").Items() {
			i, _ := x.AsInt()
			b.Tokens = append(b.Tokens, uint64(i))
		}
		e.Body = b
	case TypeNodeCompleted:
		e.Body = NodeCompleted{Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Duration: time.Duration(f.int("duration_ns")), Output: f.int("output_bytes")}
	case TypeNodeFailed:
		e.Body = NodeFailed{Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt"), Duration: time.Duration(f.int("duration_ns")), Kind: f.text("kind"), Message: f.text("message"), Position: f.position(), RetryAt: f.instant("retry_at")}
	case TypeStateChanged:
		p, err := document.ParsePatch(f.value("patch").AppendJSON(nil))
		if err != nil {
			return Event{}, err
		}
		e.Body = StateChanged{Node: f.text("node"), Visit: f.int("visit"), Patch: p}
	case TypeEdgeTaken:
		e.Body = EdgeTaken{From: f.text("from"), Visit: f.int("visit"), To: f.text("to"), Token: uint64(f.int("token")), Edge: f.int("edge"), When: f.text("when"), Via: f.text("via")}
	case TypeScriptLogged:
		b := ScriptLogged{Node: f.text("node"), Visit: f.int("visit"), Attempt: f.int("attempt")}
		for _, x := range f.value("lines").Items() {
			l := fields{x}
			b.Lines = append(b.Lines, LogLine{Level: l.text("level"), Text: l.text("text"), Line: l.int("line")})
		}
		e.Body = b
	case TypeTimerSet:
		e.Body = TimerSet{Timer: f.text("timer"), Node: f.text("node"), Visit: f.int("visit"), Due: f.instant("due")}
	case TypeTimerFired:
		e.Body = TimerFired{Timer: f.text("timer"), Node: f.text("node"), Visit: f.int("visit")}
	case TypeRunResumed:
		e.Body = RunResumed{Reason: f.text("reason"), By: f.text("by")}
	case TypeRunCancelRequested:
		e.Body = RunCancelRequested{By: f.text("by"), Reason: f.text("reason")}
	case TypeRunCompleted:
		e.Body = RunCompleted{State: f.text("state")}
	case TypeRunFailed:
		e.Body = RunFailed{Kind: f.text("kind"), Message: f.text("message"), Node: f.text("node"), Visit: f.int("visit"), Position: f.position(), State: f.text("state")}
	case TypeRunCancelled:
		e.Body = RunCancelled{By: f.text("by"), Reason: f.text("reason"), State: f.text("state")}
	default:
		return Event{}, fmt.Errorf("%w %q", ErrUnknownType, t)
	}
	return e, nil
}

type fields struct{ v document.Value }

func (f fields) value(name string) document.Value { v, _ := f.v.Get(name); return v }
func (f fields) text(name string) string          { s, _ := f.value(name).AsString(); return s }
func (f fields) int(name string) int              { i, _ := f.value(name).AsInt(); return int(i) }
func (f fields) instant(name string) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, f.text(name))
	return t
}
func (f fields) position() *Position {
	p := fields{f.value("position")}
	if p.v.IsNull() {
		return nil
	}
	return &Position{p.text("file"), p.int("line"), p.int("column")}
}
