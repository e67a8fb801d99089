package scripts

import (
	"cmp"
	"slices"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

// objectView is the view of an object. It implements goja.DynamicObject.
type objectView struct {
	viewNode
	slots []slot
	where map[string]int // position of each key in slots, once there are many
	moved int            // number of slots that were ever put at the end or deleted: the order is not the document's
}

// slot is a member that was touched.
type slot struct {
	key   string
	val   goja.Value // nil: deleted
	wrote bool       // by the script; else it is a kept child
	order int        // 0: it stands where the document has it; else its turn after all those
}

// slotsScanned is the number of slots up to which looking at each is faster than a map.
const slotsScanned = 8

func (v *objectView) slot(key string) *slot {
	if v.where != nil {
		if i, ok := v.where[key]; ok {
			return &v.slots[i]
		}
		return nil
	}
	for i := range v.slots {
		if v.slots[i].key == key {
			return &v.slots[i]
		}
	}
	return nil
}

func (v *objectView) touch(s slot) {
	v.slots = append(v.slots, s)
	switch {
	case v.where != nil:
		v.where[s.key] = len(v.slots) - 1
	case len(v.slots) > slotsScanned:
		v.where = make(map[string]int, 4*slotsScanned)
		for i := range v.slots {
			v.where[v.slots[i].key] = i
		}
	}
}

// Get implements goja.DynamicObject.
func (v *objectView) Get(key string) goja.Value {
	if s := v.slot(key); s != nil {
		return s.val
	}
	member, ok := v.base.Get(key)
	if !ok {
		return nil
	}
	if leaf := v.x.leaf(member); leaf != nil {
		return leaf
	}
	val := v.x.look(member, v.child(v, key, 0))
	v.touch(slot{key: key, val: val})
	return val
}

// Has implements goja.DynamicObject.
func (v *objectView) Has(key string) bool {
	if s := v.slot(key); s != nil {
		return s.val != nil
	}
	_, ok := v.base.Get(key)
	return ok
}

// Set implements goja.DynamicObject.
func (v *objectView) Set(key string, val goja.Value) bool {
	v.write(v)
	if val == nil {
		val = goja.Undefined()
	}
	s := v.slot(key)
	if s == nil {
		v.touch(slot{key: key})
		s = &v.slots[len(v.slots)-1]
		if _, inDocument := v.base.Get(key); !inDocument {
			v.moved++
			s.order = v.moved
		}
	} else if s.val == nil {
		v.moved++
		s.order = v.moved
	}
	s.val, s.wrote = val, true
	return true
}

// Delete implements goja.DynamicObject.
func (v *objectView) Delete(key string) bool {
	s := v.slot(key)
	if s == nil {
		if _, ok := v.base.Get(key); !ok {
			return true
		}
		v.write(v)
		v.touch(slot{key: key, wrote: true})
		v.moved++
		return true
	}
	if s.val != nil {
		v.write(v)
		v.moved++
		s.val, s.wrote = nil, true
	}
	return true
}

// Keys implements goja.DynamicObject: the keys in the order that a plain object, read from the document's text and
// treated the same, would have them.
func (v *objectView) Keys() []string {
	if v.moved == 0 {
		return v.base.Keys()
	}
	keys := make([]string, 0, v.base.Len()+len(v.slots))
	for _, key := range v.base.Keys() {
		if s := v.slot(key); s == nil || (s.val != nil && s.order == 0) {
			keys = append(keys, key)
		}
	}
	var added []*slot
	for i := range v.slots {
		if s := &v.slots[i]; s.val != nil && s.order > 0 {
			added = append(added, s)
		}
	}
	slices.SortFunc(added, func(a, b *slot) int { return cmp.Compare(a.order, b.order) })
	numbers := false
	for _, s := range added {
		keys = append(keys, s.key)
		_, isIndex := arrayIndex(s.key)
		numbers = numbers || isIndex
	}
	if numbers {
		slices.SortStableFunc(keys, byIndex)
	}
	return keys
}

// byIndex puts array indexes first, ascending, and leaves the others alone.
func byIndex(a, b string) int {
	i, aIndex := arrayIndex(a)
	j, bIndex := arrayIndex(b)
	switch {
	case aIndex && bIndex:
		return cmp.Compare(i, j)
	case aIndex:
		return -1
	case bIndex:
		return 1
	}
	return 0
}

// inPlace returns the slot of a changed child, nil if something else stands in its place now.
func (v *objectView) inPlace(child view) bool {
	s := v.slot(child.node().key)
	return s != nil && !s.wrote
}

func (v *objectView) value(c *converter, at *place) (document.Value, error) {
	if !v.dirty {
		return v.base, nil
	}
	if v.busy {
		return document.Null, c.cycle(at)
	}
	v.busy = true
	defer func() { v.busy = false }()
	var changes []document.Member
	gone := make(map[string]bool)
	for i := range v.slots {
		s := &v.slots[i]
		if !s.wrote {
			continue
		}
		val, present, err := v.member(c, s, at)
		if err != nil {
			return document.Null, err
		}
		if present {
			changes = append(changes, document.Member{Key: s.key, Value: val})
		} else {
			gone[s.key] = true
		}
	}
	for _, child := range v.changed {
		if !v.inPlace(child) {
			continue
		}
		key := child.node().key
		val, err := child.value(c, at.member(key))
		if err != nil {
			return document.Null, err
		}
		changes = append(changes, document.Member{Key: key, Value: val})
	}
	members := make([]document.Member, 0, v.base.Len()+len(changes))
	for key, val := range v.base.Members() {
		if !gone[key] {
			members = append(members, document.Member{Key: key, Value: val})
		}
	}
	result := document.Object(append(members, changes...)...)
	return result, c.check(result, at)
}

// member converts a written slot. Present is false when it leaves no member.
func (v *objectView) member(c *converter, s *slot, at *place) (val document.Value, present bool, err error) {
	if s.val == nil {
		return document.Null, false, nil
	}
	old, _ := v.base.Get(s.key)
	return c.convert(s.val, old, at.member(s.key))
}

func (v *objectView) patch(c *converter, pointer string, at *place) error {
	if v.busy {
		return c.cycle(at)
	}
	v.busy = true
	defer func() { v.busy = false }()
	for i := range v.slots {
		s := &v.slots[i]
		if !s.wrote {
			continue
		}
		old, had := v.base.Get(s.key)
		val, present, err := v.member(c, s, at)
		if err != nil {
			return err
		}
		path := pointer + document.Pointer(s.key)
		switch {
		case present && had:
			c.ops = append(c.ops, document.DiffAt(path, old, val)...)
		case present:
			c.ops = append(c.ops, document.Op{Op: document.OpAdd, Path: path, Value: val})
		case had:
			c.ops = append(c.ops, document.Op{Op: document.OpRemove, Path: path})
		}
	}
	for _, child := range v.changed {
		if v.inPlace(child) {
			key := child.node().key
			if err := child.patch(c, pointer+document.Pointer(key), at.member(key)); err != nil {
				return err
			}
		}
	}
	return nil
}
