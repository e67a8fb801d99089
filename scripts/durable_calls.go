package scripts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/google/uuid"

	"github.com/weirflow/weir/eventstore/document"
)

// durableKeys is what ctx has more in a script that makes calls. Like methods, they are not enumerated.
var durableKeys = []string{"tool", "sleep", "signal", "log", "random", "uuid"}

// method returns a method of ctx, nil where the script makes no calls.
func (d *Durable) method(name string) goja.Value {
	if d == nil {
		return nil
	}
	m := d.methods[name]
	if m == nil {
		if d.methods == nil {
			d.methods = map[string]goja.Value{}
		}
		m = d.x.rt.ToValue(d.function(name))
		d.methods[name] = m
	}
	return m
}

func (d *Durable) function(name string) any {
	switch name {
	case "tool":
		return d.tool
	case "sleep":
		return d.sleep
	case "signal":
		return d.signal
	case "random":
		return d.x.nextRandom
	case "uuid":
		return d.uuid
	default:
		return d.log
	}
}

// log is ctx.log, which writes to the console.
func (d *Durable) log(c goja.FunctionCall) goja.Value {
	if d.x.console == nil {
		d.x.console = &consoleView{x: d.x}
	}
	console := d.x.console
	console.print("log", c.Arguments)
	return goja.Undefined()
}

// tool is ctx.tool(name, args, {retry, timeout}).
func (d *Durable) tool(c goja.FunctionCall) goja.Value {
	call := Call{Kind: CallTool, Name: d.nameOf("ctx.tool", c.Argument(0), "http.request")}
	call.Args = document.Object()
	if args := c.Argument(1); !goja.IsUndefined(args) {
		call.Args = d.converted(args, "the arguments of ctx.tool", d.x.output)
	}
	o := d.options("ctx.tool", c.Argument(2), "retry", "timeout")
	call.Wait = o.duration("timeout")
	call.Retry = o.retry()
	return d.call(call)
}

// sleep is ctx.sleep(duration).
func (d *Durable) sleep(c goja.FunctionCall) goja.Value {
	return d.call(Call{Kind: CallSleep, Wait: d.durationOf("ctx.sleep", c.Argument(0), true)})
}

// signal is ctx.signal(name, {timeout}).
func (d *Durable) signal(c goja.FunctionCall) goja.Value {
	call := Call{Kind: CallSignal, Name: d.nameOf("ctx.signal", c.Argument(0), "approve")}
	call.Wait = d.options("ctx.signal", c.Argument(1), "timeout").duration("timeout")
	return d.call(call)
}

// uuid is ctx.uuid(): of the visit and how many it has drawn, so that a replay sees the same.
func (d *Durable) uuid() string {
	d.uuids++
	c := &d.scope.Ctx
	return uuid.NewSHA1(uuidSpace, fmt.Appendf(nil, "%s\x00%s\x00%d\x00%d", c.Run, c.Node, c.Visit, d.uuids)).String()
}

// uuidSpace is the namespace of the ids that scripts draw (RFC 9562, version 5).
var uuidSpace = uuid.MustParse("6f1c2f0e-7a0d-5f55-9a0e-3d5a7c1b9e42")

// call makes a call, or finds that it was made before, and returns the promise of its end.
func (d *Durable) call(c Call) goja.Value {
	if d.closed {
		panic(d.x.rt.NewTypeError("%s", c.String()+" comes too late: the script has ended"))
	}
	c.Seen = d.seen
	p, resolve, reject := d.x.rt.NewPromise()
	o := &openCall{call: c, site: d.x.rt.CaptureCallStack(8, nil), resolve: resolve, reject: reject}
	promise := d.x.rt.ToValue(p)
	switch {
	case d.wrong != nil: // nothing that it does counts any more
	case d.cancelling:
		d.lateReject(o)
	case len(d.recorded) > 0:
		if was := &d.recorded[0]; was.Kind != c.Kind || was.Name != c.Name || !document.Equal(was.Args, c.Args) || c.Kind == CallSleep && was.Wait != c.Wait {
			d.differs(o.site, "calls "+c.String())
		} else if was.Seen != c.Seen {
			d.differs(o.site, fmt.Sprintf("makes it after the end of %d calls, not of %d", c.Seen, was.Seen))
		} else {
			d.recorded = d.recorded[1:]
			d.open[d.made] = o
			d.made++
		}
	default:
		d.fresh = append(d.fresh, c)
		d.open[d.made] = o
		d.made++
	}
	return promise
}

