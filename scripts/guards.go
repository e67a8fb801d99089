package scripts

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// Native functions of goja run to their end whatever the limits say, and some of them ask for memory in one piece. The
// guards refuse sizes at which an accident would take the process with it: 'x'.repeat(2**40), new Array(4e9).join().
// They cost nothing in a program that does not name what they guard, and are no defence against one that hides it.

// guards says which native functions of a runtime are to be guarded.
type guards struct {
	repeat, pad, parse, from, lengths, matches, prototypes bool

	constructors []string // of arrays and buffers, and RegExp
}

const (
	stringMax = 1 << 24 // characters that one call may make
	itemsMax  = 1 << 22 // length of an array that native functions may walk
	bufferMax = 1 << 26 // bytes of one buffer
	parseMax  = 10_000  // nesting of JSON that may be parsed
)

var (
	// A constructor is called, extended or passed on, unless it only serves for its static methods.
	constructorUse = regexp.MustCompile(`\b(\w*Array|ArrayBuffer)\b\s*([^\s.]|$)`)
	regexpMade     = regexp.MustCompile(`\bRegExp\s*\(`)
	regexpUse      = regexp.MustCompile(`/|RegExp|match|search|constructor`)
	lengthWritten  = regexp.MustCompile(`\blength\b["'\]]*\s*([-+*]?=[^=>]|:|\*\*=)`)
	bufferItem     = map[string]int64{
		"ArrayBuffer": 1, "Int8Array": 1, "Uint8Array": 1, "Uint8ClampedArray": 1, "Int16Array": 2, "Uint16Array": 2,
		"Int32Array": 4, "Uint32Array": 4, "Float32Array": 4, "Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8,
	}
)

func guardsFor(source string) guards {
	g := guards{
		repeat:  strings.Contains(source, "repeat"),
		pad:     strings.Contains(source, "padStart") || strings.Contains(source, "padEnd"),
		parse:   strings.Contains(source, "parse") && strings.Contains(source, "JSON"),
		from:    strings.Contains(source, "Array") && strings.Contains(source, "from"),
		lengths: lengthWritten.MatchString(source),
		matches: regexpUse.MatchString(source),

		prototypes: containsAny(source, prototypeWords),
	}
	if strings.Contains(source, "RegExp") && regexpMade.MatchString(source) {
		g.constructors = append(g.constructors, "RegExp")
	}
	seen := make(map[string]bool)
	for _, m := range constructorUse.FindAllStringSubmatch(source, -1) {
		if name := m[1]; !seen[name] && (name == "Array" || bufferItem[name] > 0) {
			seen[name] = true
			g.constructors = append(g.constructors, name)
		}
	}
	return g
}

// guard puts the guards in place.
func (x *execution) guard(g *guards) {
	if g.repeat {
		x.wrap(x.prototype("String"), "repeat", func(c goja.FunctionCall) {
			if s, ok := c.This.ToString().(goja.String); ok && c.Argument(0).ToFloat()*float64(s.Length()) > stringMax {
				x.throwLimit(fmt.Sprintf("Invalid string length: repeat may make %d characters at most", stringMax))
			}
		})
	}
	if g.pad {
		for _, name := range []string{"padStart", "padEnd"} {
			x.wrap(x.prototype("String"), name, func(c goja.FunctionCall) {
				if c.Argument(0).ToFloat() > stringMax {
					x.throwLimit(fmt.Sprintf("Invalid string length: %s may make %d characters at most", name, stringMax))
				}
			})
		}
	}
	if g.parse {
		x.wrap(x.rt.Get("JSON").ToObject(x.rt), "parse", func(c goja.FunctionCall) {
			if goja.IsString(c.Argument(0)) && nests(c.Argument(0).String(), parseMax) {
				x.throwLimit(fmt.Sprintf("JSON.parse: the text nests more than %d deep", parseMax))
			}
		})
	}
	if g.lengths {
		for _, name := range []string{"join", "fill", "map", "sort"} {
			x.wrap(x.prototype("Array"), name, x.checkLength)
		}
	}
	if g.from {
		x.wrap(x.rt.Get("Array").ToObject(x.rt), "from", func(c goja.FunctionCall) {
			if o, ok := c.Argument(0).(*goja.Object); ok {
				x.checkLength(goja.FunctionCall{This: o})
			}
		})
	}
	for _, name := range g.constructors {
		x.wrapConstructor(name)
	}
	if g.prototypes {
		x.guardPrototypes()
	}
	if g.matches && x.limit > matchMax {
		x.watchMatches()
	}
}

