package document

import (
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// arrays adds the operations that turn the list a into b. What both lists begin and end with stays; in what lies
// between, equal items are found, and the gaps between those are changed item by item.
func (d *differ) arrays(a, b *array) {
	shorter := min(len(a.items), len(b.items))
	head := 0
	if a.sharesItems(b) {
		head = shorter
	}
	for head < shorter && d.equal(a.items[head], b.items[head]) {
		head++
	}
	tail := 0
	for tail < shorter-head && d.equal(a.items[len(a.items)-1-tail], b.items[len(b.items)-1-tail]) {
		tail++
	}
	from, to := a.items[head:len(a.items)-tail], b.items[head:len(b.items)-tail]
	i, j := 0, 0
	for _, m := range d.match(from, to) {
		d.gap(from[i:m.from], to[j:m.to], head+j, false)
		i, j = m.from+1, m.to+1
	}
	d.gap(from[i:], to[j:], head+j, tail == 0)
}

// gap turns the items a, of which none stays, into b. They begin at a position; atEnd says that nothing follows them.
func (d *differ) gap(a, b []Value, position int, atEnd bool) {
	n := len(d.path)
	step := func(token string, do func()) bool {
		d.path = append(append(d.path, '/'), token...)
		do()
		d.path = d.path[:n]
		return !d.full()
	}
	both := min(len(a), len(b))
	for k := range both {
		if !step(strconv.Itoa(position+k), func() { d.diff(a[k], b[k]) }) {
			return
		}
	}
	for range a[both:] {
		if !step(strconv.Itoa(position+both), func() { d.add(Op{Op: OpRemove}) }) {
			return
		}
	}
	for k, item := range b[both:] {
		token := "-"
		if !atEnd {
			token = strconv.Itoa(position + both + k)
		}
		if !step(token, func() { d.add(Op{Op: OpAdd, Value: item}) }) {
			return
		}
	}
}

// match is a pair of equal items, by their positions in two lists.
type match struct{ from, to int }

// match returns pairs of equal items that stand in the same order in both lists, as many as it finds. Equal items
// are paired first with first, second with second; of the pairs it takes the longest series that ascends in both
// lists. That is the best there is where no item is there twice, and takes n log n steps always.
func (d *differ) match(a, b []Value) []match {
	if len(a) == 0 || len(b) == 0 || len(a)+len(b) == 2 {
		return nil
	}
	// The places of each hash in a form a chain: first leads to the first, after from each to the next.
	first, after := make(map[uint64]int, len(a)), make([]int, len(a))
	for i := len(a) - 1; i >= 0; i-- {
		h := d.hash(a[i])
		next, more := first[h]
		if !more {
			next = len(a)
		}
		first[h], after[i] = i, next
	}
	var pairs []match
	for j, x := range b {
		h := d.hash(x)
		if i, found := first[h]; found && i < len(a) && d.equal(a[i], x) {
			pairs = append(pairs, match{i, j})
			first[h] = after[i]
		}
	}
	return ascending(pairs)
}

// ascending returns the longest subsequence of pairs, which ascend by their second position, that ascends by the first
// too. It is the patience sort: piles[k] is the pair with the lowest first position at which a series of k+1 can end.
func ascending(pairs []match) []match {
	piles := make([]int, 0, len(pairs))
	before := make([]int, len(pairs))
	for i, p := range pairs {
		k, _ := slices.BinarySearchFunc(piles, p.from, func(pile, from int) int { return pairs[pile].from - from })
		before[i] = -1
		if k > 0 {
			before[i] = piles[k-1]
		}
		if k == len(piles) {
			piles = append(piles, i)
		} else {
			piles[k] = i
		}
	}
	series := make([]match, len(piles))
	for k := len(piles) - 1; k >= 0; k-- {
		last := piles[len(piles)-1]
		if k < len(piles)-1 {
			last = before[piles[k+1]]
		}
		piles[k] = last
		series[k] = pairs[last]
	}
	return series
}

var seed = maphash.MakeSeed()

// hash returns a number that equal values share. It serves to find candidates alone: what is taken for equal has been
// compared, so that a collision may cost bytes in a patch and never its truth.
func (d *differ) hash(v Value) uint64 {
	const null, yes, no, list, record = 1, 2, 3, 4, 5
	switch x := v.v.(type) {
	case nil:
		return null
	case bool:
		if x {
			return yes
		}
		return no
	case *text:
		return maphash.String(seed, x.s)
	case *array:
		return d.rememberedHash(v, func() uint64 { return d.hashList(list, x.items) })
	case *object:
		return d.rememberedHash(v, func() uint64 {
			return d.hashList(mix(record, d.hashKeys(x.shape)), x.values)
		})
	default:
		f, _, _ := v.AsFloat()
		if f == 0 {
			f = 0 // -0 too
		}
		return mix(0, math.Float64bits(f))
	}
}

// hashKeys remembers always: records share their shape.
func (d *differ) hashKeys(s *shape) uint64 {
	h, known := d.hashes[s]
	if !known {
		for _, key := range s.keys {
			h = mix(h, maphash.String(seed, key))
		}
		d.hashes[s] = h
	}
	return h
}

func (d *differ) hashList(h uint64, values []Value) uint64 {
	for _, x := range values {
		h = mix(h, d.hash(x))
	}
	return mix(h, uint64(len(values)))
}

func (d *differ) rememberedHash(v Value, compute func() uint64) uint64 {
	if v.Depth() < deep {
		return compute()
	}
	h, known := d.hashes[v.v]
	if !known {
		h = compute()
		d.hashes[v.v] = h
	}
	return h
}

func mix(h, x uint64) uint64 {
	return bits.RotateLeft64(h^x, 29) * 0x9E3779B97F4A7C15
}
