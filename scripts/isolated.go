package scripts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Isolated returns an engine of the same limits whose scripts run in the processes of a pool. It compiles in this process,
// and what an expression merely names is looked up here; everything else is the pool's. Results and errors are the same.
// Where the pool is nil, nothing can be run.
func (e *Engine) Isolated(pool *Pool) *Engine {
	if pool == nil {
		pool = NewPool(PoolConfig{Size: 1})
		pool.shut(errNoPool)
	}
	isolated := New(e.limits)
	isolated.pool = pool
	return isolated
}

// Ready returns why no script can be run, nil where one can: in this process always, elsewhere when a process is there or
// can be started.
func (e *Engine) Ready(ctx context.Context) error {
	if e.pool == nil {
		return nil
	}
	return e.pool.Start(ctx)
}

// Isolation says where the engine's scripts run: "in-process" or "process".
func (e *Engine) Isolation() string {
	if e.pool == nil {
		return "in-process"
	}
	return "process"
}

// Protection says how the processes of the engine's scripts are protected: "ok", "none was started yet", or what they could
// not be kept from, each with the reason.
func (e *Engine) Protection() string {
	if e.pool == nil {
		return "in-process"
	}
	return e.pool.protection()
}

// Processes is how many scripts the engine runs at once in processes of their own, 0 for one that runs them in this.
func (e *Engine) Processes() int {
	if e.pool == nil {
		return 0
	}
	return e.pool.cfg.Size
}

// request is what a worker is asked.
type request struct {
	kind    byte
	program *program
	scope   *Scope
	sees    names // which documents are sent along
	turn    *turn // of a durable script; nil for others
}

// run has a worker run the program. The error is an *Error.
func (p *Pool) run(ctx context.Context, kind byte, program *program, sc *Scope) (answer, error) {
	r := &request{kind: kind, program: program, scope: sc, sees: program.sees}
	for {
		a, err := p.once(ctx, r)
		// Whether an output is too large depends on what of it the state has already, which was not sent along.
		if f := (*Error)(nil); errors.As(err, &f) && f.Kind == KindOutput && kind == frameRun && r.sees&seesState == 0 {
			r.sees |= seesState
			continue
		}
		return a, err
	}
}

func (p *Pool) once(ctx context.Context, r *request) (answer, error) {
	program := r.program
	if ctx.Err() != nil {
		return answer{}, program.cancelled(ctx)
	}
	again := true // it may be asked once more, of a worker that has not ended
	for {
		w, err := p.take(ctx, r.turn.home())
		if err != nil {
			return answer{}, p.untaken(ctx, program, err)
		}
		frame, err := w.ask(ctx, r)
		if err == nil {
			a, lives, err := w.open(frame)
			if lives {
				p.give(w)
			} else {
				p.replace(w, err)
			}
			if r.turn.over(w, &a) {
				return a, cancelledAs(ctx, program, err)
			}
			continue
		}
		w.end()
		failed := p.lost(ctx, w, program, r.scope, err)
		p.replace(w, failed)
		if again && errors.Is(err, errUnasked) {
			again = false
			continue
		}
		return answer{}, cancelledAs(ctx, program, failed)
	}
}

// untaken says why there is no worker.
func (p *Pool) untaken(ctx context.Context, program *program, err error) error {
	switch {
	case ctx.Err() != nil:
		return program.cancelled(ctx)
	case errors.Is(err, errPoolClosed):
		return program.failure(KindCancelled, "the script was not run: "+err.Error())
	}
	return program.failure(KindCrashed, "the script could not be run in a process of its own: "+err.Error())
}

// cancelledAs gives an error the words and the cause of the caller's context where that ended the script.
func cancelledAs(ctx context.Context, program *program, err error) error {
	f := (*Error)(nil)
	if !errors.As(err, &f) || f.Kind != KindCancelled || ctx.Err() == nil {
		return err
	}
	c := program.cancelled(ctx)
	c.Line, c.Column, c.Console = f.Line, f.Column, f.Console
	return c
}

// lost says why a worker that has ended gave no answer.
func (p *Pool) lost(ctx context.Context, w *workerProcess, program *program, sc *Scope, err error) *Error {
	said := w.errors.String()
	switch l := program.limits; {
	case ctx.Err() != nil:
		return program.cancelled(ctx)
	case p.gone() != nil:
		return program.failure(KindCancelled, "the script was cut short: "+errPoolClosed.Error())
	case w.killed.Load():
		kind, message := l.passed(stoppedByTime, sc)
		return program.failure(kind, message+" ("+endedProcess+")")
	case strings.Contains(said, "stack overflow"):
		return program.failure(KindLimit, "the script nested lists, objects or a text too deep for a function that goes to their end; its process was ended by that")
	case outOfMemory(said):
		const format = "the script asked for more memory than the limit of %s allows; its process was ended by that: ask for less at once, or %s"
		return program.failure(KindLimit, fmt.Sprintf(format, sizeText(l.HeapBytes), raise("heap")))
	case said != "":
		first, _, _ := strings.Cut(said, "\n")
		return program.failure(KindCrashed, "the process that ran the script ended: "+shorten(first))
	}
	return program.failure(KindCrashed, fmt.Sprintf("the process that ran the script ended: %v (%v); the kernel ends processes where memory runs out", w.command.ProcessState, err))
}

// outOfMemory reports whether the runtime, or the race detector in its place, had no memory to give, be it for a thread.
func outOfMemory(said string) bool {
	return slices.ContainsFunc([]string{
		"out of memory", "cannot allocate memory", "failed to allocate", "pthread_create failed", "failed to create new OS thread",
	}, func(words string) bool { return strings.Contains(said, words) })
}

// open reads an answer. A worker that does not live may still have said why.
func (w *workerProcess) open(frame *reader) (a answer, lives bool, err error) {
	switch kind := frame.kind(); {
	case frame.number() != w.number:
		frame.err = errFrame
	case kind == frameResult:
		a, lives = frame.answer(), true
	case kind == frameFailure, kind == frameLastWords:
		err, lives = frame.failure(), kind == frameFailure
	default:
		frame.err = errFrame
	}
	if frame.err != nil {
		return answer{}, false, &Error{Kind: KindCrashed, Message: "the process that ran the script gave no clear answer: " + frame.err.Error()}
	}
	return a, lives, err
}
