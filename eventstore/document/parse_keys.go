package document

import "slices"

// known are keys, shapes and short strings that texts have had before, so that records share theirs: those of one text, and those
// that come again in text after text, as the fields of events do, and the names that these have as values. Each place holds what came last of all that belongs there, so
// the memory is small and never needs tidying up.
type known struct {
	names  [256]string
	shapes [64]*shape
	texts  [256]*text
}

// shortMax is the most bytes of a key or string that is looked for.
const shortMax = 64

// place is where a key or string belongs that is not empty, in a table of 256.
func place(body []byte) uint8 {
	return uint8(len(body)) + 31*body[0] + 37*body[len(body)/2] + 41*body[len(body)-1] //nolint:gosec // what runs over is of no consequence
}

// name returns the key as a string.
func (k *known) name(key []byte) string {
	if len(key) == 0 || len(key) > shortMax {
		return string(key)
	}
	name := &k.names[place(key)]
	if *name != string(key) {
		*name = string(key)
	}
	return *name
}

// text returns the string of a body that is not empty, whose JSON text has the size.
func (k *known) text(body []byte, size int) *text {
	if len(body) > shortMax {
		return &text{string(body), size}
	}
	found := &k.texts[place(body)]
	if *found == nil || (*found).s != string(body) {
		*found = &text{string(body), size}
	}
	return *found
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
			return p.twice(members[i])
		}
	}
	return true
}

// unique refuses a key that is there twice. It may change the members' order.
func (p *parser) unique(members []parsedMember) bool {
	const quadraticMax = 32
	if len(members) > quadraticMax {
		return p.sort(members)
	}
	for i := range members {
		for k := range i {
			if members[k].Key == members[i].Key {
				return p.twice(members[i])
			}
		}
	}
	return true
}

func (p *parser) twice(m parsedMember) bool {
	return p.fail(m.at, "the object has the key %q twice", m.Key)
}
