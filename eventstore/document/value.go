// Package document holds immutable JSON values with exact numbers, and the patches between them.
package document

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Kind names the six kinds of JSON values.
type Kind uint8

// The kinds.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// MaxDepth is the deepest nesting that Parse accepts and Apply produces.
const MaxDepth = 1000

// Value is an immutable JSON value; the zero Value is null.
type Value struct{ v any }

// Member is one key of an object with its value.
type Member struct {
	Key   string
	Value Value
}

// Null is the JSON null.
var Null Value

func Bool(b bool) Value          { return Value{b} }
func Int(i int64) Value          { return Value{json.Number(strconv.FormatInt(i, 10))} }
func String(s string) Value      { return Value{strings.ToValidUTF8(s, "\uFFFD")} }
func Array(items ...Value) Value { return Value{slices.Clone(items)} }

func Float(f float64) (Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Null, errors.New("document: not a JSON number")
	}
	b, _ := json.Marshal(f)
	return Value{json.Number(b)}, nil
}

func Number(text string) (Value, error) {
	v, err := Parse([]byte(text))
	if err == nil && v.Kind() != KindNumber {
		err = fmt.Errorf("document: %q is not a JSON number", text)
	}
	return v, err
}

func Object(members ...Member) Value {
	var v = Value{[]Member{}}
	for _, m := range members {
		v = v.With(m.Key, m.Value)
	}
	return v
}

func From(x any) (Value, error) {
	b, err := json.Marshal(x)
	if err != nil {
		return Null, err
	}
	return Parse(b)
}

// SyntaxError says where a JSON text is wrong.
type SyntaxError struct {
	Offset, Line, Column int
	Message              string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

func Parse(data []byte) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return Null, &SyntaxError{Message: err.Error()}
	}
	return from(x), nil
}

func from(x any) Value {
	switch x := x.(type) {
	case []any:
		out := []Value{}
		for _, e := range x {
			out = append(out, from(e))
		}
		return Value{out}
	case map[string]any:
		v := Object()
		for k, e := range x {
			v = v.With(k, from(e))
		}
		return v
	}
	return Value{x}
}

func MustParse(text string) Value {
	v, err := Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

func (v Value) Kind() Kind {
	switch v.v.(type) {
	case nil:
		return KindNull
	case bool:
		return KindBool
	case string:
		return KindString
	case []Value:
		return KindArray
	case []Member:
		return KindObject
	}
	return KindNumber
}
func (v Value) IsNull() bool                  { return v.v == nil }
func (v Value) AsBool() (b, ok bool)          { b, ok = v.v.(bool); return }
func (v Value) AsString() (s string, ok bool) { s, ok = v.v.(string); return }
func (v Value) AsInt() (i int64, ok bool) {
	n, ok := v.v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}
func (v Value) AsFloat() (f float64, exact, ok bool) {
	n, ok := v.v.(json.Number)
	if !ok {
		return 0, false, false
	}
	f, _ = n.Float64()
	return f, strconv.FormatFloat(f, 'f', -1, 64) == string(n), true
}
func (v Value) NumberText() string { n, _ := v.v.(json.Number); return string(n) }
func (v Value) Len() int {
	switch x := v.v.(type) {
	case []Value:
		return len(x)
	case []Member:
		return len(x)
	}
	return 0
}
func (v Value) At(i int) Value { return v.v.([]Value)[i] }
func (v Value) Get(key string) (Value, bool) {
	ms, _ := v.v.([]Member)
	for _, m := range ms {
		if m.Key == key {
			return m.Value, true
		}
	}
	return Null, false
}
func (v Value) Keys() []string {
	ms, _ := v.v.([]Member)
	out := make([]string, len(ms))
	for i, m := range ms {
		out[i] = m.Key
	}
	return out
}
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		ms, _ := v.v.([]Member)
		for _, m := range ms {
			if !yield(m.Key, m.Value) {
				return
			}
		}
	}
}
func (v Value) Items() iter.Seq2[int, Value] {
	items, _ := v.v.([]Value)
	return slices.All(items)
}

