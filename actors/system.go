package actors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// Config is what a System works with. Store, Index, Tools and Scripts are required.
type Config struct {
	Store   Log
	Index   *runindex.Index // of the store's runs; the System keeps it up, and nobody else writes it
	Tools   *tools.Registry
	Scripts *scripts.Engine
	Logger  *slog.Logger // nil: slog.Default
	// Processes has the scripts of workflows with `isolation: process`. It stays the caller's: Close it after the System. Nil
	// refuses such workflows.
	Processes *scripts.Pool
	// Snapshots keeps the states of long runs; nil keeps none.
	Snapshots *eventstore.Snapshots
	// ToolLimits are set in place of what tools declare, part by part: by the tool's name.
	ToolLimits map[string]tools.Limit
	// Retention lets go of the events of old runs. The zero value keeps all.
	Retention Retention
	// Unscheduled starts no runs for the schedules of workflows, as an engine that lives for one run should not.
	Unscheduled bool
}

// System holds the workflows and the actors of all open runs of one store.
type System struct {
	executor

	store     Log
	logger    *slog.Logger
	catalog   *catalog
	list      *listing
	snapshots *snapshots
	gates     *gates
	schedules *schedules
	slots     *slots

	executing attempts // being executed, whether or not their runs still want them

	running context.Context // ends when Close begins
	stop    context.CancelFunc
	wait    sync.WaitGroup // actors, and the attempts they execute

	mu     sync.Mutex
	closed bool
	actors map[string]*actor
	parked *parking // the open runs that have no actor; none is in both
	lines  *lines   // the runs whose workflows have a queue

	boot   string
	epochs atomic.Uint64
}

// Open loads the workflows, brings the index up to the store's end and sets every open run going again. Store
// and index stay the caller's: Close them after the System.
func Open(ctx context.Context, cfg Config) (*System, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	boot, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("drawing an epoch: %w", err)
	}
	gates, err := newGates(cfg.Tools, cfg.ToolLimits)
	if err != nil {
		return nil, err
	}
	isolated := cfg.Scripts.Isolated(cfg.Processes)
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &System{
		executor: executor{tools: cfg.Tools, scripts: cfg.Scripts, isolated: isolated}, store: cfg.Store, logger: cfg.Logger,
		catalog:   newCatalog(cfg.Store, checker{tools: cfg.Tools, scripts: cfg.Scripts, isolated: isolated}),
		list:      newListing(cfg.Store, cfg.Index, cfg.Logger),
		snapshots: newSnapshots(cfg.Snapshots, cfg.Logger),
		gates:     gates,
		slots:     newSlots(max(runtime.GOMAXPROCS(0), isolated.Processes())), executing: attempts{open: map[*work]struct{}{}},
		running: running, stop: stop,
		actors: map[string]*actor{}, parked: newParking(), boot: boot.String(),
	}
	s.lines = newLines(&s.mu, s.catalog.queue, func(run string) { s.parked.move(run, time.Now()) })
	s.wait.Go(func() { s.snapshots.keep(running) })
	if err := s.recover(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	s.schedules = newSchedules(s)
	s.catalog.added = s.schedules.revisionAdded
	s.wait.Go(func() { s.schedules.keep(cfg.Unscheduled) })
	if len(cfg.Retention.Keep) > 0 {
		r := &retainer{system: s, cfg: cfg.Retention}
		s.wait.Go(func() { r.keep(s.running) })
	}
	return s, nil
}

// Close stops accepting, makes durable what was decided, and returns when every actor has ended. Attempts
// in flight are interrupted; the next start of the engine goes on with them. Where ctx ends first its
// error is returned and actors may still be ending.
func (s *System) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.lines.close()
	s.mu.Unlock()
	s.stop()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.wait.Wait()
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing the engine: %w", ctx.Err())
	}
}

// Ready returns nil while the system accepts work.
func (s *System) Ready() error {
	if s.running.Err() != nil {
		return ErrClosed
	}
	return s.store.Ready()
}

// Active returns how many runs are held in memory, each by an actor.
func (s *System) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.actors)
}

// Tools returns the registry that nodes call tools from.
func (s *System) Tools() *tools.Registry { return s.tools }

