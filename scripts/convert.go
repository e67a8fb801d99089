package scripts

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

const (
	// depthMax is how deep arrays and objects may nest in what a script makes, counted from the root of the state.
	depthMax = 500
	// wholeMax is how deep they may nest with what the script passes on. It leaves room for what the result is put into.
	wholeMax = document.MaxDepth - 10
)

// converter turns JavaScript values into documents when a script has ended. It runs getters and toJSON of the script,
// so the limits of the execution still hold.
type converter struct {
	x       *execution
	ops     document.Patch
	made    int // bytes of what was converted, not counting the views passed on
	madeMax int
	visited int
	records document.Records
	members []document.Member // room for those of the objects that are being made
}

func newConverter(x *execution) *converter {
	// What is larger than all that was there before and a whole output together cannot be written as an output.
	return &converter{x: x, madeMax: x.scope.State.Size() + x.scope.Input.Size() + x.scope.itemValue().Size() + x.output}
}

// place is where a value stands in the result, and what it stands in.
type place struct {
	parent *place
	name   string // of the root, or the key in an object
	index  int    // in an array; -1 in an object
	object *goja.Object
	depth  int
}

func (p *place) member(key string) *place {
	return &place{parent: p, name: key, index: -1, depth: p.depth + 1}
}

func (p *place) item(i int) *place {
	return &place{parent: p, index: i, depth: p.depth + 1}
}

// memberAgain is member for one after another: inside is the place of the one before, which is done with, or nil.
func (p *place) memberAgain(inside *place, key string) *place {
	if inside == nil {
		return p.member(key)
	}
	inside.name, inside.object = key, nil
	return inside
}

// itemAgain is item, as memberAgain is member.
func (p *place) itemAgain(inside *place, i int) *place {
	if inside == nil {
		return p.item(i)
	}
	inside.index, inside.object = i, nil
	return inside
}

// path returns the place as a script would write it.
func (p *place) path() string {
	var b strings.Builder
	p.write(&b)
	if b.Len() > pathMax {
		return strings.ToValidUTF8(b.String()[:pathMax/2]+"…"+b.String()[b.Len()-pathMax/2:], "")
	}
	return b.String()
}

const pathMax = 200

func (p *place) write(b *strings.Builder) {
	if p.parent == nil {
		b.WriteString(p.name)
		return
	}
	p.parent.write(b)
	writeStep(b, p.name, p.index)
}

func (c *converter) unfit(at *place, what string) *Error {
	return c.x.failure(KindScript, at.path()+" is "+what+", which JSON cannot hold")
}

func (c *converter) cycle(at *place) *Error {
	return c.x.failure(KindScript, at.path()+" contains itself: JSON cannot hold a cycle")
}

// check refuses a converted array or object that is too deep or too large.
func (c *converter) check(v document.Value, at *place) error {
	if at.depth+v.Depth() > wholeMax {
		return c.tooDeep(at)
	}
	if v.Size() > c.madeMax {
		return c.tooLarge(at)
	}
	return nil
}

func (c *converter) tooDeep(at *place) *Error {
	var around *place
	seen := make(map[*goja.Object]bool)
	for p := at; p != nil; p = p.parent {
		if p.object != nil && seen[p.object] {
			around = p
		}
		seen[p.object] = true
	}
	if around != nil {
		return c.cycle(around)
	}
	root := at
	for root.parent != nil {
		root = root.parent
	}
	return c.x.failure(KindLimit, fmt.Sprintf("%s nests more than %d deep", root.name, depthMax))
}

func (c *converter) tooLarge(at *place) *Error {
	root := at
	for root.parent != nil {
		root = root.parent
	}
	return c.x.tooLarge(root.name)
}

// count notes that so many bytes were made, and looks up now and then whether the time is over.
func (c *converter) count(bytes int, at *place) error {
	if c.visited++; c.visited%64 == 0 {
		c.x.checkStop()
	}
	if c.made += bytes; c.made > c.madeMax {
		return c.tooLarge(at)
	}
	return nil
}

// item converts an item of an array: what JSON leaves out is null there.
func (c *converter) item(v goja.Value, old document.Value, at *place) (document.Value, error) {
	val, _, err := c.convert(v, old, at)
	return val, err
}

// plain is convert for what can be converted in any place: most leaves. Ok is false for all else.
func (c *converter) plain(v goja.Value) (val document.Value, ok bool) {
	switch {
	case goja.IsString(v):
		val = document.String(v.String())
	case goja.IsNumber(v):
		f := v.ToFloat()
		if c.x.inexact != nil || f == 0 {
			return document.Null, false
		}
		var err error
		if val, err = document.Float(f); err != nil {
			return document.Null, false
		}
	default:
		return document.Null, false
	}
	c.made += val.Size()
	return val, c.made <= c.madeMax
}

// convert turns v into a document. Old is what stood in its place, for numbers that stay as they were. Present is false
// for undefined.
func (c *converter) convert(v goja.Value, old document.Value, at *place) (val document.Value, present bool, err error) {
	if o, ok := v.(*goja.Object); ok {
		return c.object(o, old, at)
	}
	switch {
	case v == nil || goja.IsUndefined(v):
		return document.Null, false, c.count(4, at)
	case goja.IsNull(v):
		return document.Null, true, c.count(4, at)
	case goja.IsString(v):
		val = document.String(v.String())
		return val, true, c.count(val.Size(), at)
	case goja.IsNumber(v):
		if val, err = c.number(v.ToFloat(), old, at); err != nil {
			return document.Null, false, err
		}
		return val, true, c.count(val.Size(), at)
	case goja.IsBigInt(v):
		return document.Null, false, c.unfit(at, "a BigInt")
	}
	if _, symbol := v.(*goja.Symbol); symbol {
		return document.Null, false, c.unfit(at, "a Symbol")
	}
	return document.Bool(v.ToBoolean()), true, c.count(5, at)
}

