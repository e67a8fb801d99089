package actors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The parking gives its runs back in the order in which they are due, whatever is put into it and taken out of it
// meanwhile.
func TestParkingOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	begun := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	p, due, put := newParking(), map[string]time.Time{}, map[string]int{}
	earliest := func() (first string) {
		for run, at := range due {
			if first == "" || at.Before(due[first]) || at.Equal(due[first]) && put[run] < put[first] {
				first = run
			}
		}
		return first
	}
	for i := range 5_000 {
		run := fmt.Sprintf("r%d", random.IntN(300))
		if _, parked := due[run]; parked != p.has(run) {
			t.Fatalf("step %d: %s is parked: %t, want %t", i, run, p.has(run), parked)
		} else if parked {
			p.take(run)
			delete(due, run)
		} else {
			due[run] = begun.Add(time.Duration(random.IntN(100)) * time.Second)
			put[run] = i
			p.put(run, 1, due[run])
		}
		at, ok := p.first()
		if want := earliest(); ok != (want != "") || ok && (p.queue[0].run != want || !at.Equal(due[want])) {
			t.Fatalf("step %d: %+v is first; want %s, at %s", i, p.queue[0], want, due[want])
		}
		by, want := begun.Add(time.Duration(random.IntN(100))*time.Second), 0
		for _, at := range due {
			if !at.After(by) {
				want++
			}
		}
		if got := p.dueBy(by); got != want {
			t.Fatalf("step %d: %d runs are due by %s, want %d", i, got, by, want)
		}
	}
	var order []time.Time
	for at, ok := p.first(); ok; at, ok = p.first() {
		run := p.queue[0].run
		order = append(order, at)
		first := p.take(run)
		if again := p.take(run); first == nil || again != nil {
			t.Fatalf("%s cannot be taken out once", run)
		}
	}
	if len(order) != len(due) || !slices.IsSortedFunc(order, time.Time.Compare) {
		t.Errorf("%d of %d runs are left, in the order %v", len(order), len(due), order)
	}
}

// Whoever looks at the first run learns when another one is due before it, and of no other.
func TestParkingTellsWhatIsDueSooner(t *testing.T) {
	p, now := newParking(), time.Now()
	for i, step := range []struct {
		due    time.Duration
		sooner bool
	}{{time.Hour, true}, {2 * time.Hour, false}, {time.Minute, true}, {30 * time.Minute, false}, {-time.Second, true}} {
		p.put(fmt.Sprint(i), 1, now.Add(step.due))
		select {
		case <-p.sooner:
			if !step.sooner {
				t.Errorf("run %d is not due first", i)
			}
		default:
			if step.sooner {
				t.Errorf("run %d is due first, and nobody is told", i)
			}
		}
	}
}

// A watch ends when its run is taken out; one that nobody looks at any more is forgotten.
func TestParkingWatch(t *testing.T) {
	p := newParking()
	if p.watch("r") != nil {
		t.Error("a run that is not parked is watched")
	}
	p.put("r", 1, time.Now())
	first, second := p.watch("r"), p.watch("r")
	p.unwatch("r", first)
	p.take("r")
	select {
	case <-second.taken:
	default:
		t.Error("the watch does not end")
	}
	p.put("r", 1, time.Now())
	third := p.watch("r")
	p.unwatch("r", second) // of the parking before
	p.unwatch("r", third)
	if len(p.watched) != 0 {
		t.Errorf("%d watches are left", len(p.watched))
	}
}

// Room for many runs is given back when they are gone.
func TestParkingShrinks(t *testing.T) {
	p := newParking()
	for i := range 2 * parkingKept {
		p.put(fmt.Sprint(i), 1, time.Now())
	}
	for i := range 2 * parkingKept {
		p.take(fmt.Sprint(i))
	}
	if cap(p.queue) > parkingKept {
		t.Errorf("the empty queue has room for %d runs", cap(p.queue))
	}
}

// TestParkingMove has a parked run be due sooner, which is told, and later.
func TestParkingMove(t *testing.T) {
	p := newParking()
	at := time.Now()
	p.put("a", 1, at.Add(time.Hour))
	p.put("b", 1, at.Add(2*time.Hour))
	<-p.sooner
	p.move("b", at)
	select {
	case <-p.sooner:
	default:
		t.Error("nobody is told that another run is due first")
	}
	if p.queue[0].run != "b" || p.dueBy(at) != 1 {
		t.Errorf("%s is due first", p.queue[0].run)
	}
	p.move("b", at.Add(3*time.Hour))
	p.move("none", at)
	if p.queue[0].run != "a" || len(p.places) != 2 {
		t.Errorf("%s is due first of %d", p.queue[0].run, len(p.places))
	}
}
