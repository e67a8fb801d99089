package workflow

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// blobKey is kept free in states, at every depth, for values that will live outside of them.
const blobKey = "$blob"

// ReservedKeyError says that a state, or what is to become part of one, holds a key that is kept free.
type ReservedKeyError struct {
	Key     string
	Pointer string // JSON pointer to the key
}

// Error names the key and where it is.
func (e *ReservedKeyError) Error() string {
	return fmt.Sprintf("the key %s, at %s, is reserved; take another name", quote(e.Key), clip(e.Pointer))
}

// CheckKeys returns a *ReservedKeyError where v, which is to be a state or a part of one, holds a reserved key
// at any depth.
func CheckKeys(v document.Value) error {
	if way := reservedIn(v); way != nil {
		return &ReservedKeyError{Key: blobKey, Pointer: document.Pointer(way...)}
	}
	return nil
}

// reservedIn returns the way to a reserved key, nil where there is none.
func reservedIn(v document.Value) []string {
	for key, member := range v.Members() {
		if key == blobKey {
			return []string{key}
		}
		if way := reservedIn(member); way != nil {
			return append([]string{key}, way...)
		}
	}
	for i, item := range v.Items() {
		if way := reservedIn(item); way != nil {
			return append([]string{strconv.Itoa(i)}, way...)
		}
	}
	return nil
}

// checkPatch is CheckKeys for a change: the state before it holds no reserved key.
func checkPatch(p document.Patch) error {
	for _, op := range p {
		if strings.HasSuffix(op.Path, "/"+blobKey) {
			return &ReservedKeyError{Key: blobKey, Pointer: op.Path}
		}
		if way := reservedIn(op.Value); way != nil {
			return &ReservedKeyError{Key: blobKey, Pointer: op.Path + document.Pointer(way...)}
		}
	}
	return nil
}
