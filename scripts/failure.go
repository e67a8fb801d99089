package scripts

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dop251/goja"
)

// failure returns an error about the whole script, placed at its start.
func (x *execution) failure(kind, message string) *Error {
	f := x.program.failure(kind, message)
	if x.console != nil {
		f.Console = x.console.lines
	}
	return f
}

func (p *program) failure(kind, message string) *Error {
	o := p.place.origin
	return &Error{Kind: kind, Message: message, File: o.File, Line: o.Line, Column: o.Column}
}

func (p *program) cancelled(ctx context.Context) *Error {
	kind, message := KindCancelled, "the script was cancelled"
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kind, message = KindTimeout, "the script did not end before its deadline"
	}
	f := p.failure(kind, message)
	f.cause = ctx.Err()
	return f
}

// failed turns what ended an execution into an *Error. Err may be nil if it was stopped at its very end.
func (x *execution) failed(ctx context.Context, err error) error {
	if x.stopped.Load() != 0 {
		return x.place(x.stopError(ctx), stackOf(err))
	}
	var (
		ours      *Error
		overflow  *goja.StackOverflowError
		exception *goja.Exception
	)
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &overflow):
		const format = "RangeError: more than %d calls inside each other: look for a recursion without an end, or %s"
		return x.place(x.failure(KindLimit, fmt.Sprintf(format, x.program.limits.CallDepth, raise("depth"))), overflow.Stack())
	case errors.As(err, &exception):
		return x.overtime(ctx, x.uncaught(exception))
	}
	return x.failure(KindScript, "the JavaScript engine failed: "+shorten(err.Error()))
}

func (x *execution) stopError(ctx context.Context) *Error {
	if x.stopped.Load() == stoppedByCaller {
		f := x.program.cancelled(ctx)
		if x.console != nil {
			f.Console = x.console.lines
		}
		return f
	}
	return x.failure(x.program.limits.passed(x.stopped.Load(), x.scope))
}

// passed says which limit an execution was stopped for, and how to raise it.
func (l *Limits) passed(why int32, sc *Scope) (kind, message string) {
	if why == stoppedByHeap {
		const format = "memory grew by more than the limit of %s while the script ran: keep less at once, or %s"
		return KindLimit, fmt.Sprintf(format, sizeText(l.HeapBytes), raise("heap"))
	}
	more := raise("time")
	if sc.Ctx.Timeout > 0 {
		more = "give the node more time with `timeout:`"
	}
	const format = "the script ran longer than its limit of %v: look for a loop without an end, or %s"
	return KindTimeout, fmt.Sprintf(format, l.timeOf(sc), more)
}

func stackOf(err error) []goja.StackFrame {
	var interrupted *goja.InterruptedError
	if errors.As(err, &interrupted) {
		return interrupted.Stack()
	}
	return nil
}

// place moves an error to the innermost place of the script on a stack.
func (x *execution) place(f *Error, stack []goja.StackFrame) *Error {
	if at := x.where(stack); at.line > 0 {
		f.at(at)
	}
	return f
}

// where finds the innermost place of the script on a stack.
func (x *execution) where(stack []goja.StackFrame) spot {
	for i := range stack {
		if at, ok := x.program.spot(stack[i].SrcName(), stack[i].Position()); ok {
			return at
		}
	}
	return spot{}
}

// uncaught describes an exception. What was thrown may be hostile to being looked at; x.stopped still applies.
func (x *execution) uncaught(ex *goja.Exception) *Error {
	kind := KindScript
	if thrown, ok := ex.Value().(*goja.Object); ok && thrown == x.refused {
		kind = KindLimit
	}
	text := x.describe(ex.Value())
	text = strings.Replace(text, "SyntaxError: SyntaxError: ", "SyntaxError: ", 1) // of eval and Function
	if m := missingMember.FindStringSubmatch(text); m != nil && strings.Contains(x.program.place.source, "console."+m[1]) {
		text += ": console has " + strings.Join(consoleLevels, ", ")
	}
	if m := unknownName.FindStringSubmatch(text); m != nil && missing[m[1]] != "" {
		text += ": " + missing[m[1]]
	}
	if m := missingMember.FindStringSubmatch(text); m != nil && slices.Contains(durableKeys, m[1]) && x.durable == nil {
		text += fmt.Sprintf(": ctx.%s is there in the runs of a node whose script is a module, %s, not in other scripts, in items of maps, compensations and trials", m[1], asyncModule)
	}
	if strings.HasSuffix(text, "Assignment to constant variable.") && replacesState.MatchString(x.program.place.source) {
		text += " The state cannot be replaced: set its members, state.x = …, or return an object"
	}
	return x.place(x.failure(kind, text), ex.Stack())
}

// unknownName finds the name that nothing has.
var unknownName = regexp.MustCompile(`^ReferenceError: (\w+) is not defined$`)

