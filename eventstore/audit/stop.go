package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// openName is the file that lies in a data directory while a store is open, and after a stop that was not
// clean.
const openName = "weir.open"

const openText = "weir has this directory open, or ended without closing it.\n"

// Opened notes durably that a store is open. Every crash from here on is known at the next start.
func Opened(dir string) error {
	err := writeDurably(filepath.Join(dir, openName), []byte(openText))
	if err == nil {
		err = SyncPath(dir)
	}
	if err != nil {
		return fmt.Errorf("note that the store is open: %w", err)
	}
	return nil
}

// WasOpened reports whether a store is open here, or was not closed cleanly.
func WasOpened(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, openName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask whether the store was closed: %w", err)
	}
	return true, nil
}

// Closed notes durably that a store was closed cleanly: all it holds is on the disk and nobody writes any more.
func Closed(dir string) error {
	err := os.Remove(filepath.Join(dir, openName))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = SyncPath(dir)
	}
	if err != nil {
		return fmt.Errorf("note that the store is closed: %w", err)
	}
	return nil
}

// Due says why a store must be checked before the server opens it, and returns "" where it need not be. The
// server rebuilds a stream that it does not find as its index describes it, and cuts damaged files short as it
// does; so a store is due that was not closed cleanly, and one whose index the server will not believe. A
// store without a durable mark is due as well: it was last open under a weir that took no such notes.
func Due(dir string) (why string, err error) {
	if _, err := os.Stat(filepath.Join(dir, streamsDir)); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, markName)); errors.Is(err, fs.ErrNotExist) {
			return "", nil // nothing was ever stored here
		}
	}
	switch _, err := os.Stat(filepath.Join(dir, openName)); {
	case err == nil:
		return "it was not closed cleanly", nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("ask whether the store was closed: %w", err)
	}
	if _, err := ReadMark(dir); err != nil {
		return "it has no durable mark that can be read", nil //nolint:nilerr // why it cannot be read, the check says
	}
	for _, s := range streams {
		if reason := s.indexProblem(dir); reason != "" {
			return fmt.Sprintf("the server would rebuild the stream %s: %s", s.name, reason), nil
		}
	}
	return "", nil
}

// writeDurably replaces a file's content and brings it to the disk. The directory is the caller's to sync.
func writeDurably(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// SyncPath brings a file's content, or the entries of a folder, to the disk. On Windows, where folders cannot be
// synced, it does nothing for them.
func SyncPath(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	mode := os.O_RDONLY
	if runtime.GOOS == "windows" {
		if info.IsDir() {
			return nil
		}
		mode = os.O_RDWR // nor can files that are open for reading only
	}
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
