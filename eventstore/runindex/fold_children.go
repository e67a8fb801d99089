package runindex

import "slices"

// Of a map whose items are child runs the row has, besides its visit, the items whose runs go on, and how many others are
// being executed. So it knows when the visit only waits, and which run is whose.

// beginChild notes which run an attempt has started. That of an item is noted on its own.
func (r *row) beginChild(e peeked) {
	if e.item > 0 {
		r.execute(e.whole(), -1)
		r.visits = append(r.visits, visit{visitKey: e.visitKey, begun: e.n, attempt: e.attempt})
	}
	r.enter(e.visitKey, visitChild, e.due)
	if v := r.visit(e.visitKey); v != nil {
		v.child = e.child
	}
}

// execute counts the items of a map's visit that are being executed. Those that began without an event are not among them.
func (r *row) execute(key visitKey, more int64) {
	if v := r.visit(key); v != nil && v.executing+more >= 0 {
		v.executing, v.changed = v.executing+more, true
	}
}

// fosters reports whether the visit is of a map of whose items child runs go on.
func (r *row) fosters(key visitKey) bool {
	return key.item == 0 && slices.ContainsFunc(r.visits, func(v visit) bool {
		return v.item > 0 && v.whole() == key && v.phase == visitChild
	})
}

// dropItems takes out the items of a visit, which are not waited for any more.
func (r *row) dropItems(key visitKey) {
	r.dropWhere(func(v *visit) bool { return v.phase == visitChild && v.item > 0 && v.whole() == key })
}

// dropWhere takes out some of the visits.
func (r *row) dropWhere(which func(*visit) bool) {
	r.visits = slices.DeleteFunc(r.visits, func(v visit) bool {
		found := which(&v)
		if found && v.stored {
			r.abandoned = append(r.abandoned, v.visitKey)
		}
		return found
	})
}

// haltChildren has the run wait for no child: they are cancelled with it, and it ends soon.
func (r *row) haltChildren() {
	for i := range r.visits {
		if v := &r.visits[i]; v.phase == visitChild {
			v.phase, v.due, v.changed = visitRunning, never, true
		}
	}
}
