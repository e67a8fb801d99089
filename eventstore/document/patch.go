package document

import (
	"fmt"
)

// The operations of RFC 6902.
const (
	OpAdd     = "add"
	OpRemove  = "remove"
	OpReplace = "replace"
	OpMove    = "move"
	OpCopy    = "copy"
	OpTest    = "test"
)

// Op is one operation of a patch, by RFC 6902. Path and From are RFC 6901 pointers.
type Op struct {
	Op    string // one of the Op constants
	Path  string // what is changed or tested
	From  string // where move and copy take from; not written for the others
	Value Value  // what add and replace put, and test expects; not written for the others
}

// Patch is a list of changes to a document, each applied to what the one before it left.
type Patch []Op

// PatchError says which operation of a patch is wrong or does not fit the document. Index counts from 0.
type PatchError struct {
	Index   int
	Op      Op
	Message string
}

func (e *PatchError) Error() string {
	switch e.Op.Op {
	case "":
		return fmt.Sprintf("patch operation %d: %s", e.Index, e.Message)
	case OpMove, OpCopy:
		return fmt.Sprintf("patch operation %d (%s %q to %q): %s", e.Index, e.Op.Op, e.Op.From, e.Op.Path, e.Message)
	default:
		return fmt.Sprintf("patch operation %d (%s %q): %s", e.Index, e.Op.Op, e.Op.Path, e.Message)
	}
}

// takesValue and takesFrom say which members an operation is written with.
func (op Op) takesValue() bool { return op.Op == OpAdd || op.Op == OpReplace || op.Op == OpTest }
func (op Op) takesFrom() bool  { return op.Op == OpMove || op.Op == OpCopy }

// ParsePatch reads a patch from its JSON text. Errors are *[SyntaxError] or those of [PatchOf].
func ParsePatch(data []byte) (Patch, error) {
	// The list and the operation stand around the values.
	v, err := ParseDepth(data, MaxDepth+2)
	if err != nil {
		return nil, err
	}
	return PatchOf(v)
}

// PatchOf reads a patch that has been parsed as a value already. What is wrong with an operation, be it unknown
// or without a member that it needs, is a *[PatchError]. Members that RFC 6902 does not know are ignored, as it demands.
func PatchOf(v Value) (Patch, error) {
	if v.Kind() != KindArray {
		return nil, fmt.Errorf("document: a patch is an array of operations, this is %s", v.Kind().described())
	}
	if v.Len() == 0 {
		return nil, nil
	}
	patch := make(Patch, v.Len())
	for i, x := range v.Items() {
		op, message := opOf(x)
		if message != "" {
			return nil, &PatchError{Index: i, Op: op, Message: message}
		}
		patch[i] = op
	}
	return patch, nil
}

func opOf(v Value) (op Op, message string) {
	if v.Kind() != KindObject {
		return op, "an operation is an object, this is " + v.Kind().described()
	}
	var found bool
	if op.Op, found = textOf(v, "op"); !found {
		return op, `it needs an "op", one of add, remove, replace, move, copy and test`
	}
	if op.Path, found = textOf(v, "path"); !found {
		return op, `it needs a "path", a string`
	}
	if op.takesFrom() {
		if op.From, found = textOf(v, "from"); !found {
			return op, `it needs a "from", a string`
		}
	}
	if op.takesValue() {
		if op.Value, found = v.Get("value"); !found {
			return op, `it needs a "value"`
		}
	}
	if !op.known() {
		return op, unknownOp
	}
	return op, ""
}

func textOf(v Value, key string) (string, bool) {
	x, _ := v.Get(key)
	return x.AsString()
}

const unknownOp = "there is no such operation; RFC 6902 has add, remove, replace, move, copy and test"

func (op Op) known() bool { return op.takesValue() || op.takesFrom() || op.Op == OpRemove }

// AppendJSON appends the patch as JSON text, each operation with its members in the order op, from, path, value.
func (p Patch) AppendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, op := range p {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = op.AppendJSON(dst)
	}
	return append(dst, ']')
}

// AppendJSON appends the operation as JSON text.
func (op Op) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"op":`...)
	dst = AppendString(dst, op.Op)
	if op.takesFrom() {
		dst = append(dst, `,"from":`...)
		dst = AppendString(dst, op.From)
	}
	dst = append(dst, `,"path":`...)
	dst = AppendString(dst, op.Path)
	if op.takesValue() {
		dst = append(dst, `,"value":`...)
		dst = op.Value.AppendJSON(dst)
	}
	return append(dst, '}')
}

// Size returns the length in bytes of the patch's JSON text. It looks at the operations, not into their values.
func (p Patch) Size() int {
	size := len("[]") + max(0, len(p)-1)
	for _, op := range p {
		size = plus(size, op.size())
	}
	return size
}

func (op Op) size() int {
	size := len(`{"op":,"path":}`) + jsonSize(op.Op) + jsonSize(op.Path)
	if op.takesFrom() {
		size += len(`,"from":`) + jsonSize(op.From)
	}
	if op.takesValue() {
		size = plus(size, plus(len(`,"value":`), op.Value.Size()))
	}
	return size
}

// MarshalJSON returns the patch's JSON text.
func (p Patch) MarshalJSON() ([]byte, error) { return p.AppendJSON(make([]byte, 0, p.Size())), nil }

// UnmarshalJSON sets p to the parsed patch. Its errors are those of [ParsePatch].
func (p *Patch) UnmarshalJSON(data []byte) error {
	parsed, err := ParsePatch(data)
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// MarshalJSON returns the operation's JSON text.
func (op Op) MarshalJSON() ([]byte, error) { return op.AppendJSON(nil), nil }

// String returns the patch's JSON text.
func (p Patch) String() string { return string(p.AppendJSON(nil)) }
