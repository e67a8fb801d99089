package memlog

import (
	"container/heap"
	"time"
)

// agenda is what is to be done, and when. What is due at the same instant is done in the order it was entered.
type agenda []task

type task struct {
	at    time.Time
	order uint64
	do    func()
}

// enter has do called at a time. order must grow.
func (a *agenda) enter(at time.Time, order uint64, do func()) { heap.Push(a, task{at, order, do}) }

// act does everything that is due.
func (a *agenda) act() {
	for len(*a) > 0 && !(*a)[0].at.After(time.Now()) {
		heap.Pop(a).(task).do()
	}
}

// next is when something is due again, if anything is left.
func (a *agenda) next() (time.Time, bool) {
	if len(*a) == 0 {
		return time.Time{}, false
	}
	return (*a)[0].at, true
}

// The methods of heap.Interface.

func (a *agenda) Len() int { return len(*a) }

func (a *agenda) Less(i, j int) bool {
	x, y := &(*a)[i], &(*a)[j]
	if c := x.at.Compare(y.at); c != 0 {
		return c < 0
	}
	return x.order < y.order
}

func (a *agenda) Swap(i, j int) { (*a)[i], (*a)[j] = (*a)[j], (*a)[i] }

func (a *agenda) Push(x any) { *a = append(*a, x.(task)) }

func (a *agenda) Pop() any {
	last := len(*a) - 1
	t := (*a)[last]
	(*a)[last] = task{}
	*a = (*a)[:last]
	return t
}
