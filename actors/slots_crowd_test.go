package actors

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlotsAreNeverLost has a crowd come to a few slots, of which some give up while they wait, or just as they are woken: no more
// run at once than may, and everybody else has a turn.
func TestSlotsAreNeverLost(t *testing.T) {
	const most, crowd = 3, 300
	for seed := range uint64(20) {
		s := newSlots(most)
		random := rand.New(rand.NewPCG(seed, 1))
		var running, turns, gaveUp atomic.Int64
		var all sync.WaitGroup
		for range crowd {
			patience := time.Duration(-1)
			if random.IntN(3) == 0 {
				patience = time.Duration(random.IntN(300)) * time.Microsecond
			}
			all.Go(func() {
				ctx := t.Context()
				if patience >= 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, patience)
					defer cancel()
				}
				if !s.enter(ctx) {
					gaveUp.Add(1)
					return
				}
				if running.Add(1) > most {
					t.Errorf("more than %d run at once", most)
				}
				for range 20 {
					runtime.Gosched()
				}
				running.Add(-1)
				turns.Add(1)
				s.leave()
			})
		}
		all.Wait()
		if turns.Load()+gaveUp.Load() != crowd || s.running != 0 || s.waiting != 0 || s.queue.Len() != 0 {
			t.Errorf("seed %d: %d had a turn and %d gave up, of %d; %d run, %d wait", seed, turns.Load(), gaveUp.Load(), crowd, s.running, s.waiting)
		}
	}
}

// TestSlotsGoToWhoWaitedLongest has nobody who came later be woken first.
func TestSlotsGoToWhoWaitedLongest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1)
		s.enter(t.Context())
		var order []int
		for i := range 5 {
			go func() {
				s.enter(t.Context())
				order = append(order, i)
				s.leave()
			}()
			synctest.Wait()
		}
		s.leave()
		synctest.Wait()
		for i, who := range order {
			if who != i {
				t.Fatalf("the order is %v", order)
			}
		}
		if len(order) != 5 {
			t.Errorf("%v had their turn", order)
		}
	})
}
