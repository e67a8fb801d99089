package event

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/weirflow/weir/eventstore/document"
)

// Generators of what bodies consist of.
var (
	anyText     = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "extract", "$end", "\"\\\n\u2028<&>", "😀"}))
	anyInt      = rapid.OneOf(rapid.IntRange(0, 3), rapid.Int())
	anyNumber   = rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64())
	anyDuration = rapid.Map(rapid.Int64(), func(ns int64) time.Duration { return time.Duration(ns) })
	anyTime     = rapid.Map(rapid.Int64Range(-1<<60, 1<<60), func(ns int64) time.Time { return time.Unix(ns%4e9, ns).UTC() })
	anyPosition = rapid.Custom(func(t *rapid.T) *Position {
		if rapid.Bool().Draw(t, "unknown") {
			return nil
		}
		return &Position{anyText.Draw(t, "file"), anyInt.Draw(t, "line"), anyInt.Draw(t, "column")}
	})
	anyValue = rapid.Map(rapid.SampledFrom([]string{
		`null`, `true`, `1.0`, `12345678901234567890`, `"x\ny"`, `[]`, `[1,[2,{"a":null}]]`, `{"10":1,"9":"<"}`,
	}), document.MustParse)
	anyOp = rapid.Custom(func(t *rapid.T) document.Op {
		op := document.Op{
			Op:   rapid.SampledFrom([]string{document.OpAdd, document.OpRemove, document.OpReplace, document.OpMove, document.OpCopy, document.OpTest}).Draw(t, "op"),
			Path: anyText.Draw(t, "path"),
		}
		switch op.Op {
		case document.OpMove, document.OpCopy:
			op.From = anyText.Draw(t, "from")
		case document.OpAdd, document.OpReplace, document.OpTest:
			op.Value = anyValue.Draw(t, "value")
		}
		return op
	})
	anyQueue = rapid.Custom(func(t *rapid.T) *Queue {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		return &Queue{Key: anyText.Draw(t, "key"), Priority: anyInt.Draw(t, "priority")}
	})
	anyLine = rapid.Custom(func(t *rapid.T) LogLine {
		return LogLine{
			anyText.Draw(t, "level"), anyText.Draw(t, "text"), anyText.Draw(t, "file"), anyInt.Draw(t, "line"), anyInt.Draw(t, "column"),
		}
	})
)

// anyParent is that of a child run, or none.
var anyParent = rapid.Custom(func(t *rapid.T) *Parent {
	if rapid.Bool().Draw(t, "root") {
		return nil
	}
	return &Parent{anyText.Draw(t, "run"), anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "attempt"), anyInt.Draw(t, "item")}
})

// listOf generates lists in the form in which Decode gives them: nil where they are empty.
func listOf[T any](item *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Map(rapid.SliceOfN(item, 0, 4), func(items []T) []T {
		if len(items) == 0 {
			return nil
		}
		return items
	})
}

var anyUncompensated = rapid.Custom(func(t *rapid.T) Uncompensated {
	return Uncompensated{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyText.Draw(t, "kind"), anyText.Draw(t, "message")}
})

// anyCallRetry is that of a call, or none.
var anyCallRetry = rapid.Custom(func(t *rapid.T) *CallRetry {
	if rapid.Bool().Draw(t, "never") {
		return nil
	}
	return &CallRetry{anyInt.Draw(t, "max"), anyText.Draw(t, "backoff"), anyDuration.Draw(t, "initial"), anyDuration.Draw(t, "cap"), listOf(anyText).Draw(t, "on")}
})

