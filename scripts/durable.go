package scripts

import (
	"context"
	"fmt"
	"time"

	"github.com/dop251/goja"

	"github.com/weirflow/weir/eventstore/document"
)

// The kinds of call.
const (
	CallTool   = "tool"
	CallSleep  = "sleep"
	CallSignal = "signal"
)

// Call is a call that a durable script makes.
type Call struct {
	Kind  string
	Name  string         // of the tool or signal
	Args  document.Value // what the tool is given
	Wait  time.Duration  // how long it sleeps, waits for a signal, or an attempt may take; 0 where it does not say
	Retry *Retry         // nil for one attempt
	Seen  int            // how many calls had ended for the script when it made this one
}

// Retry says how a call is repeated that fails.
type Retry struct {
	Max          int // attempts in all
	Backoff      string
	Initial, Cap time.Duration
	On           []string // kinds of error; none for all
}

// End is how a call ended.
type End struct {
	Place   int // of the call among those that the script has made, from 0
	At      time.Time
	Result  document.Value
	Failed  string // the kind of error, "" where the call succeeded
	Message string
}

// Journal tells what is recorded of a durable script's calls, for an execution that has made so many of them, and seen so many
// end.
type Journal func(made, seen int) Record

// Record is the part of a journal that an execution does not know.
type Record struct {
	Calls  []Call // from that on which it makes next
	Ends   []End  // in the order in which they came, from that on which it sees next
	Logged int    // what the script logs until it has seen the end of more calls has been recorded; -1 where nothing has
}

// Turn is what a durable script has come to when it can go on no further.
type Turn struct {
	Result Result // once it is done; before that only its Console is set
	Done   bool
	Calls  []Call // that it has made and the journal does not have
}

// progress is how far an execution has come in its journal.
type progress struct {
	made, seen int // calls that it has made, and those whose ends it has seen
}

// Durable is one execution of a script that makes calls: ctx.tool, ctx.sleep and ctx.signal give a Promise each, and the
// script goes on as what it called ends. Each turn runs it until it can only wait. An execution that lives on takes up its next
// turn where it was; a new one runs from the beginning, and comes to the same as long as it is given the same journal: what it
// calls is compared with what is recorded. The executions of an isolated engine's scripts live in the processes of its pool.
// It must not be used by two goroutines at once.
type Durable struct {
	Timeout time.Duration // of a turn, at first that of the context; 0 for that of the limits

	progress
	script *Script
	scope  Scope
	apart  *apart // where its turns are taken in the processes of a pool; the fields that follow are then without use

	x       *execution
	promise *goja.Promise // what the function has returned, nil where that is no promise
	value   goja.Value    // what it has returned then
	at      time.Time     // of the last end that it has seen

	begun, broken bool
	recorded      []Call
	fresh         []Call
	logged        int
	open          map[int]*openCall // by place
	errors        map[*goja.Object]callError
	uuids         int
	methods       map[string]goja.Value
	closed        bool // its value is being taken
	cancelling    bool
	late          int    // calls that it has made since
	wrong         *Error // how it differs from what is recorded
}

// openCall is a call that has not ended for the script.
type openCall struct {
	call            Call
	site            []goja.StackFrame
	resolve, reject func(any) error
}

// callError is what is known of an Error that the script is given.
type callError struct {
	kind, message string
	place         int // -1 where it is of no call
	site          []goja.StackFrame
}

// Durable returns a new execution of the script, which has not begun. Only modules make calls; nil for others.
func (s *Script) Durable(sc Scope) *Durable {
	if s.bundle == nil || sc.Item != nil {
		return nil
	}
	d := &Durable{Timeout: sc.Ctx.Timeout, script: s, scope: sc}
	if s.pool != nil {
		d.apart = s.pool.newApart()
		return d
	}
	d.open, d.errors = map[int]*openCall{}, map[*goja.Object]callError{}
	d.x = s.newExecution(&d.scope)
	d.x.durable = d
	return d
}

// Made returns how many calls the execution has made.
func (d *Durable) Made() int { return d.made }

// Seen returns of how many calls the execution has seen the end.
func (d *Durable) Seen() int { return d.seen }

// Broken reports whether the execution cannot go on, because it was cut short or has failed.
func (d *Durable) Broken() bool { return d.broken }

// Turn runs the script until it has ended or can only wait, however many of its calls have ended by then. The error is an *Error.
func (d *Durable) Turn(ctx context.Context, j Journal) (Turn, error) { return d.take(ctx, j, false) }

// Cancel runs the script to its end once all that it waits for, or calls from now on, is rejected as cancelled.
func (d *Durable) Cancel(ctx context.Context, j Journal) (Turn, error) { return d.take(ctx, j, true) }

// take takes a turn, or the last one of a script that is cancelled.
func (d *Durable) take(ctx context.Context, j Journal, last bool) (t Turn, err error) {
	d.scope.Ctx.Timeout = d.Timeout
	if d.apart != nil {
		return d.takeApart(ctx, j, last)
	}
	if x := d.x; x.console != nil {
		x.console.lines, x.console.bytes, x.console.full = nil, 0, false
	}
	d.fresh = nil
	d.x.limit = d.x.program.limits.timeOf(&d.scope)
	err = d.x.within(ctx, func() error {
		if err := d.play(j(d.made, d.seen)); err != nil {
			return err
		}
		if last {
			return d.cancel(&t)
		}
		return d.finish(&t)
	})
	d.broken = d.broken || err != nil || d.x.late
	return t, err
}

