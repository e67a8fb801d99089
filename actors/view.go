package actors

import (
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// View is a run as its durable events show it. It is immutable.
type View struct {
	Run       string
	Workflow  string
	Revision  string // digest
	Status    workflow.Status
	State     document.Value
	Input     document.Value
	Current   []Current // the open visits, in the order they began
	LastEvent uint64
	StartedAt time.Time
	EndedAt   time.Time // zero while the run goes on
	Error     *RunError // set when Status is failed
	Labels    map[string]string
	Queue     *QueuePlace   // where it waits in its workflow's queue, nil once it has begun, or where it has none
	Parent    *event.Parent // the attempt that started it, nil where none did
}

// Current is one open visit.
type Current struct {
	Node    string
	Visit   int
	Attempt int
	Awaits  string        // the tool whose calls have a limit, and for whose turn the visit waits; "" where it waits for none
	Signal  string        // the signal that it waits for, "" where it waits for none
	Until   time.Time     // when its timer fires, its next attempt begins or its wait for a signal, or for its child, is over; zero where it waits for no time
	Items   *ItemCounts   // of a map, else nil
	Child   string        // the run that the attempt has started, "" where it has started none
	Calls   []CurrentCall // of a durable script, those that it waits for, in the order in which it made them
}

// CurrentCall is a call of a durable script that has not ended.
type CurrentCall struct {
	Call    int    // its number
	Kind    string // tool, sleep or signal
	Name    string // of the tool or signal
	Attempt int
	Until   time.Time // when it is over, or its next attempt begins; zero where it waits for no time
}

func callOf(c *workflow.Call) CurrentCall {
	return CurrentCall{Call: c.Number, Kind: c.Kind, Name: c.Name, Attempt: c.Attempt, Until: c.Due}
}

// ItemCounts says how far a map's visit is.
type ItemCounts struct{ Done, Failed, Open, Total int }

// RunError says why a run failed.
type RunError struct {
	Kind     string
	Message  string
	Node     string // "" where no visit is to blame
	Visit    int
	Position *event.Position

	Uncompensated []event.Uncompensated // what should have been compensated and is not
}

func currentOf(v *workflow.Visit) Current {
	c := Current{Node: v.Node, Visit: v.Number, Attempt: v.Attempt, Child: v.Child, Until: v.Due}
	if v.Phase == workflow.PhaseSignal {
		c.Signal = v.Signal
	}
	if v.Calls != nil {
		for _, k := range v.Calls.Open {
			c.Calls = append(c.Calls, callOf(k))
		}
	}
	if i := v.Items; i != nil {
		c.Items = &ItemCounts{Done: i.Done, Failed: i.Failed, Open: len(i.Open), Total: i.Total}
	}
	return c
}

func viewOf(s *workflow.State) *View {
	v := &View{
		Run:       s.Run,
		Workflow:  s.Workflow,
		Revision:  s.Revision,
		Status:    s.Status(),
		State:     s.Doc,
		Input:     s.Input,
		LastEvent: s.N,
		StartedAt: s.StartedAt,
		EndedAt:   s.EndedAt,
		Labels:    s.Labels,
		Parent:    s.Parent,
	}
	for i := range s.Visits {
		if visit := &s.Visits[i]; visit.Open() {
			v.Current = append(v.Current, currentOf(visit))
		}
	}
	if f := s.Failed; f != nil {
		v.Error = &RunError{Kind: f.Kind, Message: f.Message, Node: f.Node, Visit: f.Visit, Position: f.Position, Uncompensated: f.Uncompensated}
	}
	return v
}
