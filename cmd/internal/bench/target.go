package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// target is what is driven: a server over its API, or an engine in this process.
type target interface {
	// save saves a workflow.
	save(ctx context.Context, source string) error
	// run starts a run and returns once it has completed.
	run(ctx context.Context, workflow string) error
	// start starts a run under an id and returns once its start is durable. A run that has that id already is the
	// same one, so asking again is safe.
	start(ctx context.Context, workflow, id string) error
	// busy is how many runs are held in memory and carried on.
	busy(ctx context.Context) (int, error)
	// listed is how many runs the list of runs has with a status.
	listed(ctx context.Context, status string) (int, error)
	// use is what the target has used so far.
	use(ctx context.Context) (use, error)
	// heap is the memory that is in use, garbage left out.
	heap(ctx context.Context) (float64, error)
	// end ends it in order.
	end() error
}

// use is what a target has used since it was opened, and its client since that was started.
type use struct {
	cpu, clientCPU time.Duration // clientCPU is 0 where the two are one process
	commits, syncs float64
	disk           int64
	rss, peak      int64 // 0 where it is not known
}

// using drives runs to their end, and tells what the target had used before and once the list of runs has them all.
func using(ctx context.Context, t target, clients, runs int, duration time.Duration, one func(int) error) (d driven, before, after use, err error) {
	if before, err = t.use(ctx); err != nil {
		return d, before, after, err
	}
	if d = drive(ctx, clients, runs, duration, one); d.err != nil {
		return d, before, after, d.err
	}
	if _, err = t.listed(ctx, "completed"); err != nil { // by the answer the list has them
		return d, before, after, err
	}
	after, err = t.use(ctx)
	return d, before, after, err
}

// open opens a target over a data directory.
func (b *bench) open(ctx context.Context, dir string) (target, error) {
	if b.InProcess {
		return b.openEngine(ctx, dir)
	}
	return b.startServer(ctx, dir)
}

const (
	// lookEvery is how often a target is asked whether it is done. A look costs a server about a millisecond.
	lookEvery = 20 * time.Millisecond
	// doneTimeout bounds the wait for that.
	doneTimeout = 5 * time.Minute
)

// awaitIdle returns once no run is carried on.
func awaitIdle(ctx context.Context, t target) error {
	return await(ctx, "no run is carried on", func() (bool, error) {
		n, err := t.busy(ctx)
		return n == 0, err
	})
}

// awaitListed returns once the list of runs has that many with a status.
func awaitListed(ctx context.Context, t target, status string, runs int) error {
	return await(ctx, fmt.Sprintf("%d runs are %s", runs, status), func() (bool, error) {
		n, err := t.listed(ctx, status)
		if n > runs {
			err = fmt.Errorf("%d runs are %s, more than the %d that were started", n, status, runs)
		}
		return n == runs, err
	})
}

func await(ctx context.Context, what string, look func() (bool, error)) error {
	for deadline := time.Now().Add(doneTimeout); ; {
		if there, err := look(); there || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s it still is not so that %s", doneTimeout, what)
		}
		if err := pause(ctx, lookEvery); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// bytesBelow is the size of all files in a directory. What goes away meanwhile, as files of a store in use do, does not count.
func bytesBelow(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			var info fs.FileInfo
			if info, err = entry.Info(); err == nil {
				total += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return total, err
}
