package logtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// Machine is what a log runs on. Something disturbs it: the log may be slow, lose answers, and fail.
type Machine struct {
	Log Log // empty at first
	// Restart ends a log, failed or not, and opens the one that the next process finds there.
	Restart func(Log) Log
}

// Disturbed is a promise that holds whatever disturbs the log.
type Disturbed struct {
	Name string
	Test func(*testing.T, Machine)
}

// DisturbedPromises returns what every log keeps under disturbances.
func DisturbedPromises() []Disturbed {
	return []Disturbed{
		{"outcomes are true, and what was seen stays", outcomesAreTrue},
		{"revisions are saved once", revisionsAreTrue},
		{"closing leaves no outcome open", closesWithOutcomes},
	}
}

// RunDisturbed holds a log to what it keeps under disturbances, each promise over a machine of its own.
func RunDisturbed(t *testing.T, open func(t *testing.T) Machine) {
	t.Helper()
	for _, p := range DisturbedPromises() {
		t.Run(p.Name, func(t *testing.T) { p.Test(t, open(t)) })
	}
}

// restartsMax is how often a log may fail until a test calls it hopeless.
const restartsMax = 1000

// outcomes is what the writers of one run were told.
type outcomes struct {
	run string

	mu      sync.Mutex
	told    map[string]uint64 // sequences, by digest
	refused map[string]bool
	unknown map[string]bool
}

func newOutcomes(run string) *outcomes {
	return &outcomes{run: run, told: map[string]uint64{}, refused: map[string]bool{}, unknown: map[string]bool{}}
}

// enter notes an outcome. It reports an error that is none.
func (o *outcomes) enter(t *testing.T, digest string, sequence uint64, err error) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil:
		o.told[digest] = sequence
	case errors.Is(err, eventstore.ErrConflict):
		o.refused[digest] = true
	case errors.Is(err, eventstore.ErrUnavailable):
		o.unknown[digest] = true
	case errors.Is(err, eventstore.ErrClosed):
		o.refused[digest] = true
	default:
		t.Errorf("%s: an append ended with %v", o.run, err)
	}
}

// check compares what is stored in the end, by digest, with what was told.
func (o *outcomes) check(t *testing.T, stored map[string]uint64) {
	t.Helper()
	for digest, sequence := range o.told {
		if stored[digest] != sequence {
			t.Errorf("%s: commit %s was told to be stored at %d, and is at %d (0: nowhere)", o.run, digest, sequence, stored[digest])
		}
	}
	for digest := range o.refused {
		if stored[digest] != 0 {
			t.Errorf("%s: commit %s was refused, and is stored at %d", o.run, digest, stored[digest])
		}
	}
}

