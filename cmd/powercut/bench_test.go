//go:build powercut

package powercut

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// bench is a store in this process, on a disk that is going to fail, with hands that append to it.
type bench struct {
	t      *testing.T
	ledger *ledger
	acks   *ackLog
	mode   eventstore.Sync
	store  *eventstore.Store
	hands  int
	ended  chan error // what each hand ended with
}

// openBench opens a store below a mount point.
func openBench(t *testing.T, point string, mode eventstore.Sync) *bench {
	t.Helper()
	b := &bench{t: t, ledger: newLedger(filepath.Join(point, "store"), t.TempDir()), mode: mode}
	var err error
	if b.store, err = openStore(t.Context(), b.ledger.dir, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.store.Close() }) // again, or because the test broke off
	if b.acks, err = openAckLog(b.ledger.path); err != nil {
		t.Fatal(err)
	}
	return b
}

// hand makes the i-th hand.
func (b *bench) hand(i int) *hand {
	h := newHand(b.store, b.acks, fmt.Sprintf("hand-%d", i), uint64(i))
	h.own(fmt.Sprintf("flow-%d", i), nil)
	return h
}

// work sets hands to work until the store fails.
func (b *bench) work() {
	b.hands, b.ended = appenders, make(chan error, appenders)
	for i := range b.hands {
		h := b.hand(i)
		go func() { b.ended <- h.work(nil) }()
	}
}

// awaitAcks waits until each hand may have had its share.
func (b *bench) awaitAcks() {
	b.t.Helper()
	for deadline := time.Now().Add(patience); b.ledger.commits < 4*b.hands; time.Sleep(time.Millisecond) {
		b.ledger.update(b.t)
		mustGoOn(b.t)
		if time.Now().After(deadline) {
			b.t.Fatalf("%d commits were acknowledged in %s", b.ledger.commits, patience)
		}
	}
}

// awaitFailure waits until every hand has failed, and checks how the store speaks of it.
func (b *bench) awaitFailure() {
	b.t.Helper()
	timeout := time.After(2 * patience)
	for i := range b.hands {
		select {
		case err := <-b.ended:
			if i == 0 {
				b.t.Logf("an append ended with: %v", err)
			}
			var unreadable *event.DamageError // what a hand reads, in order to retire it, may be on the failed disk only
			if !errors.Is(err, eventstore.ErrUnavailable) && !errors.As(err, &unreadable) {
				b.t.Errorf("an append ended with %v, want ErrUnavailable", err)
			}
		case <-interrupted.Done():
			b.t.Fatal("interrupted")
		case <-timeout:
			b.t.Fatalf("an append has no outcome; health: %v", b.store.Health())
		}
	}
	if err := b.store.Health(); !errors.Is(err, eventstore.ErrUnavailable) {
		b.t.Errorf("health: %v, want ErrUnavailable", err)
	}
	if err := b.store.Ready(); err == nil {
		b.t.Error("the failed store calls itself ready")
	}
}

// stop stops a file system under the hands, and checks that no append that was begun afterwards succeeds.
// What was noted before must be there when it is mounted again.
func (b *bench) stop(d *disk) {
	b.t.Helper()
	noted := b.ledger.size(b.t)
	d.cut()
	b.ledger.updateTo(b.t, noted)
	stopped := newLedger(b.ledger.dir, filepath.Dir(b.ledger.path))
	stopped.read = b.ledger.size(b.t)
	b.awaitFailure()
	stopped.update(b.t)
	if late := stopped.commits + stopped.revisions; late > b.hands {
		b.t.Errorf("%d hands were told %d times that something is durable after the file system had stopped", b.hands, late)
	}
	b.ledger.closeOff(b.t, noted)
}

// close closes the failed store, which must not take for ever.
func (b *bench) close() {
	b.t.Helper()
	closed, began := make(chan error, 1), time.Now()
	go func() { closed <- b.store.Close() }()
	select {
	case err := <-closed:
		b.t.Logf("closed in %s: %v", time.Since(began).Round(time.Millisecond), err)
	case <-time.After(patience):
		b.t.Fatalf("close has not returned for %s", patience)
	}
}

// verify opens the store again and compares it with what was acknowledged.
func (b *bench) verify() {
	b.t.Helper()
	b.ledger.update(b.t)
	acked := b.ledger.commits
	found := verify(b.ledger, b.mode, rand.New(rand.NewPCG(7, 7)), "after")
	for _, problem := range found.problems {
		b.t.Error(problem)
	}
	b.t.Logf("%d commits acknowledged, %d stored", acked, found.commits)
	if acked == 0 {
		b.t.Error("nothing was acknowledged: the test shows nothing")
	}
}
