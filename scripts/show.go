package scripts

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

// shower writes values for people: strings as they are, the rest like JSON, with words for what JSON does not have. It
// stops when it has written enough. Where code of the script that it comes upon throws, it writes that; only the limits
// of the execution end it.
type shower struct {
	x    *execution
	b    strings.Builder
	max  int
	path []*goja.Object // the objects around the place we are at
}

const showDepth = 8

// show returns the text of one value inside a message.
func (x *execution) show(v goja.Value) string {
	s := shower{x: x, max: messageMax}
	s.value(v)
	return s.b.String()
}

func (s *shower) full() bool { return s.b.Len() >= s.max }

// write adds text, as far as there is room.
func (s *shower) write(text string) {
	if room := s.max - s.b.Len(); len(text) > room {
		text = strings.ToValidUTF8(text[:max(0, room)], "?")
	}
	s.b.WriteString(text)
}

// message writes the arguments of a console function, with the placeholders %s %d %i %f %j %o %O %% in the first.
func (s *shower) message(args []goja.Value) {
	if len(args) == 0 {
		return
	}
	rest := args
	if goja.IsString(args[0]) && len(args) > 1 {
		rest = s.format(args[0].String(), args[1:])
		if len(rest) > 0 {
			s.write(" ")
		}
	}
	for i, arg := range rest {
		if i > 0 {
			s.write(" ")
		}
		s.text(arg)
	}
}

// format writes the text with its placeholders filled in and returns the arguments left over.
func (s *shower) format(text string, args []goja.Value) []goja.Value {
	for {
		i := strings.IndexByte(text, '%')
		if i < 0 || i+1 == len(text) {
			s.write(text)
			return args
		}
		s.write(text[:i])
		verb := text[i+1]
		text = text[i+2:]
		switch {
		case verb == '%':
			s.write("%")
		case !strings.ContainsRune("sdifjoO", rune(verb)) || len(args) == 0:
			s.write("%")
			text = string(verb) + text
		default:
			s.verb(verb, args[0])
			args = args[1:]
		}
	}
}

func (s *shower) verb(verb byte, arg goja.Value) {
	_, object := arg.(*goja.Object)
	_, symbol := arg.(*goja.Symbol)
	switch {
	case verb == 's':
		s.text(arg)
	case strings.IndexByte("dif", verb) < 0:
		s.value(arg)
	case object || symbol || goja.IsBigInt(arg):
		s.write("NaN")
	case verb == 'i':
		s.write(strconv.FormatInt(arg.ToInteger(), 10))
	default:
		s.write(arg.ToNumber().String())
	}
}

// text writes a value on its own.
func (s *shower) text(v goja.Value) {
	if goja.IsString(v) {
		s.write(v.String())
		return
	}
	s.value(v)
}

// value writes a value inside of another.
func (s *shower) value(v goja.Value) {
	if s.full() {
		return
	}
	if o, ok := v.(*goja.Object); ok {
		s.object(o)
		return
	}
	switch {
	case v == nil:
		s.write("undefined")
	case goja.IsString(v):
		s.write(string(document.AppendString(nil, v.String())))
	case goja.IsBigInt(v):
		s.write(v.String() + "n")
	case goja.IsNumber(v) && v.ToFloat() == 0 && v.String() == "0" && 1/v.ToFloat() < 0:
		s.write("-0")
	default:
		if symbol, ok := v.(*goja.Symbol); ok {
			s.write("Symbol(" + symbol.String() + ")")
			return
		}
		s.write(v.String())
	}
}

func (s *shower) object(o *goja.Object) {
	if v := viewOf(o); v != nil && !v.node().dirty && v.node().base.Size() <= s.max-s.b.Len() {
		s.write(v.node().base.String())
		return
	}
	for _, around := range s.path {
		if around == o {
			s.write("[Circular]")
			return
		}
	}
	s.attempt("cannot be shown", func() { s.parts(o) })
}

// attempt does what may run code of the script, and notes in its place what that code throws.
func (s *shower) attempt(what string, f func()) {
	if ex := s.x.rt.Try(f); ex != nil {
		s.write("[" + what + ": " + s.x.reason(ex.Value()) + "]")
	}
}

// parts writes what an object is made of.
func (s *shower) parts(o *goja.Object) {
	if s.special(o) {
		return
	}
	array := isArray(o)
	if len(s.path) >= showDepth {
		s.write(map[bool]string{true: "[Array]", false: "[Object]"}[array])
		return
	}
	s.path = append(s.path, o)
	defer func() { s.path = s.path[:len(s.path)-1] }()
	if array {
		s.items(o)
		return
	}
	s.members(o)
}

// property writes the value of a property.
func (s *shower) property(o *goja.Object, key string) {
	s.attempt("getter threw", func() { s.value(o.Get(key)) })
}

// special writes what is no plain object.
func (s *shower) special(o *goja.Object) bool {
	if _, callable := goja.AssertFunction(o); callable {
		name := ""
		if n := o.Get("name"); n != nil && goja.IsString(n) && n.String() != "" {
			name = ": " + n.String()
		}
		s.write("[Function" + name + "]")
		return true
	}
	switch o.ExportType() {
	case promiseType:
		s.write("Promise {}")
		return true
	case mapType:
		s.entries(o, "Map")
		return true
	case arrayType:
		if o.ClassName() != "Array" {
			s.entries(o, "Set")
			return true
		}
	}
	switch o.ClassName() {
	case "Error":
		s.write(errorText(o))
	case "Date":
		json, ok := goja.AssertFunction(o.Get("toJSON"))
		if !ok {
			return false
		}
		s.write(result(json(o)).String())
	case "RegExp", "Number", "String", "Boolean":
		s.write(o.String())
	default:
		return false
	}
	return true
}

// entries writes a Map or Set as the array of its entries.
func (s *shower) entries(o *goja.Object, kind string) {
	s.write(kind + " [")
	s.path = append(s.path, o)
	defer func() { s.path = s.path[:len(s.path)-1] }()
	n := 0
	s.attempt("iterator threw", func() {
		s.x.rt.ForOf(o, func(entry goja.Value) bool {
			if n > 0 {
				s.write(",")
			}
			n++
			s.value(entry)
			return !s.full()
		})
	})
	s.write("]")
}

func (s *shower) items(o *goja.Object) {
	var length int64
	if n := o.Get("length"); n != nil {
		length = n.ToInteger()
	}
	s.write("[")
	for i := range length {
		if s.full() {
			return
		}
		if i > 0 {
			s.write(",")
		}
		s.property(o, strconv.FormatInt(i, 10))
	}
	s.write("]")
}

func (s *shower) members(o *goja.Object) {
	keys := o.Keys()
	s.write("{")
	for i, key := range keys {
		if s.full() {
			return
		}
		if i > 0 {
			s.write(",")
		}
		s.write(string(document.AppendString(nil, key)) + ":")
		s.property(o, key)
	}
	s.write("}")
}
