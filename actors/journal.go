package actors

import (
	"sync/atomic"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// What lets a gathered commit go although nothing waits for it. Smaller commits would make a fast loop
// wait for each sync.
const (
	gatherTime  = 20 * time.Millisecond
	gatherBytes = 1 << 20
)

// journal turns a run's decisions into commits. One commit is in flight at a time; what is decided
// meanwhile gathers into the next. A commit is sealed once and never changes afterwards.
type journal struct {
	store     Log
	snapshots *snapshots
	epoch     string
	position

	gathered []event.Event
	bytes    int       // about the size of gathered
	since    time.Time // when the first of gathered was decided
	flight   *flight

	sent atomic.Pointer[flight] // the last flight, for readers outside the actor
}

// position is how far a run's journal has come.
type position struct {
	sequence uint64 // stream sequence of the run's last durable commit, 0 before the first
	previous string // digest of the last sealed commit
	durable  uint64 // number of the last durable event
	kept     uint64 // the last event of the latest snapshot
}

// flight is a commit that was given to the store.
type flight struct {
	pending *eventstore.Pending // once given is closed
	given   chan struct{}
	sealed  event.Sealed
	state   *workflow.State // the state after it
	seen    chan struct{}   // closed once the state is released
}

// gather adds the events of one decision.
func (j *journal) gather(events []event.Event, now time.Time) {
	if len(j.gathered) == 0 {
		j.since = now
	}
	j.gathered = append(j.gathered, events...)
	for i := range events {
		j.bytes += sizeOf(events[i])
	}
}

// sizeOf estimates an event's encoded size; only patches, inputs and texts can make it large.
func sizeOf(e event.Event) int {
	const envelope = 200
	switch b := e.Body.(type) {
	case event.RunStarted:
		return envelope + b.Input.Size()
	case event.StateChanged:
		return envelope + b.Patch.Size()
	case event.ScriptLogged:
		n := envelope
		for _, l := range b.Lines {
			n += len(l.Text) + 40
		}
		return n
	case event.NodeCompleted:
		return envelope + b.Result.Size()
	case event.CallStarted:
		return envelope + b.Args.Size()
	case event.CallCompleted:
		return envelope + b.Result.Size() + len(b.Message)
	case event.NodeFailed:
		return envelope + len(b.Message)
	default:
		return envelope
	}
}

// full reports whether no more may be gathered before the commit in flight has landed.
func (j *journal) full() bool { return j.bytes >= gatherBytes }

// ripe reports whether the gathered events should go although nothing waits for them.
func (j *journal) ripe(now time.Time) bool {
	return len(j.gathered) > 0 && (j.full() || now.Sub(j.since) >= gatherTime)
}

// send seals what was gathered and gives it to the store. There must be no commit in flight.
func (j *journal) send(s *workflow.State) {
	sealed := event.Seal(event.Commit{
		Run: s.Run, Workflow: s.Workflow, First: j.gathered[0].N,
		Epoch: j.epoch, Prev: j.previous, Events: j.gathered,
	})
	j.previous = sealed.Digest
	j.flight = &flight{sealed: sealed, state: s, given: make(chan struct{}), seen: make(chan struct{})}
	j.sent.Store(j.flight) // before anybody can see its events
	j.flight.pending = j.store.Append(sealed, j.sequence)
	close(j.flight.given)
	j.gathered, j.bytes = nil, 0
}

// landed takes the result of the commit in flight; the caller closes seen.
func (j *journal) landed() (*flight, error) {
	f := j.flight
	j.flight = nil
	sequence, err := f.pending.Result()
	if err != nil {
		return nil, err
	}
	j.sequence, j.durable = sequence, f.sealed.Last
	return f, nil
}

// arrival is closed when the commit in flight has landed; nil when there is none.
func (j *journal) arrival() <-chan struct{} {
	if j.flight == nil {
		return nil
	}
	return j.flight.pending.Done()
}
