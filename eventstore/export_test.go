package eventstore

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// OpenDisturbed opens a store whose connections are cut again and again, with and without their answers, and
// one of whose syncs fails, the failing-th, or none where that is 0. The test ends it.
func OpenDisturbed(t *testing.T, dir string, seed uint64, failing int) *Store {
	t.Helper()
	f := newFaults()
	seams := quickSeams(f)
	var mu sync.Mutex
	syncs := 0
	seams.sync = func(sync func() error) error {
		mu.Lock()
		syncs++
		fails := syncs == failing
		mu.Unlock()
		if fails {
			return errors.New("a sync that a test makes fail")
		}
		return sync()
	}
	s, err := open(t.Context(), Config{Dir: dir}, seams)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var breaking sync.WaitGroup
	breaking.Go(func() { f.breakOften(seed, stop) })
	t.Cleanup(func() {
		close(stop)
		breaking.Wait()
		if err := s.Close(); err != nil && failing == 0 {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// breakOften breaks connections for a while. On a slow machine too this must end before the store's patience.
func (f *faults) breakOften(seed uint64, stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(seed, 1))
	pause := func(most int) bool {
		select {
		case <-time.After(time.Duration(random.IntN(most)) * time.Millisecond):
			return true
		case <-stop:
			return false
		}
	}
	for range 120 {
		if !pause(8) {
			break
		}
		if random.IntN(2) == 0 {
			f.deafen("appends")
			if !pause(4) {
				break
			}
		}
		f.cut([]string{"appends", "appends", "reads 1", "reads 2"}[random.IntN(4)])
	}
	f.cut("appends") // it may still be deaf
}
