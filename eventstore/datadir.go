package eventstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/weirflow/weir/eventstore/audit"
)

// prepareDir makes the data directory where it is missing, readable by its owner only.
func prepareDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("the event store needs a data directory: Config.Dir is empty")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the data directory: %w", err)
	}
	return dir, nil
}

// syncTree brings everything below dir, and dir's own entry, to the disk. A process that was killed may
// have left bytes that are readable but not yet durable; after this what can be read counts as durable.
// Clean files cost microseconds each.
func syncTree(dir string) error {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() || entry.Type().IsRegular() {
			return audit.SyncPath(path)
		}
		return nil
	})
	if err == nil {
		err = audit.SyncPath(filepath.Dir(dir))
	}
	if err != nil {
		return fmt.Errorf("bring the data directory %s to the disk: %w", dir, err)
	}
	return nil
}
