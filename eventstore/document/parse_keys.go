package document

import "slices"

// fewNames is the number of keys up to which comparing with each is faster than hashing.
const fewNames = 12

// name returns the key as a string, the one that an earlier record holds where there is one. An object that is used
// as a table has many keys once each, so the memory is bounded.
func (p *parser) name(key []byte) string {
	for _, name := range p.names {
		if name == string(key) {
			return name
		}
	}
	name, known := p.moreNames[string(key)]
	if known {
		return name
	}
	name = string(key)
	const namesMax, lengthMax = 512, 64
	switch {
	case len(key) > lengthMax || len(p.moreNames) >= namesMax:
	case len(p.names) < fewNames:
		p.names = append(p.names, name)
	case p.moreNames == nil:
		p.moreNames = map[string]string{name: name}
	default:
		p.moreNames[name] = name
	}
	return name
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

// shape returns the shape of sorted members: that of an earlier object where it had the same keys.
func (p *parser) shape(members []parsedMember) *shape {
	last := &p.shapes[len(members)%len(p.shapes)]
	if s := *last; s != nil && s.isOf(members) {
		return s
	}
	keys := make([]string, len(members))
	for i, m := range members {
		keys[i] = m.Key
	}
	*last = newShape(keys)
	return *last
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
