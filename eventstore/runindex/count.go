package runindex

import (
	"context"
	"database/sql"
	"slices"
)

// Counts is how many runs there are by status; a status that no run has is missing.
type Counts map[Status]int64

// Total is the sum of the counts.
func (c Counts) Total() (runs int64) {
	for _, n := range c {
		runs += n
	}
	return runs
}

// Count counts the runs that a filter selects. Counts by workflow and status are kept and cost nothing; other filters are counted run by
// run, at up to two seconds a million of those that the filter's smallest field selects. Errors are those of Page.
func (x *Index) Count(ctx context.Context, f Filter) (Counts, error) {
	s, err := f.selection()
	if err != nil {
		return nil, err
	}
	counts := Counts{}
	if len(s.statuses) == 0 {
		return counts, x.ready()
	}
	err = x.reading(ctx, "count", func(tx *sql.Tx) error {
		byCode, err := s.count(ctx, tx)
		for c, runs := range byCode {
			counts[c.status()] = runs
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return counts, nil
}

func (s *selection) count(ctx context.Context, tx *sql.Tx) (map[code]int64, error) {
	kept := source{answers: ofWorkflow | ofStatuses, label: -1}
	if len(s.rest(&kept)) == 0 {
		return s.tally(ctx, tx)
	}
	if err := s.bound(ctx, tx); err != nil {
		return nil, err
	}
	of, err := s.quickest(ctx, tx)
	if err != nil {
		return nil, err
	}
	q := &statement{}
	within := func(b *branch) []term { return s.bounds(b.id) }
	if !slices.ContainsFunc(of.branches, func(b branch) bool { return b.code == 0 }) {
		q.branches(&of, func(b *branch) string { return codes([]code{b.code}) + ", count(*)" }, true, s.rest(&of), within)
	} else {
		q.add("SELECT status, count(*) FROM (")
		q.branches(&of, func(b *branch) string { return b.id + " AS id, r.status AS status" }, false, s.rest(&of), within)
		q.add(") GROUP BY status")
	}
	return countsOf(ctx, tx, q.text.String(), q.args...)
}

// quickest is the source to count from: one that leaves nothing to be looked up, else the smallest.
func (s *selection) quickest(ctx context.Context, tx *sql.Tx) (source, error) {
	found := s.sources()
	if i := slices.IndexFunc(found, func(of source) bool { return len(s.rest(&of)) == 0 }); i >= 0 {
		return found[i], nil
	}
	of, _, err := s.least(ctx, tx, found, 0)
	return of, err
}
