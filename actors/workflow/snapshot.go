package workflow

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// snapshotVersion changes with every change of what a snapshot holds or means. Others are not read: a
// snapshot only spares reading events, and is made anew at will.
const snapshotVersion = 8

// snapshot is a State as text. Nodes are named, never numbered. States that visits saw are mostly the
// run's own or each other's, so each stands once, in Documents.
type snapshot struct {
	V                                 int
	Run, Workflow, Revision           string
	N                                 uint64
	At, StartedAt, EndedAt, ResumedAt time.Time
	PausedAt, EndingAt                time.Time
	Labels                            map[string]string
	Documents                         []document.Value `json:",omitempty"`
	Input, Doc                        int              // of Documents
	Tokens                            []tokenSnapshot
	Visits                            []visitSnapshot
	Failed                            *event.RunFailed
	Failing                           *event.RunFailing
	Cancelling                        *event.RunCancelRequested
	Paused                            *event.RunPaused
	Undo                              []undoSnapshot // the last to complete first
	Uncompensated                     []event.Uncompensated
	Ended                             Status
	Steps                             int
	Token                             uint64
	Counts                            map[string]int // visits by node
	Rounds                            []roundSnapshot
	Begun                             []string // nodes
	Writes                            []keyWrites
	Lapsed                            []lapsedSnapshot
	Signals                           []keptSignal
	SignalIDs                         []string
	Parent                            *event.Parent
	Depth                             int
	Retried                           bool
	Queue                             *event.Queue
	Queued                            bool
}

// tokenSnapshot has the token's fields that are not exported, too.
type tokenSnapshot struct {
	Token
	Past pastSnapshot
}

type lapsedSnapshot struct {
	Node string
	Past pastSnapshot
}

type pastSnapshot struct {
	Strand uint64
	Known  []known
}

// visitSnapshot has the visit's fields but Seen, in whose place stands a number, and those that are not
// exported. Arguments are left out: they are evaluated again.
type visitSnapshot struct {
	Visit
	Past               pastSnapshot
	Seen               int // of Documents
	Tries, Interrupted int
	Failure            *event.NodeFailed
	ChildEnd           *event.ChildCompleted
	Items              *itemsSnapshot // in the place of the visit's own
	Calls              *callsSnapshot // likewise
}

type undoSnapshot struct {
	Node  string
	Visit int
}

type roundSnapshot struct {
	Node        string
	Edge, Taken int
}

// Snapshot returns the state as text that Restore reads.
func (s *State) Snapshot() ([]byte, error) {
	c := snapshot{
		V: snapshotVersion, Run: s.Run, Workflow: s.Workflow, Revision: s.Revision, N: s.N,
		At: s.At, StartedAt: s.StartedAt, EndedAt: s.EndedAt, ResumedAt: s.resumedAt, PausedAt: s.pausedAt, EndingAt: s.endingAt,
		Labels: s.Labels, Failed: s.Failed, Failing: s.Failing, Cancelling: s.Cancelling, Paused: s.Paused, Uncompensated: s.uncompensated,
		Queue: s.Queue, Queued: s.queued,
		Ended: s.ended, Steps: s.steps, Token: s.token, Counts: map[string]int{}, Writes: s.writes,
		Parent: s.Parent, Depth: s.Depth, Retried: s.retried,
		Signals: s.signals, SignalIDs: s.signalIDs,
	}
	for _, t := range s.Tokens {
		c.Tokens = append(c.Tokens, tokenSnapshot{Token: t, Past: pastSnapshot{t.past.strand, t.past.known}})
	}
	for _, l := range s.lapsed {
		c.Lapsed = append(c.Lapsed, lapsedSnapshot{s.def.Nodes[l.at].Name, pastSnapshot{l.past.strand, l.past.known}})
	}
	for _, at := range s.begun {
		c.Begun = append(c.Begun, s.def.Nodes[at].Name)
	}
	c.Input, c.Doc = c.document(s.Input), c.document(s.Doc)
	for i := range s.Visits {
		v := &s.Visits[i]
		c.Visits = append(c.Visits, visitSnapshot{
			Visit: *v, Past: pastSnapshot{v.past.strand, v.past.known}, Seen: c.document(v.Seen), Tries: v.tries, Interrupted: v.interrupted, Failure: v.failure,
			ChildEnd: v.childEnd,
			Items:    v.Items.snapshot(),
			Calls:    v.Calls.snapshot(),
		})
	}
	for u := s.undo; u != nil; u = u.before {
		c.Undo = append(c.Undo, undoSnapshot{u.node, u.visit})
	}
	maps.Copy(c.Counts, s.absent)
	for i, n := range s.counts {
		if n > 0 {
			c.Counts[s.def.Nodes[i].Name] = n
		}
	}
	for _, r := range s.rounds {
		c.Rounds = append(c.Rounds, roundSnapshot{s.def.Nodes[r.node].Name, r.edge, r.taken})
	}
	data, err := c.encode()
	if err != nil {
		return nil, fmt.Errorf("run %s: take a snapshot: %w", s.Run, err)
	}
	return data, nil
}

