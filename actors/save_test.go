package actors_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// owner opens a system over a log that other owners may write to as well.
func owner(t *testing.T, log actors.Log) *actors.System {
	t.Helper()
	system, _ := indexed(t, log)
	return system
}

// indexed opens a system over a log, with its list of runs.
func indexed(t *testing.T, log actors.Log) (*actors.System, *runindex.Index) {
	t.Helper()
	registry, err := tools.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "shared"})
	if err != nil {
		t.Fatal(err)
	}
	system, err := actors.Open(t.Context(), actors.Config{Store: log, Index: index, Tools: registry, Scripts: scripts.New(scripts.Limits{})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(system.Close(context.Background()), index.Close()); err != nil {
			t.Error(err)
		}
	})
	return system, index
}

// content is a workflow that differs by a number.
func content(number int) actors.Source {
	return actors.Source{Data: fmt.Appendf(nil, "name: w\nnodes: {a: {set: {n: %d}}}", number)}
}

// shared opens a log in memory, where a save takes a while and what is not durable cannot be read.
func shared(t *testing.T) *memlog.Log {
	t.Helper()
	log := memlog.Open(memlog.Faults{Seed: 1, Delay: 50 * time.Millisecond})
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// A save finds what another owner of the store has saved since: the same content is unchanged, other content follows it.
func TestSaveFollowsAnotherOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := shared(t)
		one, two := owner(t, log), owner(t, log)
		for _, step := range []struct {
			by      *actors.System
			content int
			number  int
			created bool
		}{{one, 1, 1, true}, {two, 1, 1, false}, {two, 2, 2, true}, {one, 3, 3, true}, {two, 3, 3, false}, {two, 1, 4, true}} {
			got, created, err := step.by.Save(t.Context(), content(step.content))
			if err != nil || got.Number != step.number || created != step.created {
				t.Fatalf("%+v: revision %d, created %t, %v", step, got.Number, created, err)
			}
		}
		if known, err := two.Revisions("w"); err != nil || len(known) != 4 {
			t.Errorf("%d revisions, %v", len(known), err)
		}
	})
}

// Saves of two owners at the same time all succeed, each as a revision of its own.
func TestOwnersSaveAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := shared(t)
		owners := []*actors.System{owner(t, log), owner(t, log)}
		const each = 5
		var mu sync.Mutex
		var numbers []int
		var all sync.WaitGroup
		for i := range 2 * each {
			all.Go(func() {
				saved, created, err := owners[i%2].Save(t.Context(), content(i))
				if err != nil || !created {
					t.Errorf("content %d: created %t, %v", i, created, err)
				}
				mu.Lock()
				defer mu.Unlock()
				numbers = append(numbers, saved.Number)
			})
		}
		all.Wait()
		slices.Sort(numbers)
		for i, number := range numbers {
			if number != i+1 {
				t.Fatalf("the revisions are %v", numbers)
			}
		}
	})
}

// A server that is started anew and given the same workflow says of it what it said when it was new, and parses it once.
func TestSaveAgainAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := shared(t)
		source := actors.Source{Data: []byte("name: w\nnodes: {a: {workflow: missing}}")}
		first, created, err := owner(t, log).Save(t.Context(), source)
		if err != nil || !created || len(first.Warnings) != 1 {
			t.Fatalf("the first save: created %t, %v, %v", created, first.Warnings, err)
		}
		again, created, err := owner(t, log).Save(t.Context(), source)
		if err != nil || created || again.Number != 1 || again.Definition == nil || len(again.Warnings) != 1 {
			t.Errorf("the second save: created %t, revision %d, %v, %v", created, again.Number, again.Warnings, err)
		}
	})
}

// A condition is asked again with what another owner has saved meanwhile.
func TestSaveIfAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := shared(t)
		one, two := owner(t, log), owner(t, log)
		if _, _, err := two.Save(t.Context(), content(1)); err != nil {
			t.Fatal(err)
		}
		var asked []int
		refused := errors.New("it exists")
		_, created, err := one.SaveIf(t.Context(), content(2), func(latest *actors.Revision) error {
			if latest == nil {
				asked = append(asked, 0)
				return nil
			}
			asked = append(asked, latest.Number)
			return refused
		})
		if !errors.Is(err, refused) || created || !slices.Equal(asked, []int{0, 1}) {
			t.Errorf("asked about %v, created %t, %v", asked, created, err)
		}
	})
}

// crowded is a log where another owner is quicker with every revision.
type crowded struct {
	*memlog.Log
	saves int
}

func (l *crowded) AppendRevision(ctx context.Context, r eventstore.RevisionRecord, expected uint64) (uint64, error) {
	l.saves++
	rival := r
	rival.Digest, rival.Source = fmt.Sprintf("sha256:%d", l.saves), "another's"
	if _, err := l.Log.AppendRevision(ctx, rival, expected); err != nil {
		return 0, err
	}
	return l.Log.AppendRevision(ctx, r, expected)
}

// A save that others are always quicker than ends with what keeps it from its place.
func TestSaveGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &crowded{Log: shared(t)}
		_, _, err := owner(t, log).Save(t.Context(), content(1))
		if !errors.Is(err, eventstore.ErrConflict) || log.saves < 2 || log.saves > 20 {
			t.Errorf("after %d tries: %v", log.saves, err)
		}
	})
}