// Scripts returns the engine that runs the scripts.
func (s *System) Scripts() *scripts.Engine { return s.scripts }

// Isolated returns the engine that runs scripts in processes of their own.
func (s *System) Isolated() *scripts.Engine { return s.isolated }

func (s *System) nextEpoch() string {
	return s.boot + "." + strconv.FormatUint(s.epochs.Add(1), 10)
}

// active returns the actor of a run, nil where none is.
func (s *System) active(run string) *actor {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.actors[run]
}

// launch enters an actor and sets it going, unless the run has one already, which it then returns, or is parked,
// which is errParked.
func (s *System) launch(a *actor) (existing *actor, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if existing := s.actors[a.run]; existing != nil {
		return existing, nil
	}
	if s.parked.has(a.run) {
		return nil, errParked
	}
	s.enter(a)
	return nil, nil
}

// enter sets an actor going. The caller holds the mutex.
func (s *System) enter(a *actor) {
	s.actors[a.run] = a
	s.wait.Go(func() { s.supervise(a) })
}

// panicked is an actor's error after a panic.
type panicked struct{ value any }

func (p *panicked) Error() string { return fmt.Sprintf("the run's actor panicked: %v", p.value) }

// supervise runs an actor to its end. An actor that lost its place in the log, or panicked, is replaced by
// one that reads the log afresh; a second panic ends the run instead, so that other runs go on.
func (s *System) supervise(a *actor) {
	for a != nil {
		err := s.guard(a)
		switch {
		case errors.Is(err, errHandedOver):
			return
		case errors.Is(err, errParked): // its place may be another's already
			a.leave(err)
			return
		}
		next := s.successor(a, err)
		s.mu.Lock()
		if next != nil {
			s.actors[a.run] = next
		} else {
			delete(s.actors, a.run)
			if a.unread(err) {
				s.parked.put(a.run, 0, time.Now().Add(unreadPause))
			} else if a.state == nil || a.state.Queue != nil {
				s.lines.leave(a.run)
			}
		}
		s.mu.Unlock()
		a.leave(err)
		a = next
	}
}

func (s *System) guard(a *actor) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.logger.Error("panic in an actor", "run", a.run, "panic", r, "stack", string(debug.Stack()))
			err = &panicked{value: r}
		}
	}()
	return a.live()
}

// successor is the actor that carries on after an error, nil where none can.
func (s *System) successor(a *actor, err error) *actor {
	p := (*panicked)(nil)
	switch {
	case err == nil, errors.Is(err, ErrClosed), errors.Is(err, ErrRunExists), s.running.Err() != nil:
		return nil
	case errors.Is(err, eventstore.ErrConflict):
		s.logger.Warn("another owner appended to a run; reading it again", "run", a.run, "error", err)
		next := s.newActor(a.run)
		next.overtaken = true
		return next
	case errors.As(err, &p) && a.panics < 2:
		next := s.newActor(a.run)
		if next.panics = a.panics + 1; next.panics == 2 {
			next.first = &message{command: workflow.Quarantine{Message: p.Error()}, reply: make(chan error, 1)}
		}
		return next
	case errors.Is(err, eventstore.ErrUnavailable):
		s.logger.Debug("a run cannot go on", "run", a.run, "error", err) // the store has said it once for all runs
		return nil
	case a.unread(err):
		s.logger.Warn("a run cannot be read now; it is tried again", "run", a.run, "after", unreadPause, "error", err)
		return nil
	default:
		s.logger.Error("a run cannot go on", "run", a.run, "error", err)
		return nil
	}
}

// atMostOnce reports whether a node's tool must not be called again when nobody knows what a call did.
func (s *System) atMostOnce(st *workflow.State, name string) bool {
	node, ok := st.Definition().Node(name)
	if ok && node.Map != nil {
		node = node.Map.Work
	}
	return ok && node.Kind == workflow.KindTool && s.callsOnce(node.Tool)
}

// callsOnce reports whether a tool must not be called again when nobody knows what a call did.
func (s *System) callsOnce(name string) bool {
	tool, ok := s.tools.Lookup(name)
	return ok && tool.AtMostOnce
}
