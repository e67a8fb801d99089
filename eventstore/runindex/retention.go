package runindex

import (
	"context"
	"fmt"
	"time"
)

// EndedBefore returns runs of a status that ended before a time, the oldest first, up to limit: what a retention by age takes out. A
// child run that its parent has not taken over yet is left. The status must be one of runs that have ended, else ErrFilter.
func (x *Index) EndedBefore(ctx context.Context, status Status, before time.Time, limit int) ([]string, error) {
	return x.oldest(ctx, status, stamp(before), limit, func(runs int64) int64 { return runs })
}

// Beyond returns the oldest runs of a status beyond the keep that ended last, up to limit: what a retention by count takes out. A
// child run that its parent has not taken over yet is left. The status must be one of runs that have ended, else ErrFilter.
func (x *Index) Beyond(ctx context.Context, status Status, keep int64, limit int) ([]string, error) {
	return x.oldest(ctx, status, never, limit, func(runs int64) int64 { return runs - keep })
}

// oldest reads up to limit names among as many of the oldest as most says, which is told how many runs of the status there are.
func (x *Index) oldest(ctx context.Context, status Status, before int64, limit int, most func(runs int64) int64) (names []string, err error) {
	if !status.Ended() {
		return nil, fmt.Errorf("%w: runs with status %q have not ended", ErrFilter, status)
	}
	counts, err := x.Count(ctx, Filter{Statuses: []Status{status}})
	if err != nil {
		return nil, err
	}
	span := most(counts[status])
	if span <= 0 {
		return nil, nil
	}
	return x.names(ctx, "read the oldest runs", `SELECT name FROM (
			SELECT name, parent, parent_node, parent_visit, parent_attempt, parent_item FROM run INDEXED BY run_ended
			WHERE status = ? AND ended_at < ? ORDER BY ended_at, id LIMIT ?) c
		WHERE NOT (`+awaited+") LIMIT ?", int64(codeOf(status)), before, span, limit)
}
