package actors

import (
	"cmp"
	"slices"
	"time"
)

// lane is those that wait for their turn under the same limits, in the order in which they will have it, and how many have
// it now. Its owner guards it.
type lane struct {
	bounds

	waiting []*ticket // sorted
	holding int       // have their turn
	given   []time.Time
	timer   *time.Timer // looks again when the rate allows more
}

// ticket is a place in a lane.
type ticket struct {
	priority int    // higher goes first
	order    uint64 // then who came first
	call     func() // tells that the turn has come
}

func (t *ticket) compare(other *ticket) int {
	return cmp.Or(cmp.Compare(other.priority, t.priority), cmp.Compare(t.order, other.order))
}

// wait puts a ticket where it belongs.
func (l *lane) wait(t *ticket) {
	at, _ := slices.BinarySearchFunc(l.waiting, t, (*ticket).compare)
	l.waiting = slices.Insert(l.waiting, at, t)
}

// place is how many wait before a ticket.
func (l *lane) place(t *ticket) (before int, waits bool) {
	at, found := slices.BinarySearchFunc(l.waiting, t, (*ticket).compare)
	return at, found && l.waiting[at] == t
}

// forget takes a ticket out that waits, and reports whether it did.
func (l *lane) forget(t *ticket) bool {
	at, waits := l.place(t)
	if waits {
		l.waiting = slices.Delete(l.waiting, at, at+1)
	}
	return waits
}

// next takes the ticket out that waits first.
func (l *lane) next() *ticket {
	t := l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	return t
}

// hold counts one more that has its turn.
func (l *lane) hold(now time.Time) {
	l.holding++
	if l.rate.Count > 0 {
		l.given = append(l.given, now)
	}
}

// room reports whether one more may have its turn. Where only the rate forbids it, again says when it will not.
func (l *lane) room(now time.Time) (room bool, again time.Time) {
	if l.concurrency > 0 && l.holding >= l.concurrency {
		return false, time.Time{}
	}
	l.lapse(now)
	if n := len(l.given) - l.rate.Count; l.rate.Count > 0 && n >= 0 {
		return false, l.given[n].Add(l.rate.Per)
	}
	return true, time.Time{}
}

// lapse forgets the turns that were given too long ago to count.
func (l *lane) lapse(now time.Time) {
	old := 0
	for old < len(l.given) && !l.given[old].Add(l.rate.Per).After(now) {
		old++
	}
	l.given = l.given[old:]
}

// again calls look at a time, in a goroutine of its own. Only the latest call counts.
func (l *lane) again(at time.Time, look func()) {
	left := time.Until(at)
	if l.timer == nil {
		l.timer = time.AfterFunc(left, look)
		return
	}
	l.timer.Reset(left)
}

// stop has nobody look again.
func (l *lane) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
}
