package runindex

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What a closed index holds, one that is opened again holds, in one file.
func TestOpenAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder?with #odd %41 name", "runs.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	x := openAt(t, path)
	if o := x.Origin(); o.Kept || o.Reason != "there was none" {
		t.Errorf("%+v", o)
	}
	threeRuns(t, x)
	before := contents(t, x)
	closeTest(t, x)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("a closed index leaves %v, %v", entries, err)
	}
	x = openAt(t, path)
	defer closeTest(t, x)
	if o := x.Origin(); !o.Kept || o.Reason != "" || x.Sequence() != 5 {
		t.Errorf("%+v at %d", o, x.Sequence())
	}
	if diff := cmp.Diff(before, contents(t, x)); diff != "" {
		t.Error(diff)
	}
}

// A file that cannot be gone on with is replaced, one of somebody else is kept, and the reason is told.
func TestOpenBeginsAnew(t *testing.T) {
	change := func(statement string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			if err == nil {
				_, err = db.Exec(statement)
			}
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(content string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, c := range map[string]struct {
		spoil  func(t *testing.T, path string)
		reason string
		aside  bool
	}{
		"version": {change("PRAGMA user_version = 8"), "another version of weir (schema 8, this one has 7)", false},
		"store":   {change("UPDATE head SET store = 'other'"), "another store", false},
		"head":    {change("DELETE FROM head"), "no head", false},
		"counts":  {change("DELETE FROM run WHERE name = 'well'"), "counts differ", false},
		"tables":  {change("DROP VIEW runs; DROP TABLE head"), "damaged", false},
		"program": {change("PRAGMA application_id = 1"), "another program", true},
		"text":    {write("shopping: bread, milk"), "damaged", true},
		"empty":   {write(""), "empty", false},
		"truncated": {func(t *testing.T, path string) {
			if err := os.Truncate(path, 10_000); err != nil {
				t.Fatal(err)
			}
		}, "damaged", true},
		"overwritten": {func(t *testing.T, path string) {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(string(content[:100])+strings.Repeat("x", len(content)-100))(t, path)
		}, "damaged", true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "runs.db")
			x := openAt(t, path)
			threeRuns(t, x)
			closeTest(t, x)
			c.spoil(t, path)
			spoilt, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			x, err = Open(t.Context(), Config{Path: path, Store: "store", Logger: slog.New(slog.NewTextHandler(&log, nil))})
			if err != nil {
				t.Fatal(err)
			}
			defer closeTest(t, x)
			if o := x.Origin(); o.Kept || !strings.Contains(o.Reason, c.reason) || !strings.Contains(log.String(), c.reason) {
				t.Errorf("%+v\n%s", o, log.String())
			}
			aside, err := os.ReadFile(path + asideEnding)
			if c.aside != (err == nil) || c.aside && !bytes.Equal(aside, spoilt) {
				t.Errorf("put aside: %v", err)
			}
			if x.Sequence() != 0 || len(listed(t, x, Listing{})) != 0 {
				t.Error("it is not empty")
			}
			threeRuns(t, x)
			sound(t, x)
		})
	}
}

// Where no index can be kept, that is an error and nothing else.
func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	for _, cfg := range []Config{{}, {Path: filepath.Join(dir, "x")}, {Store: "store"}, {Path: dir, Store: "store"}, {Path: filepath.Join(dir, "none", "x"), Store: "store"}} {
		x, err := Open(t.Context(), cfg)
		if err == nil {
			closeTest(t, x)
			t.Errorf("%+v is opened", cfg)
		}
	}
}

// A page that is overwritten while the file is closed is never taken for what was written there.
func TestDamagedPages(t *testing.T) {
	const pageBytes = 4096
	path := filepath.Join(t.TempDir(), "runs.db")
	x := openAt(t, path)
	threeRuns(t, x)
	want := listed(t, x, Listing{})
	closeTest(t, x)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for at := pageBytes; at < len(whole); at += pageBytes {
		spoilt := bytes.Clone(whole)
		copy(spoilt[at:], make([]byte, pageBytes))
		if err := os.WriteFile(path, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		x := openAt(t, path)
		if !x.Origin().Kept {
			found++
		} else if page, err := x.Page(t.Context(), Listing{}); errors.Is(err, ErrDamaged) {
			found++
			if err := x.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			threeRuns(t, x)
			sound(t, x)
		} else if diff := cmp.Diff(want, page.Runs); err != nil || diff != "" {
			t.Errorf("page %d: %v\n%s", at/pageBytes, err, diff)
		}
		closeTest(t, x)
	}
	if found < 5 {
		t.Errorf("damage of %d pages was found", found)
	}
}

// After a reset the index is empty, works, and has no trace of what it held.
func TestReset(t *testing.T) {
	x := openTest(t)
	threeRuns(t, x)
	name := listed(t, x, Listing{})[0].Run
	_, before, err := x.End(t.Context(), name)
	if err != nil || before == 0 {
		t.Fatalf("run %s ends at %d, %v", name, before, err)
	}
	if err := x.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, end, err := x.End(t.Context(), name); x.Sequence() != 0 || len(listed(t, x, Listing{})) != 0 || end != 0 || err != nil {
		t.Errorf("it is not empty: run %s ends at %d, %v", name, end, err)
	}
	threeRuns(t, x)
	if _, again, err := x.End(t.Context(), name); again != before || err != nil {
		t.Errorf("filled again, run %s ends at %d and not %d, %v", name, again, before, err)
	}
	sound(t, x)
}

func TestClosedIndex(t *testing.T) {
	x := openAt(t, filepath.Join(t.TempDir(), "runs.db"))
	closeTest(t, x)
	closeTest(t, x)
	ctx := t.Context()
	_, page := x.Page(ctx, Listing{})
	_, none := x.Page(ctx, Listing{Filter: Filter{Text: "x", Statuses: []Status{Running}}})
	_, count := x.Count(ctx, Filter{})
	_, _, run := x.Run(ctx, "x")
	_, query := x.Query(ctx, "SELECT 1", nil, 0)
	for _, err := range x.OpenRuns(ctx) {
		if !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
	for _, err := range []error{page, none, count, run, query, x.Apply(ctx, nil), x.Fold(ctx, scanOf(nil, nil)), x.Reset(ctx)} {
		if !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}

// A store without runs is started often, and has nothing to build.
func TestScanOfNothingBuildsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.db")
	x := openAt(t, path)
	defer closeTest(t, x)
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	fold(t, x)
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) || x.Sequence() != 0 {
		t.Errorf("another file stands in its place, at %d", x.Sequence())
	}
	broken := errors.New("the stream cannot be read")
	if err := x.Fold(t.Context(), scanOf(nil, broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// A build that fails leaves the index as it was and no file behind.
func TestBuildThatFails(t *testing.T) {
	dir := t.TempDir()
	x := openAt(t, filepath.Join(dir, "runs.db"))
	defer closeTest(t, x)
	broken := errors.New("the stream cannot be read")
	s := &stream{}
	threeCommits(s)
	if err := x.Fold(t.Context(), scanOf(s.commits, broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(broken)
	if err := x.Fold(ended, scanOf(s.commits, nil)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "runs.db"+buildEnding)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the build is left: %v", err)
	}
	if x.Sequence() != 0 || len(listed(t, x, Listing{})) != 0 {
		t.Error("it is not empty")
	}
	fold(t, x, s.commits...)
	if x.Sequence() != 5 || len(listed(t, x, Listing{})) != 3 {
		t.Error("it is not built")
	}
}
