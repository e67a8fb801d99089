//go:build !linux

package eventstore

import "errors"

// fileSystem syncs the file system under a directory, on Linux.
type fileSystem struct{}

func openFileSystem(string) (fs *fileSystem, unfit string, err error) {
	return &fileSystem{}, "only Linux can sync a whole file system and report its errors", nil
}

func (*fileSystem) sync() error { return errors.ErrUnsupported }

func (*fileSystem) close() error { return nil }
