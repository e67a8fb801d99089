package workflow_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// journey is one run of a definition under one timing, driven visit by visit.
type journey struct {
	rng      *rand.Rand
	def      *workflow.Definition
	state    *workflow.State
	strict   bool            // every state is compared, not only some and the last
	replayed *workflow.State // what the events fold into, one by one
	now      time.Time
	rank     map[string]float64  // of nodes: where it is not nil, the open visit of the lowest rank ends first
	timing   []string            // the visits in the order in which they ended
	sender   map[uint64]string   // by token, the visit that sent it, "" at the start
	consumed map[uint64]bool     // tokens
	started  map[string][]string // by visit, the senders of the tokens that it consumed
	tied     []string            // visits that began although every token waited
}

// newJourney draws a timing: any order, or some nodes that are always slow and some that are always fast.
func newJourney(def *workflow.Definition, rng *rand.Rand) *journey {
	p := &journey{
		rng: rng, def: def, state: workflow.New(def), replayed: workflow.New(def),
		now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), sender: map[uint64]string{1: ""},
		consumed: map[uint64]bool{}, started: map[string][]string{},
	}
	if rng.IntN(2) == 0 {
		p.rank = map[string]float64{}
		for i := range def.Nodes {
			p.rank[def.Nodes[i].Name] = rng.Float64()
		}
	}
	return p
}

// drive plays a run to its end, and calls check with the visits that begin after each command. A run that
// goes on with no visit open is stuck.
func (p *journey) drive(finish func(*workflow.Visit) workflow.Finish, check func(began []string) error) error {
	var cmd workflow.Command = workflow.Start{Run: "r", Revision: "sha256:d", Input: document.MustParse("{}")}
	for {
		began, err := p.decide(cmd)
		if err != nil {
			return err
		}
		if err := check(began); err != nil {
			return err
		}
		if p.state.Status().Ended() {
			return nil
		}
		v := p.next()
		if v == nil {
			return fmt.Errorf("the run goes on with no visit open, and tokens %+v", p.state.Tokens)
		}
		cmd = finish(v)
	}
}

// decide plays one command, and returns the visits that it began. What holds for every run is checked here.
func (p *journey) decide(cmd workflow.Command) (began []string, err error) {
	p.now = p.now.Add(time.Millisecond)
	next, events := workflow.Decide(p.state, cmd, p.now, conditions{})
	for i, e := range events {
		if want := p.state.N + uint64(i) + 1; e.N != want {
			return nil, fmt.Errorf("event %d has number %d", want, e.N)
		}
		switch b := e.Body.(type) {
		case event.NodeStarted:
			began = append(began, visitKey(b.Node, b.Visit))
			if b.Tie {
				p.tied = append(p.tied, visitKey(b.Node, b.Visit))
			}
			err = p.consume(b)
		case event.EdgeTaken:
			if _, ok := p.sender[b.Token]; ok {
				err = fmt.Errorf("token %d is sent twice", b.Token)
			}
			p.sender[b.Token] = visitKey(b.From, b.Visit)
		default:
		}
		if err != nil {
			return nil, err
		}
	}
	p.state = next
	return began, p.replay(events)
}

// consume notes which tokens meet in a visit.
func (p *journey) consume(b event.NodeStarted) error {
	key := visitKey(b.Node, b.Visit)
	if len(b.Tokens) == 0 {
		return fmt.Errorf("visit %s consumes no token", key)
	}
	sources := []string{}
	for _, id := range b.Tokens {
		from, ok := p.sender[id]
		if !ok || p.consumed[id] {
			return fmt.Errorf("visit %s consumes token %d, which is not there", key, id)
		}
		p.consumed[id] = true
		if from != "" {
			sources = append(sources, from)
		}
	}
	slices.Sort(sources)
	p.started[key] = sources
	return nil
}

// replay compares the state with what the events fold into, at the end or always, and now and then goes on from
// a snapshot of it.
func (p *journey) replay(events []event.Event) (err error) {
	if p.replayed, err = workflow.Fold(p.replayed, events); err != nil {
		return err
	}
	snapshot := p.rng.IntN(16) == 0
	if !p.strict && !snapshot && !p.state.Status().Ended() {
		return nil
	}
	want := workflow.Dump(p.state)
	if diff := cmp.Diff(want, workflow.Dump(p.replayed)); diff != "" {
		return fmt.Errorf("the events do not fold into the state (-decided +folded):\n%s", diff)
	}
	if !snapshot {
		return nil
	}
	text, err := p.state.Snapshot()
	if err != nil {
		return err
	}
	if p.state, err = workflow.Restore(p.def, text); err != nil {
		return err
	}
	if diff := cmp.Diff(want, workflow.Dump(p.state)); diff != "" {
		return fmt.Errorf("the snapshot is of another state (-decided +restored):\n%s", diff)
	}
	return nil
}

// next picks the open visit that ends next.
func (p *journey) next() *workflow.Visit {
	open := p.state.Visits
	if len(open) == 0 {
		return nil
	}
	at := p.rng.IntN(len(open))
	if p.rank != nil {
		for i := range open {
			if p.rank[open[i].Node] < p.rank[open[at].Node] {
				at = i
			}
		}
	}
	p.timing = append(p.timing, visitKey(open[at].Node, open[at].Number))
	return &open[at]
}