// encode writes the documents itself: encoding/json reads what it is given of them once more, byte by byte, which takes
// several times as long as writing it, and they can have megabytes.
func (c snapshot) encode() ([]byte, error) {
	documents := c.Documents
	c.Documents = nil
	rest, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	size := len(rest) + len(`,"Documents":[]`)
	for _, d := range documents {
		size += d.Size() + 1
	}
	text := append(make([]byte, 0, size), rest[:len(rest)-1]...)
	text = append(text, `,"Documents":[`...)
	for i, d := range documents {
		if i > 0 {
			text = append(text, ',')
		}
		text = d.AppendJSON(text)
	}
	return append(text, "]}"...), nil
}

// document returns the number of a value among the documents.
func (c *snapshot) document(v document.Value) int {
	i := slices.IndexFunc(c.Documents, func(known document.Value) bool { return document.Same(known, v) })
	if i < 0 {
		i = len(c.Documents)
		c.Documents = append(c.Documents, v)
	}
	return i
}

// Restore returns the state that a snapshot was taken of, pinned to the definition that the run is pinned to.
// An error says that the text is of another version or no snapshot of a run of this definition; the events
// then have to be read. What the text says is not checked against them: who keeps snapshots must see that
// they are the ones that were taken.
func Restore(d *Definition, data []byte) (*State, error) {
	var c snapshot
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, fmt.Errorf("read a snapshot: %w", err)
	}
	switch {
	case c.V != snapshotVersion:
		return nil, fmt.Errorf("read a snapshot: it has version %d, this build reads %d", c.V, snapshotVersion)
	case c.Workflow != d.Name:
		return nil, fmt.Errorf("read a snapshot: it is of workflow %q, not %q", c.Workflow, d.Name)
	}
	s := New(d)
	s.Run, s.Revision, s.N, s.At, s.StartedAt, s.EndedAt = c.Run, c.Revision, c.N, c.At, c.StartedAt, c.EndedAt
	s.Queue, s.queued = c.Queue, c.Queued
	s.resumedAt, s.pausedAt, s.endingAt, s.Labels, s.writes = c.ResumedAt, c.PausedAt, c.EndingAt, c.Labels, c.Writes
	s.Failing, s.Paused, s.uncompensated = c.Failing, c.Paused, c.Uncompensated
	s.signals, s.signalIDs = c.Signals, c.SignalIDs
	s.Failed, s.Cancelling, s.ended, s.steps, s.token = c.Failed, c.Cancelling, c.Ended, c.Steps, c.Token
	s.Parent, s.Depth, s.retried = c.Parent, c.Depth, c.Retried
	if err := c.restore(s); err != nil {
		return nil, fmt.Errorf("read a snapshot of run %s: %w", c.Run, err)
	}
	return s, nil
}

// restore fills in what refers to documents and nodes.
func (c *snapshot) restore(s *State) error {
	var err error
	value := func(i int) document.Value {
		if i < 0 || i >= len(c.Documents) {
			err = fmt.Errorf("it has no document %d", i)
			return document.Null
		}
		return c.Documents[i]
	}
	node := func(name string) int {
		i, ok := s.def.index[name]
		if !ok {
			err = fmt.Errorf("the definition has no node %q", name)
		}
		return i
	}
	s.Input, s.Doc = value(c.Input), value(c.Doc)
	for _, k := range c.Tokens {
		t := k.Token
		t.at, t.past = s.def.position(t.Node), past{k.Past.Strand, k.Past.Known}
		s.Tokens = append(s.Tokens, t)
	}
	for _, l := range c.Lapsed {
		s.lapsed = append(s.lapsed, lapsed{node(l.Node), past{l.Past.Strand, l.Past.Known}})
	}
	for _, name := range c.Begun {
		s.begun = append(s.begun, node(name))
	}
	for _, k := range c.Visits {
		v := k.Visit
		v.at, v.past = node(strings.TrimSuffix(k.Node, compensateSuffix)), past{k.Past.Strand, k.Past.Known}
		v.Seen, v.tries, v.interrupted, v.failure = value(k.Seen), k.Tries, k.Interrupted, k.Failure
		v.childEnd = k.ChildEnd
		v.Items, v.Calls = k.Items.restore(), k.Calls.restore()
		s.Visits = append(s.Visits, v)
	}
	for _, u := range slices.Backward(c.Undo) {
		s.undo = &completion{node: u.Node, visit: u.Visit, before: s.undo}
	}
	s.count(c.Counts)
	for _, k := range c.Rounds {
		i := node(k.Node)
		if k.Edge < 0 || k.Edge >= len(s.def.Nodes[i].Edges) {
			return fmt.Errorf("node %q has no edge %d", k.Node, k.Edge)
		}
		s.rounds = append(s.rounds, round{loopRef{node: i, edge: k.Edge}, k.Taken})
	}
	return err
}
