package event

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// AppendJSON appends the event as one flat JSON object: run, n, type and at, then the body's fields in
// the order vocabulary.go lists them. The order is part of the stored format: the same event always
// makes the same bytes.
func (e Event) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"run":`...)
	dst = document.AppendString(dst, e.Run)
	dst = append(dst, `,"n":`...)
	dst = strconv.AppendUint(dst, e.N, 10)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, e.Body.EventType()...)
	dst = append(dst, `","at":"`...)
	dst = appendTime(dst, e.At)
	dst = append(dst, '"')
	dst = e.Body.appendFields(dst)
	return append(dst, '}')
}

// MarshalJSON returns the bytes of AppendJSON.
func (e Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// Each of these appends `,"name":value`. The name is a constant that needs no escaping.

func appendText(dst []byte, name, s string) []byte {
	return document.AppendString(appendName(dst, name), s)
}

func appendTextIfAny(dst []byte, name, s string) []byte {
	if s == "" {
		return dst
	}
	return appendText(dst, name, s)
}

func appendInt(dst []byte, name string, i int64) []byte {
	return strconv.AppendInt(appendName(dst, name), i, 10)
}

func appendIntIfAny(dst []byte, name string, i int) []byte {
	if i == 0 {
		return dst
	}
	return appendInt(dst, name, int64(i))
}

func appendInstant(dst []byte, name string, t time.Time) []byte {
	return append(appendTime(append(appendName(dst, name), '"'), t), '"')
}

func appendInstantIfAny(dst []byte, name string, t time.Time) []byte {
	if t.IsZero() {
		return dst
	}
	return appendInstant(dst, name, t)
}

func appendValueIfAny(dst []byte, name string, v document.Value) []byte {
	if v.IsNull() {
		return dst
	}
	return v.AppendJSON(appendName(dst, name))
}

func appendPosition(dst []byte, p *Position) []byte {
	if p == nil {
		return dst
	}
	dst = append(dst, `,"position":{"file":`...)
	dst = document.AppendString(dst, p.File)
	dst = appendInt(dst, "line", int64(p.Line))
	dst = appendInt(dst, "column", int64(p.Column))
	return append(dst, '}')
}

func appendQueue(dst []byte, q *Queue) []byte {
	if q == nil {
		return dst
	}
	dst = append(dst, `,"queue":{`...)
	if q.Key != "" {
		dst = document.AppendString(append(dst, `"key":`...), q.Key)
	}
	if q.Priority != 0 {
		if q.Key != "" {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `"priority":`...), int64(q.Priority), 10)
	}
	return append(dst, '}')
}

func appendVisit(dst []byte, node string, visit, attempt int) []byte {
	dst = appendText(dst, "node", node)
	dst = appendInt(dst, "visit", int64(visit))
	return appendInt(dst, "attempt", int64(attempt))
}

func appendName(dst []byte, name string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

func (b RunStarted) appendFields(dst []byte) []byte {
	dst = appendText(dst, "workflow", b.Workflow)
	dst = appendText(dst, "revision", b.Revision)
	dst = b.Input.AppendJSON(appendName(dst, "input"))
	dst = appendText(dst, "start", b.Start)
	if len(b.Labels) > 0 {
		dst = append(appendName(dst, "labels"), '{')
		for i, key := range slices.Sorted(maps.Keys(b.Labels)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(document.AppendString(dst, key), ':')
			dst = document.AppendString(dst, b.Labels[key])
		}
		dst = append(dst, '}')
	}
	dst = appendTextIfAny(dst, "by", b.By)
	if p := b.Parent; p != nil {
		dst = append(dst, `,"parent":{"run":`...)
		dst = document.AppendString(dst, p.Run)
		dst = append(appendIntIfAny(appendVisit(dst, p.Node, p.Visit, p.Attempt), "item", p.Item), '}')
	}
	if b.Depth != 0 {
		dst = appendInt(dst, "depth", int64(b.Depth))
	}
	return appendQueue(dst, b.Queue)
}

func (b NodeStarted) appendFields(dst []byte) []byte {
	dst = appendVisit(dst, b.Node, b.Visit, b.Attempt)
	dst = appendIntIfAny(dst, "item", b.Item)
	if len(b.Tokens) > 0 || b.Item == 0 {
		dst = appendNumbers(dst, "tokens", b.Tokens)
	}
	dst = appendTextIfAny(dst, "input", b.Input)
	if b.Tie {
		dst = append(appendName(dst, "tie"), "true"...)
	}
	dst = appendTextIfAny(dst, "signal", b.Signal)
	return appendIntIfAny(dst, "items", b.Items)
}

func appendNumbers(dst []byte, name string, numbers []uint64) []byte {
	dst = append(appendName(dst, name), '[')
	for i, number := range numbers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, number, 10)
	}
	return append(dst, ']')
}

func (b NodeCompleted) appendFields(dst []byte) []byte {
	dst = appendVisit(dst, b.Node, b.Visit, b.Attempt)
	dst = appendIntIfAny(dst, "item", b.Item)
	dst = appendInt(dst, "duration_ns", int64(b.Duration))
	dst = appendInt(dst, "output_bytes", int64(b.Output))
	return appendValueIfAny(dst, "result", b.Result)
}

func (b NodeFailed) appendFields(dst []byte) []byte {
	dst = appendVisit(dst, b.Node, b.Visit, b.Attempt)
	dst = appendIntIfAny(dst, "item", b.Item)
	dst = appendInt(dst, "duration_ns", int64(b.Duration))
	dst = appendText(dst, "kind", b.Kind)
	dst = appendText(dst, "message", b.Message)
	dst = appendPosition(dst, b.Position)
	dst = appendIntIfAny(appendInstantIfAny(dst, "retry_at", b.RetryAt), "call", b.Call)
	return appendIntIfAny(dst, "kept", b.Kept)
}

func (b StateChanged) appendFields(dst []byte) []byte {
	dst = appendText(dst, "node", b.Node)
	dst = appendInt(dst, "visit", int64(b.Visit))
	return b.Patch.AppendJSON(appendName(dst, "patch"))
}

func (b EdgeTaken) appendFields(dst []byte) []byte {
	dst = appendText(dst, "from", b.From)
	dst = appendInt(dst, "visit", int64(b.Visit))
	dst = appendText(dst, "to", b.To)
	dst = strconv.AppendUint(appendName(dst, "token"), b.Token, 10)
	dst = appendInt(dst, "edge", int64(b.Edge))
	dst = appendTextIfAny(dst, "when", b.When)
	return appendTextIfAny(dst, "via", b.Via)
}

func (b ScriptLogged) appendFields(dst []byte) []byte {
	dst = appendVisit(dst, b.Node, b.Visit, b.Attempt)
	dst = appendIntIfAny(dst, "item", b.Item)
	dst = append(appendName(dst, "lines"), '[')
	for i, line := range b.Lines {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"level":`...)
		dst = document.AppendString(dst, line.Level)
		dst = appendText(dst, "text", line.Text)
		dst = appendTextIfAny(dst, "file", line.File)
		dst = appendIntIfAny(dst, "line", line.Line)
		dst = appendIntIfAny(dst, "column", line.Column)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (b TimerSet) appendFields(dst []byte) []byte {
	dst = appendText(dst, "timer", b.Timer)
	dst = appendText(dst, "node", b.Node)
	dst = appendInt(dst, "visit", int64(b.Visit))
	return appendInstant(dst, "due", b.Due)
}

func (b TimerFired) appendFields(dst []byte) []byte {
	dst = appendText(dst, "timer", b.Timer)
	dst = appendText(dst, "node", b.Node)
	return appendInt(dst, "visit", int64(b.Visit))
}

func (b ChildStarted) appendFields(dst []byte) []byte {
	dst = appendVisit(dst, b.Node, b.Visit, b.Attempt)
	dst = appendIntIfAny(dst, "item", b.Item)
	dst = appendText(dst, "child", b.Child)
	dst = appendText(dst, "workflow", b.Workflow)
	dst = appendText(dst, "revision", b.Revision)
	return appendInstantIfAny(dst, "due", b.Due)
}

func (b ChildCompleted) appendFields(dst []byte) []byte {
	dst = appendVisit(dst, b.Node, b.Visit, b.Attempt)
	dst = appendIntIfAny(dst, "item", b.Item)
	dst = appendText(dst, "child", b.Child)
	dst = appendText(dst, "status", b.Status)
	dst = appendTextIfAny(dst, "kind", b.Kind)
	dst = appendTextIfAny(dst, "message", b.Message)
	return appendText(dst, "state", b.State)
}

func (b SignalReceived) appendFields(dst []byte) []byte {
	dst = appendText(dst, "signal", b.Signal)
	dst = appendText(dst, "id", b.ID)
	dst = appendValueIfAny(dst, "payload", b.Payload)
	return appendTextIfAny(dst, "by", b.By)
}

func (b RunPaused) appendFields(dst []byte) []byte {
	return appendTextIfAny(appendTextIfAny(dst, "by", b.By), "reason", b.Reason)
}

func (b RunResumed) appendFields(dst []byte) []byte {
	dst = appendTextIfAny(appendText(dst, "reason", b.Reason), "by", b.By)
	return appendTextIfAny(appendTextIfAny(dst, "note", b.Note), "revision", b.Revision)
}

func (b RunCancelRequested) appendFields(dst []byte) []byte {
	return appendTextIfAny(appendTextIfAny(dst, "by", b.By), "reason", b.Reason)
}

func (b RunCompleted) appendFields(dst []byte) []byte { return appendText(dst, "state", b.State) }

func (b RunFailing) appendFields(dst []byte) []byte {
	dst = appendText(dst, "kind", b.Kind)
	dst = appendText(dst, "message", b.Message)
	dst = appendTextIfAny(dst, "node", b.Node)
	dst = appendIntIfAny(dst, "visit", b.Visit)
	return appendPosition(dst, b.Position)
}

func (b RunFailed) appendFields(dst []byte) []byte {
	dst = RunFailing{Kind: b.Kind, Message: b.Message, Node: b.Node, Visit: b.Visit, Position: b.Position}.appendFields(dst)
	dst = appendText(dst, "state", b.State)
	if len(b.Uncompensated) == 0 {
		return dst
	}
	dst = append(appendName(dst, "uncompensated"), '[')
	for i, u := range b.Uncompensated {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = document.AppendString(append(dst, `{"node":`...), u.Node)
		dst = appendInt(dst, "visit", int64(u.Visit))
		dst = appendText(appendText(dst, "kind", u.Kind), "message", u.Message)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func (b RunCancelled) appendFields(dst []byte) []byte {
	dst = appendTextIfAny(appendTextIfAny(dst, "by", b.By), "reason", b.Reason)
	return appendText(dst, "state", b.State)
}

func (b RunRetired) appendFields(dst []byte) []byte {
	dst = appendText(dst, "status", b.Status)
	dst = appendText(dst, "revision", b.Revision)
	dst = appendText(dst, "input", b.Input)
	dst = appendInstant(dst, "started_at", b.StartedAt)
	dst = appendInstant(dst, "ended_at", b.EndedAt)
	return appendText(dst, "reason", b.Reason)
}
