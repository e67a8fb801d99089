package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// About is what of a run is not as expected.
type About string

// What can be not as expected.
const (
	aboutInput    About = "input"
	aboutCalls    About = "calls"
	aboutSignals  About = "signals"
	aboutStatus   About = "status"
	aboutError    About = "error"
	aboutPath     About = "path"
	aboutVisits   About = "visits"
	aboutState    About = "state"
	aboutEvents   About = "events"
	aboutConsole  About = "console"
	aboutDuration About = "duration"
)

// Mismatch is one thing that does not come as a test expects. Either Message says what, or Expected and Got do.
type Mismatch struct {
	About    About  `json:"about"`
	At       string `json:"at,omitempty"` // where: a JSON Pointer into the state, the name of a node
	Message  string `json:"message,omitempty"`
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
}

// String says it in one line.
func (m Mismatch) String() string {
	text := string(m.About)
	if m.At != "" {
		text += " " + m.At
	}
	if m.Message != "" {
		return text + ": " + m.Message
	}
	return fmt.Sprintf("%s: expected %s, got %s", text, m.Expected, m.Got)
}

// compare holds a run against what is expected of it.
func compare(r *Run, e *workflow.Expectation) (all []Mismatch) {
	unlike := func(about About, at, expected, got string) {
		if expected != got {
			all = append(all, Mismatch{About: about, At: at, Expected: expected, Got: got})
		}
	}
	if r.Status != e.Status {
		unlike(aboutStatus, "", string(e.Status), string(r.Status)+whyEnded(r.State))
	}
	if e.Error != nil && r.State.Failed != nil {
		all = append(all, compareError(r.State.Failed, e.Error)...)
	}
	if path := r.Path(); e.HasPath && !matchesPath(path, e.Path) {
		unlike(aboutPath, "", pathText(e.Path), strings.Join(path, " → "))
	}
	count := map[string]int{}
	for _, node := range visited(r.Events) {
		count[node]++
	}
	for _, node := range slices.Sorted(maps.Keys(e.Visits)) {
		unlike(aboutVisits, node, strconv.Itoa(e.Visits[node]), strconv.Itoa(count[node]))
	}
	if !e.State.IsNull() {
		all = append(all, differences(e.State, r.State.Doc, false)...)
	}
	if !e.StateIs.IsNull() {
		all = append(all, differences(e.StateIs, r.State.Doc, true)...)
	}
	all = append(all, compareEvents(r, e.Events)...)
	all = append(all, compareConsole(r, e.Console)...)
	if e.HasTime {
		unlike(aboutDuration, "", e.Duration.String(), r.Duration().String())
	}
	return all
}

// whyEnded says why a run did not complete.
func whyEnded(s *workflow.State) string {
	f := s.Failed
	if f == nil {
		return ""
	}
	text := fmt.Sprintf(", %s: %s", f.Kind, f.Message)
	if f.Node != "" {
		text = " at " + f.Node + text
	}
	if p := f.Position; p != nil && p.Line > 0 {
		text += fmt.Sprintf(" (%s:%d:%d)", p.File, p.Line, p.Column)
	}
	return text
}

func compareError(f *event.RunFailed, e *workflow.ExpectedError) (all []Mismatch) {
	for _, part := range []struct{ at, want, got string }{{"kind", e.Kind, f.Kind}, {"node", e.Node, f.Node}} {
		if part.want != "" && part.want != part.got {
			all = append(all, Mismatch{About: aboutError, At: part.at, Expected: part.want, Got: part.got})
		}
	}
	if !strings.Contains(f.Message, e.Message) {
		all = append(all, Mismatch{About: aboutError, At: "message", Expected: e.Message, Got: f.Message})
	}
	return all
}

// compareEvents looks for the events that are expected, one behind the other.
func compareEvents(r *Run, want []document.Value) []Mismatch {
	if len(want) == 0 {
		return nil
	}
	events := make([]document.Value, len(r.Events))
	for i, e := range r.Events {
		events[i] = document.MustParse(string(e.AppendJSON(nil)))
	}
	from := 0
	for i, w := range want {
		found := slices.IndexFunc(events[from:], func(e document.Value) bool { return len(differences(w, e, false)) == 0 })
		if found < 0 {
			return []Mismatch{{
				About: aboutEvents, At: fmt.Sprintf("[%d]", i), Expected: w.String(), Got: nearestEvent(events[from:], w, from),
			}}
		}
		from += found + 1
	}
	return nil
}

// nearestEvent shows what comes closest to an event that is missing.
func nearestEvent(events []document.Value, want document.Value, from int) string {
	got, least := "no such event", -1
	if from > 0 {
		got += fmt.Sprintf(" behind event %d", from)
	}
	kind, _ := want.Get("type")
	for _, e := range events {
		if its, _ := e.Get("type"); !document.Equal(its, kind) {
			continue
		}
		if d := len(differences(want, e, false)); least < 0 || d < least {
			got, least = e.Without("run").Without("at").String(), d
		}
	}
	return got
}

func compareConsole(r *Run, want []string) []Mismatch {
	var lines []string
	for _, e := range r.Events {
		if b, ok := e.Body.(event.ScriptLogged); ok {
			for _, line := range b.Lines {
				lines = append(lines, line.Text)
			}
		}
	}
	from := 0
	for i, line := range want {
		found := slices.Index(lines[from:], line)
		if found < 0 {
			got := "no line"
			if from < len(lines) {
				got = strings.Join(lines[from:], "\n")
			}
			return []Mismatch{{About: aboutConsole, At: fmt.Sprintf("[%d]", i), Expected: line, Got: got}}
		}
		from += found + 1
	}
	return nil
}
