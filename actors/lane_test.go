package actors

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weirflow/weir/actors/workflow"
)

// TestLaneOrder lets tickets come, go and be called at random, and compares with a search through all.
func TestLaneOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l lane
		waiting := map[*ticket]bool{}
		first := func() (best *ticket) {
			for k := range waiting {
				if best == nil || k.priority > best.priority || k.priority == best.priority && k.order < best.order {
					best = k
				}
			}
			return best
		}
		for i := range rapid.IntRange(0, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				k := &ticket{priority: rapid.IntRange(-1, 1).Draw(t, "priority"), order: uint64(i)}
				l.wait(k)
				waiting[k] = true
			case 2:
				if len(l.waiting) > 0 {
					k := l.waiting[rapid.IntRange(0, len(l.waiting)-1).Draw(t, "which")]
					if !l.forget(k) || l.forget(k) {
						t.Fatalf("%+v is not forgotten once", k)
					}
					delete(waiting, k)
				}
			default:
				if want := first(); want != nil {
					if before, waits := l.place(want); before != 0 || !waits {
						t.Fatalf("%d stand before the first", before)
					}
					if got := l.next(); got != want {
						t.Fatalf("%+v is next, want %+v", got, want)
					}
					delete(waiting, want)
				}
			}
			if len(l.waiting) != len(waiting) {
				t.Fatalf("%d wait, want %d", len(l.waiting), len(waiting))
			}
		}
	})
}

// TestLaneKeepsItsRate gives turns as soon as the lane allows, at random times: no span holds more than the rate says, and nobody waits
// longer than for that.
func TestLaneKeepsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := workflow.Rate{Count: rapid.IntRange(1, 4).Draw(t, "count"), Per: 10 * time.Second}
		l := lane{bounds: bounds{rate: rate}}
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		var given []time.Time
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 12).Draw(t, "seconds")) * time.Second)
			recent := 0
			for _, at := range given {
				if now.Sub(at) < rate.Per {
					recent++
				}
			}
			room, again := l.room(now)
			if room != (recent < rate.Count) {
				t.Fatalf("room is %v after %d turns within the span", room, recent)
			}
			if !room {
				if later, _ := l.room(again); !later || !again.After(now) {
					t.Fatalf("at %s there is no room yet, though it was promised", again)
				}
				now = again
			}
			l.hold(now)
			given = append(given, now)
		}
	})
}
