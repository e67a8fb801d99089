package actors_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync/atomic"
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

// A store that fails ends every open run at once, and has said why itself: there is no line in the log for each run.
func TestAFailedStoreIsNotToldRunByRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var all, loud atomic.Int64
		logger := slog.New(slog.NewMultiHandler(
			slog.NewTextHandler(counter{&all, "cannot go on"}, &slog.HandlerOptions{Level: slog.LevelDebug}),
			slog.NewTextHandler(counter{&loud, "cannot go on"}, nil)))
		registry, err := tools.NewRegistry()
		if err != nil {
			t.Fatal(err)
		}
		log := memlog.Open(memlog.Faults{Seed: 1, Delay: time.Second})
		index, err := runindex.Open(t.Context(), runindex.Config{Path: filepath.Join(t.TempDir(), "runs.db"), Store: "simulated"})
		if err != nil {
			t.Fatal(err)
		}
		system, err := actors.Open(t.Context(), actors.Config{Store: log, Index: index, Tools: registry, Scripts: scripts.New(scripts.Limits{}), Logger: logger})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := system.Save(t.Context(), actors.Source{Data: []byte("name: w\nnodes: {a: {sleep: 1h}}")}); err != nil {
			t.Fatal(err)
		}
		const runs = 10
		started := make(chan error, runs)
		for range runs {
			go func() {
				_, _, err := system.Start(t.Context(), actors.StartRequest{Workflow: "w"})
				started <- err
			}()
		}
		synctest.Wait() // every start is on its way to the log
		after := log.Restart(memlog.Killed)
		for range runs {
			if err := <-started; !errors.Is(err, eventstore.ErrUnavailable) {
				t.Errorf("a start: %v, want ErrUnavailable", err)
			}
		}
		if all.Load() != runs || loud.Load() != 0 {
			t.Errorf("%d lines about %d runs, %d of them for everybody", all.Load(), runs, loud.Load())
		}
		if err := errors.Join(system.Close(context.Background()), index.Close(), after.Close()); err != nil {
			t.Error(err)
		}
	})
}
