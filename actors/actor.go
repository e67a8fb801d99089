package actors

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// mailboxSize bounds the commands that wait for one run; senders beyond it wait.
const mailboxSize = 4

// actor is the goroutine that owns one run. It alone decides, and alone appends the run's events. Others
// send it messages and read the states it releases, which never change.
type actor struct {
	system *System
	run    string
	start  *workflow.Start      // set for a new run
	def    *workflow.Definition // set for a new run
	end    uint64               // the sequence of a stored run's last commit, 0 where that is not known
	memory *memory              // of a stored run, nil where it is to be read
	first  *message             // decided as soon as a stored run is loaded

	overtaken bool // another owner appended to the run: its commit stands in the log, and need not be durable yet

	mail     chan message
	results  chan workflow.Finish
	wanted   atomic.Pointer[workflow.Cancel]    // a cancel request, seen before the mailbox is
	halt     atomic.Pointer[context.CancelFunc] // ends background
	released atomic.Pointer[workflow.State]     // what is durable
	loaded   chan struct{}                      // closed once released is set, or err
	done     chan struct{}                      // closed when the goroutine has ended
	err      error                              // why the actor could not go on; read after loaded or done

	// owned by the goroutine
	state      *workflow.State
	journal    journal
	inflight   map[attemptID]bool // attempts being executed
	mappings   map[visitID]mapping
	lives      map[visitID]*life                // of durable scripts
	calling    map[attemptID]context.CancelFunc // the calls of durable scripts that are being executed
	waiters    []waiter
	background context.Context // of what the run executes on its own way
	undoing    context.Context // of its compensations, which a cancel does not cut short
	stopUndo   context.CancelFunc
	winding    bool              // what a run that is ending had under way was cut short
	late       []workflow.Finish // outcomes that the shutdown kept from being decided
	opened     bool
	panics     int
	generation uint64
	watch      *time.Timer   // takes over from a goroutine that executes for long
	turn       atomic.Uint64 // the generation being executed in the owner's goroutine, 0 for none
	deputy     deputy
	lost       error // what the deputy found out: the run is no longer this actor's
}

// attemptID names one attempt within the run, of an item of a map where item is not 0, of a call of a durable script
// where call is not 0.
type attemptID struct {
	node                 string
	visit, item, attempt int
	call                 int
}

func idOf(f workflow.Finish) attemptID { return attemptID{f.Node, f.Visit, f.Item, f.Attempt, f.Call} }

// message is a command with the place its answer goes to.
type message struct {
	command workflow.Command
	reply   chan error // buffered; what admit gives, once what was decided is durable
}

// waiter is answered once event n is durable.
type waiter struct {
	n      uint64
	reply  chan error
	answer error
}

func (s *System) newActor(run string) *actor {
	a := &actor{
		system: s, run: run,
		mail: make(chan message, mailboxSize), results: make(chan workflow.Finish, 1),
		loaded: make(chan struct{}), done: make(chan struct{}),
		journal:  journal{store: s.store, snapshots: s.snapshots, epoch: s.nextEpoch()},
		inflight: map[attemptID]bool{}, mappings: map[visitID]mapping{}, lives: map[visitID]*life{}, calling: map[attemptID]context.CancelFunc{},
	}
	a.renew(s.running)
	a.undoing, a.stopUndo = context.WithCancel(s.running)
	a.watch = time.AfterFunc(time.Hour, a.takeOver)
	a.watch.Stop() // runAhead sets it going
	return a
}

// renew gives what is executed from now on a context of its own.
func (a *actor) renew(parent context.Context) {
	var cancel context.CancelFunc
	a.background, cancel = context.WithCancel(parent)
	a.halt.Store(&cancel)
}

// interrupt cuts short what the run is executing. It may be called from anywhere.
func (a *actor) interrupt() { (*a.halt.Load())() }

// errHandedOver says that another goroutine owns the actor now.
var errHandedOver = errors.New("handed over")

// live runs the actor until its run has ended durably or is parked, the system closes, or it cannot go on.
func (a *actor) live() error {
	if !a.opened {
		a.opened = true
		if err := a.open(); err != nil {
			return err
		}
	}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if a.lost != nil {
			return a.lost
		}
		if a.system.running.Err() != nil {
			return a.shutdown()
		}
		a.begin()
		ahead := a.dispatch()
		now := time.Now()
		if a.journal.flight == nil && len(a.journal.gathered) > 0 &&
			(ahead == nil || len(a.waiters) > 0 || a.journal.ripe(now)) {
			a.journal.send(a.state)
		}
		if a.state.Status().Ended() && a.journal.flight == nil {
			return nil
		}
		var err error
		if ahead != nil && !a.journal.full() {
			before := a.state
			if err = a.poll(); err == nil && a.state == before {
				err = a.runAhead(ahead)
			}
		} else {
			err = a.wait(timer)
		}
		if err != nil {
			return err
		}
	}
}

// leave ends the actor: what it executes is interrupted, and whoever waits for it learns why.
func (a *actor) leave(err error) {
	a.interrupt()
	a.stopUndo()
	a.watch.Stop()
	for _, w := range a.waiters {
		w.reply <- orElse(err, ErrClosed)
	}
	a.waiters = nil
	a.err = err
	close(a.done)
}

