package scripts

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/weirflow/weir/eventstore/document"
)

// execution is one run of a program. Its runtime is made for it and dropped with it: whatever a script does to the
// globals and prototypes is gone, and a late interrupt hits nothing.
type execution struct {
	rt      *goja.Runtime
	program *program
	scope   *Scope
	limit   time.Duration
	output  int // most bytes of one output

	state   view // nil if the state is no array or object
	console *consoleView
	inexact map[float64]*inexactNumber
	random  randomSource
	refused *goja.Object // the exception thrown for a limit
	plain   *goja.Object // Object.prototype

	args        [5]goja.Value // what the program is called with
	objects     objectViews
	firstObject [1]objectView // room for one: most scripts look at no object but the state

	rejected []*goja.Promise // without a handler

	watch   watch
	stopped atomic.Int32
	late    bool // it may be stopped though it has ended

	durable *Durable // of which this is the execution; nil for others
}

// Why an execution was stopped.
const (
	stoppedByTime int32 = 1 + iota
	stoppedByCaller
	stoppedByHeap
)

// stopSignal is what an execution that was stopped panics with where goja cannot interrupt it. It is no JavaScript
// exception, so no catch or finally of the script sees it.
type stopSignal struct{}

// execute runs the program and hands its value to finish, under all limits. Every failure is an *Error.
func (p *program) execute(
	ctx context.Context, sc *Scope, readOnly string, finish func(*execution, goja.Value) error,
) error {
	x := p.newExecution(sc)
	return x.within(ctx, func() error {
		x.prepare()
		v, err := x.call(readOnly)
		if err == nil && x.program.bundle != nil {
			v, err = x.settled(v)
		}
		if err != nil {
			return err
		}
		return x.end(v, finish)
	})
}

func (p *program) newExecution(sc *Scope) *execution {
	x := &execution{rt: goja.New(), program: p, scope: sc, limit: p.limits.timeOf(sc), output: p.limits.outputOf(sc)}
	x.objects = x.firstObject[:0]
	return x
}

// within runs a part of the execution under all limits. Every failure is an *Error.
func (x *execution) within(ctx context.Context, do func() error) (err error) {
	if ctx.Err() != nil {
		return x.program.cancelled(ctx)
	}
	defer func() {
		if r := recover(); r != nil {
			err = x.panicked(ctx, r)
		}
		x.late = x.unwatch()
	}()
	x.startWatch(ctx)
	if err = do(); err == nil && x.stopped.Load() == 0 {
		return nil
	}
	return x.failed(ctx, err)
}

// end hands the value that the script has come to to finish.
func (x *execution) end(v goja.Value, finish func(*execution, goja.Value) error) (err error) {
	if len(x.rejected) > 0 {
		return x.unhandled(x.rejected[0])
	}
	if ex := x.rt.Try(func() { err = finish(x, v) }); ex != nil {
		return ex
	}
	return err
}

// evalOptions are the parser's for what a script evaluates, which could read the host's files by a source map.
var evalOptions = []parser.Option{parser.WithDisableSourceMaps}

// prepare makes the runtime deterministic and limited.
func (x *execution) prepare() {
	x.rt.SetMaxCallStackSize(x.program.limits.CallDepth)
	x.rt.SetTimeSource(x.now)
	x.rt.SetRandSource(x.nextRandom)
	x.rt.SetParserOptions(evalOptions...)
	if x.program.promises {
		x.rt.SetPromiseRejectionTracker(x.trackRejection)
	}
	x.mend(x.program.mends)
	x.guard(&x.program.guards)
}

// call evaluates the program to a function and calls it with what it sees.
func (x *execution) call(readOnly string) (goja.Value, error) {
	f, err := x.rt.RunProgram(x.program.code)
	if err != nil {
		return nil, err
	}
	call, ok := goja.AssertFunction(f)
	if !ok {
		return nil, errors.New("a program is not a function")
	}
	seen := x.args[:0]
	for _, n := range allNames {
		if x.program.sees&n.bit == 0 {
			continue
		}
		var v goja.Value
		switch n.bit {
		case seesState:
			v = x.root(n.name, readOnly, x.scope.State)
			if o, ok := v.(*goja.Object); ok {
				x.state = viewOf(o)
			}
		case seesInput:
			v = x.root(n.name, inputReadOnly, x.scope.Input)
		case seesCtx:
			v = x.rt.NewDynamicObject(&contextView{x: x})
		case seesConsole:
			x.console = &consoleView{x: x}
			v = x.rt.NewDynamicObject(x.console)
		}
		seen = append(seen, v)
	}
	if name := x.program.item; name != "" {
		seen = append(seen, x.root(name, itemReadOnly, x.scope.itemValue()))
	}
	return call(goja.Undefined(), seen...)
}

func (x *execution) abandon() { x.stop(stoppedByCaller) }

// stop ends the execution from another goroutine: JavaScript at its next instruction, our own loops at their next
// checkStop. The first reason counts.
func (x *execution) stop(why int32) {
	if x.stopped.CompareAndSwap(0, why) {
		x.rt.Interrupt(stopSignal{})
	}
}

// checkStop ends the execution here if it was stopped. Native functions of goja cannot be interrupted, but the views
// they work on call this.
func (x *execution) checkStop() {
	if x.stopped.Load() != 0 {
		panic(stopSignal{})
	}
}

func (x *execution) plainPrototype() *goja.Object {
	if x.plain == nil {
		x.plain = x.rt.NewObject().Prototype()
	}
	return x.plain
}

// throwLimit throws a RangeError that becomes a script_limit if the script does not catch it.
func (x *execution) throwLimit(message string) {
	x.refused = x.rangeError(message)
	panic(x.refused)
}

func (x *execution) throwRange(message string) { panic(x.rangeError(message)) }

func (x *execution) rangeError(message string) *goja.Object {
	e, err := x.rt.New(x.rt.Get("RangeError"), x.rt.ToValue(message))
	if err != nil {
		return x.rt.NewTypeError("%s", message) // the script has taken RangeError away
	}
	return e
}

// settled returns what an asynchronous module has come to. All that could go on has gone on by now.
func (x *execution) settled(v goja.Value) (goja.Value, error) {
	o, ok := v.(*goja.Object)
	if !ok || o.ExportType() != promiseType {
		return v, nil
	}
	p := o.Export().(*goja.Promise)
	switch p.State() {
	case goja.PromiseStateFulfilled:
		return p.Result(), nil
	case goja.PromiseStateRejected:
		return nil, x.rt.Try(func() { panic(p.Result()) })
	default:
		return nil, x.failure(KindScript, "the script waits for a Promise that nothing will ever settle")
	}
}

func (x *execution) trackRejection(p *goja.Promise, op goja.PromiseRejectionOperation) {
	if op == goja.PromiseRejectionReject {
		x.rejected = append(x.rejected, p)
		return
	}
	for i, known := range x.rejected {
		if known == p {
			x.rejected = append(x.rejected[:i], x.rejected[i+1:]...)
			return
		}
	}
}

func (x *execution) tooLarge(what string) *Error {
	const format = "%s is more than the limit of %d bytes for one output: return less, keep it elsewhere and return where, or allow more with `limits.output_size`"
	return x.failure(KindOutput, fmt.Sprintf(format, what, x.output))
}

// checkSize refuses a patch that is larger than an output may be.
func (x *execution) checkSize(what string, patch document.Patch) error {
	if patch.Size() > x.output {
		return x.tooLarge(what)
	}
	return nil
}
