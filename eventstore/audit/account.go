package audit

import (
	"cmp"
	"slices"
	"sort"
)

// account holds every sequence of a stream against what its blocks say. A sequence is accounted for by its
// message; by a record in its place that says it was erased; by a tombstone further on; or by a commit that
// stands for it (see ReplacedHeader). What is left is missing.
//
// The server keeps no other books of what it deleted, and three of its ways leave nothing in the blocks: one
// whose messages were all deleted is removed without tombstones for them; one of which half was deleted is
// rewritten without them, and without the tombstones for them that lie in itself; and tombstones for what lies
// before the stream's first message are dropped whenever a block is rewritten.
type account struct {
	last     uint64    // highest sequence so far
	stored   sequences // of records of messages
	messages uint64    // how many those are
	gone     sequences // that are deleted, whether their records are there or not
	wounds   []wound
	open     int // the wounds from here on lie behind the last sequence
	edges    []edge
	pointers []pointer
}

// wound is bytes that are no record.
type wound struct {
	Span           // the sequences that may lie there; To is From-1 where none can be missing
	path           string
	offset, length int64
	reason         string
	id             string // whose they seem to be, "" where that cannot be told
	atEnd          bool   // nothing whole follows in the block
	number         uint32 // the block's
	fatal          bool   // a server that rebuilds the stream fails here, and removes it
}

// edge is where a block begins in the order of the stream.
type edge struct {
	sequence uint64
	number   uint32
}

// pointer is a commit's mention of the one that it was stored behind, which is not there.
type pointer struct {
	sequence uint64
	id       string
}

// pointersMost bounds how many are remembered, to name the runs that lost something.
const pointersMost = 10_000

// next notes that a record of a sequence comes next, and reports whether that is in order.
func (a *account) next(sequence uint64, b *block) bool {
	if sequence <= a.last {
		return false
	}
	for i := a.open; i < len(a.wounds); i++ {
		a.wounds[i].Span = Span{a.last + 1, sequence - 1}
	}
	a.open = len(a.wounds)
	if n := len(a.edges); n == 0 || a.edges[n-1].number != b.number {
		a.edges = append(a.edges, edge{sequence, b.number})
	}
	a.last = sequence
	return true
}

// bury notes a tombstone. One for a sequence that was not there yet keeps the place of the stream's last
// message when its block was removed.
func (a *account) bury(sequence uint64, b *block) {
	a.next(sequence, b)
	a.gone.add(sequence)
}

// claim notes that a commit stands for a span before it.
func (a *account) claim(span Span, before uint64) {
	span.To = min(span.To, before-1)
	if span.From > 0 && span.From <= span.To {
		a.gone.addSpan(span)
	}
}

// point notes that a commit of id was stored behind a sequence that is not there.
func (a *account) point(sequence uint64, id string) {
	if len(a.pointers) < pointersMost {
		a.pointers = append(a.pointers, pointer{sequence, id})
	}
}

// pointing returns whose commits point into a span, at most a few, in order.
func (a *account) pointing(span Span) []string {
	var ids []string
	for _, p := range a.pointers {
		if span.From <= p.sequence && p.sequence <= span.To {
			ids = append(ids, p.id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// has reports whether anything accounts for a sequence.
func (a *account) has(sequence uint64) bool { return a.stored.has(sequence) || a.gone.has(sequence) }

// without returns the parts of a span that nothing accounts for, as the function of this name does.
func (a *account) without(span Span, limit int) (parts []Span, missing uint64) {
	return without(span, limit, &a.stored, &a.gone)
}

// missing returns the spans that nothing accounts for and that do not lie where there is damage, at most that
// many, and how many sequences all of them hold.
func (a *account) missing(limit int) (spans []Span, count uint64) {
	search := func(span Span) {
		if span.From > span.To {
			return
		}
		more, n := a.without(span, limit-len(spans))
		spans, count = append(spans, more...), count+n
	}
	from := uint64(1)
	for _, w := range a.wounds[:a.open] {
		search(Span{from, w.From - 1})
		from = w.To + 1
	}
	search(Span{from, a.last})
	return spans, count
}

// around returns the numbers of the blocks that hold what lies next to a span: 0 before the first block, and the
// newest behind the last.
func (a *account) around(span Span) (before, behind uint32) {
	i := sort.Search(len(a.edges), func(i int) bool { return a.edges[i].sequence >= span.From })
	if i > 0 {
		before = a.edges[i-1].number
	}
	i, found := slices.BinarySearchFunc(a.edges, span.To+1, func(e edge, s uint64) int { return cmp.Compare(e.sequence, s) })
	switch {
	case found:
		behind = a.edges[i].number
	case i > 0:
		behind = a.edges[i-1].number
	}
	return before, behind
}
