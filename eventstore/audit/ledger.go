package audit

import (
	"cmp"
	"slices"
)

// ledger goes through one stream.
type ledger struct {
	stream  stream
	account account
	chains  chains
	found   *findings
	durable *uint64 // the sequence up to which everything must be there, nil where that is not known
	unclean bool    // the store was not closed cleanly
	misfits []misfit
	newest  uint32 // the last block that has anything in it
	blocks  int
	bytes   int64

	// The block that was read last. While a store is open it may have been written to as it was read, and is read
	// again once it is not the newest any more.
	number      uint32
	numberBytes int64
	again       bool
	knownUpTo   uint64 // sequence, and
	knownBytes  int    // offset, up to which it was gone through before
	held        *wound // damage at its end
}

// misfit is a message whose headers do not end where they say.
type misfit struct {
	path     string
	offset   int64
	bytes    int64
	sequence uint64
	id       string
}

// turn goes on to the next block, or once more to the one before.
func (l *ledger) turn(b *block) {
	if l.again = b.number == l.number; l.again {
		l.bytes -= l.numberBytes
	} else {
		l.blocks++
		l.knownUpTo, l.knownBytes = 0, 0
	}
	l.number, l.numberBytes, l.held = b.number, b.bytes, nil
	l.bytes += b.bytes
	if b.bytes > 0 {
		l.newest = b.number
	}
}

// hold keeps the damage at the end of the block to itself, until it is known that nobody writes there.
func (l *ledger) hold(b *block, e *entry) {
	w := l.wound(b, e)
	l.held = &w
	l.knownUpTo, l.knownBytes = l.account.last, e.offset
}

// knows reports whether an entry of a block that is read again was gone through before.
func (l *ledger) knows(e *entry) bool {
	switch {
	case !l.again:
		return false
	case e.kind == damage:
		return e.offset < l.knownBytes
	default:
		return e.kind != deletes && e.sequence <= l.knownUpTo
	}
}

func (l *ledger) wound(b *block, e *entry) wound {
	return wound{
		path: b.path, offset: int64(e.offset), length: int64(e.length), reason: b.contents[e.content].reason, id: b.id(e),
		atEnd: e.offset+e.length >= len(b.data), number: b.number, fatal: e.fatal,
	}
}

// take goes through one entry. It reports whether that is a message which comes in order, and whether it is whole and
// continues what is whole.
func (l *ledger) take(b *block, e *entry) (ordered, sound bool) {
	switch e.kind {
	case damage:
		l.account.wounds = append(l.account.wounds, l.wound(b, e))
		return false, false
	case deletes:
		l.account.bury(e.sequence, b)
		return false, false
	}
	before := l.account.last
	if !l.account.next(e.sequence, b) {
		l.disorder(b, e, before)
		return false, false
	}
	if e.kind == deleted {
		l.account.gone.add(e.sequence)
		return false, false
	}
	l.account.stored.add(e.sequence)
	l.account.messages++
	if e.misfit {
		l.misfits = append(l.misfits, misfit{b.path, int64(e.offset), int64(e.length), e.sequence, b.id(e)})
	}
	return true, l.chains.follow(b, e, &l.account)
}

// id returns the id under whose subject an entry stands or, where it is damage, seems to stand. It is "" where there
// is none, or what stands there instead of a subject that weir uses.
func (b *block) id(e *entry) string {
	subject := subjectAt(b.data, e.offset)
	if id := b.stream.id(subject); id != nil || e.kind == damage {
		return string(id)
	}
	return string(clip(subject))
}

// close finds what only shows at the end.
func (l *ledger) close() (sound int) {
	a := &l.account
	if l.held != nil {
		a.wounds = append(a.wounds, *l.held)
	}
	for i, w := range a.wounds[:a.open] {
		if l.crashed(w) {
			l.torn(w)
		} else {
			l.closed(w, i > 0 && a.wounds[i-1].Span == w.Span)
		}
	}
	l.tail()
	const partsMost = 10_000
	spans, missing := a.missing(partsMost)
	for _, span := range spans {
		missing -= span.count()
		l.missing(span)
	}
	if missing > 0 {
		l.more(missing)
	}
	for _, m := range l.misfits {
		if !a.gone.has(m.sequence) {
			l.misfit(m)
		}
	}
	sound = l.chains.settle(a)
	breaches := make([]*breach, 0, len(l.chains.breaks))
	for _, b := range l.chains.breaks {
		breaches = append(breaches, b)
	}
	slices.SortFunc(breaches, func(a, b *breach) int { return cmp.Compare(a.sequence, b.sequence) })
	for _, b := range breaches {
		l.breach(b)
	}
	return sound
}

// crashed reports whether damage that has whole records behind it is what a crash leaves: it lies in the block that was
// being written and behind the durable mark, and no run has gone on from there, so that nothing from there on was
// acknowledged. A rebuild cuts off all of it, and leaves no gap.
func (l *ledger) crashed(w wound) bool {
	return l.unclean && l.durable != nil && w.From > *l.durable && w.number == l.newest && !w.fatal &&
		len(l.account.pointing(w.Span)) == 0
}

// cutOff reports whether damage behind the last sequence is a last write that was cut off. Only a crash does that; and
// of what has no sequence, tombstones, the mark does not tell whether it was durable.
func (l *ledger) cutOff(w wound) bool {
	return (l.unclean || l.durable == nil) && w.atEnd && w.number == l.newest && !w.fatal
}

// tail judges the end of the stream: whether it reaches the durable mark, and whether damage behind the last
// sequence is a last write that was cut off.
func (l *ledger) tail() {
	a := &l.account
	lost := l.durable != nil && a.last < *l.durable
	wounds := a.wounds[a.open:]
	if !lost && len(wounds) == 1 && l.cutOff(wounds[0]) {
		w := wounds[0]
		w.Span = Span{a.last + 1, a.last}
		l.torn(w)
		return
	}
	for i, w := range wounds {
		if lost && i == 0 {
			l.lostTail(&w, Span{a.last + 1, *l.durable})
		} else {
			l.unbounded(w)
		}
	}
	if lost && len(wounds) == 0 {
		l.lostTail(nil, Span{a.last + 1, *l.durable})
	}
}
