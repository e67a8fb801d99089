package eventstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/audit"
)

// runsBlock is the first block of the runs.
func runsBlock(dir string) string {
	return filepath.Join(dir, streamsDir, engineAccount, "streams", runsStream, "msgs", "1.blk")
}

// filled makes a store with three runs and closes it.
func filled(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	s, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []string{"one", "two", "three"} {
		newAuthor(run).write(t, s, 3)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// spoil flips a bit in the commit of run two.
func spoil(t *testing.T, dir string) {
	t.Helper()
	data, err := os.ReadFile(runsBlock(dir))
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(data), `"run":"two"`)
	if at < 0 {
		t.Fatal("the block does not hold run two")
	}
	data[at+200] ^= 1
	if err := os.WriteFile(runsBlock(dir), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// content is everything below a directory, to see that nothing changes.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == lockName {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCleanStopIsNoted(t *testing.T) {
	dir := filled(t)
	if opened, err := audit.WasOpened(dir); opened || err != nil {
		t.Errorf("a store that was closed is noted as open, error %v", err)
	}
	mark, err := audit.ReadMark(dir)
	if err != nil || mark.Runs != 3 {
		t.Errorf("the mark is %+v, error %v", mark, err)
	}
	s := openTest(t, Config{Dir: dir})
	if opened, err := audit.WasOpened(dir); !opened || err != nil {
		t.Errorf("an open store is not noted as open, error %v", err)
	}
	if _, err := Examine(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a store that is open was examined: %v", err)
	}
	newAuthor("four").write(t, s, 1)
}

// After a stop that was not clean a damaged store is not opened, and stays as it is; what is whole of it makes a
// new one.
func TestDamagedStoreIsNotOpened(t *testing.T) {
	dir := filled(t)
	spoil(t, dir)
	if err := audit.Opened(dir); err != nil { // as a crash leaves it
		t.Fatal(err)
	}
	before := content(t, dir)
	_, err := Open(t.Context(), Config{Dir: dir})
	var damaged *audit.StoreError
	if !errors.Is(err, ErrDamaged) || !errors.As(err, &damaged) || !strings.Contains(err.Error(), "weir doctor --data "+dir) {
		t.Fatalf("open: %v", err)
	}
	report, err := Examine(t.Context(), dir)
	if err != nil || report.Severity() != audit.Damage {
		t.Errorf("examined: %+v, error %v", report, err)
	}
	salvaged := filepath.Join(t.TempDir(), "salvaged")
	counts, err := Salvage(t.Context(), Config{Dir: salvaged}, dir)
	if err != nil || counts.Commits != 2 {
		t.Errorf("salvaged %+v, error %v", counts, err)
	}
	if diff := cmp.Diff(before, content(t, dir)); diff != "" {
		t.Errorf("looking has changed the store:\n%s", diff)
	}
	s := openTest(t, Config{Dir: salvaged})
	var runs []string
	for c, err := range s.Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, c.Run)
	}
	if diff := cmp.Diff([]string{"one", "three"}, runs); diff != "" {
		t.Errorf("(-want +salvaged)\n%s", diff)
	}
	if _, err := Salvage(t.Context(), Config{Dir: salvaged}, dir); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("salvaged again: %v", err)
	}
}

// A store that was put back to an older state, beside a mark that knows better, is not opened.
func TestRolledBackStoreIsNotOpened(t *testing.T) {
	dir := filled(t)
	older := filepath.Join(t.TempDir(), "older")
	if err := os.CopyFS(older, os.DirFS(filepath.Join(dir, streamsDir))); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	newAuthor("four").write(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, streamsDir)), os.Rename(older, filepath.Join(dir, streamsDir)), audit.Opened(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Config{Dir: dir}); !errors.Is(err, ErrDamaged) {
		t.Errorf("open: %v", err)
	}
}

// A store whose making was cut off before anything could be stored is made anew; one that holds anything is not
// touched, though its mark is gone.
func TestUnfinishedStoreIsSetAside(t *testing.T) {
	dir := t.TempDir()
	meta := filepath.Join(dir, streamsDir, engineAccount, "streams", runsStream)
	if err := errors.Join(audit.Opened(dir), os.MkdirAll(filepath.Join(meta, "msgs"), 0o700), os.WriteFile(filepath.Join(meta, "meta.inf"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	s := openTest(t, Config{Dir: dir})
	newAuthor("one").write(t, s, 1)
	aside, err := filepath.Glob(filepath.Join(dir, streamsDir+".unfinished-*"))
	if err != nil || len(aside) != 1 {
		t.Errorf("set aside: %v, error %v", aside, err)
	}

	dir = filled(t)
	if err := errors.Join(audit.Opened(dir), os.Remove(filepath.Join(dir, "weir.mark"))); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, Config{Dir: dir})
	if got := readAll(t, s, "two", 0); len(got) != 1 {
		t.Errorf("%d commits of run two are left", len(got))
	}
}

// What rots while the store is open is found by the scrub.
func TestScrubFindsDamage(t *testing.T) {
	dir := filled(t)
	quick := quickSeams(newFaults())
	quick.scrub = scrubPace{first: time.Millisecond, every: time.Millisecond, rate: 1 << 30}
	s, err := open(t.Context(), Config{Dir: dir}, quick)
	if err != nil {
		t.Fatal(err)
	}
	awaitScrub := func(severity audit.Severity) {
		t.Helper()
		for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if r := s.Damage(); r != nil && r.Severity() == severity {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("the scrub found %+v", s.Damage())
			}
		}
	}
	awaitScrub("")
	spoil(t, dir)
	awaitScrub(audit.Damage)
	if err := s.Ready(); err != nil {
		t.Errorf("the other runs are whole: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), Config{Dir: dir}); !errors.Is(err, ErrDamaged) {
		t.Errorf("opened again: %v", err)
	}
}
