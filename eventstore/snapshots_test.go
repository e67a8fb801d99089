package eventstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSnapshots(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "snapshots")
	s := OpenSnapshots(dir)
	if _, err := s.Get("r"); !errors.Is(err, ErrNotFound) {
		t.Errorf("before any: %v", err)
	}
	if err := s.Remove("r"); err != nil {
		t.Errorf("removing none: %v", err)
	}
	first := Snapshot{Run: "r", Revision: "sha256:0", N: 1000, Sequence: 17, Digest: "d1", State: []byte(`{"a":` + "\n" + `1}`)}
	second := Snapshot{Run: "r", Revision: "sha256:0", N: 2000, Sequence: 29, Digest: "d2", State: bytes.Repeat([]byte("x"), 1<<20)}
	for _, want := range []Snapshot{first, second} {
		if err := s.Put(want); err != nil {
			t.Fatal(err)
		}
		got, err := OpenSnapshots(dir).Get("r")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-put +got)\n%s", diff)
		}
	}
	if err := s.Remove("r"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("r"); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed: %v", err)
	}
}

// Whatever happens to a file shows.
func TestSnapshotDamageShows(t *testing.T) {
	s := OpenSnapshots(t.TempDir())
	if err := s.Put(Snapshot{Run: "r", Revision: "sha256:0", N: 7, Sequence: 3, Digest: "d", State: []byte(`{"k":1}`)}); err != nil {
		t.Fatal(err)
	}
	path := s.path("r")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		for bit := range 8 {
			flipped := bytes.Clone(whole)
			flipped[at] ^= 1 << bit
			damagedSnapshot(t, s, path, flipped)
		}
		damagedSnapshot(t, s, path, whole[:at])
	}
	damagedSnapshot(t, s, path, append(bytes.Clone(whole), ' '))
	damagedSnapshot(t, s, path, []byte(strings.Replace(string(whole), `"n":7`, `"n":8`, 1)))
}

func damagedSnapshot(t *testing.T, s *Snapshots, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get("r")
	wantDamage(t, string(data), err)
	if got.State != nil {
		t.Errorf("a state comes of %q", data)
	}
}
