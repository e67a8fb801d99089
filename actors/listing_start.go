package actors

import (
	"context"
	"fmt"
	"iter"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/runindex"
)

// An index that lacks more than two thirds of the log is built anew, unless it lacks so few commits that it hardly matters:
// a commit that is folded into a list costs 16 µs of a processor, in a build, which takes those that are in the list as
// well, 10 µs (BenchmarkFold of runindex; the reading of the log costs the same for both).
const (
	listingLack = 2.0 / 3
	listingFew  = 50_000
)

// farBehind reports whether it is quicker to build an index anew than to fold what it lacks.
func (l *listing) farBehind(end, durable uint64) bool {
	lacks := durable - end
	return end > 0 && lacks > l.few && float64(lacks) > listingLack*float64(durable)
}

// prove compares how many runs the list has with how many the log has, before anything is carried on: an index
// that lacks one would leave a run behind. It is thrown away then, once.
func (l *listing) prove(ctx context.Context, anew bool) error {
	if l.proved {
		return nil
	}
	counts, err := l.index.Count(ctx, runindex.Filter{})
	if err != nil {
		return err
	}
	stored, err := l.store.CountRuns(ctx)
	if err != nil {
		return fmt.Errorf("count the stored runs: %w", err)
	}
	listed := uint64(counts.Total()) + l.index.Retired() //nolint:gosec // a count
	switch {
	case listed == stored:
	case !anew:
		return fmt.Errorf("%w: it has %d runs, the log %d", runindex.ErrDiverged, listed, stored)
	default:
		// What is missing cannot be read; the log has said which.
		l.log.Error("some runs cannot be listed", "listed", listed, "stored", stored)
	}
	l.proved = true
	return nil
}

// stored yields commits up to where everything stored has come.
func (l *listing) stored(next func() ([]eventstore.Stored, error, bool)) iter.Seq2[runindex.Commit, error] {
	return func(yield func(runindex.Commit, error) bool) {
		for {
			commits, err, ok := next()
			switch {
			case !ok:
				yield(runindex.Commit{}, eventstore.ErrClosed)
				return
			case l.passOver(err):
				continue
			case err != nil:
				yield(runindex.Commit{}, err)
				return
			case len(commits) == 0:
				return
			}
			for i := range commits {
				if commits[i].Retired() {
					l.noteRetired(commits[i].Run)
				}
				if !yield(listed(&commits[i]), nil) {
					return
				}
			}
		}
	}
}

// retiredMax bounds the retirements that are looked after at a start. Those that a crash can have cut short
// are the last in the log.
const retiredMax = 4096

func (l *listing) noteRetired(run string) {
	if len(l.retired) == retiredMax {
		copy(l.retired, l.retired[1:])
		l.retired = l.retired[:retiredMax-1]
	}
	l.retired = append(l.retired, run)
}

// clearRetired purges what a crash may have left of the runs that were retired last.
func (l *listing) clearRetired(ctx context.Context) error {
	for _, run := range l.retired {
		if err := l.store.ClearRetired(ctx, run); err != nil {
			return err
		}
	}
	l.retired = nil
	return nil
}
