package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"
)

// Sync is how an append becomes durable.
type Sync string

const (
	// SyncAlways has the server sync every message before it acknowledges it.
	SyncAlways Sync = "always"
	// SyncBarrier syncs many appends at once. This build does not have it.
	SyncBarrier Sync = "barrier"
)

// Config says where and how a store is kept.
type Config struct {
	// Dir is the data directory. It is made, with mode 0700, where it is missing. One process at a time.
	Dir string
	// Listen is the host:port of the NATS listener for users, taken as given: a host that is not loopback
	// opens the events of all runs to whoever reaches it. Port 0 takes a free one. "" means no listener.
	Listen string
	// Sync is SyncAlways where empty.
	Sync Sync
	// Logger gets what the store and the NATS server have to say. nil means nothing.
	Logger *slog.Logger
}

// openTimeout bounds each exchange with the server while a store is opened.
const openTimeout = 30 * time.Second

// Store is an open event store. Its methods may be used by many goroutines at once.
type Store struct {
	log       *slog.Logger
	lock      *dirLock
	server    *embedded
	links     *links
	runs      *stream
	workflows *stream
	appends   *appender
	settler   *settler
	releaser  *releaser
	events    *publisher
	live      *hub
	walking   walking

	reading context.Context // ends when readers must, and the hub and the settler with them
	stop    context.CancelFunc
	closing sync.Once
	closed  error
}

// Open opens the store in cfg.Dir, or makes a new one. Everything stored there is durable and readable
// once Open returns. The context bounds the opening only.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	return open(ctx, cfg, usualTiming, func(_ string, dial dialFunc) (net.Conn, error) { return dial() })
}

// open takes what only tests vary: how patient the appender is, and what lies under its connections.
func open(ctx context.Context, cfg Config, t timing, via dialer) (_ *Store, err error) {
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	mode, err := checkSync(cfg.Sync)
	if err != nil {
		return nil, err
	}
	dir, err := prepareDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{log: log, lock: lock, walking: usualWalking}
	s.reading, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			err = errors.Join(err, s.shut())
		}
	}()
	if err := syncTree(dir); err != nil {
		return nil, err
	}
	if s.server, err = startServer(dir, cfg.Listen, mode, log); err != nil {
		return nil, err
	}
	if s.links, err = openLinks(min(4, max(2, runtime.GOMAXPROCS(0))), s.server, via, log); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if s.runs, err = openStream(ctx, s.links.all[0].nc, runsStream, runsAll); err != nil {
		return nil, err
	}
	if s.workflows, err = openStream(ctx, s.links.all[0].nc, workflowsStream, workflowsAll); err != nil {
		return nil, err
	}
	if err := s.startWriting(t, via); err != nil {
		return nil, err
	}
	log.Debug("event store open", slog.String("dir", dir), slog.String("sync", string(mode)), slog.Uint64("last_sequence", s.runs.durableSequence()))
	return s, nil
}

func checkSync(mode Sync) (Sync, error) {
	switch mode {
	case "", SyncAlways:
		return SyncAlways, nil
	case SyncBarrier:
		return "", fmt.Errorf("sync %q is not in this build yet: use %q", SyncBarrier, SyncAlways)
	default:
		return "", fmt.Errorf("sync %q is unknown: use %q", mode, SyncAlways)
	}
}

// startWriting connects what appends, settles, releases and publishes.
func (s *Store) startWriting(t timing, via dialer) error {
	events, err := newPublisher(s.server, via, s.log)
	if err != nil {
		return err
	}
	events.start()
	s.events = events
	s.live = newHub(s.runs, s.readRange, s.log)
	s.live.start(s.reading)
	s.releaser = newReleaser(s.live, s.events)
	s.releaser.start()
	a := newAppender(s.log, t)
	s.settler = newSettler(a, s.links)
	s.settler.start(s.reading)
	a.settle, a.release, a.health = s.settler.add, s.releaser.add, s.server.healthy
	if err := a.start(s.server, via); err != nil {
		return err
	}
	s.appends = a
	return nil
}

// Close refuses new appends, waits a bounded time for those under way, ends all readers with ErrClosed,
// stops the server and gives the directory up. It waits for everything the store started. Further calls
// return what the first one did.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closed = s.shut() })
	return s.closed
}

// shut ends whatever was started, in the order in which each still needs the next.
func (s *Store) shut() error {
	if s.appends != nil {
		s.appends.close()
	}
	if s.releaser != nil {
		s.releaser.close()
	}
	s.stop()
	if s.live != nil {
		s.live.close()
	}
	if s.events != nil {
		s.events.close()
	}
	if s.settler != nil {
		s.settler.done.Wait()
	}
	if s.links != nil {
		s.links.close()
	}
	if s.server != nil {
		s.server.shutdown()
	}
	if err := s.lock.release(); err != nil {
		return fmt.Errorf("give the data directory up: %w", err)
	}
	return nil
}

// NATSAddr returns the host:port of the users' NATS listener, "" without one.
func (s *Store) NATSAddr() string { return s.server.addr() }

// Health returns nil while the store can read and append. An error means that it cannot, and will not
// again before it is closed and opened: the process should end.
func (s *Store) Health() error {
	if s.reading.Err() != nil {
		return ErrClosed
	}
	if err := s.appends.failure(); err != nil {
		return err
	}
	return s.server.healthy()
}

// bind returns a context for one reader, that ends with the caller's or with ErrClosed when the store
// closes. release must be called.
func (s *Store) bind(ctx context.Context) (bound context.Context, release func()) {
	bound, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(s.reading, func() { cancel(ErrClosed) })
	return bound, func() {
		unhook()
		cancel(nil)
	}
}