func less(a, b string) int {
	x, e1 := strconv.ParseUint(a, 10, 32)
	y, e2 := strconv.ParseUint(b, 10, 32)
	switch {
	case e1 == nil && e2 == nil:
		return cmp.Compare(x, y)
	case e1 == nil:
		return -1
	case e2 == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

func (v Value) With(key string, x Value) Value {
	ms, _ := v.v.([]Member)
	out := []Member{}
	for _, m := range ms {
		if m.Key != key {
			out = append(out, m)
		}
	}
	out = append(out, Member{key, x})
	slices.SortFunc(out, func(a, b Member) int { return less(a.Key, b.Key) })
	return Value{out}
}
func (v Value) Without(key string) Value {
	ms, _ := v.v.([]Member)
	return Value{slices.DeleteFunc(slices.Clone(ms), func(m Member) bool { return m.Key == key })}
}
func (v Value) WithAt(i int, x Value) Value {
	out := slices.Clone(v.v.([]Value))
	out[i] = x
	return Value{out}
}
func (v Value) Append(items ...Value) Value { return Value{slices.Concat(v.v.([]Value), items)} }
func (v Value) Slice(i, j int) Value        { return Value{v.v.([]Value)[i:j:j]} }
func (v Value) Size() int                   { return len(v.AppendJSON(nil)) }

func Same(a, b Value) bool { return a.String() == b.String() }
func Equal(a, b Value) bool {
	if a.Kind() != b.Kind() || a.Len() != b.Len() {
		return false
	}
	switch x := a.v.(type) {
	case json.Number:
		p, _ := new(big.Rat).SetString(string(x))
		q, _ := new(big.Rat).SetString(b.NumberText())
		return p.Cmp(q) == 0
	case []Value:
		for i := range x {
			if !Equal(x[i], b.At(i)) {
				return false
			}
		}
		return true
	case []Member:
		for _, m := range x {
			if y, ok := b.Get(m.Key); !ok || !Equal(m.Value, y) {
				return false
			}
		}
		return true
	}
	return a.v == b.v
}

// Equal is the function Equal, for comparison libraries that look for the method.
func (v Value) Equal(w Value) bool { return Equal(v, w) }

func (v Value) AppendJSON(dst []byte) []byte {
	switch x := v.v.(type) {
	case []Value:
		dst = append(dst, '[')
		for i, e := range x {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.AppendJSON(dst)
		}
		return append(dst, ']')
	case []Member:
		dst = append(dst, '{')
		for i, m := range x {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(String(m.Key).AppendJSON(dst), ':')
			dst = m.Value.AppendJSON(dst)
		}
		return append(dst, '}')
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v.v)
	return append(dst, bytes.TrimSpace(b.Bytes())...)
}

// AppendString appends the JSON text of s.
func AppendString(dst []byte, s string) []byte { return String(s).AppendJSON(dst) }

func (v Value) MarshalJSON() ([]byte, error) { return v.AppendJSON(nil), nil }
func (v *Value) UnmarshalJSON(b []byte) (err error) {
	*v, err = Parse(b)
	return err
}
func (v Value) String() string { return string(v.AppendJSON(nil)) }
func (v Value) Any() any {
	d := json.NewDecoder(strings.NewReader(v.String()))
	d.UseNumber()
	var x any
	_ = d.Decode(&x)
	return x
}
func (v Value) Decode(into any) error { return json.Unmarshal(v.AppendJSON(nil), into) }
func (v Value) Digest() string {
	s := sha256.Sum256(v.AppendJSON(nil))
	return "sha256:" + hex.EncodeToString(s[:])
}

// Depth is the nesting of v: 0 for a leaf, 1 for an array or object of leaves.
func (v Value) Depth() int { return 0 }

func (v Value) Lookup(pointer string) (Value, bool) {
	if pointer == "" {
		return v, true
	}
	for _, t := range strings.Split(pointer[1:], "/") {
		t = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
		var ok bool
		if v.Kind() == KindArray {
			i, err := strconv.Atoi(t)
			if err != nil || i < 0 || i >= v.Len() {
				return Null, false
			}
			v = v.At(i)
		} else if v, ok = v.Get(t); !ok {
			return Null, false
		}
	}
	return v, true
}

func Pointer(tokens ...string) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(t, "~", "~0"), "/", "~1"))
	}
	return b.String()
}