var (
	arrayType   = reflect.TypeFor[[]any]() // a Set too
	mapType     = reflect.TypeFor[[][2]any]()
	promiseType = reflect.TypeFor[*goja.Promise]()
	proxyType   = reflect.TypeFor[goja.Proxy]()
	bufferType  = reflect.TypeFor[goja.ArrayBuffer]()
)

func (c *converter) object(o *goja.Object, old document.Value, at *place) (val document.Value, present bool, err error) {
	if err := c.count(2, at); err != nil {
		return document.Null, false, err
	}
	if v := viewOf(o); v != nil {
		val, err = v.value(c, at)
		if err == nil {
			err = c.check(val, at)
		}
		return val, true, err
	}
	if what := c.misfit(o); what != "" {
		return document.Null, false, c.unfit(at, what)
	}
	if at.object = o; at.depth >= depthMax {
		return document.Null, false, c.tooDeep(at)
	}
	if o.ExportType() == contextViewType {
		return o.Export().(*contextView).value(), true, nil
	}
	if call, ok := goja.AssertFunction(o.Get("toJSON")); ok {
		result, err := call(o, c.x.rt.ToValue(at.key()))
		if err != nil {
			return document.Null, false, err
		}
		if result != goja.Value(o) {
			// One step deeper, so that a toJSON that returns objects with toJSON for ever comes to an end.
			inner := *at
			inner.depth++
			return c.convert(result, old, &inner)
		}
	}
	switch o.ClassName() {
	case "Number":
		return c.convert(o.ToNumber(), old, at)
	case "String":
		return c.convert(o.ToString(), old, at)
	case "Boolean":
		return document.Bool(o.Export() == true), true, nil
	}
	if isArray(o) {
		val, err = c.array(o, old, at)
	} else {
		val, err = c.membersOf(o, old, at)
	}
	if err == nil {
		err = c.check(val, at)
	}
	return val, true, err
}

// key returns what toJSON is called with.
func (p *place) key() string {
	switch {
	case p.parent == nil:
		return ""
	case p.index >= 0:
		return strconv.Itoa(p.index)
	}
	return p.name
}

// isArray is Array.isArray.
func isArray(o *goja.Object) bool {
	target := behind(o)
	return target != nil && target.ClassName() == "Array"
}

// misfit names what kind of object o is if JSON has nothing for it, and JSON.stringify would lose it without a word.
func (c *converter) misfit(o *goja.Object) string {
	if _, callable := goja.AssertFunction(o); callable {
		return "a function"
	}
	switch o.ExportType() {
	case mapType:
		return "a Map (Object.fromEntries makes an object of it)"
	case promiseType:
		return "a Promise (await it, in a module: " + asyncModule + ")"
	case bufferType:
		return "an ArrayBuffer"
	case consoleViewType:
		return "the console"
	case arrayType:
		if o.ClassName() != "Array" {
			return "a Set (Array.from makes an array of it)"
		}
		return ""
	}
	switch o.ClassName() {
	case "Error":
		return "an Error (its message is text)"
	case "RegExp":
		return "a RegExp"
	case "Symbol":
		return "a Symbol"
	}
	if proto := o.Prototype(); proto != nil && proto != c.x.plainPrototype() && o.ExportType() != proxyType {
		// WeakMap, typed arrays, generators and their like: their classes carry a tag.
		if tag := o.GetSymbol(goja.SymToStringTag); tag != nil && goja.IsString(tag) {
			return withArticle(shorten(tag.String()))
		}
	}
	return ""
}

func withArticle(noun string) string {
	if strings.IndexAny(noun, "AEIO") == 0 {
		return "an " + noun
	}
	return "a " + noun
}

func (c *converter) array(o *goja.Object, old document.Value, at *place) (document.Value, error) {
	n := o.Get("length").ToInteger()
	if n > int64(c.madeMax-c.made) {
		return document.Null, c.tooLarge(at)
	}
	sameLength := old.Kind() == document.KindArray && int64(old.Len()) == n
	items := make([]document.Value, max(n, 0))
	var inside *place
	for i := range items {
		var was document.Value
		if sameLength {
			was = old.At(i)
		}
		v := o.Get(strconv.Itoa(i))
		if val, ok := c.plain(v); ok {
			items[i] = val
			continue
		}
		var err error
		inside = at.itemAgain(inside, i)
		if items[i], err = c.item(v, was, inside); err != nil {
			return document.Null, err
		}
	}
	return document.Array(items...), nil
}

// membersOf converts an object. Its members stand above those of the objects around it while they are gathered.
func (c *converter) membersOf(o *goja.Object, old document.Value, at *place) (document.Value, error) {
	start := len(c.members)
	var inside *place
	for _, key := range o.Keys() {
		v := o.Get(key)
		val, present := c.plain(v)
		if !present {
			was, _ := old.Get(key)
			inside = at.memberAgain(inside, key)
			var err error
			if val, present, err = c.convert(v, was, inside); err != nil {
				return document.Null, err
			}
			if !present {
				continue
			}
		}
		if err := c.count(len(key), at); err != nil {
			return document.Null, err
		}
		c.members = append(c.members, document.Member{Key: key, Value: val})
	}
	made := c.records.Object(c.members[start:])
	c.members = c.members[:start]
	return made, nil
}
