package runindex

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An open index has its file for itself, and nothing of it mapped into memory, where a disk that stalls would hold up the process.
func TestIndexIsAlone(t *testing.T) {
	const inside = "WEIR_TEST_READ_INDEX"
	if path := os.Getenv(inside); path != "" {
		db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
		if err != nil {
			t.Fatal(err)
		}
		var runs int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM runs").Scan(&runs); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		return
	}
	elsewhere := func(path string) string {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestIndexIsAlone$")
		cmd.Env = append(os.Environ(), inside+"="+path)
		out, err := cmd.CombinedOutput()
		if err == nil {
			return ""
		}
		return string(out)
	}
	path := filepath.Join(t.TempDir(), "runs.db")
	x, s := openAt(t, path), &stream{}
	simple(s, 0, 100)
	apply(t, x, s.commits...)
	if _, err := x.Query(t.Context(), "SELECT count(*) FROM runs", nil, 0); err != nil {
		t.Error(err)
	}
	sound(t, x)
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil || strings.Contains(string(maps), filepath.Dir(path)) {
		t.Errorf("%v; mapped:\n%s", err, maps)
	}
	if out := elsewhere(path); !strings.Contains(out, "locked") {
		t.Errorf("another program reads the file of an open index: %q", out)
	}
	closeTest(t, x)
	if out := elsewhere(path); out != "" {
		t.Errorf("another program cannot read the file of a closed index: %s", out)
	}
}