// lateMost is how many calls are rejected that a script makes while it is cancelled. One that goes on all the same waits.
const lateMost = 100

// lateReject rejects a call that a script makes while it is cancelled. That is done at once: the script is running, so that
// nothing goes on before it waits.
func (d *Durable) lateReject(o *openCall) {
	if d.late++; d.late <= lateMost {
		_ = o.reject(d.newError(o, -1, KindCancelled, cancelMessage))
	}
}

// newError makes what a call is rejected with: an Error with the kind of error and what was called.
func (d *Durable) newError(o *openCall, place int, kind, message string) *goja.Object {
	e := d.errorOf(message)
	_ = e.Set("kind", kind)
	if o.call.Name != "" {
		_ = e.Set(o.call.Kind, o.call.Name)
	}
	d.errors[e] = callError{kind: kind, message: message, place: place, site: o.site}
	return e
}

func (d *Durable) errorOf(message string) *goja.Object {
	e, err := d.x.rt.New(d.x.rt.Get("Error"), d.x.rt.ToValue(message))
	if err != nil {
		return d.x.rt.NewTypeError("%s", message) // the script has taken Error away
	}
	return e
}

// throw throws a TypeError at the script.
func (d *Durable) throw(format string, args ...any) {
	panic(d.x.rt.NewTypeError("%s", fmt.Sprintf(format, args...)))
}

// converted returns a value that the script hands over as a document. What cannot be one is thrown.
func (d *Durable) converted(v goja.Value, what string, most int) document.Value {
	c := newConverter(d.x)
	val, _, err := c.convert(v, document.Null, &place{name: what, index: -1})
	if err == nil && val.Size() > most {
		err = d.x.tooLarge(what)
	}
	if err == nil {
		return val
	}
	f, ok := err.(*Error) //nolint:errorlint // the converter's own
	if !ok {
		panic(err)
	}
	e := d.x.rt.NewTypeError("%s", f.Message)
	_ = e.Set("kind", f.Kind)
	d.errors[e] = callError{kind: f.Kind, message: f.Message, place: -1, site: d.x.rt.CaptureCallStack(8, nil)}
	panic(e)
}

func (d *Durable) nameOf(function string, v goja.Value, example string) string {
	if !goja.IsString(v) || v.String() == "" {
		d.throw("%s takes a name first, such as %s(%q)", function, function, example)
	}
	return v.String()
}

// durationMax is about a century, as in workflows.
const durationMax = 876_000 * time.Hour

// durationOf reads how long something is: a text such as "1h30m", or a number of milliseconds.
func (d *Durable) durationOf(what string, v goja.Value, zero bool) time.Duration {
	const want = `a text such as "1h30m", or a number of milliseconds`
	var wait time.Duration
	switch {
	case goja.IsString(v):
		parsed, err := time.ParseDuration(v.String())
		if err != nil {
			d.throw("%s takes %s, not %q", what, want, shorten(v.String()))
		}
		wait = parsed
	case goja.IsNumber(v):
		ms := v.ToFloat()
		if ms != ms || ms > float64(durationMax/time.Millisecond) {
			d.throw("%s takes %s up to a century, not %v", what, want, v)
		}
		wait = time.Duration(ms * float64(time.Millisecond))
	default:
		d.throw("%s takes %s", what, want)
	}
	switch {
	case wait > durationMax:
		d.throw("%s takes a century at most, not %s", what, wait)
	case wait < 0 && zero:
		return 0 // what is past is over at once
	case wait <= 0 && !zero:
		d.throw("%s must be more than nothing, not %s", what, wait)
	}
	return wait
}

