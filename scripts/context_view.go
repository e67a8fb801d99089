package scripts

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

// contextView is ctx. It implements goja.DynamicObject.
type contextView struct {
	x     *execution
	err   goja.Value
	exact goja.Value
}

var (
	contextKeys = []string{"run", "node", "visit", "attempt", "now", "error"}
	itemKeys    = append(slices.Clip(contextKeys), "index")
	memberKeys  = append(slices.Clip(itemKeys), "key")
)

// Get implements goja.DynamicObject.
func (v *contextView) Get(key string) goja.Value {
	c, rt := &v.x.scope.Ctx, v.x.rt
	switch key {
	case "run":
		return rt.ToValue(c.Run)
	case "node":
		return rt.ToValue(c.Node)
	case "visit":
		return rt.ToValue(c.Visit)
	case "attempt":
		return rt.ToValue(c.Attempt)
	case "now":
		return rt.ToValue(v.instant())
	case "error":
		if v.err == nil {
			v.err = v.x.root("ctx.error", errorReadOnly, c.Error)
		}
		return v.err
	case "exact":
		if v.exact == nil {
			v.exact = rt.ToValue(v.exactText)
		}
		return v.exact
	case "tool", "sleep", "signal", "log", "random", "uuid":
		return v.x.durable.method(key)
	case "index":
		if item := v.x.scope.Item; item != nil {
			return rt.ToValue(item.Index)
		}
	case "key":
		if item := v.x.scope.Item; item != nil && item.Keyed {
			return rt.ToValue(item.Key)
		}
	}
	return nil
}

// instant is ctx.now: what new Date().toISOString() gives.
func (v *contextView) instant() string { return v.x.now().UTC().Format("2006-01-02T15:04:05.000Z") }

// Has implements goja.DynamicObject.
func (v *contextView) Has(key string) bool {
	return key == "exact" || slices.Contains(v.Keys(), key) || v.x.durable != nil && slices.Contains(durableKeys, key)
}

// Set implements goja.DynamicObject.
func (v *contextView) Set(key string, _ goja.Value) bool { return v.refuse(key) }

// Delete implements goja.DynamicObject.
func (v *contextView) Delete(key string) bool { return v.refuse(key) }

func (v *contextView) refuse(key string) bool {
	panic(v.x.rt.NewTypeError("%s", "ctx."+key+" cannot be changed: ctx is read-only"))
}

// Keys implements goja.DynamicObject. Like a method, exact is not enumerated.
func (v *contextView) Keys() []string {
	switch item := v.x.scope.Item; {
	case item == nil:
		return contextKeys
	case item.Keyed:
		return memberKeys
	default:
		return itemKeys
	}
}

// value returns ctx as a document, for scripts that pass it on.
func (v *contextView) value() document.Value {
	c := &v.x.scope.Ctx
	members := []document.Member{
		{Key: "run", Value: document.String(c.Run)},
		{Key: "node", Value: document.String(c.Node)},
		{Key: "visit", Value: document.Int(int64(c.Visit))},
		{Key: "attempt", Value: document.Int(int64(c.Attempt))},
		{Key: "now", Value: document.String(v.instant())},
		{Key: "error", Value: c.Error},
	}
	if item := v.x.scope.Item; item != nil {
		members = append(members, document.Member{Key: "index", Value: document.Int(int64(item.Index))})
		if item.Keyed {
			members = append(members, document.Member{Key: "key", Value: document.String(item.Key)})
		}
	}
	return document.Object(members...)
}

// exactText is ctx.exact(path): the digits of a number of the state, or of the input, as the visit began with it. The
// path is written as in JavaScript, with or without the root (state.order.id, order.id, input.ids[0]), or as a JSON
// pointer into the state (/order/id).
func (v *contextView) exactText(call goja.FunctionCall) goja.Value {
	path := call.Argument(0).String()
	number, ok := v.lookup(path)
	if !ok {
		panic(v.x.rt.NewTypeError("%s", "ctx.exact: there is nothing at "+strconv.Quote(shorten(path))+": write a path such as state.order.id or /order/id"))
	}
	if number.Kind() != document.KindNumber {
		panic(v.x.rt.NewTypeError("%s", "ctx.exact: "+strconv.Quote(shorten(path))+" is no number but "+number.Kind().String()))
	}
	return v.x.rt.ToValue(number.NumberText())
}

func (v *contextView) lookup(text string) (document.Value, bool) {
	if strings.HasPrefix(text, "/") {
		return v.x.scope.State.Lookup(text)
	}
	steps, ok := splitPath(text)
	if !ok {
		return document.Null, false
	}
	p := memberPath{root: seesState, steps: steps}
	if found, ok := p.follow(v.x.scope); ok {
		return found, true
	}
	switch steps[0] {
	case "input":
		p.root = seesInput
	case v.x.program.item:
		p.root = seesItem
	case "state":
	default:
		return document.Null, false
	}
	p.steps = steps[1:]
	return p.follow(v.x.scope)
}

// splitPath splits a path as writeStep writes it.
func splitPath(text string) (steps []string, ok bool) {
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `["`):
			end := strings.Index(rest, `"]`)
			if end < 0 {
				return nil, false
			}
			quoted, err := document.Parse([]byte(rest[1 : end+1]))
			if err != nil {
				return nil, false
			}
			step, _ := quoted.AsString()
			steps, rest = append(steps, step), rest[end+2:]
		case strings.HasPrefix(rest, "["):
			step, after, found := strings.Cut(rest[1:], "]")
			if !found {
				return nil, false
			}
			steps, rest = append(steps, step), after
		default:
			rest = strings.TrimPrefix(rest, ".")
			end := strings.IndexAny(rest, ".[")
			if end < 0 {
				end = len(rest)
			}
			if end == 0 {
				return nil, false
			}
			steps, rest = append(steps, rest[:end]), rest[end:]
		}
	}
	return steps, len(steps) > 0
}
