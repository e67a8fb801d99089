package runindex

import (
	"context"
	"errors"
	"fmt"
	"iter"
)

// Apply folds commits that follow, in the order of the stream and without a gap, on those that are folded: in one transaction, so
// that all of them are in the list or, with an error, none. Commits that are folded already are passed over, so a batch may be handed
// in again. A gap is ErrGap: after an error the next batch must begin no later than where the list ends, or it is refused, and nothing
// is ever left out. Further errors: ErrDiverged, ErrDamaged, ErrClosed, and what the disk says; after any the list is as it was.
func (x *Index) Apply(ctx context.Context, commits []Commit) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := x.ready(); err != nil {
		return err
	}
	next := x.sequence.Load() + 1
	for i := range commits {
		if s := commits[i].Sequence; s > next {
			return fmt.Errorf("%w: commit %d was handed in where %d would follow", ErrGap, s, next)
		}
		next = max(next, commits[i].Sequence+1)
	}
	return x.batches(ctx, func(yield func(Commit, error) bool) {
		for i := range commits {
			if !yield(commits[i], nil) {
				return
			}
		}
	}, x.writer, course{full: func(*batch) bool { return false }, ends: endsOf(commits)})
}

// endsOf returns, by run, the sequence of the last of the commits that leaves nothing of what the run's commits before it say of visits.
func endsOf(commits []Commit) map[string]uint64 {
	ends := map[string]uint64{}
	for i := range commits {
		if c := &commits[i]; clearsVisits(c) {
			ends[c.Run] = c.Sequence
		}
	}
	return ends
}

// Fold folds a scan of the stream, in its order, from Sequence on or from anywhere before it; what the scan leaves out is not in the
// stream any more. An index that is empty is built in a file of its own, which takes the place of the empty one when it is whole; any
// other takes the commits in batches, and an error leaves it with those that were folded before it. An error of the scan ends Fold and
// is returned; other errors are those of Apply, and the context's cause. Queries go on meanwhile, and see the index as it was.
//
// A scan that begins at Sequence itself lets Fold see that the commit there is the one that it knows; otherwise it is ErrDiverged.
func (x *Index) Fold(ctx context.Context, commits iter.Seq2[Commit, error]) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	if err := x.ready(); err != nil {
		return err
	}
	if x.sequence.Load() == 0 {
		return x.build(ctx, commits)
	}
	return x.batches(ctx, commits, x.writer, course{full: x.full})
}

func (x *Index) full(b *batch) bool { return b.full(x.rows) }

// ready says why nothing can be folded.
func (x *Index) ready() error {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.usable()
}

// scanError is an error of whoever yields the commits.
type scanError struct{ err error }

func (e *scanError) Error() string { return e.err.Error() }

// course is how commits are folded that come one after the other.
type course struct {
	full func(*batch) bool // asks for a transaction of its own for what comes next
	ends map[string]uint64 // as endsOf has it, as far as it is known
}

// batches writes commits by w.
func (x *Index) batches(ctx context.Context, commits iter.Seq2[Commit, error], w *writer, along course) error {
	err := x.eachBatch(ctx, commits, w, along)
	var scan *scanError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &scan):
		return scan.err
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return context.Cause(ctx)
	case errors.Is(err, ErrDiverged):
		return err
	default:
		return explain("fold", err)
	}
}

func (x *Index) eachBatch(ctx context.Context, commits iter.Seq2[Commit, error], w *writer, along course) (err error) {
	whole := context.WithoutCancel(ctx) // a transaction is written to its end
	var b *batch
	write := func() error {
		last := b
		b = nil
		return x.finish(whole, last)
	}
	defer func() {
		if b != nil {
			err = errors.Join(err, b.abandon(whole))
		}
	}()
	for c, err := range commits {
		if err != nil {
			return &scanError{err}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b == nil {
			if b, err = w.begin(whole); err != nil {
				return err
			}
		}
		if err := b.add(whole, c, c.Sequence < along.ends[c.Run]); err != nil {
			return err
		}
		if along.full(b) {
			if err := write(); err != nil {
				return err
			}
		}
	}
	if b == nil {
		return nil
	}
	return write()
}

// finish writes a batch, and says so unless it is part of a build.
func (x *Index) finish(ctx context.Context, b *batch) error {
	if err := b.finish(ctx); err != nil {
		return err
	}
	if !b.w.building {
		x.stand(b.head)
	}
	return nil
}
