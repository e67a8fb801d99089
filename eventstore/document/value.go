package document

import "math"

// MaxDepth is the deepest nesting of arrays and objects that [Parse] and [From] accept and
// [Patch.Apply] produces.
const MaxDepth = 1000

// Kind names the six kinds of JSON values.
type Kind uint8

// The kinds of JSON values.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// String returns the kind's JSON name: null, boolean, number, string, array or object.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// described returns the kind's name with its article, for messages.
func (k Kind) described() string {
	switch k {
	case KindNull:
		return "null"
	case KindArray, KindObject:
		return "an " + k.String()
	default:
		return "a " + k.String()
	}
}

// Value is an immutable JSON value. The zero Value is null. Values are small: copy them, and compare
// them with [Equal] or [Same], not with ==.
type Value struct {
	// v is nil, bool, *text, *array, *object, or one of the three forms of a number: int64, float64 and
	// literal. Each number has exactly one form, see number.go.
	v any
}

// Null is the JSON null.
var Null Value

// Bool returns the JSON true or false.
func Bool(b bool) Value { return Value{b} }

// String returns the JSON string s. Bytes that are not UTF-8 become U+FFFD, one each, since JSON cannot
// hold them.
func String(s string) Value { return Value{newText(s)} }

// Kind returns what kind of JSON value v is.
func (v Value) Kind() Kind {
	switch v.v.(type) {
	case nil:
		return KindNull
	case bool:
		return KindBool
	case *text:
		return KindString
	case *array:
		return KindArray
	case *object:
		return KindObject
	default:
		return KindNumber
	}
}

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.v == nil }

// AsBool returns v's truth value; ok is false unless v is a boolean.
func (v Value) AsBool() (b, ok bool) {
	b, ok = v.v.(bool)
	return b, ok
}

// AsString returns v's text; ok is false unless v is a string.
func (v Value) AsString() (s string, ok bool) {
	if t, isText := v.v.(*text); isText {
		return t.s, true
	}
	return "", false
}

// Len returns the number of items of an array or members of an object, and 0 for every other value.
func (v Value) Len() int {
	switch x := v.v.(type) {
	case *array:
		return len(x.items)
	case *object:
		return len(x.values)
	default:
		return 0
	}
}

// Size returns the length in bytes of v's JSON text. It does not look inside: arrays, objects and strings
// know it from when they were built. A value that shares its parts so much that the length exceeds
// an int says math.MaxInt.
func (v Value) Size() int {
	switch x := v.v.(type) {
	case nil:
		return len("null")
	case bool:
		if x {
			return len("true")
		}
		return len("false")
	case *text:
		return x.size
	case *array:
		return x.size
	case *object:
		return x.size
	default:
		return v.numberSize()
	}
}

// Depth returns how deep arrays and objects nest in v: 0 for a leaf, 1 for [] and {}. It does not look inside.
func (v Value) Depth() int {
	switch x := v.v.(type) {
	case *array:
		return x.depth
	case *object:
		return x.depth
	default:
		return 0
	}
}

// extent is what an array or object counts of each of its parts.
type extent struct{ size, depth int }

func extentOf(v Value) extent { return extent{v.Size(), v.Depth()} }

// plus adds two sizes without wrapping around: values share their parts, so a few dozen doublings are
// enough to describe a text longer than any memory.
func plus(a, b int) int {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt
}