func (x *execution) prototype(class string) *goja.Object {
	return x.rt.Get(class).ToObject(x.rt).Get("prototype").ToObject(x.rt)
}

// wrap puts a check in front of a native method.
func (x *execution) wrap(holder *goja.Object, name string, check func(goja.FunctionCall)) {
	original, ok := goja.AssertFunction(holder.Get(name))
	if !ok {
		return
	}
	x.replace(holder, name, func(c goja.FunctionCall) goja.Value {
		check(c)
		return result(original(c.This, c.Arguments...))
	})
}

func (x *execution) replace(holder *goja.Object, name string, f func(goja.FunctionCall) goja.Value) {
	length := holder.Get(name).ToObject(x.rt).Get("length")
	o := x.rt.ToValue(f).ToObject(x.rt)
	_ = o.DefineDataProperty("name", x.rt.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	_ = o.DefineDataProperty("length", length, goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	_ = holder.DefineDataProperty(name, o, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// result passes an exception on as JavaScript would.
func result[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

func (x *execution) checkLength(c goja.FunctionCall) {
	o, ok := c.This.(*goja.Object)
	if !ok {
		return
	}
	if n := o.Get("length"); n != nil && goja.IsNumber(n) && n.ToFloat() > itemsMax {
		x.throwLimit(fmt.Sprintf("Invalid array length: more than %d items", itemsMax))
	}
}

// wrapConstructor puts a constructor in the place of a native one that checks what it is asked for.
// It has the native one's prototype, and inherits its static methods.
func (x *execution) wrapConstructor(name string) {
	target, ok := x.rt.Get(name).(*goja.Object)
	if !ok {
		return
	}
	construct, _ := goja.AssertConstructor(target)
	var self *goja.Object
	self = x.rt.ToValue(func(c goja.ConstructorCall) *goja.Object {
		x.checkConstruction(name, c.Arguments)
		newTarget := c.NewTarget
		if newTarget == self {
			newTarget = nil
		}
		return result(construct(newTarget, c.Arguments...))
	}).ToObject(x.rt)
	proto := target.Get("prototype")
	_ = self.SetPrototype(target)
	_ = self.Set("prototype", proto)
	for _, property := range []string{"name", "length"} {
		_ = self.DefineDataProperty(property, target.Get(property), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	_ = proto.ToObject(x.rt).DefineDataProperty("constructor", self, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	_ = x.rt.GlobalObject().DefineDataProperty(name, self, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

func (x *execution) checkConstruction(name string, args []goja.Value) {
	if name == "RegExp" && len(args) > 0 && goja.IsString(args[0]) && hasProperty(args[0].String()) {
		panic(result(x.rt.New(x.rt.Get("SyntaxError"), x.rt.ToValue(strings.TrimPrefix(noProperties, "SyntaxError: ")))))
	}
	if len(args) == 0 || !goja.IsNumber(args[0]) {
		return
	}
	switch n := args[0].ToFloat(); {
	case name == "Array":
		if len(args) == 1 && n > itemsMax {
			x.throwLimit(fmt.Sprintf("Invalid array length: more than %d items", itemsMax))
		}
	case n*float64(bufferItem[name]) > bufferMax:
		x.throwLimit(fmt.Sprintf("Array buffer allocation failed: more than %d bytes", bufferMax))
	}
}

// nests reports whether brackets nest deeper than that outside of the strings of a JSON text.
func nests(text string, most int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > most {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// watchMatches turns a match that was given up into a timeout. All methods of strings and regular expressions that match
// go through exec once it is replaced, except test.
func (x *execution) watchMatches() {
	proto := x.prototype("RegExp")
	for _, name := range []string{"exec", "test"} {
		match, ok := goja.AssertFunction(proto.Get(name))
		if !ok {
			continue
		}
		x.replace(proto, name, func(c goja.FunctionCall) goja.Value {
			began := time.Now()
			v, err := match(c.This, c.Arguments...)
			if time.Since(began) >= matchMax {
				const format = "one match of a regular expression took longer than %v: write it without nested repetition such as (a+)+"
				panic(x.place(x.failure(KindTimeout, fmt.Sprintf(format, matchMax)), x.rt.CaptureCallStack(0, nil)))
			}
			return result(v, err)
		})
	}
}
