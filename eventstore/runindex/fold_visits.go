package runindex

import "slices"

// What a row knows of visits that are going on.

// begin enters an attempt of a visit, which is its first unless the visit is known.
func (r *row) begin(e peeked) {
	v := r.visit(e.visitKey)
	if v == nil {
		r.visits = append(r.visits, visit{visitKey: e.visitKey, begun: e.n})
		v = &r.visits[len(r.visits)-1]
	}
	v.attempt, v.phase, v.due, v.child, v.executing, v.changed = e.attempt, visitRunning, never, "", 0, true
	if v.signal = e.signal; v.signal != "" {
		v.phase = visitSignal
	}
}

// enter brings a visit into a phase.
func (r *row) enter(key visitKey, to phase, due int64) {
	if v := r.visit(key); v != nil {
		v.phase, v.due, v.changed = to, due, true
	}
}

// drop takes out a visit that is over.
func (r *row) drop(key visitKey) {
	for i := range r.visits {
		if v := &r.visits[i]; v.visitKey == key {
			if v.stored {
				r.abandoned = append(r.abandoned, key)
			}
			r.visits = slices.Delete(r.visits, i, i+1)
			return
		}
	}
}

// clear takes out all visits.
func (r *row) clear() {
	r.cleared = r.stored != 0
	r.visits, r.abandoned, r.loaded = nil, nil, true
}

func (r *row) visit(key visitKey) *visit {
	for i := range r.visits {
		if r.visits[i].visitKey == key {
			return &r.visits[i]
		}
	}
	return nil
}
