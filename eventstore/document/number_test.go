package document

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersKeepTheirText(t *testing.T) {
	for _, text := range numberTexts {
		v, err := Number(text)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, v)
		if v.String() != text || v.NumberText() != text || MustParse(text).String() != text {
			t.Errorf("%s comes out as %s", text, v)
		}
	}
	for _, text := range []string{"", " 1", "1 ", "+1", ".5", "1.", "01", "-", "1e", "NaN", "0x1", "1_0", "true", `"1"`} {
		if v, err := Number(text); err == nil {
			t.Errorf("%q is taken for the number %s", text, v)
		}
	}
}

func TestNumberForms(t *testing.T) {
	for text, want := range map[string]any{
		"0": int64(0), "-7": int64(-7), "9007199254740992": int64(1 << 53), "-9007199254740992": int64(-1 << 53),
		"0.1": 0.1, "1e+21": 1e21, "100000000000000000000": 1e20, "9007199254740994": float64(1<<53 + 2), "5e-324": 5e-324, "1e-7": 1e-7,
		"-0":   math.Copysign(0, -1),
		"1e21": literal("1e21"), "1.0": literal("1.0"), "9007199254740993": literal("9007199254740993"), "1e-07": literal("1e-07"), "-0.0": literal("-0.0"),
	} {
		if got := MustParse(text).v; got != want {
			t.Errorf("%s is kept as %T %v, want %T %v", text, got, got, want, want)
		}
	}
	if zero, _, _ := MustParse("-0").AsFloat(); !math.Signbit(zero) {
		t.Error("-0 has lost its sign")
	}
}

func TestAsIntAndAsFloat(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		text  string
		i     int64
		isInt bool
		f     float64
		exact bool
	}{
		{"5", 5, true, 5, true},
		{"-5", -5, true, -5, true},
		{"1.0", 1, true, 1, true},
		{"1e2", 100, true, 100, true},
		{"1200e-2", 12, true, 12, true},
		{"0.1", 0, false, 0.1, true},
		{"0.10", 0, false, 0.1, true},
		{"0e5", 0, true, 0, true},
		{"-0.0", 0, true, math.Copysign(0, -1), true},
		{"9007199254740993", 9007199254740993, true, 9007199254740992, false},
		{"9223372036854775807", math.MaxInt64, true, 9223372036854775808, false},
		{"-9223372036854775808", math.MinInt64, true, -9223372036854775808, false},
		{"9223372036854775808", 0, false, 9223372036854775808, false},
		{"1152921504606847000", 1152921504606847000, true, 1152921504606846976, true},
		{"1e400", 0, false, inf, false},
		{"1e-400", 0, false, 0, false},
		{"1e999999999999999999999", 0, false, inf, false},
		{"0.30000000000000001", 0, false, 0.3, false},
	} {
		v := MustParse(c.text)
		if i, ok := v.AsInt(); i != c.i || ok != c.isInt {
			t.Errorf("%s.AsInt() = %d, %v", c.text, i, ok)
		}
		if f, exact, ok := v.AsFloat(); f != c.f || exact != c.exact || !ok {
			t.Errorf("%s.AsFloat() = %v, %v, %v", c.text, f, exact, ok)
		}
	}
	if _, ok := String("5").AsInt(); ok {
		t.Error("a string is taken for an integer")
	}
	if _, _, ok := Null.AsFloat(); ok {
		t.Error("null is taken for a number")
	}
}

func TestFloatsFromGo(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 3: "3", 0.5: "0.5", 1e20: "100000000000000000000", 1e21: "1e+21", 1e-7: "1e-7", 1 << 53: "9007199254740992"} {
		v, err := Float(f)
		if err != nil || v.String() != want {
			t.Errorf("Float(%v) = %s, %v", f, v, err)
		}
		wellFormed(t, v)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if v, err := Float(f); err == nil {
			t.Errorf("Float(%v) = %s", f, v)
		}
	}
}

func TestNumbersAreEqualByWorth(t *testing.T) {
	for _, group := range [][]string{
		{"0", "-0", "0.0", "0e9", "-0e-9"},
		{"1", "1.0", "1e0", "10e-1", "0.1e1", "0.00001E+5"},
		{"0.1", "0.10", "1e-1"},
		{"9007199254740993", "9007199254740993.0", "9007199254740.993e3"},
		{"9007199254740992", "9007199254740992.00"},
		{"1e999999999999999999999", "0.1e1000000000000000000000", "10e999999999999999999998", "1e+0999999999999999999999"},
		{"-1e999999999999999999999"},
		{"1e-999999999999999999999", "10e-1000000000000000000000"},
		{"1152921504606847000"},
		{"1152921504606846976", "1152921504606846976.0"},
	} {
		for _, a := range group {
			for _, b := range group {
				if !Equal(MustParse(a), MustParse(b)) {
					t.Errorf("%s and %s are not equal", a, b)
				}
			}
			for _, other := range numberTexts {
				if Equal(MustParse(a), MustParse(other)) != Equal(MustParse(group[0]), MustParse(other)) {
					t.Errorf("%s and %s differ in being equal to %s", a, group[0], other)
				}
			}
		}
	}
}

// The worth of numbers that are not too long is that of exact fractions.
func TestEqualAgreesWithFractions(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][-+]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a := number.Draw(t, "a")
		b := rapid.OneOf(number, rapid.SampledFrom([]string{a + "0", a + "e0", "0" + a})).Draw(t, "b")
		x, err := Number(a)
		if err != nil {
			t.Fatal(err)
		}
		y, err := Number(b)
		if err != nil {
			return
		}
		p, _ := new(big.Rat).SetString(a)
		q, _ := new(big.Rat).SetString(b)
		if Equal(x, y) != (p.Cmp(q) == 0) {
			t.Fatalf("Equal(%s, %s) = %v", a, b, Equal(x, y))
		}
		if i, ok := x.AsInt(); ok != (p.IsInt() && p.Num().IsInt64()) || ok && i != p.Num().Int64() {
			t.Fatalf("%s.AsInt() = %d, %v", a, i, ok)
		}
	})
}

// TestSizeOfNumbers compares the sizes that are known without writing a number with what is written.
func TestSizeOfNumbers(t *testing.T) {
	float := rapid.OneOf(
		rapid.Float64(),
		rapid.Custom(func(t *rapid.T) float64 { // as prices and shares are, and what arithmetic makes of them
			f := float64(rapid.Int64Range(-1e15, 1e15).Draw(t, "digits")) / math.Pow10(rapid.IntRange(0, 7).Draw(t, "decimals"))
			return f * float64(rapid.IntRange(1, 9).Draw(t, "times"))
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		f := float.Draw(t, "number")
		v, err := Float(f)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := v.Size(), len(v.String()); got != want {
			t.Fatalf("%s has the size %d, want %d", v, got, want)
		}
		i := Int(rapid.Int64().Draw(t, "integer"))
		if got, want := i.Size(), len(i.String()); got != want {
			t.Fatalf("%s has the size %d, want %d", i, got, want)
		}
	})
	for _, f := range []float64{math.Copysign(0, -1), 0.5, -0.001, 0.0001, 1e-7, 99999999999.999, 1e11 + 0.5, 1e21, 5e-324, math.MaxFloat64, 1 << 53} {
		if v, _ := Float(f); v.Size() != len(v.String()) {
			t.Errorf("%s has the size %d", v, v.Size())
		}
	}
}
