package scripts

import (
	"context"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

// Why a view is read-only.
const (
	inputReadOnly = "input is read-only; change a copy, for example {...input}"
	stateReadOnly = "an expression only reads; change the state in a script node"
	errorReadOnly = "ctx is read-only"
	itemReadOnly  = "the item is read-only; change a copy, for example {...item}, and return it"
	// Items are looked at in any order, and again after a crash: none may see what another has done.
	itemStateReadOnly = "the script of an item only reads the state; return the value that is the item's result"
)

// Run executes the script once. The error is an *Error; what the script changed before it failed is lost, what it
// logged is in Error.Console.
func (s *Script) Run(ctx context.Context, sc Scope) (Result, error) {
	if s.pool != nil {
		a, err := s.pool.run(ctx, frameRun, s.program, &sc)
		return a.Result, err
	}
	var r Result
	was, readOnly := sc.State, "" // what the returned value takes the place of
	if sc.Item != nil {
		was, readOnly = sc.Item.Value, itemStateReadOnly
	}
	err := s.execute(ctx, &sc, readOnly, func(x *execution, v goja.Value) error { return x.result(v, was, &r) })
	if err != nil {
		return Result{}, err
	}
	return r, nil
}

// result takes what the script has changed, and what it returned in the place of another value.
func (x *execution) result(v goja.Value, was document.Value, r *Result) (err error) {
	c := newConverter(x)
	if x.state != nil && x.state.node().dirty {
		if err := x.state.patch(c, "", &place{name: "state", index: -1}); err != nil {
			return err
		}
		if err := x.checkSize("the change of the state", c.ops); err != nil {
			return err
		}
		r.Patch = c.ops
	}
	if r.Returned, r.HasReturned, err = c.convert(v, was, &place{name: "the returned value", index: -1}); err != nil {
		return err
	}
	if err := x.checkReturned(r.Returned); err != nil {
		return err
	}
	if x.console != nil {
		r.Console = x.console.lines
	}
	return nil
}

// checkReturned refuses a returned value that would change more of the state than an output may. One that passes most
// of a large state on is fine.
func (x *execution) checkReturned(v document.Value) error {
	const what = "the returned value"
	if v.Size() <= x.output {
		return nil
	}
	if x.scope.Item != nil || v.Kind() != document.KindObject || x.scope.State.Kind() != document.KindObject {
		return x.tooLarge(what)
	}
	size := 0
	for key, val := range v.Members() {
		old, _ := x.scope.State.Get(key)
		if size += document.DiffAt(document.Pointer(key), old, val).Size(); size > x.output {
			return x.tooLarge(what)
		}
	}
	return nil
}

// itemValue is the item, null where there is none.
func (sc *Scope) itemValue() document.Value {
	if sc.Item == nil {
		return document.Null
	}
	return sc.Item.Value
}

// Eval executes the expression once and returns its value; undefined is null. A number that is only looked up, as in
// state.order.id, keeps every digit. The error is an *Error.
func (e *Expression) Eval(ctx context.Context, sc Scope) (document.Value, error) {
	if e.direct != nil {
		if v, ok := e.direct.follow(&sc); ok {
			return v, e.alive(ctx)
		}
	}
	if e.pool != nil {
		a, err := e.pool.run(ctx, frameEval, e.program, &sc)
		return a.Returned, err
	}
	var result document.Value
	err := e.execute(ctx, &sc, stateReadOnly, func(x *execution, v goja.Value) error {
		c := newConverter(x)
		c.madeMax = max(c.madeMax, x.output)
		val, _, err := c.convert(v, document.Null, &place{name: "the result", index: -1})
		if err != nil {
			return err
		}
		if c.made > x.output {
			return x.tooLarge("the result")
		}
		result = val
		return nil
	})
	if err != nil {
		return document.Null, err
	}
	return result, nil
}

// Test executes the expression once and reports whether its value is truthy, as JavaScript sees it.
func (e *Expression) Test(ctx context.Context, sc Scope) (bool, error) {
	if e.pool != nil {
		a, err := e.pool.run(ctx, frameTest, e.program, &sc)
		return a.holds, err
	}
	truthy := false
	err := e.execute(ctx, &sc, stateReadOnly, func(x *execution, v goja.Value) error {
		if o, ok := v.(*goja.Object); ok && o.ExportType() == promiseType {
			return x.failure(KindScript, "the result is a Promise, which is always true: an expression must not be asynchronous")
		}
		truthy = v.ToBoolean()
		return nil
	})
	return truthy && err == nil, err
}

func (p *program) alive(ctx context.Context) error {
	if ctx.Err() != nil {
		return p.cancelled(ctx)
	}
	return nil
}
