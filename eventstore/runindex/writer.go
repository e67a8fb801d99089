package runindex

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
)

// writer is the one connection that changes a file.
type writer struct {
	db         *sql.DB
	conn       *sql.Conn
	building   bool // what is derived is left for the end
	statements map[string]*sql.Stmt
	revisions  map[string]int64 // ids by digest, of the revisions met lately
	head       head
}

// head is how far a file has come.
type head struct {
	sequence    uint64
	digest      string
	latestStart int64
	retired     int64
	skew        int64
	longest     int64
}

// revisionsMax bounds how many revisions' ids a writer remembers.
const revisionsMax = 4096

// newWriter takes the one connection of db, whose tables exist, into use.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{db: db, conn: conn, statements: map[string]*sql.Stmt{}, revisions: map[string]int64{}}
	var sequence int64
	row := conn.QueryRowContext(ctx, "SELECT sequence, digest, latest_start, retired, skew, longest FROM head")
	if err := row.Scan(&sequence, &w.head.digest, &w.head.latestStart, &w.head.retired, &w.head.skew, &w.head.longest); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	w.head.sequence = uint64(sequence)
	return w, nil
}

// prepare returns a statement that is prepared once. What is written is written whole, so callers pass contexts that cannot end.
func (w *writer) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := w.statements[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	w.statements[query] = s
	return s, nil
}

func (w *writer) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := w.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// get reads one row into dest; found is false where there is none.
func (w *writer) get(ctx context.Context, query string, args, dest []any) (found bool, err error) {
	s, err := w.prepare(ctx, query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// each reads every row into what dest points to and calls do after each.
func (w *writer) each(ctx context.Context, query string, args, dest []any, do func()) error {
	s, err := w.prepare(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		do()
		return nil
	})
}

// revision returns the id of a revision, which it enters where it is new.
func (w *writer) revision(ctx context.Context, digest string) (int64, error) {
	if id, ok := w.revisions[digest]; ok {
		return id, nil
	}
	var id int64
	found, err := w.get(ctx, "SELECT id FROM revision WHERE digest = ?", []any{digest}, []any{&id})
	if err != nil {
		return 0, err
	}
	if !found {
		result, err := w.exec(ctx, "INSERT INTO revision (digest) VALUES (?)", digest)
		if err != nil {
			return 0, err
		}
		if id, err = result.LastInsertId(); err != nil {
			return 0, err
		}
	}
	if len(w.revisions) >= revisionsMax {
		clear(w.revisions)
	}
	w.revisions[digest] = id
	return id, nil
}

// close gives the connection back, after copying what the log of the database holds into the file.
func (w *writer) close(ctx context.Context) error {
	var errs []error
	for _, s := range w.statements {
		errs = append(errs, s.Close())
	}
	if !w.building {
		_, err := w.conn.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		errs = append(errs, err)
	}
	errs = append(errs, w.conn.Close(), w.db.Close())
	return errors.Join(errs...)
}

// started takes note of when a run started that comes next in the stream.
func (h *head) started(at int64) {
	if behind := minus(h.latestStart, at); behind > h.skew {
		h.skew = behind
	}
	h.latestStart = max(h.latestStart, at)
}

// ended takes note of how long a run took.
func (h *head) ended(startedAt, endedAt int64) {
	h.longest = max(h.longest, minus(endedAt, startedAt))
}

// minus subtracts without running over either end.
func minus(a, b int64) int64 {
	d := a - b
	switch {
	case a >= b && d < 0:
		return math.MaxInt64
	case a < b && d >= 0:
		return math.MinInt64
	default:
		return d
	}
}

// plus adds without running over the end. Neither is negative beyond what stamps can be, and b is not negative.
func plus(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// optional is a text that is NULL where it is empty.
func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (w *writer) script(ctx context.Context, doing, text string) error {
	if _, err := w.conn.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
