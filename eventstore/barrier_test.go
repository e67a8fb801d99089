package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// gate lies under a barrier: it holds syncs back, lets them through one by one, and breaks them.
type gate struct {
	asked chan struct{} // a sync has begun
	let   chan error    // lets it through, or ends it with an error
	open  atomic.Bool   // lets all through
	syncs atomic.Int64
}

func newGate() *gate { return &gate{asked: make(chan struct{}, 64), let: make(chan error)} }

func (g *gate) sync(sync func() error) error {
	g.syncs.Add(1)
	if g.open.Load() {
		return sync()
	}
	g.asked <- struct{}{}
	if err := <-g.let; err != nil {
		return err
	}
	return sync()
}

// openGated opens a store whose syncs go through a gate.
func openGated(t *testing.T) (*Store, *gate) {
	t.Helper()
	g := newGate()
	seams := quickSeams(newFaults())
	seams.sync = g.sync
	s, err := open(t.Context(), Config{Dir: t.TempDir()}, seams)
	if err != nil {
		t.Fatal(err)
	}
	if mode, why := s.Sync(); mode != SyncBarrier {
		t.Fatalf("the tests need a file system for the barrier: %s", why)
	}
	return s, g
}

func done(p *Pending) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

// Until the sync is through, an acknowledged commit is nobody's: its writer has no answer, no reader and no
// follower sees it, and whoever asks for the run's last commit waits.
func TestParkedIsUnseen(t *testing.T) {
	s, g := openGated(t)
	a := newAuthor("r")
	c := a.seal(1)
	p := s.Append(c, 0)
	<-g.asked
	awaitStored(t, s, "r", 1)

	events := make(chan event.Raw, 1)
	var following sync.WaitGroup
	following.Go(func() {
		for raw, err := range s.Follow(t.Context(), "r", 0) {
			if err != nil {
				return
			}
			events <- raw
		}
	})
	if done(p) {
		t.Error("the writer has its answer before the sync")
	}
	if got := readAll(t, s, "r", 0); len(got) != 0 {
		t.Errorf("a reader sees %d commits", len(got))
	}
	for _, err := range s.Scan(t.Context()) {
		t.Errorf("a scan sees a commit, error %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Last(ctx, "r"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("last: got %v, want it to wait", err)
	}
	if len(events) != 0 {
		t.Error("a follower sees an event")
	}

	g.let <- nil
	if sequence, err := result(p); err != nil || sequence != 1 {
		t.Fatalf("sequence %d, error %v", sequence, err)
	}
	if raw := <-events; raw.N != 1 {
		t.Errorf("the follower sees event %d", raw.N)
	}
	if got := readAll(t, s, "r", 0); len(got) != 1 {
		t.Errorf("a reader sees %d commits", len(got))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	following.Wait()
}

// What is acknowledged during a sync shares the next one.
func TestGroupCommit(t *testing.T) {
	const runs = 200
	s, g := openGated(t)
	first := s.Append(newAuthor("first").seal(1), 0)
	<-g.asked
	pending := make([]*Pending, runs)
	for i := range pending {
		pending[i] = s.Append(newAuthor(fmt.Sprintf("run-%d", i)).seal(1), 0)
	}
	awaitParked(t, s, runs)
	g.let <- nil
	if _, err := result(first); err != nil {
		t.Fatal(err)
	}
	<-g.asked // the sync of all the others
	for i, p := range pending {
		if done(p) {
			t.Fatalf("run %d has its answer from a sync that began before its acknowledgement", i)
		}
	}
	g.let <- nil
	for _, p := range pending {
		if _, err := result(p); err != nil {
			t.Fatal(err)
		}
	}
	if n := g.syncs.Load(); n != 2 {
		t.Errorf("%d syncs, want 2", n)
	}
	if counts := s.SyncCounts(); counts.Syncs != 2 || counts.Commits != runs+1 || counts.Longest <= 0 || counts.Time < counts.Longest {
		t.Errorf("counted %+v", counts)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func awaitParked(t *testing.T, s *Store, writes int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		s.barrier.mu.Lock()
		parked := len(s.barrier.parked)
		s.barrier.mu.Unlock()
		if parked == writes {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d writes are parked, want %d", parked, writes)
		}
	}
}

// A sync that fails is the end: nothing that was parked, or comes later, is believed, nothing is tried
// again, and the next process finds what was acknowledged.
func TestFailedSyncIsFatal(t *testing.T) {
	s, g := openGated(t)
	a := newAuthor("kept")
	c := a.seal(1)
	kept := s.Append(c, 0)
	<-g.asked
	g.let <- nil
	sequence, err := result(kept)
	if err != nil {
		t.Fatal(err)
	}
	a.moved(c, sequence)

	broken := errors.New("input/output error")
	inSync := s.Append(a.seal(1), a.sequence)
	<-g.asked
	parked := s.Append(newAuthor("parked").seal(1), 0)
	awaitParked(t, s, 1)
	g.let <- broken
	for name, p := range map[string]*Pending{"in the sync": inSync, "parked": parked} {
		if _, err := result(p); !errors.Is(err, ErrUnavailable) || !errors.Is(err, broken) {
			t.Errorf("%s: got %v, want ErrUnavailable and the reason", name, err)
		}
	}
	awaitFailure(t, s)
	if _, err := result(s.Append(newAuthor("late").seal(1), 0)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("an append after the failure: %v", err)
	}
	if err := s.Ready(); !errors.Is(err, broken) {
		t.Errorf("ready: %v", err)
	}
	if got := readAll(t, s, "kept", 0); len(got) != 1 {
		t.Errorf("a reader sees %d commits, want the one that is durable", len(got))
	}
	if n := g.syncs.Load(); n != 2 {
		t.Errorf("%d syncs: a failed one must not be tried again", n)
	}
	told := s.Health()
	if err := s.Close(); !errors.Is(err, broken) || !errors.Is(err, told) {
		t.Errorf("close: got %v, want the reason, and the same error that Health gave", err)
	}
}

func awaitFailure(t *testing.T, s *Store) {
	t.Helper()
	for deadline := time.Now().Add(patience); s.Health() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the store does not call itself failed")
		}
	}
}

// A store whose disk does not answer says that it is not ready, and is again when the disk is back.
func TestSlowDisk(t *testing.T) {
	s, g := openGated(t)
	p := s.Append(newAuthor("r").seal(1), 0)
	<-g.asked
	if err := s.Ready(); err != nil {
		t.Errorf("at first: %v", err)
	}
	s.barrier.mu.Lock()
	s.barrier.begun = s.barrier.begun.Add(-2 * stalledSync)
	s.barrier.mu.Unlock()
	if err := s.Ready(); !errors.Is(err, errStalled) {
		t.Errorf("during a long sync: %v", err)
	}
	if err := s.Health(); err != nil {
		t.Errorf("slow is not broken: %v", err)
	}
	if done(p) {
		t.Error("the writer has its answer before the sync")
	}
	g.let <- nil
	if _, err := result(p); err != nil {
		t.Error(err)
	}
	if err := s.Ready(); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Close lets what was acknowledged become durable.
func TestCloseSyncsWhatIsParked(t *testing.T) {
	s, g := openGated(t)
	p := s.Append(newAuthor("r").seal(1), 0)
	<-g.asked
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	g.let <- nil
	if _, err := result(p); err != nil {
		t.Error(err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