var bodies = map[Type]func(t *rapid.T) Body{
	TypeRunStarted: func(t *rapid.T) Body {
		labels := rapid.MapOfN(anyText, anyText, 0, 4).Draw(t, "labels")
		if len(labels) == 0 {
			labels = nil
		}
		return RunStarted{anyText.Draw(t, "workflow"), anyText.Draw(t, "revision"), anyValue.Draw(t, "input"), anyText.Draw(t, "start"), labels, anyText.Draw(t, "by"), anyParent.Draw(t, "parent"), anyInt.Draw(t, "depth"), anyQueue.Draw(t, "queue")}
	},
	TypeNodeStarted: func(t *rapid.T) Body {
		return NodeStarted{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "attempt"), anyInt.Draw(t, "item"), listOf(anyNumber).Draw(t, "tokens"), anyText.Draw(t, "input"), rapid.Bool().Draw(t, "tie"), anyText.Draw(t, "signal"), anyInt.Draw(t, "items")}
	},
	TypeNodeCompleted: func(t *rapid.T) Body {
		return NodeCompleted{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "attempt"), anyInt.Draw(t, "item"), anyDuration.Draw(t, "duration"), anyInt.Draw(t, "output"), anyValue.Draw(t, "result")}
	},
	TypeNodeFailed: func(t *rapid.T) Body {
		retryAt := rapid.OneOf(anyTime, rapid.Just(time.Time{})).Draw(t, "retryAt")
		return NodeFailed{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "attempt"), anyInt.Draw(t, "item"), anyDuration.Draw(t, "duration"), anyText.Draw(t, "kind"), anyText.Draw(t, "message"), anyPosition.Draw(t, "position"), retryAt, anyInt.Draw(t, "call"), anyInt.Draw(t, "kept")}
	},
	TypeStateChanged: func(t *rapid.T) Body {
		return StateChanged{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), listOf(anyOp).Draw(t, "patch")}
	},
	TypeEdgeTaken: func(t *rapid.T) Body {
		return EdgeTaken{anyText.Draw(t, "from"), anyInt.Draw(t, "visit"), anyText.Draw(t, "to"), anyNumber.Draw(t, "token"), anyInt.Draw(t, "edge"), anyText.Draw(t, "when"), anyText.Draw(t, "via")}
	},
	TypeScriptLogged: func(t *rapid.T) Body {
		return ScriptLogged{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "attempt"), anyInt.Draw(t, "item"), listOf(anyLine).Draw(t, "lines")}
	},
	TypeTimerSet: func(t *rapid.T) Body {
		return TimerSet{anyText.Draw(t, "timer"), anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyTime.Draw(t, "due")}
	},
	TypeTimerFired: func(t *rapid.T) Body {
		return TimerFired{anyText.Draw(t, "timer"), anyText.Draw(t, "node"), anyInt.Draw(t, "visit")}
	},
	TypeChildStarted: func(t *rapid.T) Body {
		due := rapid.OneOf(anyTime, rapid.Just(time.Time{})).Draw(t, "due")
		return ChildStarted{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "attempt"), anyInt.Draw(t, "item"), anyText.Draw(t, "child"), anyText.Draw(t, "workflow"), anyText.Draw(t, "revision"), due}
	},
	TypeChildCompleted: func(t *rapid.T) Body {
		return ChildCompleted{
			anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "attempt"), anyInt.Draw(t, "item"), anyText.Draw(t, "child"),
			anyText.Draw(t, "status"), anyText.Draw(t, "kind"), anyText.Draw(t, "message"), anyText.Draw(t, "state"),
		}
	},
	TypeCallStarted: func(t *rapid.T) Body {
		due := rapid.OneOf(anyTime, rapid.Just(time.Time{})).Draw(t, "due")
		return CallStarted{
			anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "call"), anyInt.Draw(t, "attempt"), anyText.Draw(t, "kind"), anyText.Draw(t, "name"),
			anyValue.Draw(t, "args"), anyDuration.Draw(t, "wait"), due, anyCallRetry.Draw(t, "retry"), anyInt.Draw(t, "seen"), anyInt.Draw(t, "behind"),
		}
	},
	TypeCallCompleted: func(t *rapid.T) Body {
		retryAt := rapid.OneOf(anyTime, rapid.Just(time.Time{})).Draw(t, "retryAt")
		return CallCompleted{
			anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "call"), anyInt.Draw(t, "attempt"), anyDuration.Draw(t, "duration"),
			anyValue.Draw(t, "result"), anyText.Draw(t, "kind"), anyText.Draw(t, "message"), retryAt,
		}
	},
	TypeCallsAwaited: func(t *rapid.T) Body {
		return CallsAwaited{anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyInt.Draw(t, "seen"), anyInt.Draw(t, "behind")}
	},
	TypeRunPaused: func(t *rapid.T) Body { return RunPaused{anyText.Draw(t, "by"), anyText.Draw(t, "reason")} },
	TypeRunResumed: func(t *rapid.T) Body {
		return RunResumed{anyText.Draw(t, "reason"), anyText.Draw(t, "by"), anyText.Draw(t, "note"), anyText.Draw(t, "revision")}
	},
	TypeSignalReceived: func(t *rapid.T) Body {
		return SignalReceived{anyText.Draw(t, "signal"), anyText.Draw(t, "id"), anyValue.Draw(t, "payload"), anyText.Draw(t, "by")}
	},
	TypeRunCancelRequested: func(t *rapid.T) Body { return RunCancelRequested{anyText.Draw(t, "by"), anyText.Draw(t, "reason")} },
	TypeRunFailing: func(t *rapid.T) Body {
		return RunFailing{anyText.Draw(t, "kind"), anyText.Draw(t, "message"), anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyPosition.Draw(t, "position")}
	},
	TypeRunCompleted: func(t *rapid.T) Body { return RunCompleted{anyText.Draw(t, "state")} },
	TypeRunFailed: func(t *rapid.T) Body {
		return RunFailed{anyText.Draw(t, "kind"), anyText.Draw(t, "message"), anyText.Draw(t, "node"), anyInt.Draw(t, "visit"), anyPosition.Draw(t, "position"), anyText.Draw(t, "state"), listOf(anyUncompensated).Draw(t, "uncompensated")}
	},
	TypeRunCancelled: func(t *rapid.T) Body {
		return RunCancelled{anyText.Draw(t, "by"), anyText.Draw(t, "reason"), anyText.Draw(t, "state")}
	},
	TypeRunRetired: func(t *rapid.T) Body {
		return RunRetired{anyText.Draw(t, "status"), anyText.Draw(t, "revision"), anyText.Draw(t, "input"), anyTime.Draw(t, "started"), anyTime.Draw(t, "ended"), anyText.Draw(t, "reason")}
	},
}

