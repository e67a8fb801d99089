package scripts

import (
	"math"
	"slices"
	"strconv"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

// arrayView is the view of an array. It implements goja.DynamicArray. It is made of a head, the items that the
// document has at the same positions, and a tail of the script's own, so that an append touches nothing else.
type arrayView struct {
	viewNode
	kept int // length of the head; it only shrinks
	tail []goja.Value

	// Items of the head that were touched: in some while they are few, in all (one each) from then on.
	some  map[int]cell
	all   []cell
	wrote int // number of them that the script wrote; not reduced when the head shrinks
}

// cell is an item of the head.
type cell struct {
	val   goja.Value // nil: untouched
	wrote bool       // by the script; else it is a kept child
}

const (
	cellsAtOnce = 32 // the head is short: room for all its cells at the first touch
	cellsShare  = 32 // one in so many is touched: time to make room for all
	// growthMax is how many items a script can add to an array of the state. What it adds must fit the output.
	growthMax = 1 << 20
	// cellsPatched is the number of written items up to which each is compared with its old value by itself.
	cellsPatched = 4
)

// Len implements goja.DynamicArray.
func (v *arrayView) Len() int { return v.kept + len(v.tail) }

func (v *arrayView) cell(i int) cell {
	if v.all != nil {
		return v.all[i]
	}
	return v.some[i]
}

func (v *arrayView) touch(i int, c cell) {
	if v.all == nil {
		if v.kept > cellsAtOnce && len(v.some) <= v.kept/cellsShare {
			if v.some == nil {
				v.some = make(map[int]cell)
			}
			v.some[i] = c
			return
		}
		v.all = make([]cell, v.kept)
		for j, c := range v.some {
			if j < v.kept {
				v.all[j] = c
			}
		}
		v.some = nil
	}
	v.all[i] = c
}

// Get implements goja.DynamicArray.
func (v *arrayView) Get(i int) goja.Value {
	v.x.checkStop()
	switch {
	case i < 0 || i >= v.Len():
		return nil
	case i >= v.kept:
		return v.tail[i-v.kept]
	}
	if c := v.cell(i); c.val != nil {
		return c.val
	}
	item := v.base.At(i)
	if leaf := v.x.leaf(item); leaf != nil {
		return leaf
	}
	val := v.x.look(item, v.child(v, "", i))
	v.touch(i, cell{val: val})
	return val
}

// Set implements goja.DynamicArray.
func (v *arrayView) Set(i int, val goja.Value) bool {
	v.x.checkStop()
	if i < 0 {
		panic(v.x.rt.NewTypeError("%s", v.path()+" is an array: it has no place "+strconv.Itoa(i)))
	}
	v.write(v)
	if val == nil {
		val = goja.Undefined()
	}
	if i < v.kept {
		if old := v.cell(i); !old.wrote {
			v.wrote++
		}
		v.touch(i, cell{val: val, wrote: true})
		return true
	}
	v.grow(i + 1)
	v.tail[i-v.kept] = val
	return true
}

// grow makes the array at least n long. New places hold undefined: a view has no holes.
func (v *arrayView) grow(n int) {
	if n-v.base.Len() > growthMax {
		v.x.throwLimit("Invalid array length: " + v.path() + " may grow by " + strconv.Itoa(growthMax) + " items at most")
	}
	have := len(v.tail)
	if n <= v.kept+have {
		return
	}
	v.tail = slices.Grow(v.tail, n-v.kept-have)[:n-v.kept]
	for i := have; i < len(v.tail); i++ {
		v.tail[i] = goja.Undefined()
	}
}

// SetLen implements goja.DynamicArray.
func (v *arrayView) SetLen(n int) bool {
	if n == v.Len() && v.readOnly == "" {
		return true
	}
	if n < 0 || n > math.MaxUint32 {
		v.x.throwRange("Invalid array length")
	}
	v.write(v)
	if n >= v.kept {
		v.grow(n)
		clear(v.tail[n-v.kept:])
		v.tail = v.tail[:n-v.kept]
		return true
	}
	v.kept, v.tail = n, nil
	if v.all != nil {
		v.all = v.all[:n]
	}
	return true
}

// inPlace reports whether a changed child still stands where it was made.
func (v *arrayView) inPlace(child view) bool {
	i := child.node().index
	return i < v.kept && !v.cell(i).wrote
}

func (v *arrayView) value(c *converter, at *place) (document.Value, error) {
	if !v.dirty {
		return v.base, nil
	}
	if v.busy {
		return document.Null, c.cycle(at)
	}
	v.busy = true
	defer func() { v.busy = false }()
	head := v.base.Slice(0, v.kept)
	if v.wrote > 0 || len(v.changed) > 0 {
		items := slices.Collect(values(head))
		for i := range items {
			cell := v.cell(i)
			if !cell.wrote {
				continue
			}
			var err error
			if items[i], err = c.item(cell.val, items[i], at.item(i)); err != nil {
				return document.Null, err
			}
		}
		for _, child := range v.changed {
			if !v.inPlace(child) {
				continue
			}
			i := child.node().index
			var err error
			if items[i], err = child.value(c, at.item(i)); err != nil {
				return document.Null, err
			}
		}
		head = document.Array(items...)
	}
	tail, err := v.added(c, at)
	if err != nil {
		return document.Null, err
	}
	result := head.Append(tail...)
	return result, c.check(result, at)
}

func values(list document.Value) func(yield func(document.Value) bool) {
	return func(yield func(document.Value) bool) {
		for _, item := range list.Items() {
			if !yield(item) {
				return
			}
		}
	}
}

// added converts the tail.
func (v *arrayView) added(c *converter, at *place) ([]document.Value, error) {
	if len(v.tail) == 0 {
		return nil, nil
	}
	items := make([]document.Value, len(v.tail))
	for i, val := range v.tail {
		var old document.Value
		if v.Len() == v.base.Len() {
			old = v.base.At(v.kept + i)
		}
		var err error
		if items[i], err = c.item(val, old, at.item(v.kept+i)); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (v *arrayView) patch(c *converter, pointer string, at *place) error {
	whole := v.kept < v.base.Len() || v.wrote > cellsPatched || (v.wrote > 0 && len(v.tail) > 0)
	if whole {
		val, err := v.value(c, at)
		if err != nil {
			return err
		}
		c.ops = append(c.ops, document.DiffAt(pointer, v.base, val)...)
		return nil
	}
	if v.busy {
		return c.cycle(at)
	}
	v.busy = true
	defer func() { v.busy = false }()
	for _, i := range v.written() {
		old := v.base.At(i)
		val, err := c.item(v.cell(i).val, old, at.item(i))
		if err != nil {
			return err
		}
		c.ops = append(c.ops, document.DiffAt(pointer+"/"+strconv.Itoa(i), old, val)...)
	}
	for _, child := range v.changed {
		if v.inPlace(child) {
			i := child.node().index
			if err := child.patch(c, pointer+"/"+strconv.Itoa(i), at.item(i)); err != nil {
				return err
			}
		}
	}
	tail, err := v.added(c, at)
	for _, val := range tail {
		c.ops = append(c.ops, document.Op{Op: document.OpAdd, Path: pointer + "/-", Value: val})
	}
	return err
}

// written returns the positions of the head's written items in order.
func (v *arrayView) written() []int {
	if v.wrote == 0 {
		return nil
	}
	var at []int
	for i, c := range v.all {
		if c.wrote {
			at = append(at, i)
		}
	}
	for i, c := range v.some {
		if c.wrote && i < v.kept {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	return at
}
