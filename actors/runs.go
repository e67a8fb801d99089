package actors

import (
	"context"
	"errors"
	"fmt"

	"github.com/weirflow/weir/eventstore/runindex"
)

// Runs returns a page of runs, from an index that knows every run whose latest commit was durable when the call
// began. Errors: ErrInvalidFilter, ErrInvalidCursor, and what keeps the index from being read.
func (s *System) Runs(ctx context.Context, l runindex.Listing) (runindex.Page, error) {
	s.list.await(ctx)
	page, err := s.list.index.Page(ctx, l)
	return page, listError(err)
}

// CountRuns counts the runs that a filter selects, by status. Errors are those of Runs.
func (s *System) CountRuns(ctx context.Context, f runindex.Filter) (runindex.Counts, error) {
	s.list.await(ctx)
	counts, err := s.list.index.Count(ctx, f)
	return counts, listError(err)
}

// QueryRuns runs one SELECT over the views of the run index; see runindex.Index.Query. A statement that is
// refused is ErrInvalidFilter.
func (s *System) QueryRuns(ctx context.Context, statement string, args []any, limit int) (runindex.Answer, error) {
	s.list.await(ctx)
	answer, err := s.list.index.Query(ctx, statement, args, limit)
	return answer, listError(err)
}

// listError gives the index's errors the names of this package.
func listError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, runindex.ErrFilter), errors.Is(err, runindex.ErrStatement):
		return fmt.Errorf("%w: %w", ErrInvalidFilter, err)
	case errors.Is(err, runindex.ErrCursor):
		return fmt.Errorf("%w: use the next_cursor of the page before as it is", ErrInvalidCursor)
	case errors.Is(err, runindex.ErrClosed):
		return ErrClosed
	default:
		return err
	}
}
