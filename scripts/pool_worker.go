package scripts

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// killGrace is how long after its deadline a request is answered at the latest: a worker that is silent then is killed. It
// has ended the script by then, or itself (stopGrace).
const killGrace = 2 * stopGrace

// transferRate is how many bytes of a request a slow machine takes over in a second. The time limit of a script does not
// count that time.
const transferRate = 10 << 20

// startTimeout is how long a worker may take to say that it is ready.
const startTimeout = 10 * time.Second

// workerProcess is a worker, seen from the server. One request at a time uses it.
type workerProcess struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	errors  *head
	missing []string

	mu   sync.Mutex // of in
	to   writer
	room []byte

	number   int
	programs map[*program]int
	bytes    int // of the programs' sources
	have     scopeKept
	killed   atomic.Bool
}

// Bounds of what a worker is given to keep.
const (
	programsMax     = 1024
	programBytesMax = cacheBytes
)

// startAs starts a worker and waits until it is ready.
func (p *Pool) startAs(alone bool) (*workerProcess, error) {
	path, err := self()
	if err != nil {
		return nil, err
	}
	command := exec.Command(path, workerCommand) //nolint:noctx // it outlives the request that starts it; end ends it
	command.Args[0] = os.Args[0]
	command.Env = []string{}
	attributes(command, alone)
	w := &workerProcess{command: command, errors: &head{}, programs: map[*program]int{}}
	command.Stderr = w.errors
	if w.in, err = command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.out = bufio.NewReaderSize(out, 64<<10)
	started := make(chan error, 1)
	p.thread.Do(func() { p.wait.Go(p.keepThread) })
	p.starts <- func() { started <- command.Start() }
	if err := <-started; err != nil {
		return nil, err
	}
	if err := p.enter(w); err != nil {
		w.end()
		return nil, err
	}
	if err := w.greet(p.cfg.Limits.HeapBytes); err != nil {
		p.end(w)
		return nil, errors.Join(err, w.errors.err())
	}
	p.count(func(c *PoolCounts) { c.Started++ })
	return w, nil
}

// enter remembers a worker for Close.
func (p *Pool) enter(w *workerProcess) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why == nil {
		p.workers[w] = struct{}{}
	}
	return p.why
}

// end ends a worker that nobody uses.
func (p *Pool) end(w *workerProcess) {
	w.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.workers, w)
}

func (w *workerProcess) greet(heap int) error {
	timer := time.AfterFunc(startTimeout, w.kill)
	defer timer.Stop()
	w.to.begin(frameHello)
	w.to.long(int64(heapFactor+1)*int64(heap) + workerStack)
	if err := w.to.send(w.in); err != nil {
		return err
	}
	frame, err := w.receive()
	if err != nil {
		return err
	}
	if frame.kind() != frameReady {
		return errFrame
	}
	for n := frame.number(); n > 0 && frame.err == nil; n-- {
		w.missing = append(w.missing, frame.text())
	}
	return frame.err
}

func (w *workerProcess) receive() (frame *reader, err error) {
	frame, w.room, err = receive(w.out, w.room)
	return frame, err
}

// kill ends the process at once.
func (w *workerProcess) kill() {
	w.killed.Store(true)
	_ = w.command.Process.Kill() // it may have ended
}

// end ends the process, if it has not ended, and waits for it.
func (w *workerProcess) end() {
	_ = w.command.Process.Kill()
	_ = w.command.Wait() // it was killed
}

// errUnasked says that a worker was gone before it had the request.
var errUnasked = errors.New("the process had ended before it was asked")

// ask sends a request and returns the frame that answers it. Any error says that the worker is lost.
func (w *workerProcess) ask(ctx context.Context, r *request) (*reader, error) {
	w.number++
	number, p := w.number, r.program
	if err := w.introduce(p, r.kind == frameEval || r.kind == frameTest); err != nil {
		return nil, errors.Join(errUnasked, err)
	}
	w.mu.Lock()
	w.to.request(r, number, w)
	limit := p.limits.timeOf(r.scope) + killGrace + time.Duration(len(w.to.data))*time.Second/transferRate
	deadline := time.AfterFunc(limit, w.kill)
	err := w.to.send(w.in)
	w.mu.Unlock()
	defer w.relax(deadline)
	if err != nil {
		return nil, errors.Join(errUnasked, err)
	}
	if ctx.Done() != nil {
		release := context.AfterFunc(ctx, func() { w.cancel(number, deadline) })
		defer release()
	}
	return w.receive()
}

// cancel asks the worker to end a request, and ends the worker where it does not.
func (w *workerProcess) cancel(number int, deadline *time.Timer) {
	var message writer
	message.begin(frameCancel)
	message.number(number)
	w.mu.Lock()
	defer w.mu.Unlock()
	if deadline.Stop() { // else it is answered, or killed
		deadline.Reset(killGrace)
		_ = message.send(w.in) // a worker that is gone has no answer
	}
}

// relax takes back what a request has set up. From then on no cancellation sets it up again.
func (w *workerProcess) relax(deadline *time.Timer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	deadline.Stop()
}

// introduce sends a program that the worker does not know.
func (w *workerProcess) introduce(p *program, expression bool) error {
	if _, ok := w.programs[p]; ok {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.programs) >= programsMax || w.bytes > programBytesMax {
		clear(w.programs)
		w.bytes = 0
		w.to.begin(frameForget)
		if err := w.to.send(w.in); err != nil {
			return err
		}
	}
	w.to.program(p, expression)
	if err := w.to.send(w.in); err != nil {
		return err
	}
	w.programs[p] = len(w.programs)
	w.bytes += len(w.to.data)
	return nil
}

// head keeps the beginning of what a process writes.
type head struct {
	mu   sync.Mutex
	text []byte
}

const headMax = 4 << 10

// Write keeps what fits and takes the rest for written.
func (h *head) Write(data []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, data[:min(len(data), headMax-len(h.text))]...)
	return len(data), nil
}

// String returns what was kept.
func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.TrimSpace(string(h.text))
}

func (h *head) err() error {
	if text := h.String(); text != "" {
		return fmt.Errorf("it wrote: %s", shorten(text))
	}
	return nil
}
