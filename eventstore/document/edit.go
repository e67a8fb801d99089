package document

// edit is a change at one path.
type edit struct {
	verb  string // OpAdd, OpReplace or OpRemove
	value Value
	path  string

	within bool   // value is what stood there, perhaps changed in place
	before extent // its extent before that
}

// replaced returns the extent of v, which stands where the edit puts its value, as what is around it has measured it.
func (c *edit) replaced(v Value) extent {
	if c.within {
		return c.before
	}
	return extentOf(v)
}

// editor changes documents. It remembers which arrays and objects it has copied itself and nobody else can see yet, and
// changes those in place: a patch that touches a thousand items of a list copies the list once.
type editor struct {
	own map[any]struct{} // by address; nil: remember none
}

// ownedFrom is the length from which a copy is worth remembering: copying a short one again is cheaper.
const ownedFrom = 16

func (e *editor) owns(node any, length int) bool {
	if e.own == nil || length < ownedFrom {
		return false
	}
	_, owned := e.own[node]
	return owned
}

func (e *editor) keep(node any, length int) {
	if e.own != nil && length >= ownedFrom {
		e.own[node] = struct{}{}
	}
}

// edit returns root with the change at the path. The message says why it does not fit, "" when it does.
func (e *editor) edit(root Value, path string, c edit) (Value, string) {
	if path == "" {
		if c.verb == OpRemove {
			return Null, "the whole document cannot be removed"
		}
		return c.value, ""
	}
	c.path = path
	return e.at(root, path, c)
}

// at makes the change in v, for which the rest of the path is meant.
func (e *editor) at(v Value, rest string, c edit) (Value, string) {
	token, after, message := cutToken(rest)
	if message != "" {
		return Null, message
	}
	if after != "" || c.verb != OpAdd {
		// Everything but adding needs the child to be there.
		child, ok := v.child(token)
		if !ok {
			return Null, missing(v, token, before(c.path, rest))
		}
		if after != "" {
			was := extentOf(child)
			if child, message = e.at(child, after, c); message != "" {
				return Null, message
			}
			c = edit{verb: OpReplace, value: child, path: c.path, within: true, before: was}
		}
	}
	switch x := v.v.(type) {
	case *object:
		return Value{e.object(x, token, c)}, ""
	case *array:
		i, message := arrayIndex(token, len(x.items))
		if message != "" {
			return Null, missing(v, token, before(c.path, rest))
		}
		return Value{e.array(x, i, c)}, ""
	default:
		return Null, missing(v, token, before(c.path, rest))
	}
}

func (e *editor) object(o *object, key string, c edit) *object {
	i, found := o.shape.find(key)
	if found && c.verb != OpRemove {
		if !e.owns(o, len(o.values)) {
			o = o.clone()
			e.keep(o, len(o.values))
		}
		o.set(i, c.value, c.replaced(o.values[i]))
		return o
	}
	// An object can be ours while its shape is still that of the object it was cloned from.
	if n := len(o.values); !e.owns(o, n) || !e.owns(o.shape, n) {
		o = o.reshape()
		e.keep(o, n)
		e.keep(o.shape, n)
	}
	if found {
		o.remove(i)
	} else {
		o.insert(i, validKey(key), c.value)
	}
	return o
}

func (e *editor) array(a *array, i int, c edit) *array {
	n := len(a.items)
	owned := e.owns(a, n)
	if c.verb == OpAdd && i == n {
		b := a.append([]Value{c.value})
		if owned {
			e.keep(b, n)
		}
		return b
	}
	if !owned {
		a = &array{items: append(make([]Value, 0, n+1), a.items...), size: a.size, depth: a.depth}
		e.keep(a, n)
	}
	switch c.verb {
	case OpReplace:
		a.set(i, c.value, c.replaced(a.items[i]))
	case OpAdd:
		a.insert(i, c.value)
	default:
		a.remove(i)
	}
	return a
}
