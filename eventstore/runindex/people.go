package runindex

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The limits of a person's statement. RowsMax and its bytes bound what one answer holds, QueryTimeout how long it may take.
const (
	RowsMax      = 10_000
	QueryTimeout = 10 * time.Second

	answerBytesMax    = 32 << 20
	statementBytesMax = 100_000
	valueBytesMax     = 1 << 20
)

// Answer is what a person's statement gives.
type Answer struct {
	Columns []string
	Rows    [][]any // each value is nil, an int64, a float64, a string or a []byte
	// Truncated says that there is more than the limits let through.
	Truncated bool
}

// Query runs one SELECT over the views that [Views] lists, in SQLite's dialect. Nothing else can be reached by it, nor changed: it has
// a connection of its own, which can only read and on which every other statement is refused while it is being prepared. It gives at
// most limit rows (0 is RowsMax, which is also the most) and takes at most QueryTimeout. Where the statement is to blame, the error is
// ErrStatement.
func (x *Index) Query(ctx context.Context, statement string, args []any, limit int) (Answer, error) {
	if limit == 0 {
		limit = RowsMax
	}
	switch {
	case limit < 0 || limit > RowsMax:
		return Answer{}, fmt.Errorf("%w: limit %d; use 1 to %d", ErrStatement, limit, RowsMax)
	case len(statement) > statementBytesMax:
		return Answer{}, fmt.Errorf("%w: it is longer than %d bytes", ErrStatement, statementBytesMax)
	case strings.ContainsRune(statement, 0):
		return Answer{}, fmt.Errorf("%w: it has a NUL character", ErrStatement)
	case !single(statement):
		return Answer{}, fmt.Errorf("%w: give one statement; a second begins behind the semicolon", ErrStatement)
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if err := x.usable(); err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, QueryTimeout, fmt.Errorf("%w: it took longer than %s", ErrStatement, QueryTimeout))
	defer cancel()
	answer, err := ask(ctx, x.pools.people, statement, args, limit)
	if err != nil && ctx.Err() != nil {
		return Answer{}, context.Cause(ctx)
	}
	return answer, blame(err)
}

func ask(ctx context.Context, db *sql.DB, statement string, args []any, limit int) (answer Answer, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return Answer{}, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for id, most := range map[int]int{
		sqlite3.SQLITE_LIMIT_LENGTH: valueBytesMax, sqlite3.SQLITE_LIMIT_SQL_LENGTH: statementBytesMax, sqlite3.SQLITE_LIMIT_ATTACHED: 0,
		sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
	} {
		if _, err := sqlite.Limit(conn, id, most); err != nil {
			return Answer{}, err
		}
	}
	rows, err := conn.QueryContext(ctx, statement, args...)
	if err != nil {
		return Answer{}, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return take(rows, limit)
}

// take reads an answer within its limits.
func take(rows *sql.Rows, limit int) (answer Answer, err error) {
	if answer.Columns, err = rows.Columns(); err != nil {
		return Answer{}, err
	}
	for bytes := 0; rows.Next(); {
		if len(answer.Rows) == limit || bytes > answerBytesMax {
			answer.Truncated = true
			break
		}
		values, into := make([]any, len(answer.Columns)), make([]any, len(answer.Columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return Answer{}, err
		}
		for _, v := range values {
			bytes += sizeOf(v)
		}
		answer.Rows = append(answer.Rows, values)
	}
	return answer, rows.Err()
}

func sizeOf(value any) int {
	const word = 16
	switch v := value.(type) {
	case string:
		return word + len(v)
	case []byte:
		return word + len(v)
	default:
		return word
	}
}

// blame tells errors of the statement from those of the index.
func blame(err error) error {
	var from *sqlite.Error
	if !errors.As(err, &from) {
		if err == nil {
			return nil
		}
		return fmt.Errorf("%w: %w", ErrStatement, err) // arguments that do not fit
	}
	switch from.Code() & 0xff {
	case sqlite3.SQLITE_AUTH:
		return fmt.Errorf("%w: it may only SELECT, from the views %s (%w)", ErrStatement, strings.Join(viewNames(), ", "), err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN:
		return explain("query", err)
	default:
		return fmt.Errorf("%w: %w", ErrStatement, err)
	}
}
