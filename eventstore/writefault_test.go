//go:build linux

package eventstore

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// A write that the operating system refuses is never acknowledged, the store calls itself failed, and
// what was acknowledged before is there when it is opened again.
//
// The limit that refuses holds for the whole process, so the test runs in one of its own.
func TestRefusedWrite(t *testing.T) {
	const inside = "WEIR_TEST_REFUSED_WRITE"
	mode := Sync(os.Getenv(inside))
	if mode == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		for _, mode := range []Sync{SyncBarrier, SyncAlways} {
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestRefusedWrite$")
			cmd.Env = append(os.Environ(), inside+"="+string(mode))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", mode, err, out)
			}
		}
		return
	}
	dir := t.TempDir()
	s, err := open(t.Context(), Config{Dir: dir, Sync: mode}, quickSeams(newFaults()))
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthor("full")
	a.write(t, s, 1)

	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	lift := limitFileSize(t, 32<<10)
	defer lift()
	for range 10_000 {
		c := a.seal(3)
		var sequence uint64
		if sequence, err = result(s.Append(c, a.sequence)); err != nil {
			break
		}
		a.moved(c, sequence)
	}
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("append: got %v, want ErrUnavailable", err)
	}
	if err := s.Health(); !errors.Is(err, ErrUnavailable) {
		t.Errorf("health: got %v, want ErrUnavailable", err)
	}
	lift()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openTest(t, Config{Dir: dir})
	all := readAll(t, s, "full", 0)
	if len(all) == 0 || all[len(all)-1].Last < a.n {
		t.Fatalf("acknowledged up to event %d, found %d commits", a.n, len(all))
	}
	last := all[len(all)-1]
	a.moved(last.Sealed, last.Sequence)
	a.write(t, s, 1)
}

// limitFileSize makes every write past a file's first bytes fail, until lifted.
func limitFileSize(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}
}
