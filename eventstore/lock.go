package eventstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// lockName is the file in the data directory whose lock says that a process has the store open. The
// operating system drops the lock when the process ends, however it ends.
const lockName = "lock"

// errLocked is what lockFile returns when another process holds the lock.
var errLocked = errors.New("locked by another process")

// dirLock keeps every other process out of a data directory.
type dirLock struct{ file *os.File }

// lockDir takes the lock of a data directory, or says who has it.
func lockDir(dir string) (*dirLock, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := lockFile(f); err != nil {
		holder := lockHolder(f)
		_ = f.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("the data directory %s is in use by %s: stop it first, or choose another directory", dir, holder)
		}
		return nil, fmt.Errorf("lock the data directory %s: %w", dir, err)
	}
	// The pid only serves the message above; the lock itself does not depend on it.
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		if err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("lock the data directory %s: %w", dir, err)
		}
	}
	return &dirLock{file: f}, nil
}

// lockExisting keeps other processes out of a directory while its files are only looked at: it makes and writes
// nothing. A directory that no store was ever opened in has no lock to take.
func lockExisting(dir string) (*dirLock, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("look into the data directory: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("look into the data directory: %s is a file", dir)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return &dirLock{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := lockFile(f); err != nil {
		holder := lockHolder(f)
		_ = f.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("the data directory %s is in use by %s: stop it first", dir, holder)
		}
		return nil, fmt.Errorf("lock the data directory %s: %w", dir, err)
	}
	return &dirLock{file: f}, nil
}

func lockHolder(f *os.File) string {
	var text [32]byte
	n, _ := f.ReadAt(text[:], 0)
	pid, err := strconv.Atoi(string(bytes.TrimSpace(text[:n])))
	switch {
	case err != nil:
		return "another process"
	case pid == os.Getpid():
		return fmt.Sprintf("this process (pid %d) already", pid)
	default:
		return fmt.Sprintf("process %d", pid)
	}
}

// release gives the directory up. The file stays: removing it would let two processes lock two files.
func (l *dirLock) release() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
