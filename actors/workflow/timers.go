package workflow

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// timerOf names the timer of a visit: it says what the visit waits for.
func timerOf(node *Node, visit int) string {
	purpose := string(node.Kind)
	if node.Kind == KindWait {
		purpose = "timeout"
	}
	return fmt.Sprintf("%s/%d/%s", node.Name, visit, purpose)
}

// setTimer lets a visit wait for a time.
func (d *decision) setTimer(node *Node, v *Visit, due time.Time) {
	d.emit(event.TimerSet{Timer: timerOf(node, v.Number), Node: v.Node, Visit: v.Number, Due: due})
}

// fire acts on a visit's timer, which is due.
func (d *decision) fire(v *Visit) {
	node, waits := &d.s.def.Nodes[v.at], v.Phase == PhaseSignal
	d.emit(event.TimerFired{Timer: timerOf(node, v.Number), Node: v.Node, Visit: v.Number})
	if waits {
		d.waitedTooLong(v)
		return
	}
	d.complete(v, &Outcome{Duration: d.now.Sub(v.StartedAt)}, change{})
}

// Until says when the visits of a node end.
type Until struct {
	Time     *Template // a text or a number that timeOf reads
	Position Position
}

// until begins to wait for the time that a node's template gives. What is past is due at once.
func (d *decision) until(node *Node, v *Visit) {
	due, failure := node.Until.due(d.ev, d.s.Scope(v))
	d.lapse()
	if failure != nil {
		d.fail(v, failure, d.now.Sub(v.StartedAt))
		return
	}
	if due.Before(d.now) {
		due = d.now
	}
	d.setTimer(node, v, due)
}

func (u *Until) due(ev Evaluator, sc Scope) (time.Time, *Failure) {
	value, err := u.Time.Eval(ev, sc)
	if err != nil {
		return time.Time{}, asFailure(err)
	}
	due, err := timeOf(value)
	if err != nil {
		return time.Time{}, &Failure{Kind: FailureScript, Message: fmt.Sprintf("until of node %q %s", sc.Node, err), Position: u.place()}
	}
	return due, nil
}

// shown is the time for a diagram.
func (u *Until) shown() string {
	if p, ok := u.Time.root.(expressionPart); ok {
		return shown(p.expression.Source)
	}
	v, _ := u.Time.Outline()
	if text, ok := v.AsString(); ok {
		return shown(text)
	}
	return shown(v.String())
}

// place is where the expression stands, if the whole is one.
func (u *Until) place() *Position {
	if p, ok := u.Time.root.(expressionPart); ok {
		at := p.expression.Origin
		return &at
	}
	at := u.Position
	return &at
}

// Times that events can hold.
var (
	earliest = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// timeOf reads a time: an RFC 3339 text, or a number of milliseconds since 1970, as Date.getTime gives it.
func timeOf(v document.Value) (time.Time, error) {
	const want = `write a text such as "2026-12-24T18:00:00Z", or the milliseconds since 1970 that Date.getTime() gives`
	if text, ok := v.AsString(); ok {
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return time.Time{}, fmt.Errorf("is %s, which is no time with a date and a zone; %s", quote(text), want)
		}
		return within10kYears(t.UTC(), text)
	}
	if v.Kind() != document.KindNumber {
		return time.Time{}, fmt.Errorf("is %s, not a time; %s", describe(v), want)
	}
	ms, err := strconv.ParseFloat(v.NumberText(), 64)
	if err != nil || ms < float64(earliest.UnixMilli()) || ms > float64(latest.UnixMilli()) {
		return within10kYears(latest.Add(time.Hour), v.NumberText())
	}
	whole, part := math.Modf(ms)
	return time.UnixMilli(int64(whole)).Add(time.Duration(part * float64(time.Millisecond))).UTC(), nil
}

func within10kYears(t time.Time, text string) (time.Time, error) {
	if t.Before(earliest) || t.After(latest) {
		return time.Time{}, fmt.Errorf("is %s, which is not within the years 0 to 9999", clip(text))
	}
	return t, nil
}
