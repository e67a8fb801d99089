package runindex

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// prepared are queries whose texts are always the same. Each is prepared once, by whoever asks it first: that takes longer than most
// of them run.
type prepared struct {
	db *sql.DB

	mu    sync.Mutex
	known map[string]*sql.Stmt
}

// of returns a query prepared. Whoever calls it must hold no connection of the pool: it may have to wait for one.
func (p *prepared) of(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.known[query]; s != nil {
		return s, nil
	}
	s, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.known[query] = s
	return s, nil
}

// close closes what is prepared, and the connections.
func (p *prepared) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, s := range p.known {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, p.db.Close())...)
}

// each calls row with every row of a query that sees the index as it is now. The query's text is always the same, what changes
// is in args.
func (x *Index) each(ctx context.Context, doing, query string, row func(*sql.Rows) error, args ...any) error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if err := x.usable(); err != nil {
		return err
	}
	if err := x.pools.queries.each(ctx, query, row, args...); err != nil {
		return explain(doing, err)
	}
	return nil
}

func (p *prepared) each(ctx context.Context, query string, row func(*sql.Rows) error, args ...any) error {
	s, err := p.of(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, row)
}

// eachRow calls row with every row, and closes them.
func eachRow(rows *sql.Rows, row func(*sql.Rows) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
