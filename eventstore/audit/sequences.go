package audit

import (
	"math/bits"
	"slices"
)

// Span is a stretch of a stream's sequences, both ends included.
type Span struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

func (s Span) count() uint64 { return s.To - s.From + 1 }

// sequences is a set of sequences: one bit each, in pages that are made where there is something to note and
// given up again once they are full. So it stays small for few and for many, and at worst takes an eighth of a
// byte for every sequence of a stream.
type sequences struct {
	pages map[uint64]*page
}

const pageBits = 1 << 16

type page struct {
	bits  [pageBits / 64]uint64
	count int
}

// full stands for every page whose sequences are all in the set.
var full = &page{count: pageBits}

func (s *sequences) has(sequence uint64) bool {
	p := s.pages[sequence/pageBits]
	bit := sequence % pageBits
	return p == full || p != nil && p.bits[bit/64]&(1<<(bit%64)) != 0
}

func (s *sequences) add(sequence uint64) {
	key, bit := sequence/pageBits, sequence%pageBits
	p := s.pages[key]
	switch {
	case p == full:
		return
	case p == nil:
		p = &page{}
		s.put(key, p)
	case p.bits[bit/64]&(1<<(bit%64)) != 0:
		return
	}
	p.bits[bit/64] |= 1 << (bit % 64)
	if p.count++; p.count == pageBits {
		s.pages[key] = full
	}
}

func (s *sequences) put(key uint64, p *page) {
	if s.pages == nil {
		s.pages = map[uint64]*page{}
	}
	s.pages[key] = p
}

func (s *sequences) addSpan(span Span) {
	for next := span.From; next <= span.To; {
		key := next / pageBits
		last := key*pageBits + pageBits - 1
		if next%pageBits != 0 || last > span.To {
			last = min(last, span.To)
			for ; next <= last; next++ {
				s.add(next)
			}
			continue
		}
		s.put(key, full)
		next = last + 1
	}
}

// shared returns how many sequences are in both sets.
func (s *sequences) shared(other *sequences) (count uint64) {
	for key, p := range s.pages {
		switch q := other.pages[key]; {
		case q == nil:
		case p == full:
			count += uint64(q.count)
		case q == full:
			count += uint64(p.count)
		default:
			for i := range p.bits {
				count += uint64(bits.OnesCount64(p.bits[i] & q.bits[i]))
			}
		}
	}
	return count
}

// without returns the parts of a span that are in none of the sets, at most that many, and how many sequences
// all of them hold.
func without(span Span, limit int, sets ...*sequences) (parts []Span, missing uint64) {
	begin := span.From
	end := func(last uint64) {
		if begin <= last {
			missing += last - begin + 1
			if len(parts) < limit {
				parts = append(parts, Span{begin, last})
			}
		}
	}
	for next := span.From; next <= span.To; {
		key := next / pageBits
		last := min(key*pageBits+pageBits-1, span.To)
		switch {
		case slices.ContainsFunc(sets, func(s *sequences) bool { return s.pages[key] == full }):
			end(next - 1)
			begin = last + 1
		case slices.ContainsFunc(sets, func(s *sequences) bool { return s.pages[key] != nil }):
			for at := next; at <= last; at++ {
				if slices.ContainsFunc(sets, func(s *sequences) bool { return s.has(at) }) {
					end(at - 1)
					begin = at + 1
				}
			}
		}
		next = last + 1
	}
	end(span.To)
	return parts, missing
}
