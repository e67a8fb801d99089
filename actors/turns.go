package actors

import (
	"strings"
	"sync"
	"time"

	"github.com/weirflow/weir/actors/workflow"
)

// turns is lanes that take turns: of those with a ticket that waits and room for it, each gives one its turn and then comes
// behind the others, however many wait in it. What bounds all lanes together is total, in which nobody waits. Its owner
// guards it by the mutex, which timers lock.
type turns struct {
	mu      *sync.Mutex
	each    bounds // of every lane
	total   lane
	lanes   map[string]*keyed
	ready   []*keyed // those with a ticket that waits and room for it, in the order of their turns
	waiting int      // in all lanes
	still   bool     // nobody is called
	empty   func()   // called when the last lane is gone; nil: nothing
}

// bounds are the limits of a lane. The zero value of each is none.
type bounds struct {
	concurrency int
	rate        workflow.Rate
}

// keyed is the lane of one key.
type keyed struct {
	lane

	key    string
	coming int // those that will wait, once it is known in which order
	ready  bool
}

func newTurns(mu *sync.Mutex, each, total bounds) turns {
	return turns{mu: mu, each: each, total: lane{bounds: total}, lanes: map[string]*keyed{}}
}

// lane returns the lane of a key.
func (t *turns) lane(key string) *keyed {
	k := t.lanes[key]
	if k == nil {
		k = &keyed{key: strings.Clone(key), lane: lane{bounds: t.each}}
		t.lanes[k.key] = k
	}
	return k
}

// change has other limits hold.
func (t *turns) change(each, total bounds) {
	t.each, t.total.bounds = each, total
	for _, k := range t.lanes {
		k.bounds = each
		t.offer(k)
	}
	t.advance()
}

// take gives a turn at once where there is room and nobody waits in the lane, and reports whether it did.
func (t *turns) take(k *keyed) bool {
	now := time.Now()
	if t.still || k.coming > 0 || len(k.waiting) > 0 {
		return false
	}
	if room, _ := k.room(now); !room {
		return false
	}
	if room, _ := t.total.room(now); !room {
		return false
	}
	t.hold(k, now)
	return true
}

// hold counts a turn that is given.
func (t *turns) hold(k *keyed, now time.Time) {
	k.hold(now)
	t.total.hold(now)
}

// wait puts a ticket into a lane.
func (t *turns) wait(k *keyed, at *ticket) {
	k.lane.wait(at)
	t.waiting++
}

// forget takes a ticket out that waits, and reports whether it did.
func (t *turns) forget(k *keyed, at *ticket) bool {
	if !k.lane.forget(at) {
		return false
	}
	t.waiting--
	return true
}

// end gives a turn back.
func (t *turns) end(k *keyed) {
	k.holding--
	t.total.holding--
}

// settle acts on what has changed in a lane: others may have their turn, and a lane that nobody stands in is dropped.
func (t *turns) settle(k *keyed) {
	t.offer(k)
	t.advance()
	t.drop(k)
}

// offer has a lane take its turn once there is a ticket that waits and room for it.
func (t *turns) offer(k *keyed) {
	if k.ready || len(k.waiting) == 0 || t.still {
		return
	}
	room, again := k.room(time.Now())
	switch {
	case room:
		k.ready = true
		t.ready = append(t.ready, k)
	case !again.IsZero():
		t.lookAgain(k, again)
	}
}

// advance calls tickets while there is room. Lanes take turns, one ticket each.
func (t *turns) advance() {
	for len(t.ready) > 0 && !t.still {
		now := time.Now()
		if room, again := t.total.room(now); !room {
			if !again.IsZero() {
				t.total.again(again, func() {
					t.mu.Lock()
					defer t.mu.Unlock()
					t.advance()
				})
			}
			return
		}
		k := t.ready[0]
		t.ready[0] = nil
		t.ready = t.ready[1:]
		k.ready = false
		if room, _ := k.room(now); room && len(k.waiting) > 0 {
			at := k.next()
			t.waiting--
			t.hold(k, now)
			at.call()
		}
		t.offer(k)
	}
}

// drop forgets a lane that nobody stands in, once its rate has nothing to remember.
func (t *turns) drop(k *keyed) {
	if len(k.waiting) > 0 || k.coming > 0 || k.holding > 0 || t.still {
		return
	}
	k.lapse(time.Now())
	if n := len(k.given); n > 0 {
		t.lookAgain(k, k.given[n-1].Add(k.rate.Per))
		return
	}
	k.stop()
	if t.lanes[k.key] == k {
		delete(t.lanes, k.key)
	}
	if len(t.lanes) == 0 && t.empty != nil {
		t.empty()
	}
}

// lookAgain looks at a lane at a time, when its rate allows more.
func (t *turns) lookAgain(k *keyed, at time.Time) {
	k.again(at, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.settle(k)
	})
}

// close ends all turns.
func (t *turns) close() {
	t.still = true
	t.total.stop()
	for _, k := range t.lanes {
		k.stop()
	}
}
