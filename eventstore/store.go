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

	"github.com/weirflow/weir/eventstore/audit"
)

// Sync is how an append becomes durable.
type Sync string

const (
	// SyncBarrier lets the server write and syncs the file system for many appends at once (barrier.go). Where
	// the file system or the kernel does not allow it, SyncAlways is used instead, and said in the log.
	SyncBarrier Sync = "barrier"
	// SyncAlways has the server sync every message before it acknowledges it.
	SyncAlways Sync = "always"
)

// Config says where and how a store is kept.
type Config struct {
	// Dir is the data directory. It is made, with mode 0700, where it is missing. One process at a time.
	Dir string
	// Listen is the host:port of the NATS listener for users, taken as given: a host that is not loopback
	// opens the events of all runs to whoever reaches it. Port 0 takes a free one. "" means no listener.
	Listen string
	// Sync is SyncBarrier where empty.
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
	guard     *guard
	disk      *fileSystem
	mode      Sync         // in force
	why       string       // it is another than was asked for
	syncAll   func() error // brings everything in the data directory to the disk
	server    *embedded
	blocks    *audit.Blocks // of the runs stream
	checkup   *checkup
	links     *links
	runs      *stream
	workflows *stream
	appends   *appender
	barrier   *barrier // nil with SyncAlways
	settler   *settler
	releaser  *releaser
	events    *publisher
	live      *hub
	scrub     scrubber
	walking   walking
	retiring  sync.RWMutex // held for reading while a run is retired

	reading context.Context // ends when readers must, and the hub and the settler with them
	stop    context.CancelFunc
	closing sync.Once
	closed  error
}

// Open opens the store in cfg.Dir, or makes a new one. Everything stored there is durable and readable
// once Open returns. The context bounds the opening only.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	return open(ctx, cfg, usualSeams)
}

// seams are what only tests vary.
type seams struct {
	timing timing                   // how patient the appender is
	via    dialer                   // what lies under the connections
	sync   func(func() error) error // what lies under the barrier
	scrub  scrubPace
}

var usualSeams = seams{
	timing: usualTiming,
	via:    func(_ string, dial dialFunc) (net.Conn, error) { return dial() },
	sync:   func(sync func() error) error { return sync() },
	scrub:  usualScrub,
}

