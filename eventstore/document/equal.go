package document

// Same reports whether a and b are the very same value: one array or object in memory, or leaves of the same
// text. It never looks inside arrays and objects, so it may say false of equal ones.
func Same(a, b Value) bool {
	switch x := a.v.(type) {
	case *text:
		y, ok := b.v.(*text)
		return ok && (x == y || x.s == y.s)
	case *array:
		y, ok := b.v.(*array)
		return ok && (x == y || (len(x.items) == len(y.items) && x.sharesItems(y)))
	default:
		// Objects by their address, numbers by their form, which equal texts share. No form holds a
		// NaN; of 0 and -0, which == calls equal, the first is an int64.
		return a.v == b.v
	}
}

// Equal reports whether a and b have equal content: arrays item by item, objects member by member, numbers by
// what they are worth, so that 1, 1.0 and 10e-1 are equal. Parts that a and b share cost nothing.
func Equal(a, b Value) bool { return (&comparison{}).equal(a, b) }

// Equal is [Equal] as a method, which libraries that compare values look for.
func (v Value) Equal(other Value) bool { return Equal(v, other) }

// deep is the depth from which a comparison remembers what it has found out about an array or object. A diff asks about
// the same pairs at every level above them; without a memory that would cost depth times size.
const deep = 16

// comparison compares values, remembering the deep pairs that differ where it has a memory.
type comparison struct {
	differ map[pair]struct{} // nil: remember nothing
}

// pair is two arrays or two objects, by their addresses.
type pair struct{ a, b any }

func (c *comparison) equal(a, b Value) bool {
	switch x := a.v.(type) {
	case *array:
		y, ok := b.v.(*array)
		if x == y {
			return true
		}
		if !ok || len(x.items) != len(y.items) || x.depth != y.depth {
			return false
		}
		if x.sharesItems(y) {
			return true
		}
		return c.remembered(a, b, x.depth, func() bool { return c.equalLists(x.items, y.items) })
	case *object:
		y, ok := b.v.(*object)
		if x == y {
			return true
		}
		if !ok || len(x.values) != len(y.values) || x.depth != y.depth {
			return false
		}
		return c.remembered(a, b, x.depth, func() bool {
			return equalKeys(x.shape, y.shape) && c.equalLists(x.values, y.values)
		})
	case int64, float64, literal:
		return b.Kind() == KindNumber && equalNumbers(a.v, b.v)
	default:
		return Same(a, b)
	}
}

// remembered asks whether a and b are equal unless a deep comparison has found them different before.
func (c *comparison) remembered(a, b Value, depth int, ask func() bool) bool {
	if c.differ == nil || depth < deep {
		return ask()
	}
	key := pair{a.v, b.v}
	if _, known := c.differ[key]; known {
		return false
	}
	equal := ask()
	if !equal {
		c.differ[key] = struct{}{}
	}
	return equal
}

func (c *comparison) equalLists(a, b []Value) bool {
	for i := range a {
		if !c.equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalKeys(a, b *shape) bool {
	if a == b {
		return true
	}
	if len(a.keys) != len(b.keys) || a.size != b.size {
		return false
	}
	for i, key := range a.keys {
		if key != b.keys[i] {
			return false
		}
	}
	return true
}