// missing says of names that people expect what there is in their place.
var missing = map[string]string{
	"fetch": "a script has no network; call a tool such as http.request", "XMLHttpRequest": "a script has no network; call a tool such as http.request",
	"require": "write a module, and import from the workflow's folder", "process": "a script sees its state, input and ctx, and nothing of the host",
	"setTimeout": "a script does not wait; a `sleep` node does", "setInterval": "a script does not wait; a `sleep` node does",
	"URL": "take the text apart with a regular expression", "Temporal": "use Date", "crypto": "use Math.random, or a tool",
	"Buffer": "use Uint8Array", "TextEncoder": "encodeURIComponent gives the bytes", "window": "a script runs in no browser", "document": "a script runs in no browser",
	"global": "it is called globalThis", "self": "it is called globalThis", "module": "write export default", "exports": "write export",
	"setImmediate": "a script does not wait; a `sleep` node does", "performance": "use Date; how long a node takes, its events say",
	"URLSearchParams": "take the text apart with a regular expression, and put it together with encodeURIComponent",
	"atob":            "let a tool do it", "btoa": "let a tool do it", "WebSocket": "a script has no network; call a tool",
}

// missingMember finds the name of a function that an object does not have.
var missingMember = regexp.MustCompile(`^TypeError: Object has no member '(\w+)'$`)

// replacesState finds the mistake behind an assignment to a constant.
var replacesState = regexp.MustCompile(`\bstate\s*=[^=>]`)

// overtime replaces an error by the one that says why the execution was stopped, if it was stopped meanwhile.
func (x *execution) overtime(ctx context.Context, f *Error) *Error {
	if x.stopped.Load() == 0 {
		return f
	}
	late := x.stopError(ctx)
	late.Line, late.Column = f.Line, f.Column
	return late
}

// unhandled is the failure of a script that has left a rejected promise alone. That of a call fails it as if it had been awaited.
func (x *execution) unhandled(p *goja.Promise) *Error {
	if f := x.durable.callFailure(p.Result()); f != nil {
		return f
	}
	return x.failure(KindScript, "a Promise was rejected and nobody handled it: "+x.describe(p.Result()))
}

// describe returns the text of something thrown: an error as JavaScript shows it, anything else like console does.
func (x *execution) describe(v goja.Value) (text string) {
	defer func() {
		if r := recover(); r != nil {
			if _, stop := r.(stopSignal); stop {
				panic(r)
			}
			text = "something was thrown that cannot be shown"
		}
	}()
	text = "something was thrown that cannot be shown: looking at it throws again"
	if ex := x.rt.Try(func() { text = shorten(x.thrown(v)) }); ex != nil {
		return text
	}
	return text
}

func (x *execution) thrown(v goja.Value) string {
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Error" {
		return errorText(o)
	}
	if goja.IsString(v) {
		return v.String()
	}
	return "thrown: " + x.show(v)
}

// reason returns the text of something thrown without going into what it is made of, which may throw again.
func (x *execution) reason(v goja.Value) string {
	text := "something that cannot be shown"
	_ = x.rt.Try(func() {
		o, object := v.(*goja.Object)
		switch {
		case !object:
			text = shorten(v.String())
		case o.ClassName() == "Error":
			text = shorten(errorText(o))
		default:
			text = "an object was thrown"
		}
	})
	return text
}

// errorText returns what Error.prototype.toString would.
func errorText(o *goja.Object) string {
	name, message := "Error", ""
	if v := o.Get("name"); v != nil && !goja.IsUndefined(v) {
		name = v.String()
	}
	if v := o.Get("message"); v != nil && !goja.IsUndefined(v) {
		message = v.String()
	}
	switch {
	case message == "":
		return name
	case name == "":
		return message
	}
	return name + ": " + message
}

// panicked turns a Go panic into an *Error: a stop where goja could not be interrupted, an exception thrown outside of
// JavaScript, or a mistake in the engine, which must not take the process with it.
func (x *execution) panicked(ctx context.Context, r any) (err error) {
	defer func() {
		if again := recover(); again != nil {
			err = x.stoppedOr(ctx, "the JavaScript engine failed twice")
		}
	}()
	if x.stopped.Load() != 0 {
		cause, _ := r.(error)
		return x.place(x.stopError(ctx), stackOf(cause))
	}
	switch r := r.(type) {
	case error:
		return x.failed(ctx, r)
	case *goja.Object:
		return x.overtime(ctx, x.failure(KindScript, x.describe(r)))
	}
	return x.failure(KindScript, "the JavaScript engine failed: "+shorten(fmt.Sprint(r)))
}

func (x *execution) stoppedOr(ctx context.Context, message string) *Error {
	if x.stopped.Load() != 0 {
		return x.stopError(ctx)
	}
	return x.failure(KindScript, message)
}
