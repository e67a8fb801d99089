package scripts

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

// A view is what a script holds in place of an array or object of a document. It makes its children when they are asked
// for, keeps them, so that the same child is the same object each time, and keeps what the script writes as the
// JavaScript values they are: an object that was assigned may be changed afterwards, and may stand in several places.
// The document beneath never changes. When the script has ended, what was written is compared with it.
type view interface {
	node() *viewNode
	// value returns the document that the view has become.
	value(c *converter, at *place) (document.Value, error)
	// patch adds the operations that turn the document at the pointer, which the view was made from, into what the
	// view has become.
	patch(c *converter, pointer string, at *place) error
}

// viewNode is what both kinds of view have in common.
type viewNode struct {
	x        *execution
	base     document.Value
	readOnly string // why it cannot be written, "" when it can

	// Where the view was made. It may have been moved since; paths in messages and the marks of changes use it.
	parent view
	key    string // in an object
	index  int    // in an array

	dirty   bool   // the script changed it, or one of the children made in it
	busy    bool   // under conversion: met again, it contains itself
	changed []view // those children, in the order of their first change
}

var (
	objectViewType  = reflect.TypeFor[*objectView]()
	arrayViewType   = reflect.TypeFor[*arrayView]()
	contextViewType = reflect.TypeFor[*contextView]()
	consoleViewType = reflect.TypeFor[*consoleView]()
)

// viewOf returns the view behind an object, nil when there is none.
func viewOf(o *goja.Object) view {
	switch o.ExportType() {
	case objectViewType, arrayViewType:
		return o.Export().(view)
	}
	return nil
}

// root returns the value that a script sees for a whole document.
func (x *execution) root(name, readOnly string, v document.Value) goja.Value {
	if leaf := x.leaf(v); leaf != nil {
		return leaf
	}
	return x.look(v, viewNode{x: x, readOnly: readOnly, key: name})
}

// textKept is the length in JSON from which the value of a text is kept: goja scans a long string each time it is new.
const textKept = 64

// leaf returns the value that a script sees for v, wherever v stands and however often it is asked for; nil where that is not all
// there is to it, see look.
func (x *execution) leaf(v document.Value) goja.Value {
	switch v.Kind() {
	case document.KindNull:
		return goja.Null()
	case document.KindBool:
		b, _ := v.AsBool()
		return x.rt.ToValue(b)
	case document.KindNumber:
		if f, exact, _ := v.AsFloat(); exact {
			return x.rt.ToValue(f)
		}
	case document.KindString:
		if s, _ := v.AsString(); v.Size() <= textKept {
			return x.rt.ToValue(s)
		}
	}
	return nil
}

// look returns the value that a script sees for v when it is no leaf: an array or object, which must stay the same from then on, a
// long text, or a number of which the script gets but the nearest. The node says where it stands.
func (x *execution) look(v document.Value, at viewNode) goja.Value {
	switch v.Kind() {
	case document.KindObject:
		at.base = v
		o := x.rt.NewDynamicObject(x.objects.add(objectView{viewNode: at}))
		if x.plain == nil {
			x.plain = o.Prototype()
		}
		return o
	case document.KindArray:
		at.base = v
		return x.rt.NewDynamicArray(&arrayView{viewNode: at, kept: v.Len()})
	case document.KindString:
		s, _ := v.AsString()
		return x.rt.ToValue(s)
	default:
		f, _, _ := v.AsFloat()
		x.readInexact(f, v, at)
		return x.rt.ToValue(f)
	}
}

// objectViews gives room for views of objects, several at a time: a script that looks at the records of a list makes many.
type objectViews []objectView

// objectViewsMost is the most that room is made for at a time.
const objectViewsMost = 32

func (s *objectViews) add(v objectView) *objectView {
	if len(*s) == cap(*s) {
		*s = make(objectViews, 0, min(2*cap(*s)+1, objectViewsMost))
	}
	*s = append(*s, v)
	return &(*s)[len(*s)-1]
}

func (n *viewNode) node() *viewNode { return n }

// child returns the node of a child that is made now. One of key and index counts, by the kind of the parent.
func (n *viewNode) child(parent view, key string, index int) viewNode {
	return viewNode{x: n.x, readOnly: n.readOnly, parent: parent, key: key, index: index}
}

// write prepares for a change. It throws where none is allowed.
func (n *viewNode) write(self view) {
	if n.readOnly != "" {
		panic(n.x.rt.NewTypeError("%s", n.path()+" cannot be changed: "+n.readOnly))
	}
	for v := self; v != nil; {
		node := v.node()
		if node.dirty {
			return
		}
		node.dirty = true
		if node.parent != nil {
			node.parent.node().changed = append(node.parent.node().changed, v)
		}
		v = node.parent
	}
}

// path returns where the view was made, as a script would write it.
func (n *viewNode) path() string {
	var b strings.Builder
	n.writePath(&b)
	return b.String()
}

func (n *viewNode) writePath(b *strings.Builder) {
	if n.parent == nil {
		b.WriteString(n.key)
		return
	}
	n.parent.node().writePath(b)
	if _, inArray := n.parent.(*arrayView); inArray {
		writeStep(b, "", n.index)
	} else {
		writeStep(b, n.key, -1)
	}
}

// writeStep writes one step of a path as JavaScript would: .key, ["odd key"] or [index].
func writeStep(b *strings.Builder, key string, index int) {
	switch {
	case index >= 0:
		b.WriteString("[" + strconv.Itoa(index) + "]")
	case isIdentifier(key):
		b.WriteString("." + key)
	default:
		b.WriteString("[" + string(document.AppendString(nil, key)) + "]")
	}
}

func isIdentifier(key string) bool {
	for i, c := range key {
		letter := c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return key != ""
}

// inexactNumber is a number that a script was given as the float64 nearest to it.
type inexactNumber struct {
	text, path string
	ambiguous  bool // several different numbers were given as this float64
}

// readInexact remembers that the script holds f in place of v. Whatever it writes elsewhere and is worth f is taken
// for it.
func (x *execution) readInexact(f float64, v document.Value, at viewNode) {
	text := v.NumberText()
	if known, ok := x.inexact[f]; ok {
		if known.text != text {
			known.ambiguous = true
		}
		return
	}
	if x.inexact == nil {
		x.inexact = make(map[float64]*inexactNumber)
	}
	x.inexact[f] = &inexactNumber{text: text, path: at.path()}
}

// number returns the document number for f. The old value is what stood in the place it is written to.
func (c *converter) number(f float64, old document.Value, at *place) (document.Value, error) {
	if n, ok := c.x.inexact[f]; ok {
		oldFloat, exact, isNumber := old.AsFloat()
		if isNumber && !exact && oldFloat == f && !n.ambiguous {
			return old, nil
		}
		return document.Null, c.x.failure(KindInexact, "the script read "+shorten(n.text)+" at "+n.path+
			", which a JavaScript number cannot hold exactly, and wrote it to "+at.path()+
			": ctx.exact("+strconv.Quote(n.path)+") gives its digits as text")
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return document.Null, c.unfit(at, c.x.rt.ToValue(f).String())
	}
	if f == 0 {
		f = 0 // JSON.stringify writes -0 so
	}
	v, err := document.Float(f)
	if err != nil {
		return document.Null, c.unfit(at, err.Error())
	}
	return v, nil
}
