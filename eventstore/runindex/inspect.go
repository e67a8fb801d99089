package runindex

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// companions are the endings of the files that may stand beside an index: SQLite's log and its index, and a build.
var companions = []string{"", "-wal", "-shm", "-journal", buildEnding, buildEnding + "-journal"}

// asideEnding is the ending of a file that is not recognised as an index and therefore kept.
const asideEnding = ".aside"

// misfit is why a file is not gone on with.
type misfit struct {
	reason string
	ours   bool // it is an index, so it can be thrown away
}

func (m *misfit) Error() string { return m.reason }

// inspect looks at what stands at the index's path, and clears the place unless it can be gone on with.
func inspect(ctx context.Context, cfg Config) (Origin, error) {
	info, err := os.Stat(cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Origin{Reason: "there was none"}, discard(cfg.Path)
	case err != nil:
		return Origin{}, err
	case !info.Mode().IsRegular():
		return Origin{}, fmt.Errorf("%s is not a file; move it away", cfg.Path)
	case info.Size() == 0:
		return Origin{Reason: "it was empty"}, discard(cfg.Path)
	}
	err = examine(ctx, cfg)
	var no *misfit
	switch {
	case err == nil:
		return Origin{Kept: true}, discard(cfg.Path + buildEnding)
	case errors.As(err, &no) && no.ours:
		return Origin{Reason: no.reason}, discard(cfg.Path)
	case errors.As(err, &no):
		aside := cfg.Path + asideEnding
		if err := os.Rename(cfg.Path, aside); err != nil {
			return Origin{}, err
		}
		return Origin{Reason: no.reason + "; the file is now " + aside}, discard(cfg.Path)
	default:
		return Origin{}, err
	}
}

// discard deletes an index with all that belongs to it.
func discard(path string) error {
	for _, ending := range companions {
		if err := os.Remove(path + ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// examine returns a *misfit unless the file is a sound index of the store, and another error where that cannot be told.
func examine(ctx context.Context, cfg Config) error {
	db, err := connect(cfg.Path, "rw", 1, cache(readerCache))
	if err == nil {
		err = errors.Join(recognise(ctx, db, cfg.Store), db.Close())
	}
	var no *misfit
	var from *sqlite.Error
	switch {
	case errors.As(err, &no):
		return no
	case errors.As(err, &from) && from.Code() == sqlite3.SQLITE_ERROR: // what is asked for is not there
		return &misfit{ours: true, reason: "it was damaged (" + err.Error() + ")"}
	case damaged(err):
		return &misfit{reason: "it was damaged (" + err.Error() + ")"}
	default:
		return err
	}
}

func recognise(ctx context.Context, db *sql.DB, store string) error {
	var application, version, entries int64
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&application); err != nil {
		return err
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&entries); err != nil {
		return err
	}
	if entries == 0 { // its making was cut short
		return &misfit{ours: true, reason: "it was empty"}
	}
	if application != applicationID {
		return &misfit{reason: "another program's file stood in its place"}
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version != schemaVersion {
		return &misfit{ours: true, reason: fmt.Sprintf("it was written by another version of weir (schema %d, this one has %d)", version, schemaVersion)}
	}
	var of string
	if err := db.QueryRowContext(ctx, "SELECT store FROM head").Scan(&of); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return &misfit{ours: true, reason: "it was damaged (it has no head)"}
		}
		return err
	}
	if of != store {
		return &misfit{ours: true, reason: "it belonged to another store"}
	}
	return audit(ctx, db)
}

// audit compares what is counted with what is there. SQLite keeps a file from being torn as long as the disk syncs what it says it
// has synced; a disk that does not, or a file that was put together by hand, shows here in most cases.
func audit(ctx context.Context, db *sql.DB) error {
	const (
		counted = "SELECT status, sum(runs) FROM tally GROUP BY status"
		indexed = "SELECT status, count(*) FROM run INDEXED BY run_status GROUP BY status"
		ended   = "SELECT status, count(*) FROM run INDEXED BY run_ended GROUP BY status"
	)
	want, err := countsOf(ctx, db, counted)
	if err != nil {
		return err
	}
	for _, query := range []string{indexed, ended} {
		got, err := countsOf(ctx, db, query)
		if err != nil {
			return err
		}
		if !maps.Equal(want, got) {
			return &misfit{ours: true, reason: "it was damaged (its counts differ from its runs)"}
		}
	}
	return nil
}

// countsOf reads counts by status.
func countsOf(ctx context.Context, from queryer, query string, args ...any) (map[code]int64, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	counts := map[code]int64{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var status code
		var runs int64
		if err := rows.Scan(&status, &runs); err != nil {
			return err
		}
		if runs > 0 {
			counts[status] += runs
		}
		return nil
	})
	return counts, err
}

// queryer is what both a pool and a transaction can do.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// prepare makes the tables of an index in a file that is new.
func prepare(ctx context.Context, db *sql.DB, store string) (err error) {
	var version int64
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil || version != 0 {
		return err
	}
	return lay(ctx, db, store, tables+names+indexes+views()+marks())
}

// lay makes tables and what else is given, and an empty head.
func lay(ctx context.Context, db *sql.DB, store, schema string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO head VALUES (1, ?, 0, '', ?, 0, 0, 0)", store, int64(stampFirst)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
