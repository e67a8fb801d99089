package document

import (
	"fmt"
	"strings"
)

// Apply returns v changed by the patch. It is all or nothing: where an operation does not fit, the error is a
// *[PatchError] that names it, and v is untouched as ever. Besides what RFC 6902 refuses, Apply refuses to remove
// the whole document and to nest arrays and objects deeper than [MaxDepth].
//
// The result shares with v what the patch does not touch. A patch of many operations copies each array or object
// at most once while it is at work on it.
func (p Patch) Apply(v Value) (Value, error) {
	e := editor{}
	if len(p) > 1 {
		e.own = make(map[any]struct{})
	}
	root := v
	for i, op := range p {
		next, message := e.apply(root, op)
		if message == "" && next.Depth() > MaxDepth {
			message = fmt.Sprintf("arrays and objects would nest more than %d deep", MaxDepth)
		}
		if message != "" {
			return Null, &PatchError{Index: i, Op: op, Message: message}
		}
		root = next
	}
	return root, nil
}

// apply returns the document after one operation. The message says why it does not fit, "" when it does.
func (e *editor) apply(root Value, op Op) (next Value, message string) {
	switch op.Op {
	case OpAdd:
		return e.edit(root, op.Path, edit{verb: OpAdd, value: op.Value})
	case OpReplace:
		return e.edit(root, op.Path, edit{verb: OpReplace, value: op.Value})
	case OpRemove:
		return e.edit(root, op.Path, edit{verb: OpRemove})
	case OpMove:
		return e.move(root, op)
	case OpCopy:
		x, message := lookup(root, op.From)
		if message != "" {
			return Null, message
		}
		// From now on the copied part has two places, and a change at one must not show at the other.
		clear(e.own)
		return e.edit(root, op.Path, edit{verb: OpAdd, value: x})
	case OpTest:
		x, message := lookup(root, op.Path)
		if message == "" && !Equal(x, op.Value) {
			message = fmt.Sprintf("there is %s, not %s", excerpt(x), excerpt(op.Value))
		}
		return root, message
	default:
		return Null, unknownOp
	}
}

func (e *editor) move(root Value, op Op) (Value, string) {
	x, message := lookup(root, op.From)
	switch {
	case message != "":
		return Null, message
	case op.From == op.Path:
		return root, ""
	case strings.HasPrefix(op.Path, op.From+"/"):
		return Null, "a value cannot be moved into itself"
	}
	if root, message = e.edit(root, op.From, edit{verb: OpRemove}); message != "" {
		return Null, message
	}
	return e.edit(root, op.Path, edit{verb: OpAdd, value: x})
}

// lookup is Value.Lookup with a reason.
func lookup(root Value, path string) (Value, string) {
	v, rest := root, path
	for rest != "" {
		token, after, message := cutToken(rest)
		if message != "" {
			return Null, message
		}
		child, ok := v.child(token)
		if !ok {
			return Null, missing(v, token, before(path, rest))
		}
		v, rest = child, after
	}
	return v, ""
}

// child returns the item or member that a token names.
func (v Value) child(token string) (Value, bool) {
	a, ok := v.v.(*array)
	if !ok {
		return v.Get(token)
	}
	i, message := arrayIndex(token, len(a.items))
	if message != "" || i == len(a.items) {
		return Null, false
	}
	return a.items[i], true
}

// missing says why v, which stands at a path, has no child of that token.
func missing(v Value, token, path string) string {
	switch x := v.v.(type) {
	case *object:
		return fmt.Sprintf("the object at %q has no member %q", path, token)
	case *array:
		if _, message := arrayIndex(token, len(x.items)); message != "" {
			return fmt.Sprintf("%s (%q in the array of %d at %q)", message, token, len(x.items), path)
		}
		return fmt.Sprintf("the array at %q has no item %q, it has %d", path, token, len(x.items))
	default:
		return fmt.Sprintf("there is %s at %q, which has nothing inside", v.Kind().described(), path)
	}
}

// before returns the part of a path that stands before its rest.
func before(path, rest string) string { return path[:len(path)-len(rest)] }

// excerpt returns a value's JSON text for a message, or a description where that would be long.
func excerpt(v Value) string {
	const longest = 80
	if v.Size() <= longest {
		return v.String()
	}
	return fmt.Sprintf("%s of %d bytes", v.Kind().described(), v.Size())
}
