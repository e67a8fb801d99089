package runindex

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrClosed says that the index is closed.
	ErrClosed = errors.New("the run index is closed")
	// ErrFilter says that a listing asks for what no run can have. Its text says what to write instead.
	ErrFilter = errors.New("invalid filter of runs")
	// ErrCursor says that a cursor is not one of this listing.
	ErrCursor = errors.New("invalid cursor")
	// ErrStatement says that a person's SQL is refused or wrong. Its text is for that person.
	ErrStatement = errors.New("the statement cannot be run")
	// ErrGap says that commits are missing between those that are folded and those that were handed in, of which none was taken.
	// Fold the stream from Sequence on.
	ErrGap = errors.New("commits are missing in the run index")
	// ErrDiverged says that the index has folded another stream than the one it is given. Reset it and fold the stream anew.
	ErrDiverged = errors.New("the run index was folded from another stream")
	// ErrDamaged says that the file does not hold what was written. Reset the index and fold the stream anew.
	ErrDamaged = errors.New("the run index is damaged")
)

// explain gives an error of the database its place in this package.
func explain(doing string, err error) error {
	if damaged(err) {
		return fmt.Errorf("run index: %s: %w: %w", doing, ErrDamaged, err)
	}
	return fmt.Errorf("run index: %s: %w", doing, err)
}

// damaged reports whether SQLite has found the file to be other than it wrote it.
func damaged(err error) bool {
	var from *sqlite.Error
	if !errors.As(err, &from) {
		return false
	}
	class := from.Code() & 0xff
	return class == sqlite3.SQLITE_CORRUPT || class == sqlite3.SQLITE_NOTADB
}

// constraint reports whether SQLite has refused what must be unique.
func constraint(err error) bool {
	var from *sqlite.Error
	return errors.As(err, &from) && from.Code()&0xff == sqlite3.SQLITE_CONSTRAINT
}
