package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/cmd/internal/process"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/runindex"
)

// engine is a target in this process: its client and it are one.
type engine struct {
	*Engine
	dir string
}

func (b *bench) openEngine(ctx context.Context, dir string) (*engine, error) {
	e, err := b.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	mode, _ := e.Store.Sync()
	b.env.Sync = string(mode)
	return &engine{e, dir}, nil
}

func (e *engine) end() error { return e.Close() }

func (e *engine) save(ctx context.Context, source string) error {
	_, _, err := e.System.Save(ctx, actors.Source{Data: []byte(source), File: "bench.yaml"})
	return err
}

func (e *engine) run(ctx context.Context, name string) error {
	view, err := e.begin(ctx, name, "")
	if err == nil && !view.Status.Ended() {
		view, err = e.System.Wait(ctx, view.Run)
	}
	if err == nil && view.Status != workflow.StatusCompleted {
		err = fmt.Errorf("run %s has not completed: it is %s: %+v", view.Run, view.Status, view.Error)
	}
	return err
}

func (e *engine) start(ctx context.Context, name, id string) error {
	_, err := e.begin(ctx, name, id)
	return err
}

func (e *engine) begin(ctx context.Context, name, id string) (actors.View, error) {
	view, _, err := e.System.Start(ctx, actors.StartRequest{Workflow: name, Run: id, Input: document.Object()})
	return view, err
}

func (e *engine) busy(context.Context) (int, error) { return e.System.Active(), nil }

func (e *engine) listed(ctx context.Context, status string) (int, error) {
	counts, err := e.System.CountRuns(ctx, runindex.Filter{})
	return int(counts[runindex.Status(status)]), err
}

func (e *engine) use(context.Context) (u use, err error) {
	counts := e.Store.SyncCounts()
	u.commits, u.syncs = float64(counts.Commits), float64(counts.Syncs)
	u.cpu = process.OwnCPU()
	u.rss, _ = process.Memory(os.Getpid(), process.RSS)
	u.peak, _ = process.Memory(os.Getpid(), process.PeakRSS)
	u.disk, err = bytesBelow(e.dir)
	return u, err
}

func (e *engine) heap(context.Context) (float64, error) {
	runtime.GC()
	runtime.GC() // what the first has found to be finalized is free after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc), nil
}
