package eventstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/weirflow/weir/eventstore/event"
)

// Snapshot is what a run's commits up to one fold into, so that reading a long run costs what came after.
type Snapshot struct {
	Run      string
	Revision string // digest of the revision the run is pinned to
	// N is the number of the last event it holds, Sequence and Digest are of the commit that event ends.
	N, Sequence uint64
	Digest      string
	State       []byte
}

// Snapshots keeps the latest snapshot of each run, one file a run. Nothing rests on them: they are written
// without a sync and lie outside the streams, so that they cost no append anything and need no check before the
// store is opened, and whatever is missing, torn or stale is read from the events instead. The folder may be
// deleted at any time.
type Snapshots struct{ dir string }

// OpenSnapshots keeps snapshots below a directory, which is made when it is needed.
func OpenSnapshots(dir string) *Snapshots { return &Snapshots{dir: dir} }

// snapshotHead is the first line of a file; the state follows.
type snapshotHead struct {
	V        int    `json:"v"`
	Run      string `json:"run"`
	Revision string `json:"revision"`
	N        uint64 `json:"n"`
	Sequence uint64 `json:"sequence"`
	Digest   string `json:"digest"`
	Sum      string `json:"sha256"` // of the head without it, and the state
}

const snapshotVersion = 1

func (h snapshotHead) line(state []byte) []byte {
	h.Sum = ""
	bare, err := json.Marshal(h)
	if err == nil {
		sum := sha256.New()
		sum.Write(bare)
		sum.Write(state)
		h.Sum = hex.EncodeToString(sum.Sum(nil))
		bare, err = json.Marshal(h)
	}
	if err != nil {
		panic(err) // texts and numbers always encode
	}
	return append(bare, '\n')
}

// Put keeps a snapshot in place of the run's previous one.
func (s *Snapshots) Put(snap Snapshot) error {
	path := s.path(snap.Run)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep a snapshot of run %s: %w", snap.Run, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return fmt.Errorf("keep a snapshot of run %s: %w", snap.Run, err)
	}
	head := snapshotHead{snapshotVersion, snap.Run, snap.Revision, snap.N, snap.Sequence, snap.Digest, ""}
	_, err = f.Write(head.line(snap.State))
	if err == nil {
		_, err = f.Write(snap.State)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keep a snapshot of run %s: %w", snap.Run, errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// Get returns the run's snapshot. A run without one is ErrNotFound; a file that is not what was written, or of
// another version, is an *event.DamageError.
func (s *Snapshots) Get(run string) (Snapshot, error) {
	data, err := os.ReadFile(s.path(run))
	if errors.Is(err, fs.ErrNotExist) {
		return Snapshot{}, fmt.Errorf("snapshot of run %s: %w", run, ErrNotFound)
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("snapshot of run %s: %w", run, err)
	}
	line, state, found := bytes.Cut(data, []byte{'\n'})
	var h snapshotHead
	switch {
	case !found || json.Unmarshal(line, &h) != nil || !bytes.Equal(h.line(state), data[:len(line)+1]):
		return Snapshot{}, &event.DamageError{Run: run, Reason: "its snapshot is not what was written"}
	case h.V != snapshotVersion:
		return Snapshot{}, &event.DamageError{Run: run, Reason: fmt.Sprintf("its snapshot has version %d, this build reads %d", h.V, snapshotVersion)}
	case h.Run != run: // where the file system does not tell letters' case
		return Snapshot{}, fmt.Errorf("snapshot of run %s: %w", run, ErrNotFound)
	}
	return Snapshot{Run: h.Run, Revision: h.Revision, N: h.N, Sequence: h.Sequence, Digest: h.Digest, State: state}, nil
}

// Remove forgets the run's snapshot, if there is one.
func (s *Snapshots) Remove(run string) error {
	if err := os.Remove(s.path(run)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the snapshot of run %s: %w", run, err)
	}
	return nil
}

// path spreads the files over 256 folders. Run ids are fit to be names of files.
func (s *Snapshots) path(run string) string {
	sum := sha256.Sum256([]byte(run))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:1]), run+".snapshot")
}
