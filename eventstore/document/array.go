package document

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"sync/atomic"
)

// array is a list of values. The slice behind items may go on after them with spare slots, which arrays that
// were appended to each other share. A slot is written once, by whoever claimed it, before any array
// that shows it exists; so readers never meet a write.
type array struct {
	items []Value
	// spare counts the slots at the end of the slice that nobody has claimed; nil where there never
	// were any. An array may append in place only if all slots after its own are unclaimed, that is
	// while spare equals cap(items)-len(items). Of several arrays that try, one wins and the others copy.
	spare *atomic.Int64
	size  int
	depth int
}

var emptyArray = &array{size: len("[]"), depth: 1}

// newArray takes over items, which nobody may change afterwards.
func newArray(items []Value) *array {
	if len(items) == 0 {
		return emptyArray
	}
	a := &array{items: items}
	a.measure()
	return a
}

// measure sets size and depth from the items.
func (a *array) measure() {
	a.size, a.depth = len("[]")+max(0, len(a.items)-1), depthAround(a.items)
	for _, x := range a.items {
		a.size = plus(a.size, x.Size())
	}
}

// depthAround returns the depth of an array or object of the values.
func depthAround(values []Value) int {
	depth := 1
	for _, x := range values {
		depth = max(depth, 1+x.Depth())
	}
	return depth
}

// Array returns the JSON array of the items.
func Array(items ...Value) Value { return Value{newArray(slices.Clone(items))} }

// array returns the array inside v; null counts as an empty one, as a nil slice does in Go.
func (v Value) array(method string) *array {
	switch x := v.v.(type) {
	case *array:
		return x
	case nil:
		return emptyArray
	default:
		panic(fmt.Sprintf("document: %s of %s", method, v.Kind().described()))
	}
}

// At returns the array's i-th item, counted from 0. It panics where v is not an array or i is out of range.
func (v Value) At(i int) Value { return v.array("At").items[i] }

// Items yields an array's items with their positions, and nothing for every other value.
func (v Value) Items() iter.Seq2[int, Value] {
	a, _ := v.v.(*array)
	if a == nil {
		a = emptyArray
	}
	return slices.All(a.items)
}

// WithAt returns the array with x in place of its i-th item. It panics where v is not an array or i is out of range.
func (v Value) WithAt(i int, x Value) Value {
	a := v.array("WithAt")
	if Same(a.items[i], x) {
		return v
	}
	b := &array{items: slices.Clone(a.items), size: a.size, depth: a.depth}
	b.set(i, x, extentOf(a.items[i]))
	return Value{b}
}

// set changes an array that nobody else has seen yet. Old is the extent of the item when the array was measured: the item
// itself may have been changed in place since.
func (a *array) set(i int, x Value, old extent) {
	a.items[i] = x
	if a.size == math.MaxInt {
		a.measure()
		return
	}
	a.size = plus(a.size-old.size, x.Size())
	if x.Depth() < old.depth && old.depth+1 == a.depth {
		a.depth = depthAround(a.items)
		return
	}
	a.depth = max(a.depth, 1+x.Depth())
}

// insert adds an item to an array that nobody else has seen yet, nor the slice behind it.
func (a *array) insert(i int, x Value) {
	a.items = slices.Insert(a.items, i, x)
	a.size = plus(a.size, x.Size())
	if len(a.items) > 1 {
		a.size = plus(a.size, len(","))
	}
	a.depth = max(a.depth, 1+x.Depth())
	a.spare = nil // the slice may have moved, and the slots after it were not claimed
}

// remove takes an item from an array that nobody else has seen yet, nor the slice behind it.
func (a *array) remove(i int) {
	old := a.items[i]
	a.items = slices.Delete(a.items, i, i+1)
	a.spare = nil
	if a.size == math.MaxInt {
		a.measure()
		return
	}
	a.size -= old.Size()
	if len(a.items) > 0 {
		a.size -= len(",")
	}
	if old.Depth() > 0 && old.Depth()+1 == a.depth {
		a.depth = depthAround(a.items)
	}
}

// Append returns the array with the items at its end. Its cost is that of the items, averaged over many calls;
// the first append to an array that was parsed or changed in its middle copies its slots once.
// Null counts as an empty array; every other kind panics. Safe for concurrent use: any number of
// arrays may be appended to the same one.
func (v Value) Append(items ...Value) Value {
	a := v.array("Append")
	if len(items) == 0 {
		return Value{a}
	}
	return Value{a.append(items)}
}

func (a *array) append(items []Value) *array {
	n, total := len(a.items), len(a.items)+len(items)
	b := &array{size: a.size + len(items), depth: a.depth}
	if n == 0 {
		b.size--
	}
	if a.size == math.MaxInt {
		b.size = math.MaxInt
	}
	for _, x := range items {
		b.size = plus(b.size, x.Size())
		b.depth = max(b.depth, 1+x.Depth())
	}
	if free := cap(a.items) - n; a.spare != nil && free >= len(items) &&
		a.spare.CompareAndSwap(int64(free), int64(free-len(items))) {
		b.items, b.spare = a.items[:total], a.spare
	} else {
		b.items, b.spare = make([]Value, total, total+total/2+2), new(atomic.Int64)
		b.spare.Store(int64(cap(b.items) - total))
		copy(b.items, a.items)
	}
	copy(b.items[n:], items)
	return b
}

// Slice returns the array's items from i up to, not including, j. It panics where v is not an array or the bounds are
// out of range.
func (v Value) Slice(i, j int) Value {
	a := v.array("Slice")
	n := len(a.items)
	if i < 0 || j < i || n < j {
		panic(fmt.Sprintf("document: Slice [%d:%d] of an array of %d items", i, j, n))
	}
	switch {
	case i == 0 && j == n:
		return Value{a}
	case i == j:
		return Value{emptyArray}
	}
	b := &array{}
	switch {
	case j-i < cap(a.items)/4:
		// A small part must not keep a large whole alive.
		b.items = slices.Clone(a.items[i:j])
	case j == n:
		// The count of unclaimed slots is the same seen from any start, so the end may still grow in
		// place: a window that slides along a list costs what it takes in.
		b.items, b.spare = a.items[i:], a.spare
	default:
		b.items = a.items[i:j:j]
	}
	b.measure()
	return Value{b}
}

// sharesItems reports whether two arrays begin at the same slot of the same slice, so that they agree as
// far as both reach.
func (a *array) sharesItems(b *array) bool {
	return len(a.items) > 0 && len(b.items) > 0 && &a.items[0] == &b.items[0]
}
