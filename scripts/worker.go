package scripts

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/weirflow/weir/eventstore/document"
)

// workerCommand is the argument with which a Pool starts the program again.
const workerCommand = "script-worker"

// RunWorker does the work of a process of a Pool where this is one, and does not return then. Every program that has a Pool
// calls it before anything else, and so does the TestMain of its tests.
func RunWorker() {
	if len(os.Args) != 2 || os.Args[1] != workerCommand {
		return
	}
	code := 0
	if err := work(standardInput(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code) //nolint:forbidigo // this is in place of main
}

// What a worker may use beyond the limits of its scripts.
const (
	workerStack = 64 << 20 // of one goroutine; native functions that recurse without an end use it up
	workerProcs = 2        // one for the script, one for what watches it
)

// work runs the scripts that a server sends to in and answers on out. It returns when in ends, which is how a worker ends
// with its server whatever ended that, or when a script cannot be stopped in any other way. The process must end then:
// what the script has started may still be running.
func work(in io.Reader, out io.Writer) error {
	// The server decides when it ends: a Ctrl-C on the terminal, or a SIGTERM to the whole service, is for that one.
	signal.Ignore(os.Interrupt, syscall.SIGTERM)
	runtime.GOMAXPROCS(min(workerProcs, runtime.GOMAXPROCS(0)))
	debug.SetMaxStack(workerStack)
	debug.SetTraceback("none")
	w := &worker{in: bufio.NewReader(in), to: out, requests: make(chan *reader), ended: make(chan error, 3), lives: map[int64]*Durable{}}
	if err := w.greet(); err != nil {
		return err
	}
	go func() { w.ended <- w.receive() }()
	go func() { w.ended <- w.serve() }()
	return <-w.ended
}

// worker is the process that runs scripts for a server, one at a time.
type worker struct {
	in       *bufio.Reader
	requests chan *reader
	ended    chan error

	programs     []*program
	lives        map[int64]*Durable // executions of durable scripts between their turns, by their numbers
	state, input document.Value     // of the last request that saw them

	mu      sync.Mutex // guards what follows
	to      io.Writer
	out     writer
	current *task
	heap    int // the limit that the garbage collector works towards
	early   int // the request that was cancelled before it was current
}

// task is the request that is being worked on.
type task struct {
	number  int
	program *program
	scope   Scope
	ctx     context.Context
	cancel  context.CancelFunc
	began   time.Time
	late    time.Time // when it was cancelled; zero if it was not
	watch   *time.Timer
}

// greet gives up what scripts need not have and tells the server what could not be given up.
func (w *worker) greet() error {
	frame, _, err := receive(w.in, nil)
	if err != nil {
		return err
	}
	if frame.kind() != frameHello {
		return errFrame
	}
	missing := confine(uint64(frame.long())) //nolint:gosec // a size
	w.out.begin(frameReady)
	w.out.number(len(missing))
	for _, each := range missing {
		w.out.text(each)
	}
	return w.out.send(w.to)
}

// receive reads what the server sends. Requests wait for their turn, a cancellation does not.
func (w *worker) receive() error {
	for {
		frame, _, err := receive(w.in, nil)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if frame.data[0] != frameCancel {
			w.requests <- frame
			continue
		}
		frame.kind()
		w.cancel(frame.number())
	}
}

func (w *worker) cancel(number int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == nil || w.current.number != number {
		w.early = number
		return
	}
	w.current.late = time.Now()
	w.current.cancel()
}

func (w *worker) serve() error {
	for frame := range w.requests {
		var err error
		switch kind := frame.kind(); kind {
		case frameProgram:
			err = w.compile(frame)
		case frameForget:
			w.programs = nil
		case frameRun, frameEval, frameTest, frameTurn:
			err = w.answer(kind, frame)
		default:
			err = errFrame
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *worker) compile(frame *reader) error {
	c, expression, limits := frame.program()
	if frame.err != nil {
		return frame.err
	}
	p, err := New(limits).compileSent(&c, expression)
	if err != nil {
		return err // it was compiled by the server before
	}
	w.programs = append(w.programs, p)
	return nil
}

// compileSent compiles a source, or what it was translated to.
func (e *Engine) compileSent(c *Code, expression bool) (*program, error) {
	if c.Bundle == nil {
		return e.compileNew(programKey{source: c.Source, origin: c.Origin, item: c.Item, expression: expression})
	}
	s, err := e.compileBundle(c, c.Bundle)
	if err != nil {
		return nil, err
	}
	return s.program, nil
}

// answer runs a program and sends what came of it.
func (w *worker) answer(kind byte, frame *reader) error {
	t := &task{number: frame.number()}
	program := frame.number()
	var turn asked
	if kind == frameTurn {
		turn = frame.turn()
	}
	t.scope = frame.scope(&w.state, &w.input)
	if frame.err != nil {
		return frame.err
	}
	if program < 0 || program >= len(w.programs) {
		return errFrame
	}
	t.program = w.programs[program]
	w.begin(t)
	var (
		a   answer
		err error
	)
	switch kind {
	case frameRun:
		a.Result, err = (&Script{t.program}).Run(t.ctx, t.scope)
	case frameTurn:
		a, err = w.turn(t, &turn)
	case frameEval:
		a.Returned, err = (&Expression{t.program}).Eval(t.ctx, t.scope)
	default:
		a.holds, err = (&Expression{t.program}).Test(t.ctx, t.scope)
	}
	return w.end(t, &a, err)
}
