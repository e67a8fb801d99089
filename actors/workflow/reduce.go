package workflow

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// reduce combines the state's value with a returned one. What is absent, or null, counts as nothing: the
// new value stands alone. Numbers are added and compared exactly.
func reduce(r Reducer, old document.Value, exists bool, x document.Value) (document.Value, error) {
	fresh := !exists || old.IsNull()
	switch r {
	case "", ReduceLast:
		return x, nil
	case ReduceAppend:
		return document.Null, fmt.Errorf("the state holds %s there, not a list", describe(old))
	case ReduceAdd, ReduceMin, ReduceMax:
		if x.Kind() != document.KindNumber {
			return document.Null, errors.New("it takes numbers only")
		}
		if fresh {
			return x, nil
		}
		if old.Kind() != document.KindNumber {
			return document.Null, fmt.Errorf("the state holds %s there, not a number", describe(old))
		}
		return reduceNumbers(r, old, x)
	case ReduceMerge:
		return reduceMerge(old, fresh, x)
	case ReduceUnion:
		return reduceUnion(old, fresh, x)
	}
	return document.Null, fmt.Errorf("unknown reducer %q", r)
}

func reduceNumbers(r Reducer, old, x document.Value) (document.Value, error) {
	if a, ok := old.AsInt(); ok {
		if b, ok := x.AsInt(); ok && r == ReduceAdd {
			return document.Int(a + b), nil // both within ±2^53
		}
	}
	a, err := rational(old)
	if err != nil {
		return document.Null, err
	}
	b, err := rational(x)
	if err != nil {
		return document.Null, err
	}
	switch order := a.Cmp(b); {
	case r == ReduceMin && order <= 0, r == ReduceMax && order >= 0:
		return old, nil
	case r != ReduceAdd:
		return x, nil
	}
	return ratNumber(a.Add(a, b))
}

// exponentMax bounds the decimal exponents that are summed: 1e999999999 would need a gigabyte.
const exponentMax = 400

func rational(v document.Value) (*big.Rat, error) {
	text := v.NumberText()
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		if e, err := strconv.Atoi(text[i+1:]); err != nil || e < -exponentMax || e > exponentMax {
			return nil, fmt.Errorf("the exponent of %s is beyond ±%d", text, exponentMax)
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%s is not a number", text)
	}
	return r, nil
}

// ratNumber writes a sum of two decimal numbers, which is decimal itself, with all its digits.
func ratNumber(sum *big.Rat) (document.Value, error) {
	if sum.IsInt() {
		return document.Number(sum.Num().String())
	}
	digits, exact := sum.FloatPrec()
	if !exact {
		return document.Null, errors.New("the sum has no decimal form")
	}
	return document.Number(sum.FloatString(digits))
}

func reduceMerge(old document.Value, fresh bool, x document.Value) (document.Value, error) {
	if x.Kind() != document.KindObject {
		return document.Null, errors.New("it takes objects only")
	}
	if fresh {
		return x, nil
	}
	if old.Kind() != document.KindObject {
		return document.Null, fmt.Errorf("the state holds %s there, not an object", describe(old))
	}
	for key, member := range x.Members() {
		old = old.With(key, member)
	}
	return old, nil
}

func reduceUnion(old document.Value, fresh bool, x document.Value) (document.Value, error) {
	if fresh {
		old = document.Array()
	}
	if old.Kind() != document.KindArray {
		return document.Null, fmt.Errorf("the state holds %s there, not a list", describe(old))
	}
	for _, item := range listOf(x).Items() {
		if !contains(old, item) {
			old = old.Append(item)
		}
	}
	return old, nil
}

func contains(list, x document.Value) bool {
	for _, item := range list.Items() {
		if document.Equal(item, x) {
			return true
		}
	}
	return false
}
