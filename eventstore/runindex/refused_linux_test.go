package runindex

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A write that the operating system refuses is an error, in a batch and in a build, and the list stays as it was.
//
// The limit that refuses holds for the whole process, so the test runs in one of its own.
func TestRefusedWrite(t *testing.T) {
	const inside = "WEIR_TEST_REFUSED_WRITE"
	if os.Getenv(inside) == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestRefusedWrite$")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	x, empty, s := openTest(t), openAt(t, filepath.Join(t.TempDir(), "empty.db")), &stream{}
	defer closeTest(t, empty)
	simple(s, 0, 1000)
	apply(t, x, s.commits[:20]...)
	before := contents(t, x)

	signal.Ignore(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 200 << 10, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	batch := x.Apply(t.Context(), s.commits[20:])
	build := empty.Fold(t.Context(), scanOf(s.commits, nil))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if batch == nil || build == nil {
		t.Fatalf("a batch gives %v, a build %v", batch, build)
	}
	if diff := cmp.Diff(before, contents(t, x)); diff != "" {
		t.Error(diff)
	}
	apply(t, x, s.commits[20:]...)
	fold(t, empty, s.commits...)
	sound(t, x)
	sound(t, empty)
	if diff := cmp.Diff(contents(t, x), contents(t, empty)); diff != "" {
		t.Error(diff)
	}
}