const cancelMessage = "the run was cancelled"

// cancel rejects all that the script waits for, and takes what it comes to then.
func (d *Durable) cancel(t *Turn) error {
	d.cancelling = true
	for place := range d.made {
		if o := d.open[place]; o != nil && d.waits() {
			delete(d.open, place)
			if err := o.reject(d.newError(o, place, KindCancelled, cancelMessage)); err != nil {
				return err
			}
		}
	}
	if err := d.finish(t); err != nil || t.Done {
		return err
	}
	return d.x.failure(KindCancelled, "the run was cancelled, and the script went on to wait")
}

// play begins the script, if it has not begun, and tells it how its calls ended.
func (d *Durable) play(r Record) error {
	d.recorded, d.logged = r.Calls, r.Logged
	if !d.begun {
		d.begun = true
		d.x.prepare()
		v, err := d.x.call("")
		if err != nil {
			return d.orWrong(err)
		}
		d.value = v
		if o, ok := v.(*goja.Object); ok && o.ExportType() == promiseType {
			d.promise = o.Export().(*goja.Promise)
		}
	}
	for _, end := range r.Ends {
		if d.wrong != nil || !d.waits() {
			break
		}
		if err := d.see(end); err != nil {
			return d.orWrong(err)
		}
	}
	if d.wrong == nil && len(d.recorded) > 0 {
		d.differs(nil, "makes no such call")
	}
	return d.orWrong(nil)
}

// waits reports whether the script has not come to its end.
func (d *Durable) waits() bool {
	return d.promise != nil && d.promise.State() == goja.PromiseStatePending
}

// see tells the script how a call ended, and lets it go on.
func (d *Durable) see(end End) error {
	if len(d.recorded) > 0 && d.recorded[0].Seen <= d.seen {
		d.differs(nil, "makes no such call there")
		return nil
	}
	o := d.open[end.Place]
	if o == nil {
		return d.x.failure(KindNondeterministic, fmt.Sprintf("the end of call %d is recorded, which the script has not made", end.Place+1))
	}
	delete(d.open, end.Place)
	d.seen++
	d.at = end.At
	if end.Failed != "" {
		return o.reject(d.newError(o, end.Place, end.Failed, end.Message))
	}
	return o.resolve(d.x.root(resultName, "", end.Result))
}

// resultName is what messages call the result of a call.
const resultName = "the result"

// finish takes what the script has come to.
func (d *Durable) finish(t *Turn) error {
	if d.x.console != nil {
		t.Result.Console = d.x.console.lines
	}
	t.Calls = d.fresh
	v := d.value
	switch {
	case d.waits():
		return nil
	case d.promise == nil:
	case d.promise.State() == goja.PromiseStateRejected:
		return d.failure(d.promise.Result())
	default:
		v = d.promise.Result()
	}
	d.closed = true
	if f := d.unawaited(); f != nil {
		return f
	}
	t.Done, t.Calls = true, nil
	return d.x.end(v, func(x *execution, v goja.Value) error {
		return x.result(v, d.scope.State, &t.Result)
	})
}

// failure is why the script failed: by the error of a call that it did not catch, or otherwise.
func (d *Durable) failure(reason goja.Value) error {
	if f := d.callFailure(reason); f != nil {
		return f
	}
	return d.x.rt.Try(func() { panic(reason) })
}

// callFailure is the failure of a script by the error of a call, nil where the reason is no such error.
func (d *Durable) callFailure(reason goja.Value) *Error {
	o, _ := reason.(*goja.Object)
	if d == nil || o == nil {
		return nil
	}
	known, ok := d.errors[o]
	if !ok {
		return nil
	}
	f := d.x.failure(known.kind, known.message)
	f.Call = known.place + 1
	return d.x.place(f, known.site)
}

// unawaited is the failure of a script that has ended though it has only just called a tool, which nothing would wait for.
func (d *Durable) unawaited() *Error {
	for i := range d.fresh {
		o := d.open[d.made-len(d.fresh)+i]
		if o == nil || o.call.Kind != CallTool || d.cancelling {
			continue
		}
		f := d.x.failure(KindScript, fmt.Sprintf("the script has ended without waiting for %s, which would then not be called: await it", &o.call))
		return d.x.place(f, o.site)
	}
	return nil
}

// orWrong is how the script differs from what is recorded, where it does, else the error.
func (d *Durable) orWrong(err error) error {
	if d.wrong != nil {
		return d.wrong
	}
	return err
}

// differs notes that the script does not do what is recorded of its next call.
func (d *Durable) differs(site []goja.StackFrame, what string) {
	const format = "the script does not repeat what it has done: entry %d of its journal is %s, and the code now %s; let it do what it did, or begin a new run"
	d.wrong = d.x.place(d.x.failure(KindNondeterministic, fmt.Sprintf(format, d.made+1, &d.recorded[0], what)), site)
}

// repeats reports whether what the script does has been recorded before.
func (d *Durable) repeats() bool { return d != nil && !d.cancelling && d.seen <= d.logged }
