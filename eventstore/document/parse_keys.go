package document

import "slices"

// known are keys and shapes that texts have had before, so that records share theirs: those of one text, and those that come
// again in text after text, as the fields of events do. Each place holds what came last of all that belongs there, so
// the memory is small and never needs tidying up.
type known struct {
	names  [256]string
	shapes [64]*shape
}

// name returns the key as a string.
func (k *known) name(key []byte) string {
	const lengthMax = 64
	if len(key) == 0 || len(key) > lengthMax {
		return string(key)
	}
	place := uint(len(key)) + 31*uint(key[0]) + 37*uint(key[len(key)/2]) + 41*uint(key[len(key)-1])
	name := &k.names[place%uint(len(k.names))]
	if *name != string(key) {
		*name = string(key)
	}
	return *name
}

// shape returns the shape of sorted members, of which there is at least one.
func (k *known) shape(members []parsedMember) *shape {
	const lengthMax = 32
	if len(members) > lengthMax {
		return shapeOf(members)
	}
	place := 7*len(members) + len(members[0].Key) + 3*len(members[len(members)/2].Key) + 5*len(members[len(members)-1].Key)
	s := &k.shapes[place%len(k.shapes)]
	if *s == nil || !(*s).isOf(members) {
		*s = shapeOf(members)
	}
	return *s
}

func shapeOf(members []parsedMember) *shape {
	keys := make([]string, len(members))
	for i, m := range members {
		keys[i] = m.Key
	}
	return newShape(keys)
}

func (s *shape) isOf(members []parsedMember) bool {
	if len(s.keys) != len(members) {
		return false
	}
	for i, key := range s.keys {
		if members[i].Key != key {
			return false
		}
	}
	return true
}

// sort puts members in the order of objects and refuses a key that is there twice.
func (p *parser) sort(members []parsedMember) bool {
	sorted := true
	for i := 1; i < len(members) && sorted; i++ {
		sorted = compareKeys(members[i-1].Key, members[i].Key) < 0
	}
	if sorted {
		return true
	}
	slices.SortStableFunc(members, func(a, b parsedMember) int { return compareKeys(a.Key, b.Key) })
	for i := 1; i < len(members); i++ {
		if members[i].Key == members[i-1].Key {
			return p.fail(members[i].at, "the object has the key %q twice", members[i].Key)
		}
	}
	return true
}
