package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// AppendJSON appends v's JSON text: no spaces, members in JavaScript's property order, numbers as they were
// written, strings as [AppendString] writes them. It appends exactly [Value.Size] bytes.
func (v Value) AppendJSON(dst []byte) []byte {
	switch x := v.v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, x)
	case *text:
		return x.appendJSON(dst)
	case int64:
		return strconv.AppendInt(dst, x, 10)
	case float64:
		return appendFloat(dst, x)
	case literal:
		return append(dst, x...)
	case *array:
		dst = append(dst, '[')
		for i, item := range x.items {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = item.AppendJSON(dst)
		}
		return append(dst, ']')
	case *object:
		dst = append(dst, '{')
		for i, key := range x.shape.keys {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, '"')
			if x.shape.plain {
				dst = append(dst, key...)
			} else {
				dst = appendEscaped(dst, key)
			}
			dst = append(dst, '"', ':')
			dst = x.values[i].AppendJSON(dst)
		}
		return append(dst, '}')
	default:
		panic(fmt.Sprintf("document: a value of type %T", x))
	}
}

// bytes returns v's JSON text in a slice of exactly its length.
func (v Value) bytes() []byte { return v.AppendJSON(make([]byte, 0, v.Size())) }

// String returns v's JSON text.
func (v Value) String() string { return string(v.bytes()) }

// MarshalJSON returns v's JSON text for encoding/json, which escapes HTML characters in it unless told otherwise.
func (v Value) MarshalJSON() ([]byte, error) { return v.bytes(), nil }

// UnmarshalJSON sets v to the parsed text. Its errors are those of [Parse].
func (v *Value) UnmarshalJSON(data []byte) error {
	parsed, err := Parse(data)
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// Digest returns "sha256:" and the hexadecimal SHA-256 of v's JSON text. Equal content in another spelling of
// its numbers has another digest.
func (v Value) Digest() string {
	sum := sha256.Sum256(v.bytes())
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Any returns v as plain Go values: nil, bool, string, [json.Number], []any and map[string]any. The caller owns them.
func (v Value) Any() any {
	switch x := v.v.(type) {
	case nil:
		return nil
	case bool:
		return x
	case *text:
		return x.s
	case *array:
		items := make([]any, len(x.items))
		for i, item := range x.items {
			items[i] = item.Any()
		}
		return items
	case *object:
		members := make(map[string]any, len(x.values))
		for i, key := range x.shape.keys {
			members[key] = x.values[i].Any()
		}
		return members
	default:
		return json.Number(v.NumberText())
	}
}

// Decode stores v in the value that into points to, by the rules of encoding/json. Numbers that go into an any become
// [json.Number], so that they keep their digits.
func (v Value) Decode(into any) error {
	decoder := json.NewDecoder(bytes.NewReader(v.bytes()))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("document: decode into %T: %w", into, err)
	}
	return nil
}
