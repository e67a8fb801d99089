package eventstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/weirflow/weir/eventstore/audit"
)

// guard keeps the notes by which a store knows, at its next start, whether it was closed cleanly and how far it
// had come: the file weir.open while it is open, and the durable mark. The mark is written before each sync, and
// names what the sync before made durable, so it never says too much.
type guard struct {
	dir  string
	mark *audit.MarkFile
}

// ErrDamaged says that a store must not be opened, because the server would make what is damaged in it worse. It
// is wrapped with the findings; weir doctor has them all.
var ErrDamaged = errors.New("the store is not opened")

// check looks at a store's files before the server does, where that is due.
func check(ctx context.Context, dir string, log *slog.Logger) (*audit.Report, error) {
	if err := clearUnfinished(dir, log); err != nil {
		return nil, err
	}
	why, err := audit.Due(dir)
	if err != nil || why == "" {
		return nil, err
	}
	begun := time.Now()
	report, err := files(dir).Check(ctx)
	if err != nil {
		return nil, err
	}
	if err := report.Err(); err != nil {
		return report, fmt.Errorf("%w: %w; see weir doctor --data %s", ErrDamaged, err, dir)
	}
	log.Info("the store was checked before it is opened", slog.String("reason", why), slog.Duration("took", time.Since(begun).Round(time.Millisecond)))
	return report, nil
}

// files is what a check reads.
func files(dir string) audit.Store { return audit.Store{Dir: dir} }

// clearUnfinished sets a store aside whose very making was cut off: it was opened, no mark was made yet, which
// comes before the first append, and nothing stands in any block. Some of its files may be empty then, and the
// server cannot read them.
func clearUnfinished(dir string, log *slog.Logger) error {
	begun, err := audit.WasOpened(dir)
	if err != nil || !begun {
		return err
	}
	if _, err := audit.ReadMark(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil // the check tells of a mark that cannot be read
	}
	streams := filepath.Join(dir, streamsDir)
	if _, err := os.Stat(streams); err != nil {
		return nil //nolint:nilerr // there is nothing to set aside
	}
	blocks, err := filepath.Glob(filepath.Join(streams, engineAccount, "streams", "*", "msgs", "*"))
	if err != nil {
		return fmt.Errorf("look for blocks: %w", err)
	}
	for _, block := range blocks {
		if info, err := os.Stat(block); err != nil || info.Size() > 0 && filepath.Ext(block) == ".blk" {
			return nil //nolint:nilerr // the check tells of it
		}
	}
	aside := fmt.Sprintf("%s.unfinished-%d", streams, time.Now().UnixNano())
	log.Warn("the making of the store was cut off before anything was stored; it is made anew", slog.String("set_aside", aside))
	if err := os.Rename(streams, aside); err != nil {
		return fmt.Errorf("set the unfinished store aside: %w", err)
	}
	return nil
}

// openGuard notes that the store is open.
func openGuard(dir string) (*guard, error) {
	if err := audit.Opened(dir); err != nil {
		return nil, err
	}
	return &guard{dir: dir}, nil
}

// begin makes or takes up the mark of a store whose streams are on the disk.
func (g *guard) begin() (err error) {
	g.mark, err = audit.OpenMark(g.dir)
	return err
}

// note writes how far the streams are durable.
func (g *guard) note(runs, workflows *stream) error {
	return g.mark.Write(audit.Mark{Runs: runs.durableSequence(), Workflows: workflows.durableSequence()})
}

// close notes that the store was closed cleanly, which must be on the disk by then. The mark is already what it
// will be.
func (g *guard) close(clean bool) error {
	if g.mark != nil {
		if err := g.mark.Close(); err != nil {
			return err
		}
	}
	if !clean {
		return nil
	}
	return audit.Closed(g.dir)
}

// Examine checks the files of a store that is not open, and changes nothing in them. Damage is in the report; an
// error says that there is no store, or that a process has it open.
func Examine(ctx context.Context, dir string) (*audit.Report, error) {
	lock, err := lockExisting(dir)
	if err != nil {
		return nil, err
	}
	report, err := files(dir).Check(ctx)
	return report, errors.Join(err, lock.release())
}

// Salvage makes a new store in cfg.Dir of everything that is whole in the store in dir, which is not changed: every
// whole revision, and every run up to the first damage in it. Like Restore, it reads back what it wrote.
func Salvage(ctx context.Context, cfg Config, dir string) (BackupCounts, error) {
	lock, err := lockExisting(dir)
	if err != nil {
		return BackupCounts{}, err
	}
	counts, err := Fill(ctx, cfg, func(yield func(Content, error) bool) {
		for m, err := range files(dir).Whole(ctx) {
			c := Content{Commit: m.Commit}
			if m.Stream == workflowsStream {
				c.Revision = m.Data
			}
			if !yield(c, err) {
				return
			}
		}
	})
	return counts, errors.Join(err, lock.release())
}
