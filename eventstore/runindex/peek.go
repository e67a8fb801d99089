package runindex

import (
	"strings"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// messageBytesMax is how much of an error's message the index keeps. The run's events have all of it.
const messageBytesMax = 4 << 10

// peeked is what the index wants to know of an event about a visit, or of a failure.
type peeked struct {
	visitKey
	n             int64
	attempt       int64
	due           int64 // when a timer or the next attempt is due, else never
	kind, message string
	child         string
	signal        string // that an attempt waits for
	caught        bool   // an edge that leads an error to a catch
	call, kept    int64  // of a durable script
	behind        int64  // how many calls have ended that the script has not seen
	name          string // of a signal that a call waits for
}

// fields is a set of what can be peeked at.
type fields uint16

// What can be peeked at, and what of it a start of an attempt and the end of a visit must say.
const (
	fieldNode fields = 1 << iota
	fieldNumber
	fieldAttempt
	fieldDue
	fieldKind
	fieldMessage
	fieldVia
	fieldSignal
	fieldItem
	fieldChild
	fieldCall
	fieldSeen

	fieldsOfVisit = fieldNode | fieldNumber
	fieldsOfStart = fieldsOfVisit | fieldAttempt | fieldSignal | fieldItem
	fieldsOfAll   = ^fields(0)
)

// peek reads what is wanted of an event, and nothing behind the last of it: most events are long where a loop is fast.
func peek(raw event.Raw, wanted fields) peeked {
	e := peeked{n: int64(raw.N), due: never}
	attempted := false
	for name, value := range raw.Fields() {
		if attempted {
			wanted &^= fieldItem // it stands behind the attempt, or nowhere
		}
		switch string(name) {
		case "node", "from":
			e.node, _ = value.Text()
			wanted &^= fieldNode
		case "visit":
			e.number, _ = value.Int()
			wanted &^= fieldNumber
		case "attempt":
			e.attempt, _ = value.Int()
			wanted &^= fieldAttempt
			attempted = true
		case "item":
			e.item, _ = value.Int()
		case "due", "retry_at":
			if at, ok := value.Instant(); ok {
				e.due = stamp(at)
			}
			wanted &^= fieldDue
		case "signal":
			e.signal, _ = value.Text()
			wanted &^= fieldSignal
		case "call":
			e.call, _ = value.Int()
		case "kept":
			e.kept, _ = value.Int()
			wanted &^= fieldCall
		case "name":
			e.name, _ = value.Text()
		case "behind":
			e.behind, _ = value.Int()
			wanted &^= fieldSeen
		case "child":
			e.child, _ = value.Text()
			wanted &^= fieldChild
		case "kind":
			e.kind, _ = value.Text()
			wanted &^= fieldKind
		case "message":
			e.message, _ = value.Text()
			e.message = shorten(e.message)
			wanted &^= fieldMessage
		case "via":
			via, _ := value.Text()
			e.caught = via == event.ViaCatch
			wanted &^= fieldVia
		}
		if wanted == 0 {
			break
		}
	}
	return e
}

// timeOf returns the event's time.
func timeOf(raw event.Raw) int64 {
	for name, value := range raw.Fields() {
		if string(name) == "at" {
			at, _ := value.Instant()
			return stamp(at)
		}
	}
	return 0
}

// parent is the attempt that started a run; without a run where none did.
type parent struct {
	run, node            string
	visit, attempt, item int64
}

// parentOf reads which attempt started a run: of an object its fields, or else the run's id.
func parentOf(value event.Peeked) (p parent) {
	v, err := document.Parse(value)
	if err != nil {
		return parent{}
	}
	run, object := v.Get("run")
	if !object {
		p.run, _ = v.AsString()
		return p
	}
	node, _ := v.Get("node")
	visit, _ := v.Get("visit")
	attempt, _ := v.Get("attempt")
	item, _ := v.Get("item")
	p.run, _ = run.AsString()
	p.node, _ = node.AsString()
	p.visit, _ = visit.AsInt()
	p.attempt, _ = attempt.AsInt()
	p.item, _ = item.AsInt()
	return p
}

// queueOf reads where in a queue a run waits.
func queueOf(value event.Peeked) *queue {
	v, err := document.Parse(value)
	if err != nil {
		return nil
	}
	q := &queue{begunAt: never}
	if key, ok := v.Get("key"); ok {
		text, _ := key.AsString()
		q.key = strings.Clone(text)
	}
	if priority, ok := v.Get("priority"); ok {
		q.priority, _ = priority.AsInt()
	}
	return q
}

// shorten cuts a message that is too long between two characters, and marks the cut.
func shorten(message string) string {
	const mark = "…"
	if len(message) <= messageBytesMax {
		return message
	}
	end := messageBytesMax - len(mark)
	for !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + mark
}

// label is one label of a run.
type label struct{ key, value string }

// labelsOf reads the labels from the JSON object that the row has. What is not a text is no label.
func labelsOf(object string) []label {
	if object == "" {
		return nil
	}
	v, err := document.Parse([]byte(object))
	if err != nil {
		return nil
	}
	labels := make([]label, 0, v.Len())
	for key, member := range v.Members() {
		if value, ok := member.AsString(); ok {
			labels = append(labels, label{strings.Clone(key), strings.Clone(value)})
		}
	}
	return labels
}
