package document

import (
	"fmt"
	"iter"
	"math"
	"slices"
)

// object is a set of members. Objects with the same keys share their shape: replacing a value copies the
// values alone, and a list of records read from JSON holds their keys once.
type object struct {
	shape  *shape
	values []Value // in the order of the shape's keys
	size   int
	depth  int
}

var (
	emptyShape  = &shape{plain: true}
	emptyObject = &object{shape: emptyShape, size: len("{}"), depth: 1}
)

// newObject takes over the values, which nobody may change afterwards.
func newObject(s *shape, values []Value) *object {
	if len(values) == 0 {
		return emptyObject
	}
	o := &object{shape: s, values: values}
	o.measure()
	return o
}

// measure sets size and depth from the members.
func (o *object) measure() {
	o.size, o.depth = len("{}")+max(0, len(o.values)-1)+o.shape.size, depthAround(o.values)
	for _, x := range o.values {
		o.size = plus(o.size, x.Size())
	}
}

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value Value
}

// Object returns the JSON object of the members. Of members with the same key the last one counts. Bytes of a key that
// are not UTF-8 become U+FFFD.
func Object(members ...Member) Value {
	if len(members) == 0 {
		return Value{emptyObject}
	}
	if !ordered(members) {
		members = slices.Clone(members)
		for i := range members {
			members[i].Key = validKey(members[i].Key)
		}
		slices.SortStableFunc(members, func(a, b Member) int { return compareKeys(a.Key, b.Key) })
	}
	keys, values := make([]string, 0, len(members)), make([]Value, 0, len(members))
	for i, m := range members {
		if i > 0 && m.Key == members[i-1].Key {
			values[len(values)-1] = m.Value
			continue
		}
		keys, values = append(keys, m.Key), append(values, m.Value)
	}
	return Value{newObject(newShape(keys), values)}
}

// ordered reports whether the members stand as an object has them.
func ordered(members []Member) bool {
	for i := range members {
		if _, valid := textSize(members[i].Key); !valid || i > 0 && compareKeys(members[i-1].Key, members[i].Key) >= 0 {
			return false
		}
	}
	return true
}

func validKey(key string) string {
	if _, valid := textSize(key); !valid {
		return validText(key)
	}
	return key
}

// object returns the object inside v; null counts as an empty one.
func (v Value) object(method string) *object {
	switch x := v.v.(type) {
	case *object:
		return x
	case nil:
		return emptyObject
	default:
		panic(fmt.Sprintf("document: %s of %s", method, v.Kind().described()))
	}
}

// Get returns the value of an object's member; ok is false where there is none or v is not an object.
func (v Value) Get(key string) (x Value, ok bool) {
	o, isObject := v.v.(*object)
	if !isObject {
		return Null, false
	}
	i, ok := o.shape.find(key)
	if !ok {
		return Null, false
	}
	return o.values[i], true
}

// Keys returns an object's keys in JavaScript's property order, nil where v is not an object. The slice is
// shared: do not modify it.
func (v Value) Keys() []string {
	if o, isObject := v.v.(*object); isObject {
		return o.shape.keys
	}
	return nil
}

// Members yields an object's members in JavaScript's property order, and nothing for every other value.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		o, isObject := v.v.(*object)
		if !isObject {
			return
		}
		for i, key := range o.shape.keys {
			if !yield(key, o.values[i]) {
				return
			}
		}
	}
}

// With returns the object with the member key set to x. Null counts as an empty object; every other kind panics.
func (v Value) With(key string, x Value) Value {
	o := v.object("With")
	i, found := o.shape.find(key)
	if !found {
		if valid := validKey(key); valid != key {
			return v.With(valid, x)
		}
		b := o.reshape()
		b.insert(i, key, x)
		return Value{b}
	}
	if Same(o.values[i], x) {
		return v
	}
	b := o.clone()
	b.set(i, x, extentOf(o.values[i]))
	return Value{b}
}

// Without returns the object without the member key. Null counts as an empty object; every other kind panics.
func (v Value) Without(key string) Value {
	o := v.object("Without")
	i, found := o.shape.find(key)
	if !found {
		return Value{o}
	}
	if len(o.values) == 1 {
		return Value{emptyObject}
	}
	b := o.reshape()
	b.remove(i)
	return Value{b}
}

// clone returns a copy whose values may be set. It shares its shape.
func (o *object) clone() *object {
	return &object{shape: o.shape, values: slices.Clone(o.values), size: o.size, depth: o.depth}
}

// reshape returns a copy with a shape of its own and room for one member more, which may be inserted into
// and removed from.
func (o *object) reshape() *object {
	n := len(o.values) + 1
	return &object{
		shape: &shape{
			keys:  append(make([]string, 0, n), o.shape.keys...),
			size:  o.shape.size,
			plain: o.shape.plain,
		},
		values: append(make([]Value, 0, n), o.values...),
		size:   o.size,
		depth:  o.depth,
	}
}

// set changes an object that nobody else has seen yet, as array.set does.
func (o *object) set(i int, x Value, old extent) {
	o.values[i] = x
	if o.size == math.MaxInt {
		o.measure()
		return
	}
	o.size = plus(o.size-old.size, x.Size())
	if x.Depth() < old.depth && old.depth+1 == o.depth {
		o.depth = depthAround(o.values)
		return
	}
	o.depth = max(o.depth, 1+x.Depth())
}

// insert adds a member to an object that nobody else has seen yet, nor its shape.
func (o *object) insert(i int, key string, x Value) {
	size := jsonSize(key)
	o.shape.keys = slices.Insert(o.shape.keys, i, key)
	o.shape.size += size + len(":")
	o.shape.plain = o.shape.plain && size == len(key)+len(`""`)
	o.values = slices.Insert(o.values, i, x)
	o.size = plus(o.size, size+len(":"))
	o.size = plus(o.size, x.Size())
	if len(o.values) > 1 {
		o.size = plus(o.size, len(","))
	}
	o.depth = max(o.depth, 1+x.Depth())
}

// remove takes a member from an object that nobody else has seen yet, nor its shape.
func (o *object) remove(i int) {
	old, size := o.values[i], jsonSize(o.shape.keys[i])+len(":")
	o.shape.keys = slices.Delete(o.shape.keys, i, i+1)
	o.shape.size -= size
	o.values = slices.Delete(o.values, i, i+1)
	if o.size == math.MaxInt {
		o.measure()
		return
	}
	o.size -= size + old.Size()
	if len(o.values) > 0 {
		o.size -= len(",")
	}
	if old.Depth() > 0 && old.Depth()+1 == o.depth {
		o.depth = depthAround(o.values)
	}
}
