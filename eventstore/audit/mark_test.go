package audit_test

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/weirflow/weir/eventstore/audit"
)

func TestMark(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "weir.mark")
	if _, err := audit.ReadMark(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	for round := range uint64(3) {
		f, err := audit.OpenMark(dir)
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint64(5) {
			want := audit.Mark{Count: 5*round + i + 1, Runs: 1000*round + i, Workflows: i}
			if err := f.Write(audit.Mark{Runs: want.Runs, Workflows: want.Workflows}); err != nil {
				t.Fatal(err)
			}
			if got, err := audit.ReadMark(dir); err != nil || got != want {
				t.Errorf("wrote %+v, read %+v, error %v", want, got, err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if size := fileSize(t, path); size != 128 {
		t.Errorf("the file has %d bytes", size)
	}
}

// A write that is torn anywhere leaves the mark before it, or is whole.
func TestMarkSurvivesTornWrites(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "weir.mark")
	mark(t, dir, 10, 1)
	mark(t, dir, 20, 2)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mark(t, dir, 30, 3)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for written := range len(after) + 1 {
		torn := append(append([]byte{}, after[:written]...), before[written:]...)
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := audit.ReadMark(dir)
		if err != nil || got.Runs != 20 && got.Runs != 30 || written == len(after) && got.Runs != 30 {
			t.Errorf("of a write that was torn at byte %d: %+v, error %v", written, got, err)
		}
	}
}

func TestMarkIsNotReplacedInSilence(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "weir.mark")
	for _, content := range [][]byte{nil, make([]byte, 128), []byte("weirmrk1")} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := audit.ReadMark(dir); !errors.Is(err, audit.ErrMark) {
			t.Errorf("read %q: %v", content, err)
		}
		if _, err := audit.OpenMark(dir); !errors.Is(err, audit.ErrMark) {
			t.Errorf("open %q: %v", content, err)
		}
	}
}

// The bytes of a mark are on somebody's disk.
func TestMarkFormat(t *testing.T) {
	dir := t.TempDir()
	mark(t, dir, 0x0102030405060708, 7)
	data, err := os.ReadFile(filepath.Join(dir, "weir.mark"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "776569726d726b31" + "0100000000000000" + "0807060504030201" + "0700000000000000" +
		"00000000000000000000000000000000" + "512d9019703132ef928a43eb0ecf1f4e"
	if got := hex.EncodeToString(data[64:]); got != want {
		t.Errorf("the second slot is\n%s, want\n%s", got, want)
	}
}
