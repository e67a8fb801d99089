package document

import "math"

// Diff returns a patch that turns from into to, nil where they are equal. Values of the same text give the same
// patch, whatever they share; what they share costs no time.
//
// The patch consists of add, remove and replace operations and is kept small. Members and items are compared one by
// one. Items that were inserted into a list or removed from it are found; items that were appended are added at "/list/-"
// and cost themselves alone. Where replacing an array or object takes fewer bytes than changing it, it is replaced;
// but an object that is the whole document is always changed member by member, so that the paths say which of
// them changed. A number that is only written differently (1 and 1.0) is no change.
func Diff(from, to Value) Patch { return DiffAt("", from, to) }

// DiffAt is [Diff] for a part of a document: all paths of the patch begin with the pointer.
func DiffAt(pointer string, from, to Value) Patch {
	d := differ{
		comparison: comparison{differ: make(map[pair]struct{})},
		hashes:     make(map[any]uint64),
		path:       []byte(pointer),
		limit:      math.MaxInt,
	}
	d.diff(from, to)
	return d.ops
}

// differ collects the operations that turn one document into another.
type differ struct {
	comparison
	hashes map[any]uint64 // of deep arrays and objects and of shapes, by address

	path []byte // pointer to what is being compared
	ops  Patch
	size int // of ops as JSON text
	// limit is the size at which an array or object around the place we are at will be replaced as a whole. From
	// there on more operations are wasted.
	limit int
}

// full reports whether something around us will be replaced.
func (d *differ) full() bool { return d.size > d.limit }

func (d *differ) add(op Op) {
	op.Path = string(d.path)
	d.ops = append(d.ops, op)
	d.size = plus(d.size, plus(op.size(), len(",")))
}

// replaceSize returns the size of the operation that replaces what stands at a path, with its comma.
func replaceSize(path []byte, to Value) int {
	return plus(Op{Op: OpReplace, Path: string(path), Value: to}.size(), len(","))
}

// diff adds the operations that turn a into b, which both stand at d.path.
func (d *differ) diff(a, b Value) {
	if Same(a, b) || d.full() {
		return
	}
	if a.Kind() != b.Kind() || (a.Kind() != KindArray && a.Kind() != KindObject) {
		if !d.equal(a, b) {
			d.add(Op{Op: OpReplace, Value: b})
		}
		return
	}
	ops, size, limit := len(d.ops), d.size, d.limit
	if len(d.path) > 0 || a.Kind() == KindArray {
		d.limit = min(limit, plus(size, replaceSize(d.path, b)))
	}
	if a.Kind() == KindArray {
		d.arrays(a.v.(*array), b.v.(*array))
	} else {
		d.objects(a.v.(*object), b.v.(*object))
	}
	if d.full() && d.limit < limit {
		clear(d.ops[ops:])
		d.ops, d.size = d.ops[:ops], size
		d.add(Op{Op: OpReplace, Value: b})
	}
	d.limit = limit
}

// objects walks the members of both objects in their common order.
func (d *differ) objects(a, b *object) {
	i, j := 0, 0
	for i < len(a.values) || j < len(b.values) {
		if d.full() {
			return
		}
		order := 0
		switch {
		case i == len(a.values):
			order = 1
		case j == len(b.values):
			order = -1
		case a.shape != b.shape:
			order = compareKeys(a.shape.keys[i], b.shape.keys[j])
		}
		n := len(d.path)
		switch {
		case order < 0:
			d.path = appendToken(d.path, a.shape.keys[i])
			d.add(Op{Op: OpRemove})
			i++
		case order > 0:
			d.path = appendToken(d.path, b.shape.keys[j])
			d.add(Op{Op: OpAdd, Value: b.values[j]})
			j++
		default:
			if !Same(a.values[i], b.values[j]) {
				d.path = appendToken(d.path, a.shape.keys[i])
				d.diff(a.values[i], b.values[j])
			}
			i, j = i+1, j+1
		}
		d.path = d.path[:n]
	}
}
