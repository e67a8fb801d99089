package runindex

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"strings"
)

// plan is how a selection is asked for: from which source.
type plan struct {
	source source
	// instead is asked where meeting so many runs of source did not fill the page; it has no branches where there is no such.
	instead source
	walk    int64
}

// plan chooses the source. Whatever is chosen, the answer is the same.
//
// A source in the listing's order is left as soon as the page is full, any other must be read to its end and sorted. So one in that
// order which leaves nothing to be looked up is taken at once; else the smallest, where reading it whole costs no more than a
// walk along all runs is likely to, which meets a matching run every so often; else that walk. It may have bad luck, where the
// matching runs lie together at its end, so after twice what it is likely to take it is given up for the smallest source after all.
func (s *selection) plan(ctx context.Context, tx *sql.Tx, order Order, page int) (plan, error) {
	if err := s.bound(ctx, tx); err != nil {
		return plan{}, err
	}
	found := s.sources()
	for _, of := range append(found, s.all(order)) {
		if s.sorted(&of, order) && s.complete(&of) {
			return plan{source: of}, nil
		}
	}
	runs, err := total(ctx, tx)
	if err != nil {
		return plan{}, err
	}
	small := int64(math.Sqrt(float64(page+1) * float64(runs)))
	least, size, err := s.least(ctx, tx, found, small)
	if err != nil || size < small {
		return plan{source: least}, err
	}
	if s.sorted(&least, order) {
		return plan{source: least}, nil
	}
	return plan{source: s.all(order), instead: least, walk: 2 * small}, nil
}

// sorted reports whether a source has its runs in an order. Those of one workflow are sorted by workflow when they are by start.
func (s *selection) sorted(of *source, order Order) bool {
	return of.order == order || order == ByWorkflow && s.workflow != "" && of.order == ByStart
}

// countMax is how far sources are counted to learn which is the smallest: some 10 ms far.
const countMax = 50_000

// least returns the smallest of the sources and its size. Sizes that are not in the tally are counted, as far as it takes to know
// whether the only one is small, or which one is the smallest.
func (s *selection) least(ctx context.Context, tx *sql.Tx, found []source, small int64) (of source, size int64, err error) {
	size = never
	most := int64(countMax)
	if len(found) == 1 {
		most = small
	}
	for _, exact := range []bool{true, false} {
		for i := range found {
			if found[i].exact != exact {
				continue
			}
			n, err := s.size(ctx, tx, &found[i], min(size, most))
			if err != nil {
				return source{}, 0, err
			}
			if n < size {
				of, size = found[i], n
			}
		}
	}
	return of, size, nil
}

// total is how many runs there are.
func total(ctx context.Context, tx *sql.Tx) (runs int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT coalesce(sum(runs), 0) FROM tally").Scan(&runs)
	return runs, err
}

// complete reports whether a source leaves nothing to be looked up. When the runs were started is told well enough by their ids where
// the walk is along these.
func (s *selection) complete(of *source) bool {
	rest := len(s.rest(of))
	if s.started != nil && of.order == ByStart {
		rest--
	}
	return rest == 0
}

// size counts the runs of a source, up to most.
func (s *selection) size(ctx context.Context, tx *sql.Tx, of *source, most int64) (size int64, err error) {
	if of.exact {
		counts, err := s.tally(ctx, tx)
		for _, runs := range counts {
			size += runs
		}
		return size, err
	}
	for i := range of.branches {
		b := &of.branches[i]
		q := &statement{}
		q.add("SELECT count(*) FROM (SELECT 1 FROM " + b.from)
		q.where(append(b.where, s.bounds(b.id)...))
		q.add(" LIMIT ?)", most-size)
		var runs int64
		if err := tx.QueryRowContext(ctx, q.text.String(), q.args...).Scan(&runs); err != nil {
			return 0, err
		}
		size += runs
	}
	return size, nil
}

// tally returns how many runs there are of the workflow and statuses that are asked for.
func (s *selection) tally(ctx context.Context, tx *sql.Tx) (map[code]int64, error) {
	q := &statement{}
	q.add("SELECT status, sum(runs) FROM tally")
	terms := []term{{"status IN (" + codes(s.statuses) + ")", nil}}
	if s.workflow != "" {
		terms = append(terms, term{"workflow = ?", []any{s.workflow}})
	}
	q.where(terms)
	q.add(" GROUP BY status")
	return countsOf(ctx, tx, q.text.String(), q.args...)
}

// bound finds the ids between which the runs are that were started within the span that is asked for, or ended. Ids grow with the
// starts, but for clocks that differ or are put back: a run's start is at most skew before the latest start among those before it. So
// runs behind one that was started at x have started at x-skew or later, and runs before it at x+skew or earlier. And a run's end is at
// most longest behind its start.
func (s *selection) bound(ctx context.Context, tx *sql.Tx) error {
	if s.started == nil && s.ended == nil {
		return nil
	}
	var skew, longest int64
	if err := tx.QueryRowContext(ctx, "SELECT skew, longest FROM head").Scan(&skew, &longest); err != nil {
		return err
	}
	within := span{stampFirst, never}
	if s.started != nil {
		within = *s.started
		s.ends = &span{within.from, plus(within.before, longest)}
	}
	if s.ended != nil {
		within.from = max(within.from, minus(s.ended.from, longest))
		within.before = min(within.before, s.ended.before)
	}
	err := tx.QueryRowContext(ctx, "SELECT id FROM run INDEXED BY run_started WHERE started_at < ? ORDER BY started_at DESC, id DESC LIMIT 1",
		minus(within.from, skew)).Scan(&s.lowest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	err = tx.QueryRowContext(ctx, "SELECT id FROM run INDEXED BY run_started WHERE started_at >= ? ORDER BY started_at, id LIMIT 1",
		plus(within.before, skew)).Scan(&s.highest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return nil
}

// statement is SQL that is being written.
type statement struct {
	text strings.Builder
	args []any
}

func (q *statement) add(text string, args ...any) {
	q.text.WriteString(text)
	q.args = append(q.args, args...)
}

// where adds the conditions, all of which must hold.
func (q *statement) where(terms []term) {
	for i, t := range terms {
		q.add([]string{" WHERE ", " AND "}[min(i, 1)])
		q.add(t.text, t.args...)
	}
}

// branches adds the walk of a source, each branch with the columns and the conditions that are asked for. Where neither is about the
// run itself, rest is empty and bare is set, the runs are not looked at.
func (q *statement) branches(of *source, columns func(*branch) string, bare bool, rest []term, further func(*branch) []term) {
	for i := range of.branches {
		b := &of.branches[i]
		if i > 0 {
			q.add(map[bool]string{true: " UNION ", false: " UNION ALL "}[of.distinct])
		}
		q.add("SELECT " + columns(b) + " FROM " + b.from)
		if !b.onRun() && (!bare || len(rest) > 0) {
			q.add(" CROSS JOIN run r ON r.id = " + b.id)
		}
		q.where(slices.Concat(b.where, further(b), rest))
	}
}