// callOptions are what a call may say about how it is made.
type callOptions struct {
	d    *Durable
	what string
	o    *goja.Object // nil where nothing is said
}

// options reads an object with no other keys than the known ones.
func (d *Durable) options(what string, v goja.Value, known ...string) callOptions {
	if goja.IsUndefined(v) || goja.IsNull(v) {
		return callOptions{d: d, what: what}
	}
	o, ok := v.(*goja.Object)
	if !ok {
		d.throw("%s takes its options as an object with %s", what, strings.Join(known, ", "))
	}
	for _, key := range o.Keys() {
		if !slices.Contains(known, key) {
			d.throw("%s has no option %s; it has %s", what, strconv.Quote(shorten(key)), strings.Join(known, ", "))
		}
	}
	return callOptions{d: d, what: what, o: o}
}

func (o callOptions) get(key string) goja.Value {
	if o.o == nil {
		return nil
	}
	if v := o.o.Get(key); v != nil && !goja.IsUndefined(v) {
		return v
	}
	return nil
}

func (o callOptions) duration(key string) time.Duration {
	if v := o.get(key); v != nil {
		return o.d.durationOf(key+" of "+o.what, v, false)
	}
	return 0
}

// Defaults and bounds of a retry policy are those of nodes.
const (
	retryMax     = 1000
	retryInitial = time.Second
	retryCap     = time.Minute
)

func (o callOptions) retry() *Retry {
	v := o.get("retry")
	if v == nil {
		return nil
	}
	what := "retry of " + o.what
	in := o.d.options(what, v, "max", "backoff", "initial", "cap", "on")
	r := &Retry{Backoff: "exponential", Initial: retryInitial}
	most := in.get("max")
	if most == nil || !goja.IsNumber(most) || most.ToFloat() != float64(most.ToInteger()) || most.ToInteger() < 1 || most.ToInteger() > retryMax {
		o.d.throw("%s needs max, the number of attempts in all, from 1 to %d: write retry: {max: 3}", what, retryMax)
	}
	r.Max = int(most.ToInteger())
	if backoff := in.get("backoff"); backoff != nil {
		if r.Backoff = backoff.String(); r.Backoff != "exponential" && r.Backoff != "constant" {
			o.d.throw("backoff of %s is exponential or constant, not %q", what, shorten(r.Backoff))
		}
	}
	if in.get("initial") != nil {
		r.Initial = in.duration("initial")
	}
	if r.Cap = max(retryCap, r.Initial); in.get("cap") != nil {
		r.Cap = in.duration("cap")
	}
	if on := in.get("on"); on != nil {
		list := o.d.converted(on, "on of "+what, o.d.x.output)
		if _, one := list.AsString(); one {
			list = document.Array(list)
		}
		for _, kind := range list.Items() {
			text, ok := kind.AsString()
			if !ok {
				o.d.throw("on of %s is a kind of error, or a list of them, such as [\"timeout\"]", what)
			}
			r.On = append(r.On, text)
		}
	}
	return r
}

// String shows the call as code would make it, shortened.
func (c *Call) String() string {
	const argsMax = 200
	switch c.Kind {
	case CallSleep:
		return fmt.Sprintf("ctx.sleep(%q)", c.Wait)
	case CallSignal:
		return fmt.Sprintf("ctx.signal(%q)", c.Name)
	}
	args := ""
	if !c.Args.IsNull() && c.Args.Len() > 0 {
		if args = c.Args.String(); len(args) > argsMax {
			args = strings.ToValidUTF8(args[:argsMax], "") + "…"
		}
		args = ", " + args
	}
	return fmt.Sprintf("ctx.tool(%q%s)", c.Name, args)
}
