package eventstore

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/weirflow/weir/eventstore/audit"
	"github.com/weirflow/weir/eventstore/event"
)

// Archive is one file of an archive: the events of runs that are about to be retired, as they are stored, one a
// line, each run's together and in order. It appears under its name once it is whole and on the disk. A crash
// before the runs are retired leaves them in a second file, too.
type Archive struct {
	dir  string
	name string
	file *os.File
	zip  *gzip.Writer
	out  *bufio.Writer
}

// NewArchive begins a file in the directory, which is made where it is missing.
func NewArchive(dir string, now time.Time) (*Archive, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the archive: %w", err)
	}
	f, err := os.CreateTemp(dir, ".runs-*.part")
	if err != nil {
		return nil, fmt.Errorf("begin an archive file: %w", err)
	}
	a := &Archive{dir: dir, name: "runs-" + now.UTC().Format("20060102T150405.000000000Z") + ".jsonl.gz", file: f}
	a.zip = gzip.NewWriter(f)
	a.out = bufio.NewWriterSize(a.zip, 64<<10)
	return a, nil
}

// Add writes events. A nil archive takes them and keeps nothing.
func (a *Archive) Add(events []event.Raw) error {
	if a == nil {
		return nil
	}
	for i := range events {
		_, err := a.out.Write(events[i].JSON)
		if err == nil {
			err = a.out.WriteByte('\n')
		}
		if err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
	}
	return nil
}

// Close brings the file to the disk and gives it its name.
func (a *Archive) Close() error {
	err := errors.Join(a.out.Flush(), a.zip.Close(), a.file.Sync(), a.file.Close())
	if err == nil {
		err = os.Rename(a.file.Name(), filepath.Join(a.dir, a.name))
	}
	if err == nil {
		err = audit.SyncPath(a.dir)
	}
	if err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	a.file = nil
	return nil
}

// Discard removes a file that was not closed, and does nothing to one that was.
func (a *Archive) Discard() error {
	if a.file == nil {
		return nil
	}
	_ = a.file.Close() // it may be closed already
	return os.Remove(a.file.Name())
}
