package event

import (
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// What is stored of the calls of durable scripts, and how it is read.

func appendCall(dst []byte, node string, visit, call, attempt int) []byte {
	dst = appendText(dst, "node", node)
	dst = appendInt(dst, "visit", int64(visit))
	dst = appendInt(dst, "call", int64(call))
	return appendInt(dst, "attempt", int64(attempt))
}

func (b CallStarted) appendFields(dst []byte) []byte {
	dst = appendCall(dst, b.Node, b.Visit, b.Call, b.Attempt)
	dst = appendText(dst, "kind", b.Kind)
	dst = appendTextIfAny(dst, "name", b.Name)
	dst = appendValueIfAny(dst, "args", b.Args)
	if b.Wait != 0 {
		dst = appendInt(dst, "wait_ns", int64(b.Wait))
	}
	dst = appendInstantIfAny(dst, "due", b.Due)
	if r := b.Retry; r != nil {
		dst = append(dst, `,"retry":{"max":`...)
		dst = document.Int(int64(r.Max)).AppendJSON(dst)
		dst = appendText(dst, "backoff", r.Backoff)
		dst = appendInt(dst, "initial_ns", int64(r.Initial))
		dst = appendInt(dst, "cap_ns", int64(r.Cap))
		for i, kind := range r.On {
			if i == 0 {
				dst = append(appendName(dst, "on"), '[')
			} else {
				dst = append(dst, ',')
			}
			dst = document.AppendString(dst, kind)
		}
		if len(r.On) > 0 {
			dst = append(dst, ']')
		}
		dst = append(dst, '}')
	}
	return appendIntIfAny(appendIntIfAny(dst, "seen", b.Seen), "behind", b.Behind)
}

func (b CallCompleted) appendFields(dst []byte) []byte {
	dst = appendCall(dst, b.Node, b.Visit, b.Call, b.Attempt)
	dst = appendInt(dst, "duration_ns", int64(b.Duration))
	dst = appendValueIfAny(dst, "result", b.Result)
	dst = appendTextIfAny(dst, "kind", b.Kind)
	dst = appendTextIfAny(dst, "message", b.Message)
	return appendInstantIfAny(dst, "retry_at", b.RetryAt)
}

func (b CallsAwaited) appendFields(dst []byte) []byte {
	dst = appendText(dst, "node", b.Node)
	dst = appendInt(dst, "visit", int64(b.Visit))
	return appendIntIfAny(appendInt(dst, "seen", int64(b.Seen)), "behind", b.Behind)
}

// call reads the body of an event about a call.
func (f *fields) call(t Type) Body {
	switch t {
	case TypeCallStarted:
		return CallStarted{
			Node: f.text("node"), Visit: f.int("visit"), Call: f.int("call"), Attempt: f.int("attempt"), Kind: f.text("kind"),
			Name: f.optionalText("name"), Args: f.optionalValue("args"), Wait: f.optionalDuration("wait_ns"),
			Due: f.optionalInstant("due"), Retry: f.callRetry("retry"), Seen: f.optionalInt("seen"), Behind: f.optionalInt("behind"),
		}
	case TypeCallCompleted:
		return CallCompleted{
			Node: f.text("node"), Visit: f.int("visit"), Call: f.int("call"), Attempt: f.int("attempt"), Duration: f.duration("duration_ns"),
			Result: f.optionalValue("result"), Kind: f.optionalText("kind"), Message: f.optionalText("message"), RetryAt: f.optionalInstant("retry_at"),
		}
	default:
		return CallsAwaited{Node: f.text("node"), Visit: f.int("visit"), Seen: f.int("seen"), Behind: f.optionalInt("behind")}
	}
}

func (f *fields) optionalDuration(name string) time.Duration {
	return time.Duration(f.optionalInt(name))
}

func (f *fields) callRetry(name string) *CallRetry {
	v, there := f.get(name)
	if !there {
		return nil
	}
	r := &CallRetry{}
	f.inside(name, v, func(inner *fields) {
		*r = CallRetry{
			Max: inner.int("max"), Backoff: inner.text("backoff"), Initial: inner.duration("initial_ns"), Cap: inner.duration("cap_ns"),
		}
		if !inner.has("on") {
			return
		}
		inner.each("on", func(item document.Value) {
			kind, ok := item.AsString()
			if !ok {
				inner.want("on", "a list of strings", item)
			}
			r.On = append(r.On, kind)
		})
	})
	return r
}