// open starts a new run, or folds a stored one and decides what its interrupted attempts come to.
func (a *actor) open() error {
	if a.start != nil {
		a.state = workflow.New(a.def)
		if !a.decide(*a.start) {
			return ErrClosed
		}
		a.enter()
		return nil
	}
	if a.overtaken {
		if _, err := a.system.store.Last(a.system.running, a.run); err != nil {
			return err
		}
	}
	s, err := a.recall()
	if err != nil {
		return err
	}
	a.state = s
	a.release(s)
	for _, v := range s.Visits {
		if !v.Executing() || s.Status().Ended() || s.Fosters(&v) {
			continue
		}
		if !a.recoverCalls(&v) {
			return ErrClosed
		}
		if v.Phase != workflow.PhaseRunning {
			continue
		}
		f := failed(&v, workflow.FailureInterrupted, "the process ended during this attempt")
		if a.system.atMostOnce(s, v.Node) {
			f = failed(&v, workflow.FailureUnknownOutcome, "the process ended during this attempt, and the tool must not be called twice")
		}
		if !a.decide(f) {
			return ErrClosed
		}
	}
	if a.first != nil {
		a.take(*a.first)
	}
	a.attend()
	return nil
}

// recall returns the state of a stored run, as it is remembered or as its events have it.
func (a *actor) recall() (*workflow.State, error) {
	if m := a.memory; m != nil {
		a.memory, a.journal.position = nil, m.position
		return m.state, nil
	}
	return a.journal.load(a.system.running, a.run, a.end, a.system.catalog.definition)
}

// decide takes one command. It reports false when the decision was cut short by a shutdown and does not
// count. A decision cut short by a cancel is taken again after the cancel.
func (a *actor) decide(cmd workflow.Command) bool {
	for {
		now := time.Now()
		next, events, interrupted := a.consider(cmd, now)
		if interrupted {
			if a.system.running.Err() != nil {
				return false
			}
			if a.takeCancel() {
				continue
			}
		}
		a.state = next
		a.journal.gather(events, now)
		return true
	}
}

// consider decides without taking the decision over. interrupted says that it was cut short from outside.
func (a *actor) consider(cmd workflow.Command, now time.Time) (next *workflow.State, events []event.Event, interrupted bool) {
	ev := &deliberation{actor: a, began: now, evaluator: evaluator{
		engine: a.system.engineOf(a.state.Definition()), ctx: a.background, outputBytes: a.state.Definition().Limits.OutputBytes,
	}}
	defer ev.end()
	next, events = workflow.Decide(a.state, cmd, now, ev)
	return next, events, ev.interrupted
}

// finished takes the outcome of an attempt. What the shutdown cut short, it leaves to shutdown.
func (a *actor) finished(f workflow.Finish) {
	a.takeCancel()
	stopping := a.system.running.Err() != nil
	switch {
	case a.cutShort(f):
	case f.Outcome.Failure != nil && stopping, !a.decide(f):
		a.late = append(a.late, f)
	default:
		a.hold(f)
	}
	a.forget(f)
	if f.Item > 0 {
		a.closeMaps()
	}
}

// poll takes what has come without waiting for it.
func (a *actor) poll() error {
	for {
		select {
		case <-a.journal.arrival():
			if err := a.land(); err != nil {
				return err
			}
		case m := <-a.mail:
			a.take(m)
		case f := <-a.results:
			a.finished(f)
		default:
			return nil
		}
	}
}

// wait blocks until there is something to do. The error is errParked when that is far away.
func (a *actor) wait(timer *time.Timer) error {
	var due <-chan time.Time
	at, ok := a.state.NextDue()
	left := time.Until(at)
	if (!ok || left > moment) && a.parks(at) {
		return errParked
	}
	if ok {
		timer.Reset(max(left, 0))
		due = timer.C
	}
	select {
	case <-a.journal.arrival():
		return a.land()
	case m := <-a.mail:
		a.take(m)
	case f := <-a.results:
		a.finished(f)
	case <-due:
		a.decide(workflow.Tick{})
	case <-a.system.running.Done():
	}
	return nil
}

// take decides a command from the mailbox; its reply waits for what was decided to be durable.
func (a *actor) take(m message) {
	a.takeCancel()
	var answer error
	if m.command != nil {
		answer = a.admit(m.command)
	}
	if a.state.N <= a.journal.durable {
		m.reply <- answer
		return
	}
	a.waiters = append(a.waiters, waiter{n: a.state.N, reply: m.reply, answer: answer})
}

// land takes the result of the commit in flight and releases what it made durable.
func (a *actor) land() error {
	f, err := a.journal.landed()
	if err != nil {
		if errors.Is(err, eventstore.ErrConflict) && a.start != nil && a.journal.durable == 0 {
			return ErrRunExists
		}
		return fmt.Errorf("run %s: %w", a.run, err)
	}
	a.release(f.state)
	close(f.seen)
	a.stand(f.state)
	if a.journal.snapshots.due(f, a.journal.kept) {
		a.journal.kept = f.sealed.Last
		a.journal.snapshots.offer(f)
	}
	waiting := a.waiters[:0]
	for _, w := range a.waiters {
		if w.n <= a.journal.durable {
			w.reply <- w.answer
		} else {
			waiting = append(waiting, w)
		}
	}
	a.waiters = waiting
	return nil
}

// release publishes a durable state to readers.
func (a *actor) release(s *workflow.State) {
	before := a.released.Swap(s)
	if before == nil {
		close(a.loaded)
	}
	a.system.family(before, s)
}

// orElse is the error, or another where there is none.
func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