func open(ctx context.Context, cfg Config, seams seams) (_ *Store, err error) {
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
	if _, err := check(ctx, dir, log); err != nil {
		return nil, err
	}
	if s.guard, err = openGuard(dir); err != nil {
		return nil, err
	}
	if err := s.prepareSync(dir, mode); err != nil {
		return nil, err
	}
	if s.server, err = startServer(dir, cfg.Listen, s.mode, log); err != nil {
		return nil, err
	}
	s.blocks = audit.NewBlocks(dir)
	s.checkup = &checkup{ask: s.server.healthy}
	if s.links, err = openLinks(min(4, max(2, runtime.GOMAXPROCS(0))), s.server, seams.via, log); err != nil {
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
	if err := s.syncAll(); err != nil { // streams that were just made
		return nil, err
	}
	if err := s.guard.begin(); err != nil {
		return nil, err
	}
	if err := s.note(); err != nil {
		return nil, err
	}
	if err := s.startWriting(seams); err != nil {
		return nil, err
	}
	s.scrub.dir, s.scrub.log, s.scrub.pace = dir, log, seams.scrub
	s.scrub.start(s.reading) //nolint:contextcheck // it outlives the opening
	log.Debug("event store open", slog.String("dir", dir), slog.String("sync", string(s.mode)), slog.Uint64("last_sequence", s.runs.durableSequence()))
	return s, nil
}

func checkSync(mode Sync) (Sync, error) {
	switch mode {
	case "":
		return SyncBarrier, nil
	case SyncAlways, SyncBarrier:
		return mode, nil
	default:
		return "", fmt.Errorf("sync %q is unknown: use %q or %q", mode, SyncBarrier, SyncAlways)
	}
}

// prepareSync settles how appends become durable, and makes durable whatever the directory holds. What a
// process that was killed had written can be read, and need not be on the disk yet; after this it is.
func (s *Store) prepareSync(dir string, wanted Sync) error {
	disk, unfit, err := openFileSystem(dir)
	if err != nil {
		return fmt.Errorf("open the data directory: %w", err)
	}
	s.disk, s.mode = disk, wanted
	if wanted == SyncBarrier && unfit != "" {
		s.mode, s.why = SyncAlways, unfit
		s.log.Warn("every append is synced singly, which is slower", slog.String("dir", dir), slog.String("reason", unfit))
	}
	s.syncAll = disk.sync
	if s.mode == SyncAlways {
		s.syncAll = func() error { return syncTree(dir) }
	}
	return s.syncAll()
}

// startWriting connects what appends, settles, releases and publishes.
func (s *Store) startWriting(seams seams) error {
	events, err := newPublisher(s.server, seams.via, s.log)
	if err != nil {
		return err
	}
	events.start()
	s.events = events
	s.live = newHub(s.runs, s.readRange, s.log)
	s.live.start(s.reading)
	s.releaser = newReleaser(s.live, s.events)
	if s.mode == SyncAlways {
		s.releaser.released = s.note
		s.releaser.fail = func(err error) { s.appends.fail(err) }
	}
	s.releaser.start()
	a := newAppender(s.log, seams.timing)
	s.settler = newSettler(a, s.links)
	s.settler.start(s.reading)
	a.settle, a.release, a.health = s.settler.add, s.releaser.add, s.server.healthy
	if s.mode == SyncBarrier {
		s.barrier = newBarrier(func() error { return errors.Join(s.note(), seams.sync(s.disk.sync)) }, s.releaser.addAll)
		s.barrier.fail, a.release = a.fail, s.barrier.park
		s.barrier.start()
	}
	if err := a.start(s.server, seams.via); err != nil {
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
	var errs []error
	if s.appends != nil {
		s.appends.close()
	}
	if s.barrier != nil {
		errs = append(errs, s.barrier.close())
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
	s.scrub.done.Wait()
	if s.links != nil {
		s.links.close()
	}
	if s.server != nil {
		s.server.shutdown()
	}
	if s.checkup != nil {
		s.checkup.close()
	}
	if s.guard != nil {
		errs = append(errs, s.closeGuard(errors.Join(errs...) == nil))
	}
	if s.disk != nil {
		errs = append(errs, s.disk.close())
	}
	if err := s.lock.release(); err != nil {
		errs = append(errs, fmt.Errorf("give the data directory up: %w", err))
	}
	return errors.Join(errs...)
}

// note writes how far the store is durable; the next sync brings it to the disk.
func (s *Store) note() error { return s.guard.note(s.runs, s.workflows) }

// closeGuard notes a clean stop, which a store that failed has not had, nor one in which damage was found: the
// next start shall look before it opens it.
func (s *Store) closeGuard(clean bool) error {
	if found := s.Damage(); found != nil && found.Err() != nil {
		clean = false
	}
	if clean = clean && s.syncAll != nil && (s.appends == nil || s.appends.failure() == nil); clean {
		err := s.syncAll()
		if err == nil && s.guard.mark != nil {
			err = s.note()
		}
		if err != nil {
			return errors.Join(err, s.guard.close(false))
		}
	}
	return s.guard.close(clean)
}

// Sync returns how appends become durable, and why not in the way that was asked for, "" where they do.
func (s *Store) Sync() (mode Sync, why string) { return s.mode, s.why }

// SyncCounts returns what the barrier has done, nothing with SyncAlways.
func (s *Store) SyncCounts() SyncCounts {
	if s.barrier == nil {
		return SyncCounts{}
	}
	return s.barrier.snapshot()
}

// ID names the store: what is kept beside it and follows from it can tell that it belongs to this one.
func (s *Store) ID() string { return s.runs.id }

// NATSAddr returns the host:port of the users' NATS listener, "" without one.
func (s *Store) NATSAddr() string { return s.server.addr() }

// Health returns nil while the store can read and append. An error means that it cannot, and will not
// again before it is closed and opened: the process should end. It waits no more than a second.
func (s *Store) Health() error {
	if s.reading.Err() != nil {
		return ErrClosed
	}
	if err := s.appends.failure(); err != nil {
		return err
	}
	return s.checkup.health()
}

// Ready returns nil while the store can read and append, and the disk keeps up. Unlike an error of Health,
// this one may pass.
func (s *Store) Ready() error {
	if err := s.Health(); err != nil {
		return err
	}
	if err := s.checkup.stalled(); err != nil || s.barrier == nil {
		return err
	}
	return s.barrier.stalled()
}

// bind returns a context for one reader, that ends with the caller's or with ErrClosed when the store
// closes. release must be called.
func (s *Store) bind(ctx context.Context) (bound context.Context, release func()) {
	bound, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(s.reading, func() { cancel(ErrClosed) })
	if s.reading.Err() != nil {
		cancel(ErrClosed) // AfterFunc would, a moment later
	}
	return bound, func() {
		unhook()
		cancel(nil)
	}
}
