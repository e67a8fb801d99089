package document

import (
	"slices"
	"strings"
)

// shape is the keys of an object, in JavaScript's property order, each once. It never changes.
type shape struct {
	keys  []string
	size  int  // of the keys in JSON text, with their quotes and colons
	plain bool // no key needs an escape
}

// newShape takes over the keys, which must be sorted and valid UTF-8.
func newShape(keys []string) *shape {
	s := &shape{keys: keys, plain: true}
	for _, key := range keys {
		size, _ := textSize(key)
		s.size += size + len(":")
		s.plain = s.plain && size == len(key)+len(`""`)
	}
	return s
}

// linearSearch is the number of keys up to which looking at each is faster than halving.
const linearSearch = 8

// find returns the position of key, or the one at which it would have to be inserted.
func (s *shape) find(key string) (int, bool) {
	if len(s.keys) <= linearSearch {
		for i, k := range s.keys {
			if k == key {
				return i, true
			}
		}
	}
	return slices.BinarySearchFunc(s.keys, key, compareKeys)
}

// compareKeys orders keys as JavaScript orders an object's own properties.
func compareKeys(a, b string) int {
	switch x, y := isIndex(a), isIndex(b); {
	case x && y && len(a) != len(b):
		return len(a) - len(b) // neither has leading zeros, so the longer is the greater
	case x && !y:
		return -1
	case y && !x:
		return 1
	default:
		return strings.Compare(a, b)
	}
}

// maxIndex is the greatest array index that JavaScript knows, 2^32-2.
const maxIndex = "4294967294"

// isIndex reports whether a key is an array index as JavaScript writes it: an integer up to 2^32-2 without leading zeros.
func isIndex(key string) bool {
	if key == "" || len(key) > len(maxIndex) || (key[0] == '0' && len(key) > 1) {
		return false
	}
	for i := range len(key) {
		if !isDigit(key[i]) {
			return false
		}
	}
	return len(key) < len(maxIndex) || key <= maxIndex
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
