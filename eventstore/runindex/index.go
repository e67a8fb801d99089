package runindex

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/weirflow/weir/eventstore/event"
)

// Config says where an index is kept, and of what.
type Config struct {
	// Path is the index's file. Its folder must exist. Files beside it, of the same name with an ending, belong to it.
	Path string
	// Store identifies the store whose runs are listed. An index of another store is thrown away.
	Store string
	// Logger gets what the index has to say. nil means nothing.
	Logger *slog.Logger
}

// Commit is a stored commit and its sequence in the stream.
type Commit struct {
	Sequence uint64
	event.Sealed
}

// Origin says what Open found.
type Origin struct {
	Kept   bool   // the file was there, and is gone on with
	Reason string // why a new one was begun, for people; "" where Kept
}

// Index is an open run index. Its methods may be used by many goroutines at once.
type Index struct {
	cfg    Config
	log    *slog.Logger
	origin Origin
	rows   int // batchRows, fewer in tests

	writing  sync.Mutex // held by whoever changes the file
	sequence atomic.Uint64
	retired  atomic.Uint64

	mu     sync.RWMutex // held for reading by every query, so that the file is exchanged under none
	writer *writer      // nil where an exchange failed; used by who holds writing
	pools  pools
	closed bool
}

// pools are the connections of those who read.
type pools struct {
	readers, people *sql.DB
	queries         *prepared // by readers
}

// Open opens the index at cfg.Path, or begins an empty one: where there is none, and where what is there is damaged, of another store
// or of another version of weir. Origin tells which it was. An error means that no index can be kept there, and nothing else: a server
// goes on without one. The context bounds the opening only.
func Open(ctx context.Context, cfg Config) (*Index, error) {
	if cfg.Path == "" || cfg.Store == "" {
		return nil, errors.New("run index: Config.Path and Config.Store must be set")
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("run index: %w", err)
	}
	cfg.Path = path
	x := &Index{cfg: cfg, log: cfg.Logger, rows: batchRows}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	if x.origin, err = inspect(ctx, cfg); err != nil {
		return nil, explain("open", err)
	}
	if !x.origin.Kept {
		x.log.Info("the list of runs is built anew", slog.String("reason", x.origin.Reason))
	}
	if err := x.attach(ctx); err != nil {
		return nil, explain("open", err)
	}
	return x, nil
}

// Origin says what Open found.
func (x *Index) Origin() Origin { return x.origin }

// Sequence is the sequence of the last commit that the index has folded, 0 for none: every commit up to it is in the list, and none
// behind it. A stream that ends before it is not the one that was folded, and the index must be [Index.Reset].
func (x *Index) Sequence() uint64 { return x.sequence.Load() }

// Retired is how many runs of the stream are not in the list, because a commit with RunRetired stands in for each.
func (x *Index) Retired() uint64 { return x.retired.Load() }

// stand takes note of how far the list has come.
func (x *Index) stand(h head) {
	x.sequence.Store(h.sequence)
	x.retired.Store(uint64(h.retired))
}

// attach opens the file at the index's path, which is made where it is missing. Whoever calls it holds both locks, or has the index
// for itself.
func (x *Index) attach(ctx context.Context) error {
	db, err := openWriter(ctx, x.cfg.Path)
	if err != nil {
		return err
	}
	if err := prepare(ctx, db, x.cfg.Store); err != nil {
		return errors.Join(err, db.Close())
	}
	w, err := newWriter(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if x.pools, err = openPools(x.cfg.Path); err != nil {
		return errors.Join(err, w.close(ctx))
	}
	x.writer = w
	x.stand(w.head)
	return nil
}

// detach closes what attach opened.
func (x *Index) detach(ctx context.Context) error {
	if x.writer == nil {
		return nil
	}
	err := errors.Join(x.pools.queries.close(), x.pools.people.Close(), x.writer.close(ctx))
	x.writer = nil
	return err
}

func openPools(path string) (p pools, err error) {
	if p.readers, err = openReaders(path); err != nil {
		return p, err
	}
	p.queries = &prepared{db: p.readers, known: map[string]*sql.Stmt{}}
	p.people, err = openPeople(path)
	return p, err
}

// Reset throws everything away and begins an empty index: after ErrDamaged and ErrDiverged, and where the stream ends before
// Sequence.
func (x *Index) Reset(ctx context.Context) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return ErrClosed
	}
	_ = x.detach(ctx) // what cannot be closed well is thrown away all the same
	x.stand(head{})
	if err := discard(x.cfg.Path); err != nil {
		return explain("reset", err)
	}
	if err := x.attach(ctx); err != nil {
		return explain("reset", err)
	}
	return nil
}

// Close ends the index once the queries under way are through. Everything that was folded is in its file, which is whole by itself.
func (x *Index) Close() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	if err := x.detach(context.Background()); err != nil {
		return explain("close", err)
	}
	return nil
}

// reading calls do with a transaction that sees the index as it is now, whatever is folded meanwhile.
func (x *Index) reading(ctx context.Context, doing string, do func(*sql.Tx) error) error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if err := x.usable(); err != nil {
		return err
	}
	tx, err := x.pools.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return explain(doing, err)
	}
	defer func() { _ = tx.Rollback() }() // it has changed nothing
	if err := do(tx); err != nil {
		return explain(doing, err)
	}
	return nil
}

// usable says why there is no file to work with.
func (x *Index) usable() error {
	switch {
	case x.closed:
		return ErrClosed
	case x.writer == nil:
		return errors.New("run index: it has no file since a reset failed; reset it again")
	default:
		return nil
	}
}
