package eventstore

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"os"

	"github.com/weirflow/weir/eventstore/event"
)

var (
	// ErrNotEmpty says that a directory holds something already, and so no store is restored into it.
	ErrNotEmpty = errors.New("the directory is not empty")
	// ErrNotBackup says that what was to be restored is not a backup, not a whole one, or of another version.
	ErrNotBackup = errors.New("not a whole backup")
)

// Content is one message that goes into a new store: either a commit or a revision.
type Content struct {
	Commit   event.Sealed // without Data for a revision
	Revision []byte       // as stored
}

// Restore makes a store in cfg.Dir, which must be missing or empty, and fills it from a backup. It then reads
// everything back and compares it with what came, so that success means a store that is whole and durable.
// After an error the directory holds part of it and must not be used.
func Restore(ctx context.Context, cfg Config, from io.Reader) (BackupCounts, error) {
	counts, err := Fill(ctx, cfg, readBackup(from))
	if err != nil {
		return BackupCounts{}, fmt.Errorf("restore: %w", err)
	}
	return counts, nil
}

// Fill is Restore from commits and revisions of any origin. The commits of one run must come in order; a first
// one that continues another is taken as it is only where it retires its run.
func Fill(ctx context.Context, cfg Config, contents iter.Seq2[Content, error]) (BackupCounts, error) {
	if err := mustBeEmpty(cfg.Dir); err != nil {
		return BackupCounts{}, err
	}
	unsynced := usualSeams
	unsynced.sync = func(func() error) error { return nil } // one sync at the end is enough
	s, err := open(ctx, cfg, unsynced)
	if err != nil {
		return BackupCounts{}, err
	}
	f := &filling{store: s, ends: map[string]uint64{}, revisions: map[string]uint64{}, sums: newContentSums()}
	err = f.fill(ctx, contents)
	if err == nil {
		err = s.syncAll()
	}
	if err = errors.Join(err, s.Close()); err != nil {
		return BackupCounts{}, err
	}
	if s, err = Open(ctx, Config{Dir: cfg.Dir, Sync: cfg.Sync, Logger: cfg.Logger}); err != nil {
		return BackupCounts{}, fmt.Errorf("open what was written: %w", err)
	}
	return f.counts, errors.Join(f.compare(ctx, s), s.Close())
}

func mustBeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look into %s: %w", dir, err)
	case len(entries) > 0:
		return fmt.Errorf("%w: %s holds %s; name a directory that does not exist yet", ErrNotEmpty, dir, entries[0].Name())
	}
	return nil
}

// fillAhead bounds the commits that are on their way into the store.
const fillAhead = 1024

// filling writes contents into a store. Commits of many runs are on their way at once, of one run one.
type filling struct {
	store     *Store
	ends      map[string]uint64 // last sequence by run
	revisions map[string]uint64 // last sequence by workflow
	under     map[string]*Pending
	order     []string // of under
	sums      contentSums
	counts    BackupCounts
}

// contentSums are digests of all commits and of all revisions, each in the order they were written.
type contentSums struct{ commits, revisions hash.Hash }

func newContentSums() contentSums { return contentSums{sha256.New(), sha256.New()} }

func (c contentSums) equal(d contentSums) bool {
	return bytes.Equal(c.commits.Sum(nil), d.commits.Sum(nil)) && bytes.Equal(c.revisions.Sum(nil), d.revisions.Sum(nil))
}

func (f *filling) fill(ctx context.Context, contents iter.Seq2[Content, error]) error {
	f.under = map[string]*Pending{}
	for c, err := range contents {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil && c.Commit.Data != nil {
			err = f.commit(c.Commit)
		} else if err == nil {
			err = f.revision(ctx, c.Revision)
		}
		if err != nil {
			return err
		}
	}
	for run := range f.under {
		if err := f.land(run); err != nil {
			return err
		}
	}
	return nil
}

func (f *filling) commit(c event.Sealed) error {
	if err := f.land(c.Run); err != nil {
		return err
	}
	for len(f.under) >= fillAhead {
		oldest := f.order[0]
		f.order = f.order[1:]
		if err := f.land(oldest); err != nil {
			return err
		}
	}
	f.under[c.Run] = f.store.Append(c, f.ends[c.Run])
	f.order = append(f.order, c.Run)
	f.counts.Commits++
	_, err := f.sums.commits.Write(c.Data)
	return err
}

// land waits for the run's commit that is under way, if any.
func (f *filling) land(run string) error {
	p := f.under[run]
	if p == nil {
		return nil
	}
	delete(f.under, run)
	sequence, err := p.Result()
	f.ends[run] = sequence
	return err
}

