package document

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Op is one RFC 6902 operation.
type Op struct {
	Op         string
	Path, From string
	Value      Value
}

// Patch is a list of RFC 6902 operations.
type Patch []Op

// PatchError says which operation of a patch could not be applied, and why.
type PatchError struct {
	Index   int
	Op      Op
	Message string
}

func (e *PatchError) Error() string {
	return fmt.Sprintf("patch operation %d (%s %s): %s", e.Index, e.Op.Op, e.Op.Path, e.Message)
}

func (p Patch) Apply(v Value) (Value, error) {
	for i, op := range p {
		var ok bool
		switch op.Op {
		case "add", "replace":
			v, ok = set(v, op.Path, op.Value, op.Op == "add")
		case "remove":
			v, ok = remove(v, op.Path)
		case "copy":
			x, found := v.Lookup(op.From)
			v, ok = set(v, op.Path, x, true)
			ok = ok && found
		case "move":
			x, found := v.Lookup(op.From)
			v, ok = remove(v, op.From)
			if ok {
				v, ok = set(v, op.Path, x, true)
			}
			ok = ok && found
		case "test":
			x, found := v.Lookup(op.Path)
			ok = found && Equal(x, op.Value)
		}
		if !ok {
			return Null, &PatchError{i, op, "does not apply"}
		}
	}
	return v, nil
}

func split(p string) (string, string) {
	i := strings.LastIndex(p, "/")
	return p[:i], strings.ReplaceAll(strings.ReplaceAll(p[i+1:], "~1", "/"), "~0", "~")
}

func set(v Value, path string, x Value, insert bool) (Value, bool) {
	if path == "" {
		return x, true
	}
	up, key := split(path)
	parent, ok := v.Lookup(up)
	if !ok {
		return v, false
	}
	if parent.Kind() == KindObject {
		return set(v, up, parent.With(key, x), false)
	}
	if key == "-" {
		return set(v, up, parent.Append(x), false)
	}
	i, err := strconv.Atoi(key)
	if err != nil || i < 0 || i > parent.Len() {
		return v, false
	}
	if insert {
		return set(v, up, Value{slices.Insert(slices.Clone(parent.v.([]Value)), i, x)}, false)
	}
	return set(v, up, parent.WithAt(i, x), false)
}

func remove(v Value, path string) (Value, bool) {
	if _, ok := v.Lookup(path); !ok || path == "" {
		return v, false
	}
	up, key := split(path)
	parent, _ := v.Lookup(up)
	if parent.Kind() == KindObject {
		return set(v, up, parent.Without(key), false)
	}
	i, _ := strconv.Atoi(key)
	return set(v, up, Value{slices.Delete(slices.Clone(parent.v.([]Value)), i, i+1)}, false)
}

func Diff(from, to Value) Patch { return DiffAt("", from, to) }

func DiffAt(pointer string, from, to Value) Patch {
	if Equal(from, to) {
		return nil
	}
	if from.Kind() == KindObject && to.Kind() == KindObject {
		var p Patch
		for k := range from.Members() {
			if _, ok := to.Get(k); !ok {
				p = append(p, Op{Op: "remove", Path: pointer + Pointer(k)})
			}
		}
		for k, x := range to.Members() {
			if old, ok := from.Get(k); ok {
				p = append(p, DiffAt(pointer+Pointer(k), old, x)...)
			} else {
				p = append(p, Op{Op: "add", Path: pointer + Pointer(k), Value: x})
			}
		}
		return p
	}
	return Patch{{Op: "replace", Path: pointer, Value: to}}
}

func ParsePatch(data []byte) (Patch, error) {
	var raw []struct {
		Op, Path, From string
		Value          Value
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	p := Patch{}
	for _, r := range raw {
		p = append(p, Op(r))
	}
	return p, nil
}

func (p Patch) AppendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, op := range p {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"op":"`+op.Op+`","path":`...)
		dst = AppendString(dst, op.Path)
		if op.From != "" {
			dst = AppendString(append(dst, `,"from":`...), op.From)
		}
		if op.Op == "add" || op.Op == "replace" || op.Op == "test" {
			dst = op.Value.AppendJSON(append(dst, `,"value":`...))
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}
func (p Patch) MarshalJSON() ([]byte, error) { return p.AppendJSON(nil), nil }
func (p *Patch) UnmarshalJSON(b []byte) (err error) {
	*p, err = ParsePatch(b)
	return err
}
func (p Patch) Size() int { return len(p.AppendJSON(nil)) }
