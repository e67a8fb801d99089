package workflow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/weirflow/weir/eventstore/document"
)

// part is one value of a template.
type part interface {
	eval(ev Evaluator, sc Scope) (document.Value, error)
}

// ConstantTemplate returns the template that always evaluates to v.
func ConstantTemplate(v document.Value) *Template { return &Template{root: constant{v}} }

// Eval evaluates the template's expressions over the scope. Parts without an expression are shared between
// all evaluations. A text that is only ${…} becomes the expression's value, whatever its type; within a
// longer text a string stands as it is, null and undefined as nothing, and every other value as its JSON
// text. Where an expression fails, so does the template, with the evaluator's *Failure.
func (t *Template) Eval(ev Evaluator, sc Scope) (document.Value, error) {
	return t.root.eval(ev, sc)
}

// Constant returns the template's value if it holds no expression.
func (t *Template) Constant() (document.Value, bool) {
	c, ok := t.root.(constant)
	return c.value, ok
}

// Outline returns what is known of the template's value before it is evaluated: the value with null in the
// places that hold expressions, and the ways to those places, as keys and indices.
func (t *Template) Outline() (v document.Value, unknown [][]string) {
	return outline(t.root, nil)
}

func outline(p part, way []string) (v document.Value, unknown [][]string) {
	step := func(p part, key string) document.Value {
		v, below := outline(p, append(slices.Clip(way), key))
		unknown = append(unknown, below...)
		return v
	}
	switch p := p.(type) {
	case constant:
		return p.value, nil
	case arrayPart:
		items := make([]document.Value, len(p))
		for i, item := range p {
			items[i] = step(item, strconv.Itoa(i))
		}
		return document.Array(items...), unknown
	case objectPart:
		members := make([]document.Member, len(p.keys))
		for i, key := range p.keys {
			members[i] = document.Member{Key: key, Value: step(p.parts[i], key)}
		}
		return document.Object(members...), unknown
	default:
		return document.Null, [][]string{way}
	}
}

type constant struct{ value document.Value }

func (c constant) eval(Evaluator, Scope) (document.Value, error) { return c.value, nil }

// expressionPart is a text that is only ${…}.
type expressionPart struct{ expression *Expression }

func (p expressionPart) eval(ev Evaluator, sc Scope) (document.Value, error) {
	return ev.Value(p.expression, sc)
}

// textPart is a text with expressions in it; a piece without an expression is its literal.
type textPart []piece

type piece struct {
	literal    string
	expression *Expression
}

func (p textPart) eval(ev Evaluator, sc Scope) (document.Value, error) {
	var b strings.Builder
	for _, piece := range p {
		if piece.expression == nil {
			b.WriteString(piece.literal)
			continue
		}
		v, err := ev.Value(piece.expression, sc)
		if err != nil {
			return document.Null, err
		}
		if s, ok := v.AsString(); ok {
			b.WriteString(s)
		} else if !v.IsNull() {
			b.WriteString(v.String())
		}
	}
	return document.String(b.String()), nil
}

type arrayPart []part

func (p arrayPart) eval(ev Evaluator, sc Scope) (document.Value, error) {
	items := make([]document.Value, len(p))
	for i, item := range p {
		var err error
		if items[i], err = item.eval(ev, sc); err != nil {
			return document.Null, err
		}
	}
	return document.Array(items...), nil
}

// objectPart has the keys in source order, and so evaluates its expressions in source order.
type objectPart struct {
	keys  []string
	parts []part
}

func (p objectPart) eval(ev Evaluator, sc Scope) (document.Value, error) {
	members := make([]document.Member, len(p.keys))
	for i, item := range p.parts {
		v, err := item.eval(ev, sc)
		if err != nil {
			return document.Null, err
		}
		members[i] = document.Member{Key: p.keys[i], Value: v}
	}
	return document.Object(members...), nil
}
