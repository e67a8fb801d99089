package scripts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// PoolConfig says how a Pool runs its workers.
type PoolConfig struct {
	Size   int          // how many scripts run at once, each in a process; 0: one for each processor
	Limits Limits       // of the engines that use the pool
	Logger *slog.Logger // nil: slog.Default
}

// Pool runs scripts in processes of their own: this program, started again, which must call RunWorker first. Engine.Isolated
// makes an engine that uses it. A worker runs one script after the other, each in a runtime of its own. Its process has no environment
// and, on Linux, no network, no files, no other system calls than those of the Go runtime, and a limit of memory. One that
// cannot stop a script, or dies of it, is replaced. Workers are started when they are needed, and stay.
type Pool struct {
	cfg    PoolConfig
	slots  chan struct{} // one for each process that there is or that is being started
	starts chan func()   // run by one thread, since the kernel ends workers with the thread that started them
	thread sync.Once     // starts that thread
	wait   sync.WaitGroup
	closed chan struct{}
	lives  atomic.Int64 // how many executions of durable scripts there were; numbers them

	mu      sync.Mutex
	idle    []*workerProcess // the last used at the end: it is the one most likely to have what the next request needs
	workers map[*workerProcess]struct{}
	alone   bool     // workers are given namespaces
	refused error    // why they are not
	missing []string // what they could not be kept from
	told    bool
	why     error // it is closed; nil while it is not
	counts  PoolCounts
}

// NewPool returns a pool. Close ends its workers.
func NewPool(cfg PoolConfig) *Pool {
	if cfg.Size <= 0 {
		cfg.Size = runtime.GOMAXPROCS(0)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	cfg.Limits = cfg.Limits.withDefaults()
	p := &Pool{
		cfg: cfg, alone: namespaced, workers: make(map[*workerProcess]struct{}),
		slots: make(chan struct{}, cfg.Size), starts: make(chan func()), closed: make(chan struct{}), counts: newPoolCounts(),
	}
	return p
}

// Start makes sure that workers can be started, by starting one unless one is there. The error says why they cannot.
func (p *Pool) Start(ctx context.Context) error {
	p.mu.Lock()
	there := len(p.workers) > 0
	p.mu.Unlock()
	if there {
		return nil
	}
	w, err := p.take(ctx, nil)
	if err != nil {
		return err
	}
	p.give(w)
	return nil
}

func (p *Pool) protection() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.told:
		return "none was started yet"
	case len(p.missing) > 0:
		return "without " + strings.Join(p.missing, "; ")
	}
	return "ok"
}

// Close ends the workers, whatever they are at, and returns when all have ended. What they ran fails. It returns nil.
func (p *Pool) Close() error {
	if !p.shut(errPoolClosed) {
		return nil
	}
	for range p.cfg.Size { // who uses a worker gives it back
		p.slots <- struct{}{}
	}
	for _, w := range p.idle {
		p.end(w)
	}
	close(p.starts)
	p.wait.Wait()
	return nil
}

// shut kills the workers and refuses new ones. It reports false where that has happened before.
func (p *Pool) shut(why error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.why != nil {
		return false
	}
	p.why = why
	close(p.closed)
	for w := range p.workers {
		w.kill()
	}
	return true
}

// gone says why there are no workers any more, nil where there can be some.
func (p *Pool) gone() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.why
}

// Why a pool has no workers.
var (
	errPoolClosed = errors.New("the processes for scripts are being ended")
	errNoPool     = errors.New("this engine has no processes for scripts")
)

// take returns a worker that has nothing to do, and waits for one where all have. It would rather be the given one, nil for any.
func (p *Pool) take(ctx context.Context, rather *workerProcess) (*workerProcess, error) {
	if err := p.gone(); err != nil {
		return nil, err
	}
	if err := p.takeSlot(ctx); err != nil {
		return nil, err
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		at := slices.Index(p.idle, rather)
		if at < 0 {
			at = n - 1
		}
		w := p.idle[at]
		p.idle = slices.Delete(p.idle, at, at+1)
		p.mu.Unlock()
		return w, nil
	}
	p.mu.Unlock()
	w, err := p.start()
	if err != nil {
		<-p.slots
		return nil, err
	}
	return w, nil
}

// takeSlot returns once there may be a worker more that has something to do.
func (p *Pool) takeSlot(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	began := time.Now()
	p.count(func(c *PoolCounts) { c.Waiting++ })
	defer p.count(func(c *PoolCounts) {
		c.Waiting--
		c.Waits++
		c.Waited += time.Since(began)
	})
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.closed:
		return p.gone()
	}
}

// give puts a worker back.
func (p *Pool) give(w *workerProcess) {
	p.mu.Lock()
	p.idle = append(p.idle, w)
	p.mu.Unlock()
	<-p.slots
}

// replace ends a worker, lost to a script that has failed, and starts another, so that the next script need not wait for that.
func (p *Pool) replace(w *workerProcess, failed error) {
	p.countEnd(failed)
	p.wait.Go(func() {
		defer func() { <-p.slots }()
		p.end(w)
		next, err := p.start()
		if err != nil {
			if p.gone() == nil {
				p.cfg.Logger.Warn("a process for scripts could not be started again", "error", err)
			}
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.idle = append(p.idle, next)
	})
}

// start starts a worker, with namespaces of its own where the system allows them.
func (p *Pool) start() (w *workerProcess, err error) {
	p.mu.Lock()
	alone := p.alone
	p.mu.Unlock()
	w, err = p.startAs(alone)
	if err != nil && alone {
		refused := err
		if w, err = p.startAs(false); err == nil {
			p.mu.Lock()
			p.alone, p.refused = false, refused
			p.mu.Unlock()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("starting a process for scripts: %w", err)
	}
	p.tell(w.missing)
	return w, nil
}

// tell logs, once, how workers are protected.
func (p *Pool) tell(missing []string) {
	p.mu.Lock()
	if p.refused != nil {
		missing = append(missing, fmt.Sprintf("namespaces of its own: %v", p.refused))
	}
	first := !p.told
	p.told, p.missing = true, missing
	p.mu.Unlock()
	if first && len(missing) > 0 {
		p.cfg.Logger.Warn("the processes for scripts could not be kept from everything", "missing", strings.Join(missing, "; "))
	}
}

// keepThread starts the workers from a thread that lives as long as they may.
func (p *Pool) keepThread() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := range p.starts {
		start()
	}
}
