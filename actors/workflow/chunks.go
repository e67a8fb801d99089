package workflow

// chunks is a list of which a change copies a small part: the state of a map, or of a durable script, changes with each of
// its items or calls.
type chunks[T any] []*[chunkLength]T

// chunkLength is how many values one part has. A change of n values copies that many, and n/chunkLength pointers.
const chunkLength = 128

// with returns the list with another value at a place.
func (c chunks[T]) with(i int, v T) chunks[T] {
	at := i / chunkLength
	changed := make(chunks[T], max(len(c), at+1))
	copy(changed, c)
	var values [chunkLength]T
	if old := changed[at]; old != nil {
		values = *old
	}
	values[i%chunkLength] = v
	changed[at] = &values
	return changed
}

// at returns the value at a place, the zero value where there is none.
func (c chunks[T]) at(i int) T {
	if at := i / chunkLength; at < len(c) && c[at] != nil {
		return c[at][i%chunkLength]
	}
	var none T
	return none
}