func anyEvent(t *rapid.T) Event {
	typ := rapid.SampledFrom(Types()).Draw(t, "type")
	return Event{Run: anyText.Draw(t, "run"), N: anyNumber.Draw(t, "n"), At: anyTime.Draw(t, "at"), Body: bodies[typ](t)}
}

func TestEventsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEvent(t)
		text := e.AppendJSON(nil)
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
		got, err := Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Fatalf("%s\nis read as another event (-want +got):\n%s", text, diff)
		}
		if again := string(got.AppendJSON([]byte("x"))); again != "x"+string(text) {
			t.Fatalf("%s\nis written again as\n%s", text, again)
		}
	})
}

func TestDecodeIgnoresWhatItDoesNotKnow(t *testing.T) {
	for name, e := range samples {
		text := string(e.AppendJSON(nil))
		got, err := Decode([]byte(`{"zone":{"new":[1]},` + text[1:len(text)-1] + `, "later" : null }`))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	_, err := Decode([]byte(`{"run":"r","n":3,"type":"NodeDreamed","at":"2026-11-02T09:30:00Z","node":"x"}`))
	if want := `event 3 of run r: unknown type of event, written by a newer weir: "NodeDreamed"`; !errors.Is(err, ErrUnknownType) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	const start = `{"run":"r","n":3,"at":"2026-11-02T09:30:00Z",`
	for text, want := range map[string]string{
		``:   `event: line 1, column 1: expected an object, found the end of the text`,
		`[]`: `event: line 1, column 1: expected an object, found '['`,
		`{"n":3,"type":"RunCompleted","at":"2026-11-02T09:30:00Z"}`:                                      `event: field "run": it is missing`,
		`{"run":"r","n":-3,"type":"RunCompleted","at":"2026-11-02T09:30:00Z"}`:                           `event: field "n": want a whole number from 0, found number`,
		`{"run":"r","n":"3","type":"RunCompleted","at":"2026-11-02T09:30:00Z"}`:                          `event: field "n": want a whole number from 0, found string`,
		`{"run":"r","n":3,"type":"RunCompleted","at":"yesterday"}`:                                       `event: field "at": "yesterday" is not an RFC 3339 time`,
		`{"run":"r","n":3,"type":7,"at":"2026-11-02T09:30:00Z"}`:                                         `event: field "type": want a string, found number`,
		start + `"type":"RunCompleted"}`:                                                                 `event 3 of run r (RunCompleted): field "state": it is missing`,
		start + `"type":"RunCompleted","state":null}`:                                                    `event 3 of run r (RunCompleted): field "state": want a string, found null`,
		start + `"type":"TimerFired","timer":"t","node":"x","visit":1.5}`:                                `event 3 of run r (TimerFired): field "visit": want an integer, found number`,
		start + `"type":"TimerSet","timer":"t","node":"x","visit":1,"due":""}`:                           `event 3 of run r (TimerSet): field "due": "" is not an RFC 3339 time`,
		start + `"type":"RunCancelRequested","by":false}`:                                                `event 3 of run r (RunCancelRequested): field "by": want a string, found boolean`,
		start + `"type":"RunStarted","workflow":"","revision":"","start":""}`:                            `event 3 of run r (RunStarted): field "input": it is missing`,
		start + `"type":"StateChanged","node":"","visit":1,"patch":{}}`:                                  `event 3 of run r (StateChanged): field "patch": document: a patch is an array of operations, this is an object`,
		start + `"type":"StateChanged","node":"","visit":1,"patch":[{"op":"add"}]}`:                      `event 3 of run r (StateChanged): field "patch": patch operation 0 (add ""): it needs a "path", a string`,
		start + `"type":"StateChanged","node":"","visit":1}`:                                             `event 3 of run r (StateChanged): field "patch": it is missing`,
		start + `"type":"NodeStarted","node":"","visit":1,"attempt":1,"tokens":1}`:                       `event 3 of run r (NodeStarted): field "tokens": want an array, found number`,
		start + `"type":"NodeStarted","node":"","visit":1,"attempt":1,"tokens":[1,-1]}`:                  `event 3 of run r (NodeStarted): field "tokens": want whole numbers from 0, found number`,
		start + `"type":"ScriptLogged","node":"","visit":1,"attempt":1,"lines":["x"]}`:                   `event 3 of run r (ScriptLogged): field "lines": want an object, found string`,
		start + `"type":"ScriptLogged","node":"","visit":1,"attempt":1,"lines":[{"level":"log"}]}`:       `event 3 of run r (ScriptLogged): field "lines": field "text": it is missing`,
		start + `"type":"RunFailed","kind":"","message":"","state":"","position":{"file":"x"}}`:          `event 3 of run r (RunFailed): field "position": field "line": it is missing`,
		start + `"type":"RunStarted","workflow":"","revision":"","start":"","input":1,"labels":{"a":1}}`: `event 3 of run r (RunStarted): field "labels": field "a": want a string, found number`,
		start + `"type":"RunStarted","workflow":"","revision":"","start":"","input":1,"labels":[]}`:      `event 3 of run r (RunStarted): field "labels": want an object, found array`,
	} {
		e, err := Decode([]byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
		if e.Body != nil {
			t.Errorf("%s\ncomes with an event all the same", text)
		}
	}
}

func TestDeepestStateIsReadAgain(t *testing.T) {
	deepest := document.MustParse(strings.Repeat(`[`, document.MaxDepth) + strings.Repeat(`]`, document.MaxDepth))
	events := []Event{}
	for _, body := range []Body{
		RunStarted{Input: deepest},
		StateChanged{Patch: document.Patch{{Op: document.OpAdd, Path: "", Value: deepest}}},
	} {
		e := sample(uint64(len(events)+1), body)
		if _, err := Decode(e.AppendJSON(nil)); err != nil {
			t.Error(err)
		}
		events = append(events, e)
	}
	sealed := Seal(Commit{Run: events[0].Run, Workflow: "w", First: 1, Events: events})
	if _, err := sealed.Events(); err != nil {
		t.Error(err)
	}
}

func TestTimes(t *testing.T) {
	zone := time.FixedZone("somewhere", 5*3600+1800)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC), "2026-11-02T09:30:00.000000000Z"},
		{time.Date(2026, 11, 2, 9, 30, 0, 1, zone), "2026-11-02T04:00:00.000000001Z"},
		{time.Date(1, 2, 3, 4, 5, 6, 789, time.UTC), "0001-02-03T04:05:06.000000789Z"},
		{time.Date(2000, 2, 29, 23, 59, 59, 999999999, time.UTC), "2000-02-29T23:59:59.999999999Z"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31T23:59:59.999999999Z"},
		{time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), "0000-01-01T00:00:00.000000000Z"},
		{time.Unix(math.MaxInt32, 0), "2038-01-19T03:14:07.000000000Z"},
	} {
		if got := string(appendTime(nil, c.at)); got != c.want {
			t.Errorf("%v is written %s, want %s", c.at, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyTime.Draw(t, "a"), anyTime.Draw(t, "b")
		x, y := string(appendTime(nil, a)), string(appendTime(nil, b))
		if want := a.Format(instantLayout); x != want {
			t.Fatalf("%s, want %s", x, want)
		}
		if strings.Compare(x, y) != a.Compare(b) {
			t.Fatalf("%s and %s sort differently from their times", x, y)
		}
	})
}

func TestMarshalJSON(t *testing.T) {
	e := samples["RunCompleted"]
	data, err := json.Marshal(e)
	if err != nil || string(data) != string(e.AppendJSON(nil)) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestTerminal(t *testing.T) {
	for _, typ := range Types() {
		want := typ == TypeRunCompleted || typ == TypeRunFailed || typ == TypeRunCancelled
		if typ.Terminal() != want {
			t.Errorf("%s.Terminal() = %v", typ, typ.Terminal())
		}
	}
}
