package eventstore

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

type Sync string

const (
	SyncAlways  Sync = "always"
	SyncBarrier Sync = "barrier"
)

type Config struct {
	Dir    string
	Listen string
	Sync   Sync
	Logger *slog.Logger
}

var (
	ErrConflict     = errors.New("the run was continued by another commit")
	ErrNotFound     = errors.New("not found")
	ErrClosed       = errors.New("the event store is closed")
	ErrTooLarge     = errors.New("too large to store")
	ErrUnavailable  = errors.New("the event store cannot say what it has stored")
	ErrSlowConsumer = errors.New("the reader fell too far behind")
)

type Store struct{}

type Pending struct {
	done     chan struct{}
	sequence uint64
	err      error
}

type Stored struct {
	event.Sealed
	Sequence uint64
	At       time.Time
}

type RevisionRecord struct {
	Workflow string
	Number   int
	Digest   string
	SavedAt  time.Time
	Format   string
	Source   string
	Files    map[string]string
}

type StoredRevision struct {
	RevisionRecord
	Sequence uint64
}

func Open(ctx context.Context, cfg Config) (*Store, error) { return nil, errors.ErrUnsupported }
func (s *Store) Close() error                              { return nil }
func (s *Store) NATSAddr() string                          { return "" }
func (s *Store) Health() error                             { return errors.ErrUnsupported }
func (s *Store) Append(c event.Sealed, expected uint64) *Pending {
	p := &Pending{done: make(chan struct{}), err: errors.ErrUnsupported}
	close(p.done)
	return p
}
func (p *Pending) Done() <-chan struct{}   { return p.done }
func (p *Pending) Result() (uint64, error) { <-p.done; return p.sequence, p.err }
func (s *Store) Read(ctx context.Context, run string, after uint64) iter.Seq2[Stored, error] {
	return func(yield func(Stored, error) bool) { yield(Stored{}, errors.ErrUnsupported) }
}
func (s *Store) Last(ctx context.Context, run string) (Stored, error) {
	return Stored{}, errors.ErrUnsupported
}
func (s *Store) Scan(ctx context.Context) iter.Seq2[Stored, error] { return s.Read(ctx, "", 0) }
func (s *Store) Follow(ctx context.Context, run string, after uint64) iter.Seq2[event.Raw, error] {
	return func(yield func(event.Raw, error) bool) { yield(event.Raw{}, errors.ErrUnsupported) }
}
func (s *Store) FollowAll(ctx context.Context) iter.Seq2[event.Raw, error] {
	return s.Follow(ctx, "", 0)
}
func (s *Store) AppendRevision(ctx context.Context, r RevisionRecord, expected uint64) (uint64, error) {
	return 0, errors.ErrUnsupported
}
func (s *Store) Revisions(ctx context.Context) iter.Seq2[StoredRevision, error] {
	return func(yield func(StoredRevision, error) bool) {}
}
