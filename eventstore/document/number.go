package document

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// A number has exactly one form, decided by its text:
//
//   - int64 where the text is that of an integer of at most maxInteger either way;
//   - float64 where the text is the shortest that reads back as this float64, in JavaScript's spelling;
//   - literal, the text itself, for all others: 1.0, 1e2, 0.10, 9007199254740993, 1e400.
//
// So a text always comes out as it went in, and two numbers of the same text have the same form.
type literal string

// maxInteger is 2^53: up to here every integer is a float64 and the other way round.
const maxInteger = 1 << 53

// longestFloat is the length of the longest text of a float64, such as -0.0000012345678901234567.
const longestFloat = 25

// Int returns the JSON number i.
func Int(i int64) Value {
	if -maxInteger <= i && i <= maxInteger {
		return Value{i}
	}
	return Value{numberFrom(strconv.FormatInt(i, 10))}
}

// Float returns the JSON number f. NaN and the infinities are an error: JSON has no number for them.
func Float(f float64) (Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Null, fmt.Errorf("document: %v is not a JSON number", f)
	}
	if i := int64(f); -maxInteger <= f && f <= maxInteger && float64(i) == f && !(i == 0 && math.Signbit(f)) {
		return Value{i}, nil
	}
	return Value{f}, nil
}

// Number returns the JSON number written as text, keeping every digit. A text that is not a JSON number is an error.
func Number(text string) (Value, error) {
	p := parser{data: []byte(text)}
	if text == "" || (text[0] != '-' && !isDigit(text[0])) {
		return Null, fmt.Errorf("document: %q is not a JSON number", text)
	}
	v, ok := p.number()
	if !ok {
		return Null, fmt.Errorf("document: %q is not a JSON number: %w", text, p.err)
	}
	if p.at != len(text) {
		return Null, fmt.Errorf("document: %q is not a JSON number", text)
	}
	return v, nil
}

// numberFrom returns the form of the number that the text, a valid JSON number but not a small integer, has.
func numberFrom(text string) any {
	if len(text) <= longestFloat {
		// ParseFloat fails only by overflow here, and the text of an infinity is no JSON number's.
		f, _ := strconv.ParseFloat(text, 64)
		var buf [32]byte
		if string(appendFloat(buf[:0], f)) == text {
			return f
		}
	}
	return literal(text)
}

// appendFloat appends the shortest text that reads back as f, spelled as JavaScript and encoding/json spell it.
func appendFloat(dst []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	// Go writes at least two digits of an exponent: 1e-09.
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// NumberText returns the number as it is written in JSON, and "" where v is not a number.
func (v Value) NumberText() string {
	switch x := v.v.(type) {
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return string(appendFloat(nil, x))
	case literal:
		return string(x)
	default:
		return ""
	}
}

func (v Value) numberSize() int {
	switch x := v.v.(type) {
	case int64:
		return integerSize(x)
	case float64:
		return floatSize(x)
	case literal:
		return len(x)
	default:
		panic("document: not a number")
	}
}

// integerSize returns how many bytes the text of an integer of at most maxInteger either way has.
func integerSize(i int64) int {
	size := 1
	if i < 0 {
		i, size = -i, 2
	}
	for ; i >= 10; i /= 10 {
		size++
	}
	return size
}

// floatSize returns how many bytes the text of a float64 has. Of numbers with a few decimals, such as prices, it is known without
// writing them: of all texts of at most 15 digits only one reads back as a given float64, so one that does is the shortest.
func floatSize(f float64) int {
	const shortMax = 1e11
	abs := math.Abs(f)
	if abs > 0 && abs < shortMax { // no integer but -0 has this form and is so small
		for decimals, scale := 1, 10.0; decimals <= 3; decimals, scale = decimals+1, scale*10 {
			if math.Round(abs*scale)/scale != abs {
				continue
			}
			size := integerSize(int64(abs)) + len(".") + decimals
			if math.Signbit(f) {
				size++
			}
			return size
		}
	}
	var buf [32]byte
	return len(appendFloat(buf[:0], f))
}

// AsInt returns the number as an int64. It is ok where the number is an integer in range, however it
// is written: 100, 1e2 and 100.0 alike.
func (v Value) AsInt() (i int64, ok bool) {
	switch x := v.v.(type) {
	case int64:
		return x, true
	case float64:
		// Beyond 2^53 a float64 stands for its text, which is not always the integer nearest to it.
		if x != math.Trunc(x) {
			return 0, false
		}
		return decimalOf(v.NumberText()).integer()
	case literal:
		return decimalOf(string(x)).integer()
	default:
		return 0, false
	}
}

// AsFloat returns the float64 nearest to the number, as JavaScript would read it: ±Inf where it is too
// large. It is exact where that float64, written out, is worth the same number again: 0.1 and 1.0 are exact,
// 9007199254740993 is not. ok is false unless v is a number.
func (v Value) AsFloat() (f float64, exact, ok bool) {
	switch x := v.v.(type) {
	case int64:
		return float64(x), true, true
	case float64:
		return x, true, true
	case literal:
		f, err := strconv.ParseFloat(string(x), 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			panic("document: a literal that is not a number: " + string(x))
		}
		if math.IsInf(f, 0) {
			return f, false, true
		}
		var buf [32]byte
		return f, decimalOf(string(x)) == decimalOf(string(appendFloat(buf[:0], f))), true
	default:
		return 0, false, false
	}
}

// equalNumbers reports whether two numbers are worth the same.
func equalNumbers(a, b any) bool {
	switch x := a.(type) {
	case int64:
		switch y := b.(type) {
		case int64:
			return x == y
		case float64:
			return float64(x) == y // only for 0 and -0: other integers of this size have the form int64
		}
	case float64:
		switch y := b.(type) {
		case int64:
			return x == float64(y)
		case float64:
			return x == y // the shortest texts of two different floats are worth different numbers
		}
	case literal:
		if a == b {
			return true
		}
	}
	return decimalOf(Value{a}.NumberText()) == decimalOf(Value{b}.NumberText())
}
