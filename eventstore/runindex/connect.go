package runindex

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// The memory that connections may use for pages of the file, in KiB.
const (
	writerCache  = 16 << 10
	builderCache = 32 << 10
	readerCache  = 4 << 10
	readersMax   = 4
	peopleMax    = 2
)

const (
	busyMillis = 10_000 // how long to wait for somebody who has opened the file with another program
	logPages   = 4_096  // the log is copied into the file when it has so many pages (16 MiB)
	logBytes   = 64 << 20
)

// connect returns a pool of connections to a file, which are opened when they are needed. Pragmas apply to each of them.
func connect(path, mode string, connections int, pragmas ...string) (*sql.DB, error) {
	connector, err := connectorTo(path, mode, pragmas...)
	if err != nil {
		return nil, err
	}
	return pool(connector, connections), nil
}

func connectorTo(path, mode string, pragmas ...string) (driver.Connector, error) {
	values := url.Values{
		"mode": {mode}, "_defensive": {"1"}, "_dqs": {"0"}, "_busy_timeout": {strconv.Itoa(busyMillis)},
		"_pragma": append([]string{"trusted_schema(0)"}, pragmas...),
	}
	if runtime.GOOS != "windows" { // which has no such file system in SQLite
		values.Set("vfs", aloneVFS)
	}
	return sqlite.NewConnector(fileURI(path) + "?" + values.Encode())
}

// aloneVFS is SQLite's way to a file that one process has for itself (https://sqlite.org/vfs.html): the index of its write-ahead log
// is in the process's own memory, not in a file that is mapped into it. No part of the file is mapped: a page of a mapped file that
// cannot be written while the disk stalls would hold up the whole process, because the garbage collector waits for the goroutine
// that has touched it; and an I/O error there would end it.
const aloneVFS = "unix-excl"

func pool(connector driver.Connector, connections int) *sql.DB {
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// fileURI names a file for SQLite whatever characters its path has.
func fileURI(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive's letter
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

func cache(kib int) string { return fmt.Sprintf("cache_size(-%d)", kib) }

// openWriter opens the file for changing it, under a write-ahead log. The log is synced before it is copied into the file, and the
// file before the log is used anew; so whatever a power cut takes away, the file is what it was after some batch.
func openWriter(ctx context.Context, path string) (*sql.DB, error) {
	db, err := connect(path, "rwc", 1, "journal_mode(wal)", "synchronous(normal)", cache(writerCache),
		fmt.Sprintf("wal_autocheckpoint(%d)", logPages), fmt.Sprintf("journal_size_limit(%d)", logBytes))
	if err != nil {
		return nil, err
	}
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if mode != "wal" {
		return nil, errors.Join(fmt.Errorf("the file system of %s cannot hold a write-ahead log (journal mode %q); put the data on a local disk", path, mode), db.Close())
	}
	return db, nil
}

// openBuilder opens a new file for filling it at once: without a log, and without syncing. It is worth nothing until it is synced as
// a whole.
func openBuilder(path string) (*sql.DB, error) {
	return connect(path, "rwc", 1, "locking_mode(exclusive)", "journal_mode(off)", "synchronous(off)", cache(builderCache))
}

// openReaders opens connections that change nothing. They could open the file for reading only, but would then take the place of the
// process's lock with lesser ones.
func openReaders(path string) (*sql.DB, error) {
	return connect(path, "rw", readersMax, "query_only(1)", cache(readerCache))
}
