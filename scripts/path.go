package scripts

import (
	"strconv"

	"github.com/dop251/goja/ast"

	"github.com/weirflow/weir/eventstore/document"
)

// memberPath is an expression that only names a part of state, input or the item, such as state.order.items[0].id. It needs no
// JavaScript, and a number that it leads to keeps every digit.
type memberPath struct {
	root  names // seesState, seesInput or seesItem
	steps []string
}

// seesItem stands for the item as the root of a path.
const seesItem = seesConsole << 1

// pathOf returns the path that a wrapped expression is, nil if it is more than that. Item is the name of the item.
func pathOf(tree *ast.Program, item string) *memberPath {
	body := wrapped(tree)
	result, ok := body.List[len(body.List)-1].(*ast.ReturnStatement)
	if !ok {
		return nil
	}
	p := &memberPath{}
	if !p.add(result.Argument, item) {
		return nil
	}
	return p
}

func (p *memberPath) add(e ast.Expression, item string) bool {
	switch e := e.(type) {
	case *ast.Identifier:
		switch e.Name.String() {
		case item:
			p.root = seesItem
		case "state":
			p.root = seesState
		case "input":
			p.root = seesInput
		}
		return p.root != 0
	case *ast.DotExpression:
		if !p.add(e.Left, item) {
			return false
		}
		p.steps = append(p.steps, e.Identifier.Name.String())
		return true
	case *ast.BracketExpression:
		if !p.add(e.Left, item) {
			return false
		}
		switch m := e.Member.(type) {
		case *ast.StringLiteral:
			p.steps = append(p.steps, m.Value.String())
			return true
		case *ast.NumberLiteral:
			i, ok := m.Value.(int64)
			p.steps = append(p.steps, strconv.FormatInt(i, 10))
			return ok && i >= 0
		}
	}
	return false
}

// follow returns what the path leads to. It gives up wherever JavaScript would find something else than a member or
// item: a length, a method, undefined, an error.
func (p *memberPath) follow(sc *Scope) (document.Value, bool) {
	v := sc.State
	switch p.root {
	case seesInput:
		v = sc.Input
	case seesItem:
		v = sc.itemValue()
	}
	for _, step := range p.steps {
		switch v.Kind() {
		case document.KindObject:
			next, ok := v.Get(step)
			if !ok {
				return document.Null, false
			}
			v = next
		case document.KindArray:
			i, ok := arrayIndex(step)
			if !ok || i >= v.Len() {
				return document.Null, false
			}
			v = v.At(i)
		default:
			return document.Null, false
		}
	}
	return v, true
}

// arrayIndex returns the position that a key names, written as JavaScript writes it.
func arrayIndex(key string) (int, bool) {
	if key == "" || len(key) > len("4294967294") || (key[0] == '0' && len(key) > 1) {
		return 0, false
	}
	n := 0
	for i := range len(key) {
		if key[i] < '0' || key[i] > '9' {
			return 0, false
		}
		n = n*10 + int(key[i]-'0')
	}
	return n, n <= 4294967294
}
