package tools

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// number is a number as Python has it: an integer of any size, or a float. Exactly one is set.
type number struct {
	whole *big.Int
	float *float64
}

func integer(i int64) number { return number{whole: big.NewInt(i)} }

// toNumber reads a JSON number, or true and false, which are 1 and 0.
func toNumber(v document.Value) (number, bool) {
	if b, ok := v.AsBool(); ok {
		if b {
			return integer(1), true
		}
		return integer(0), true
	}
	if v.Kind() != document.KindNumber {
		return number{}, false
	}
	text := v.NumberText()
	if !strings.ContainsAny(text, ".eE") {
		whole, ok := new(big.Int).SetString(text, 10)
		return number{whole: whole}, ok
	}
	f, _, ok := v.AsFloat()
	return number{float: &f}, ok && !math.IsInf(f, 0)
}

func (n number) toFloat() float64 {
	if n.float != nil {
		return *n.float
	}
	f, _ := new(big.Float).SetInt(n.whole).Float64()
	return f
}

// minus is n - m. A float beyond what JSON can write stays at the largest that it can.
func (n number) minus(m number) number {
	if n.float == nil && m.float == nil {
		return number{whole: new(big.Int).Sub(n.whole, m.whole)}
	}
	f := max(-math.MaxFloat64, min(math.MaxFloat64, n.toFloat()-m.toFloat()))
	return number{float: &f}
}

// compare is exact, between integers and floats too.
func (n number) compare(m number) int {
	return n.rational().Cmp(m.rational())
}

func (n number) rational() *big.Rat {
	if n.float == nil {
		return new(big.Rat).SetInt(n.whole)
	}
	return new(big.Rat).SetFloat64(*n.float)
}

func (n number) value() (document.Value, error) {
	if n.float != nil {
		return document.Float(*n.float)
	}
	return document.Number(n.whole.String())
}

// lesser and greater are min and max.
func lesser(n, m number) number {
	if m.compare(n) < 0 {
		return m
	}
	return n
}

func greater(n, m number) number {
	if m.compare(n) > 0 {
		return m
	}
	return n
}

// order compares two values that have an order: two numbers or two texts.
func order(a, b document.Value) (int, error) {
	if x, ok := a.AsString(); ok {
		if y, ok := b.AsString(); ok {
			return strings.Compare(x, y), nil
		}
	}
	x, isNumber := toNumber(a)
	y, too := toNumber(b)
	if isNumber && too {
		return x.compare(y), nil
	}
	return 0, fmt.Errorf("%s and %s cannot be compared", a.Kind(), b.Kind())
}
