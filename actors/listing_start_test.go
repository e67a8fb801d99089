package actors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/memlog"
	"github.com/weirflow/weir/eventstore/runindex"
)

// An index that lacks most of the log is built anew, one that lacks less is carried on; both list every run.
func TestListIsBroughtUpTheQuickerWay(t *testing.T) {
	const runs = 30
	log := memlog.Open(memlog.Faults{})
	defer func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i := range runs {
		if _, err := log.Append(startedRun(fmt.Sprintf("r%d", i)), 0).Result(); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		has   int
		few   uint64
		built bool
	}{{0, 5, false}, {1, 5, true}, {9, 5, true}, {10, 5, false}, {29, 5, false}, {1, 50, false}} {
		index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "s"})
		if err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		l := newListing(log, index, slog.New(slog.NewTextHandler(&said, nil)))
		l.few = test.few
		if err := index.Fold(t.Context(), firstOf(t, log, test.has)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		l.keep(ctx, func(caughtUp error) {
			err = caughtUp
			cancel()
		})
		counts, failed := index.Count(t.Context(), runindex.Filter{})
		if err = errors.Join(err, failed); err != nil || counts.Total() != runs {
			t.Errorf("%+v: the list has %d runs, %v", test, counts.Total(), err)
		}
		if built := strings.Contains(said.String(), "built anew"); built != test.built {
			t.Errorf("%+v: %s", test, &said)
		}
		if err := index.Close(); err != nil {
			t.Error(err)
		}
	}
}

// startedRun is the first commit of a run.
func startedRun(run string) event.Sealed {
	return event.Seal(event.Commit{Run: run, Workflow: "w", First: 1, Epoch: "e", Events: []event.Event{{
		Run: run, N: 1, At: time.Unix(1, 0), Body: event.RunStarted{Workflow: "w", Revision: "sha256:0", Input: document.Object()},
	}}})
}

// firstOf scans the first commits of a log.
func firstOf(t *testing.T, log *memlog.Log, count int) func(func(runindex.Commit, error) bool) {
	t.Helper()
	return func(yield func(runindex.Commit, error) bool) {
		for c, err := range log.Scan(t.Context()) {
			if c.Sequence > uint64(count) || !yield(listed(&c), err) { //nolint:gosec // a count
				return
			}
		}
	}
}
