package eventstore

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written makes a store with runs that end in many ways, and backs it up.
func written(t *testing.T) (*Store, []byte, BackupCounts) {
	t.Helper()
	s := openTest(t, Config{})
	fill(t, s, 50, 3, 2)
	for i := range 5 {
		retire(t, s, fmt.Sprintf("retired-%d", i))
	}
	for _, name := range []string{"one", "two", "one"} {
		r := RevisionRecord{Workflow: name, Number: 1, Digest: "sha256:0", SavedAt: testTime, Format: "yaml", Source: "name: " + name + "\n# <é\u2028>\n"}
		last := uint64(0)
		for stored, err := range s.Revisions(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if stored.Workflow == name {
				last, r.Number = stored.Sequence, stored.Number+1
			}
		}
		if _, err := s.AppendRevision(t.Context(), r, last); err != nil {
			t.Fatal(err)
		}
	}
	var backup bytes.Buffer
	counts, err := s.Backup(t.Context(), &backup)
	if err != nil {
		t.Fatal(err)
	}
	return s, backup.Bytes(), counts
}

// everything is what a store holds, without where it stands.
func everything(t *testing.T, s *Store) []string {
	t.Helper()
	var all []string
	for c, err := range s.Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(c.Data))
	}
	for r, err := range s.Revisions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%+v", r.RevisionRecord))
	}
	return all
}

// What was backed up is there after a restore, and goes on.
func TestBackupAndRestore(t *testing.T) {
	s, backup, counts := written(t)
	if want := (BackupCounts{Commits: 155, Revisions: 3}); counts != want {
		t.Errorf("backed up %+v, want %+v", counts, want)
	}
	dir := filepath.Join(t.TempDir(), "new")
	restored, err := Restore(t.Context(), Config{Dir: dir}, bytes.NewReader(backup))
	if err != nil || restored != counts {
		t.Fatalf("restored %+v, error %v", restored, err)
	}
	again := openTest(t, Config{Dir: dir})
	if diff := cmp.Diff(everything(t, s), everything(t, again)); diff != "" {
		t.Errorf("(-backed up +restored)\n%s", diff)
	}
	last, err := again.Last(t.Context(), "run-7")
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthor("run-7")
	a.moved(last.Sealed, last.Sequence)
	a.write(t, again, 1)
	if got := readAll(t, again, "run-7", 0); len(got) != 4 {
		t.Errorf("the run has %d commits", len(got))
	}
	var retired *RetiredError
	for _, err := range again.Read(t.Context(), "retired-3", 0) {
		if !errors.As(err, &retired) {
			t.Errorf("a retired run reads as %v", err)
		}
	}
}

// A backup of a store at work is what was durable when it began, each run a whole beginning of itself.
func TestBackupOfAStoreAtWork(t *testing.T) {
	s := openTest(t, Config{})
	fill(t, s, 200, 2, 2)
	stop := make(chan struct{})
	var work sync.WaitGroup
	for i := range 4 {
		work.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					retire(t, s, fmt.Sprintf("busy-%d-%d", i, n))
				}
			}
		})
	}
	for range 5 {
		var backup bytes.Buffer
		counts, err := s.Backup(t.Context(), &backup)
		if err != nil {
			t.Fatal(err)
		}
		restored, err := Restore(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "new")}, &backup)
		if err != nil || restored != counts || counts.Commits < 400 {
			t.Errorf("backed up %+v, restored %+v, error %v", counts, restored, err)
		}
	}
	close(stop)
	work.Wait()
}

// A backup that is not whole is refused, wherever it was hurt.
func TestRestoreRefusesWhatIsNotWhole(t *testing.T) {
	_, backup, _ := written(t)
	text := unzip(t, backup)
	lines := strings.SplitAfter(text, "\n")
	cases := map[string][]byte{
		"nothing":              {},
		"no gzip":              []byte("{}"),
		"half of the file":     backup[:len(backup)/2],
		"without gzip's end":   backup[:len(backup)-4],
		"without the foot":     zipped(t, strings.Join(lines[:len(lines)-2], "")),
		"a line less":          zipped(t, strings.Replace(text, lines[3], "", 1)),
		"a line twice":         zipped(t, strings.Replace(text, lines[3], lines[3]+lines[3], 1)),
		"two lines exchanged":  zipped(t, strings.Replace(text, lines[3]+lines[4], lines[4]+lines[3], 1)),
		"a changed revision":   zipped(t, strings.Replace(text, "name: two", "name: twa", 1)),
		"something behind":     append(bytes.Clone(backup), "more"...),
		"another kind":         zipped(t, strings.Replace(text, `"weir":"backup"`, `"weir":"archive"`, 1)),
		"another version":      zipped(t, strings.Replace(text, `"v":1,"made_at"`, `"v":2,"made_at"`, 1)),
		"a line of other sort": zipped(t, strings.Replace(text, `{"commit":`, `{"remark":`, 1)),
	}
	for name, data := range cases {
		if _, err := Restore(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "new")}, bytes.NewReader(data)); !errors.Is(err, ErrNotBackup) {
			t.Errorf("%s: restore gives %v, want ErrNotBackup", name, err)
		}
		if _, err := VerifyBackup(bytes.NewReader(data)); !errors.Is(err, ErrNotBackup) {
			t.Errorf("%s: verification gives %v, want ErrNotBackup", name, err)
		}
	}
	changed := zipped(t, strings.Replace(text, `"node":"step"`, `"node":"stop"`, 1))
	_, err := Restore(t.Context(), Config{Dir: filepath.Join(t.TempDir(), "new")}, bytes.NewReader(changed))
	wantDamage(t, "a changed commit", err)
}

func TestRestoreNeedsAnEmptyDirectory(t *testing.T) {
	s, backup, _ := written(t)
	dir := t.TempDir()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), Config{Dir: dir}, bytes.NewReader(backup)); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), Config{Dir: dir}, bytes.NewReader(backup)); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("got %v, want ErrNotEmpty", err)
	}
}

func unzip(t *testing.T, data []byte) string {
	t.Helper()
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := io.WriteString(zip, text); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
