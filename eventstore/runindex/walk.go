package runindex

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// read reads the runs of a page, and one more where there are more.
func (l *Listing) read(ctx context.Context, tx *sql.Tx, s *selection, from *position) ([]Run, error) {
	p, err := s.plan(ctx, tx, l.Order, l.Limit)
	if err != nil {
		return nil, err
	}
	if len(p.instead.branches) == 0 {
		return runs(ctx, tx, l.statement(s, &p.source, from, nil))
	}
	until, err := l.horizon(ctx, tx, s, &p, from)
	if err != nil {
		return nil, err
	}
	found, err := runs(ctx, tx, l.statement(s, &p.source, from, until))
	if err != nil || until == nil || len(found) > l.Limit {
		return found, err
	}
	return runs(ctx, tx, l.statement(s, &p.instead, from, nil))
}

// keys is the column that each order but the first sorts by.
var keys = map[Order]string{ByEnd: "r.ended_at", ByUpdate: "r.updated_at", ByWorkflow: "r.workflow"}

// key is what a branch's runs are sorted by, besides their ids.
func (l *Listing) key(b *branch) string {
	switch {
	case l.Order == ByStart:
		return "0"
	case l.Order == ByUpdate && b.ended:
		return keys[ByEnd]
	default:
		return keys[l.Order]
	}
}

// The words for a direction.
type direction struct{ sort, beyond, within string }

func (l *Listing) words() direction {
	if l.Ascending {
		return direction{"", " > ", " <= "}
	}
	return direction{" DESC", " < ", " >= "}
}

// sorted is the order of a result whose columns are id and key.
func (l *Listing) sorted() string {
	if l.Order == ByStart {
		return " ORDER BY 1" + l.words().sort
	}
	return " ORDER BY 2" + l.words().sort + ", 1" + l.words().sort
}

// compared is a condition that a branch's runs are on one side of a position; nil where there is no position.
func (l *Listing) compared(b *branch, by string, p *position) []term {
	switch {
	case p == nil:
		return nil
	case l.Order == ByStart:
		return []term{{b.id + by + "?", []any{p.id}}}
	default:
		return []term{{"(" + l.key(b) + ", " + b.id + ")" + by + "(?, ?)", []any{p.key, p.id}}}
	}
}

func (l *Listing) columns(b *branch) string { return b.id + " AS id, " + l.key(b) + " AS key" }

// statement writes what asks a source for one run more than the page has, between two positions.
func (l *Listing) statement(s *selection, of *source, from, until *position) *statement {
	words := l.words()
	q := &statement{}
	q.add(selectRuns + " FROM (")
	q.branches(of, l.columns, l.Order == ByStart, s.rest(of), func(b *branch) []term {
		return slices.Concat(s.bounds(b.id), l.compared(b, words.beyond, from), l.compared(b, words.within, until))
	})
	q.add(l.sorted()+" LIMIT ?) page CROSS JOIN run r ON r.id = page.id"+joinError+
		" ORDER BY page.key"+words.sort+", page.id"+words.sort, l.Limit+1)
	return q
}

// horizon is where a walk has met as many runs as it should; nil where it ends before.
func (l *Listing) horizon(ctx context.Context, tx *sql.Tx, s *selection, p *plan, from *position) (*position, error) {
	q := &statement{}
	q.add("SELECT id, key FROM (")
	q.branches(&p.source, l.columns, false, nil, func(b *branch) []term {
		return slices.Concat(s.bounds(b.id), l.compared(b, l.words().beyond, from))
	})
	q.add(l.sorted()+" LIMIT 1 OFFSET ?)", p.walk)
	until := &position{}
	err := tx.QueryRowContext(ctx, q.text.String(), q.args...).Scan(&until.id, &until.key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return until, err
}
