package document

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// From returns the JSON value of a Go value: nil, booleans, strings, every kind of number, [json.Number], [json.RawMessage],
// Value, maps, slices, and whatever encoding/json can marshal. Numbers keep their digits; NaN and the
// infinities are an error, and so is nesting deeper than [MaxDepth].
func From(x any) (Value, error) { return from(x, 0) }

var errTooDeep = fmt.Errorf("document: arrays and objects nest more than %d deep", MaxDepth)

// from is From for a part that lies depth arrays and objects deep.
func from(x any, depth int) (Value, error) {
	switch x := x.(type) {
	case nil:
		return Null, nil
	case Value:
		if depth+x.Depth() > MaxDepth {
			return Null, errTooDeep
		}
		return x, nil
	case bool:
		return Bool(x), nil
	case string:
		return String(x), nil
	case int:
		return Int(int64(x)), nil
	case int64:
		return Int(x), nil
	case int32:
		return Int(int64(x)), nil
	case uint32:
		return Int(int64(x)), nil
	case uint64:
		return Number(strconv.FormatUint(x, 10))
	case float64:
		return Float(x)
	case json.Number:
		return Number(string(x))
	case []any:
		return fromList(x, depth)
	case []string:
		return fromList(x, depth)
	case []Value:
		return fromList(x, depth)
	case []map[string]any:
		return fromList(x, depth)
	case map[string]any:
		return fromMap(x, depth)
	case map[string]string:
		return fromMap(x, depth)
	case map[string]Value:
		return fromMap(x, depth)
	default:
		return fromMarshaled(x, depth)
	}
}

func fromList[T any](list []T, depth int) (Value, error) {
	if list == nil {
		return Null, nil // as encoding/json has it
	}
	if depth == MaxDepth {
		return Null, errTooDeep
	}
	items := make([]Value, len(list))
	for i, x := range list {
		item, err := from(x, depth+1)
		if err != nil {
			return Null, err
		}
		items[i] = item
	}
	return Value{newArray(items)}, nil
}

func fromMap[T any](m map[string]T, depth int) (Value, error) {
	if m == nil {
		return Null, nil
	}
	if depth == MaxDepth {
		return Null, errTooDeep
	}
	members := make([]Member, 0, len(m))
	for key, x := range m {
		value, err := from(x, depth+1)
		if err != nil {
			return Null, err
		}
		members = append(members, Member{key, value})
	}
	return Object(members...), nil
}

func fromMarshaled(x any, depth int) (Value, error) {
	data, err := json.Marshal(x)
	if err != nil {
		return Null, fmt.Errorf("document: a %T is not JSON: %w", x, err)
	}
	v, err := ParseDepth(data, MaxDepth-depth)
	if err != nil {
		return Null, fmt.Errorf("document: the JSON of a %T: %w", x, err)
	}
	return v, nil
}
