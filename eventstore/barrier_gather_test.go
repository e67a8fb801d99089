package eventstore

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// groups has writers write for a second of virtual time under a barrier whose sync takes 300 µs, each write a pause
// after the one before is released, and returns the sizes of the groups.
func groups(t *testing.T, writers int, pause time.Duration) []int {
	t.Helper()
	var sizes []int
	synctest.Test(t, func(t *testing.T) {
		b := newBarrier(func() error { time.Sleep(300 * time.Microsecond); return nil }, func(group []*write) {
			sizes = append(sizes, len(group))
			for _, w := range group {
				close(w.pending.done)
			}
		})
		b.fail = func(err error) { t.Error(err) }
		b.start()
		var all sync.WaitGroup
		for i := range writers {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Microsecond)
				for begun := time.Now(); time.Since(begun) < time.Second; time.Sleep(pause) {
					w := &write{}
					w.pending.done = make(chan struct{})
					b.park(w)
					<-w.pending.done
				}
			})
		}
		all.Wait()
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	return sizes
}

// Writers that write again at once come to share every sync, however many groups they were in at first.
func TestGatheringWaitsForWritersThatComeBack(t *testing.T) {
	sizes := groups(t, 16, 20*time.Microsecond)
	for i, size := range sizes[10 : len(sizes)-10] {
		if size != 16 {
			t.Fatalf("group %d has %d writes: %v", i+10, size, sizes[:30])
		}
	}
}

// Where writers do not come back soon, waiting for them rests: it costs little.
func TestGatheringRestsWhereItIsInVain(t *testing.T) {
	patient := len(groups(t, 2, 10*time.Millisecond))
	if most := 2 * int(time.Second/(10*time.Millisecond)); patient < most*9/10 {
		t.Errorf("two writers that write every 10 ms had %d groups in a second, where there were up to %d to be had", patient, most)
	}
}

// One writer alone never waits for another.
func TestGatheringLeavesOneWriterAlone(t *testing.T) {
	if n := len(groups(t, 1, 0)); n < 3333 {
		t.Errorf("one writer had %d syncs of 300 µs in a second", n)
	}
}
