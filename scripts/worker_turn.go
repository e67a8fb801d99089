package scripts

// livesMax is how many executions of durable scripts a worker keeps between their turns. Where there are more, one is let go of
// that chance picks: of executions that take turns in rounds the oldest would always be the next.
const livesMax = 1000

// livesShare is the part of what the heap may hold up to which executions are kept. All are let go of beyond that, so that what
// scripts hold while they wait takes nothing from the next.
const livesShare = 2

// turn takes a turn of a durable script.
func (w *worker) turn(t *task, of *asked) (a answer, err error) {
	d := w.lives[of.number]
	delete(w.lives, of.number)
	switch {
	case of.from == progress{}:
		d = (&Script{t.program}).Durable(t.scope)
	case d == nil || d.progress != of.from:
		a.gone = true
		return a, nil
	}
	d.Timeout = t.scope.Ctx.Timeout
	turn, err := d.take(t.ctx, func(int, int) Record { return of.record }, of.last)
	a.Result, a.turned = turn.Result, turned{progress: d.progress, done: turn.Done, calls: turn.Calls}
	a.kept = !turn.Done && !d.broken && w.keep(of.number, d)
	return a, err
}

// keep keeps an execution for its next turn. It reports whether there is room.
func (w *worker) keep(number int64, d *Durable) bool {
	if readMetric(objectBytes) > uint64(d.script.limits.HeapBytes/livesShare) { //nolint:gosec // a size
		clear(w.lives)
		return false
	}
	if len(w.lives) == livesMax {
		for other := range w.lives {
			delete(w.lives, other)
			break
		}
	}
	w.lives[number] = d
	return true
}
