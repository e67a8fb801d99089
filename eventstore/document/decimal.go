package document

import (
	"math/big"
	"strconv"
	"strings"
)

// decimal is what a number is worth: 0.digits × 10^exponent, the digits without zeros at either end. It
// is a normal form, so two numbers are equal exactly where their decimals are ==.
type decimal struct {
	negative bool
	digits   string
	exponent string // a decimal integer, as text: JSON does not bound it
}

// decimalOf reads the text of a JSON number.
func decimalOf(text string) decimal {
	text, negative := strings.CutPrefix(text, "-")
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], strings.TrimPrefix(text[i+1:], "+")
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	point := len(whole) - (len(whole) + len(fraction) - len(digits))
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return decimal{}
	}
	return decimal{negative, digits, shifted(exponent, point)}
}

// shifted adds to an exponent of any length.
func shifted(exponent string, by int) string {
	if exponent == "" {
		return strconv.Itoa(by)
	}
	if e, err := strconv.ParseInt(exponent, 10, 32); err == nil {
		return strconv.FormatInt(e+int64(by), 10)
	}
	e, ok := new(big.Int).SetString(exponent, 10)
	if !ok {
		panic("document: an exponent that is not an integer: " + exponent)
	}
	return e.Add(e, big.NewInt(int64(by))).String()
}

// integer returns the number where it is an integer that an int64 can hold.
func (d decimal) integer() (int64, bool) {
	if d.digits == "" {
		return 0, true
	}
	length, err := strconv.Atoi(d.exponent)
	if err != nil || length < len(d.digits) || length > len("9223372036854775808") {
		return 0, false
	}
	text := d.digits + strings.Repeat("0", length-len(d.digits))
	if d.negative {
		text = "-" + text
	}
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, false
	}
	return i, true
}