// Several runs, each with two owners that both believe it theirs, on a log that fails again and again. Readers
// follow each run from where they were, and all runs at once.
func outcomesAreTrue(t *testing.T, m Machine) {
	const runs, events = 6, 60
	all := make([]*contest, runs)
	for i := range all {
		all[i] = &contest{outcomes: newOutcomes(fmt.Sprintf("run-%d", i))}
	}
	log := m.Log
	for generation := 1; ; generation++ {
		if generation > restartsMax {
			t.Fatalf("the log has failed %d times", restartsMax)
		}
		var writing, reading sync.WaitGroup
		everything := log.FollowAll(t.Context())
		reading.Go(func() { checkOrder(t, everything) })
		for _, c := range all {
			reading.Go(func() { c.follow(t, log) })
			for owner := range 2 {
				epoch := fmt.Sprintf("%d.%d", generation, owner)
				writing.Go(func() { c.write(t, log, epoch, events) })
			}
		}
		writing.Wait()
		whole := log.Ready() == nil
		log = m.Restart(log)
		reading.Wait()
		if whole || t.Failed() {
			break
		}
	}
	stored := map[string]uint64{}
	for c, err := range log.Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		stored[c.Digest] = c.Sequence
	}
	for _, c := range all {
		var commits []event.Sealed
		for stored, err := range log.Read(t.Context(), c.run, 0) {
			if err != nil {
				t.Fatalf("%s: %v", c.run, err)
			}
			commits = append(commits, stored.Sealed)
		}
		c.check(t, stored)
		// What was followed is the beginning of what is stored.
		whole := texts(commits, 0)
		if diff := cmp.Diff(whole[:min(len(whole), len(c.seen))], c.seen); diff != "" {
			t.Errorf("%s: followed other than stored:\n%s", c.run, diff)
		}
		if diff := cmp.Diff(whole, followed(t, log, c.run, 0, uint64(len(whole)))); diff != "" {
			t.Errorf("%s: read other than followed in the end:\n%s", c.run, diff)
		}
		if len(whole) < events {
			t.Errorf("%s has %d events", c.run, len(whole))
		}
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// contest is one run with its owners and its reader.
type contest struct {
	*outcomes
	seen []string // by the follower, over all restarts
}

// write continues the run until it has that many events, or the log fails.
func (c *contest) write(t *testing.T, log Log, epoch string, events uint64) {
	t.Helper()
	for {
		a, err := c.author(t, log, epoch)
		for err == nil && a.N < events {
			sealed := a.Seal(2)
			var sequence uint64
			sequence, err = result(log.Append(sealed, a.Sequence))
			c.enter(t, sealed.Digest, sequence, err)
			a.Moved(sealed, sequence)
		}
		if !errors.Is(err, eventstore.ErrConflict) {
			return
		}
	}
}

// author takes the run up where it is.
func (c *contest) author(t *testing.T, log Log, epoch string) (*Author, error) {
	t.Helper()
	a := NewAuthor(c.run)
	a.Epoch, a.Node = epoch, "step of "+epoch // no two owners decide the same events
	last, err := log.Last(bounded(t), c.run)
	switch {
	case err == nil:
		a.Moved(last.Sealed, last.Sequence)
	case errors.Is(err, eventstore.ErrNotFound):
		err = nil
	case log.Ready() == nil || !errors.Is(err, eventstore.ErrUnavailable):
		t.Errorf("%s: last: %v", c.run, err)
	}
	return a, err
}

// follow reads on from where the reader was, until the log ends.
func (c *contest) follow(t *testing.T, log Log) {
	t.Helper()
	for raw, err := range log.Follow(t.Context(), c.run, uint64(len(c.seen))) {
		if err != nil {
			if !errors.Is(err, eventstore.ErrClosed) {
				t.Errorf("%s: the follower ended with %v", c.run, err)
			}
			return
		}
		c.seen = append(c.seen, string(raw.JSON))
		if raw.N != uint64(len(c.seen)) {
			t.Errorf("%s: event %d came as number %d", c.run, raw.N, len(c.seen))
			return
		}
	}
}

// checkOrder sees that the events of each run come in order, without a gap or a repeat.
func checkOrder(t *testing.T, events func(func(event.Raw, error) bool)) {
	t.Helper()
	last := map[string]uint64{}
	for raw, err := range events {
		if err != nil {
			if !errors.Is(err, eventstore.ErrClosed) && !errors.Is(err, eventstore.ErrSlowConsumer) {
				t.Errorf("the follower of all runs ended with %v", err)
			}
			return
		}
		if n := last[raw.Run]; n > 0 && raw.N != n+1 {
			t.Errorf("%s: event %d follows event %d", raw.Run, raw.N, n)
		}
		last[raw.Run] = raw.N
	}
}

// A workflow is saved by two at once, on a log that fails again and again.
func revisionsAreTrue(t *testing.T, m Machine) {
	const revisions = 20
	o, log, saved := newOutcomes("workflow"), m.Log, map[string]uint64{}
	for generation := 1; ; generation++ {
		var saving sync.WaitGroup
		for saver := range 2 {
			saving.Go(func() {
				for number, last := 1, uint64(0); number <= revisions; number++ {
					digest := fmt.Sprintf("%d of saver %d.%d", number, generation, saver)
					sequence, err := log.AppendRevision(bounded(t), eventstore.RevisionRecord{Workflow: "w", Number: number, Digest: digest}, last)
					if errors.Is(err, eventstore.ErrConflict) {
						for r, err := range log.Revisions(t.Context()) {
							if err == nil && r.Number == number {
								sequence = r.Sequence
							}
						}
					}
					o.enter(t, digest, sequence, err)
					if last = sequence; sequence == 0 {
						return // the log has failed, or the winner's revision is not durable yet
					}
				}
			})
		}
		saving.Wait()
		whole := log.Ready() == nil
		log = m.Restart(log)
		clear(saved)
		for r, err := range log.Revisions(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if r.Number != len(saved)+1 {
				t.Fatalf("revision %d is the %dth", r.Number, len(saved)+1)
			}
			saved[r.Digest] = r.Sequence
		}
		if t.Failed() || generation > restartsMax || whole && len(saved) == revisions {
			break
		}
	}
	o.check(t, saved)
	if len(saved) != revisions {
		t.Errorf("%d revisions are saved", len(saved))
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}

// Appends under way when a log closes have their outcomes by then, and the next log knows them too.
func closesWithOutcomes(t *testing.T, m Machine) {
	const runs = 40
	o, pending := newOutcomes("all runs"), map[string]*eventstore.Pending{}
	for i := range runs {
		c := NewAuthor(fmt.Sprintf("run-%d", i)).Seal(1)
		pending[c.Digest] = m.Log.Append(c, 0)
	}
	// A log that fails while it is closed says so; its appends have outcomes all the same.
	if err := m.Log.Close(); err != nil && !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatal(err)
	}
	for digest, p := range pending {
		if !closed(p.Done()) {
			t.Fatalf("an append has no outcome when the log is closed")
		}
		sequence, err := p.Result()
		o.enter(t, digest, sequence, err)
	}
	log := m.Restart(m.Log)
	stored := map[string]uint64{}
	for c, err := range log.Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		stored[c.Digest] = c.Sequence
	}
	o.check(t, stored)
	if err := log.Close(); err != nil {
		t.Error(err)
	}
}