func (f *filling) revision(ctx context.Context, data []byte) error {
	var r revisionJSON
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("read a revision: %w", err)
	}
	sequence, err := f.store.appendRevision(ctx, r.Workflow, r.Number, data, f.revisions[r.Workflow])
	if err != nil {
		return err
	}
	f.revisions[r.Workflow] = sequence
	f.counts.Revisions++
	_, err = f.sums.revisions.Write(data)
	return err
}

// compare reads everything back, in the order in which it was written.
func (f *filling) compare(ctx context.Context, s *Store) error {
	sums, commits, revisions := newContentSums(), uint64(0), uint64(0)
	for c, err := range s.Scan(ctx) {
		if err != nil {
			return fmt.Errorf("read what was written: %w", err)
		}
		commits++
		_, _ = sums.commits.Write(c.Data) // a hash takes everything
	}
	for rec, err := range s.records(ctx, s.workflows, 0) {
		if err != nil {
			return fmt.Errorf("read what was written: %w", err)
		}
		revisions++
		_, _ = sums.revisions.Write(rec.data)
	}
	if got := (BackupCounts{commits, revisions}); got != f.counts || !f.sums.equal(sums) {
		return fmt.Errorf("%d commits and %d revisions were written, and %d and %d read back, or other ones",
			f.counts.Commits, f.counts.Revisions, commits, revisions)
	}
	return nil
}

// VerifyBackup reads a backup from one end to the other, and every commit in it, and says what it holds.
func VerifyBackup(from io.Reader) (counts BackupCounts, err error) {
	for c, err := range readBackup(from) {
		switch {
		case err != nil:
			return BackupCounts{}, err
		case c.Commit.Data != nil:
			counts.Commits++
		default:
			counts.Revisions++
		}
	}
	return counts, nil
}

// readBackup yields what a backup holds, and an error where it is not whole.
func readBackup(from io.Reader) iter.Seq2[Content, error] {
	return func(yield func(Content, error) bool) {
		zip, err := gzip.NewReader(from)
		if err != nil {
			yield(Content{}, fmt.Errorf("%w: %w", ErrNotBackup, err))
			return
		}
		r := &backupReader{in: bufio.NewReaderSize(zip, 64<<10), sum: sha256.New()}
		if err := r.head(); err != nil {
			yield(Content{}, err)
			return
		}
		for {
			c, done, err := r.next()
			if done && err == nil || !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// backupReader reads the lines of a backup.
type backupReader struct {
	in     *bufio.Reader
	sum    hash.Hash
	line   int
	counts BackupCounts
}

func (r *backupReader) read() ([]byte, error) {
	r.line++
	line, err := r.in.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it breaks off in line %d", ErrNotBackup, r.line)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: line %d: %w", ErrNotBackup, r.line, err)
	}
	return line, nil
}

func (r *backupReader) head() error {
	line, err := r.read()
	if err != nil {
		return err
	}
	var head backupHead
	if err := json.Unmarshal(line, &head); err != nil || head.Weir != "backup" {
		return fmt.Errorf("%w: it does not begin like one", ErrNotBackup)
	}
	if head.V != backupVersion {
		return fmt.Errorf("%w: it has version %d, this build reads %d", ErrNotBackup, head.V, backupVersion)
	}
	_, err = r.sum.Write(line)
	return err
}

// next returns the next content, and done behind the last.
func (r *backupReader) next() (c Content, done bool, err error) {
	line, err := r.read()
	if err != nil {
		return Content{}, false, err
	}
	text, closed := bytes.CutSuffix(line, []byte("}\n"))
	if data, ok := bytes.CutPrefix(text, []byte(endOpening)); ok && closed {
		return Content{}, true, r.foot(data)
	}
	_, _ = r.sum.Write(line) // a hash takes everything
	if data, ok := bytes.CutPrefix(text, []byte(commitOpening)); ok && closed {
		r.counts.Commits++
		c.Commit, err = event.Open(data)
	} else if data, ok := bytes.CutPrefix(text, []byte(revisionOpening)); ok && closed {
		r.counts.Revisions++
		c.Revision = data
	} else {
		err = ErrNotBackup
	}
	if err != nil {
		return Content{}, false, fmt.Errorf("line %d: %w", r.line, err)
	}
	return c, false, nil
}

func (r *backupReader) foot(data []byte) error {
	var foot backupFoot
	if err := json.Unmarshal(data, &foot); err != nil {
		return fmt.Errorf("%w: its last line cannot be read: %w", ErrNotBackup, err)
	}
	if foot.BackupCounts != r.counts || foot.SHA256 != hex.EncodeToString(r.sum.Sum(nil)) {
		return fmt.Errorf("%w: it is not what its last line says", ErrNotBackup)
	}
	if _, err := r.in.ReadByte(); !errors.Is(err, io.EOF) { // reads gzip's own checksum, too
		return fmt.Errorf("%w: something follows its end", ErrNotBackup)
	}
	return nil
}
