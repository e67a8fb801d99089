package runindex

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"runtime"
)

// buildEnding is the ending of a file that is being built. One that is found at the start is of a build that did not end.
const buildEnding = ".building"

// build folds a scan into a new file beside the index, without a log and without indexes, which takes a third of the time; makes those
// when all rows are there; syncs the file as a whole; and puts it in the index's place.
// A scan that has nothing leaves the index as it is.
func (x *Index) build(ctx context.Context, commits iter.Seq2[Commit, error]) error {
	commits, empty, stop := begun(commits)
	defer stop()
	if empty {
		return nil
	}
	path := x.cfg.Path + buildEnding
	if err := discard(path); err != nil {
		return explain("build", err)
	}
	if err := x.fill(ctx, path, commits); err != nil {
		return errors.Join(err, discard(path))
	}
	if err := x.exchange(context.WithoutCancel(ctx), path); err != nil {
		return explain("build", err)
	}
	return nil
}

// begun says whether a scan is empty, and returns it anew, to be gone through once. stop must be called.
func begun(commits iter.Seq2[Commit, error]) (again iter.Seq2[Commit, error], empty bool, stop func()) {
	next, stop := iter.Pull2(commits)
	c, err, ok := next()
	return func(yield func(Commit, error) bool) {
		for ; ok && yield(c, err); c, err, ok = next() {
		}
	}, !ok, stop
}

// fill makes the new file.
func (x *Index) fill(ctx context.Context, path string, commits iter.Seq2[Commit, error]) error {
	whole := context.WithoutCancel(ctx)
	w, err := x.builder(whole, path)
	if err != nil {
		return explain("build", err)
	}
	if err := x.batches(ctx, commits, w, course{full: x.full}); err != nil {
		return errors.Join(err, w.close(whole))
	}
	err = w.complete(ctx)
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), w.close(whole))
	}
	if err := errors.Join(err, w.close(whole)); err != nil {
		return explain("build", err)
	}
	if err := syncPath(path); err != nil {
		return explain("build", err)
	}
	return nil
}

// builder opens a new file with nothing but its tables.
func (x *Index) builder(ctx context.Context, path string) (*writer, error) {
	db, err := openBuilder(path)
	if err != nil {
		return nil, err
	}
	if err := lay(ctx, db, x.cfg.Store, tables+scaffold); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	w, err := newWriter(ctx, db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	w.building = true
	return w, nil
}

// complete makes what follows from the rows that were filled in.
func (w *writer) complete(ctx context.Context) error {
	err := w.script(ctx, "index the names", "DROP TABLE unfinished;"+names)
	if constraint(err) {
		err = w.script(ctx, "take out runs that began twice", withdraw(twice)+names)
	}
	if err != nil {
		return err
	}
	for _, part := range []struct{ doing, text string }{
		{"take out retired runs", withdraw(retired) + "DROP TABLE gone;"},
		{"fill the tables that follow from others", derived},
		{"make the indexes", indexes},
		{"make the views", views()},
		{"mark the file", marks()},
	} {
		if err := w.script(ctx, part.doing, part.text); err != nil {
			return err
		}
	}
	return nil
}

// What a build cannot know to be too much before it has an index of the names: runs that were retired later in the stream, and, in a
// stream that is damaged so, second beginnings of runs, of which the list has the first.
const (
	retired = "SELECT run.id FROM gone CROSS JOIN run ON run.name = gone.name"
	twice   = "SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY name ORDER BY id) AS place FROM run) WHERE place > 1"
)

// withdraw is SQL that takes out the runs of which a query gives the ids.
func withdraw(ids string) string {
	return `CREATE TEMP TABLE withdrawn (id INTEGER PRIMARY KEY);
		INSERT OR IGNORE INTO withdrawn ` + ids + `;
		DELETE FROM visit WHERE id IN (SELECT id FROM withdrawn);
		DELETE FROM error WHERE id IN (SELECT id FROM withdrawn);
		DELETE FROM run WHERE id IN (SELECT id FROM withdrawn);
		DROP TABLE withdrawn;`
}

// exchange puts a file that was built in the index's place.
func (x *Index) exchange(ctx context.Context, path string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.detach(ctx); err != nil {
		return err
	}
	for _, ending := range companions {
		if ending == buildEnding {
			continue
		}
		if err := os.Remove(x.cfg.Path + ending); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(path, x.cfg.Path); err != nil {
		return err
	}
	if err := syncPath(filepath.Dir(x.cfg.Path)); err != nil {
		return err
	}
	return x.attach(ctx)
}

// syncPath brings a file, or the entries of a folder, to the disk.
func syncPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := os.O_RDWR
	if info.IsDir() {
		if runtime.GOOS == "windows" {
			return nil // folders cannot be synced there
		}
		mode = os.O_RDONLY
	}
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
