package runindex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/weirflow/weir/eventstore/event"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// failer is what tests and rapid's tests have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// openAt opens the index of a store named "store" at a path.
func openAt(t failer, path string) *Index {
	t.Helper()
	x, err := Open(context.Background(), Config{Path: path, Store: "store"})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return x
}

// blank is the file of an empty index: copying it is quicker than making one, for properties that take many.
var blank = sync.OnceValue(func() []byte {
	dir, err := os.MkdirTemp("", "runindex")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "blank.db")
	x, err := Open(context.Background(), Config{Path: path, Store: "store"})
	if err != nil {
		panic(err)
	}
	if err := x.Close(); err != nil {
		panic(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return content
})

// openBlank is openAt for an index that is empty.
func openBlank(t failer, path string) *Index {
	t.Helper()
	if err := os.WriteFile(path, blank(), 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	return openAt(t, path)
}

func openTest(t *testing.T) *Index {
	t.Helper()
	x := openBlank(t, filepath.Join(t.TempDir(), "runs.db"))
	t.Cleanup(func() { closeTest(t, x) })
	return x
}

func closeTest(t failer, x *Index) {
	t.Helper()
	if err := x.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// scratch makes a folder for one try of a property.
func scratch(t failer, do func(dir string)) {
	t.Helper()
	dir, err := os.MkdirTemp("", "runindex")
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer os.RemoveAll(dir)
	do(dir)
}

func apply(t failer, x *Index, commits ...Commit) {
	t.Helper()
	if err := x.Apply(context.Background(), commits); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// byRows has batches closed at so many rows, where usually they hold thousands.
func (x *Index) byRows(rows int) *Index {
	x.rows = rows
	return x
}

func fold(t failer, x *Index, commits ...Commit) {
	t.Helper()
	if err := x.Fold(context.Background(), scanOf(commits, nil)); err != nil {
		t.Fatalf("fold: %v", err)
	}
}

// scanOf is a scan of the stream that ends with err.
func scanOf(commits []Commit, err error) iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		for _, c := range commits {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(Commit{}, err)
		}
	}
}

// listed reads all pages of a listing.
func listed(t failer, x *Index, l Listing) []Run {
	t.Helper()
	all := []Run{}
	for {
		page, err := x.Page(context.Background(), l)
		if err != nil {
			t.Fatalf("page of %+v: %v", l, err)
		}
		all = append(all, page.Runs...)
		if page.Next == "" {
			return all
		}
		if len(page.Runs) != max(l.Limit, 1) && l.Limit != 0 {
			t.Fatalf("a page of %d of %d runs has another behind it", len(page.Runs), l.Limit)
		}
		l.Cursor = page.Next
	}
}

func namesOf(runs []Run) []string {
	names := make([]string, len(runs))
	for i := range runs {
		names[i] = runs[i].Run
	}
	return names
}

// contents shows what the file holds as text: all but the revisions and the starts of runs that are retired, of which a file
// remembers what it happened to meet.
func contents(t failer, x *Index) string {
	t.Helper()
	var text strings.Builder
	for _, query := range []string{
		"SELECT store, sequence, digest FROM head",
		"SELECT run.*, digest AS revision FROM run JOIN revision ON revision.id = run.revision ORDER BY run.id",
		"SELECT * FROM label ORDER BY 1, 2, 3, 4",
		"SELECT * FROM visit ORDER BY 1, 2, 3",
		"SELECT * FROM error ORDER BY 1",
		"SELECT * FROM tally ORDER BY 1, 2",
	} {
		rows, err := x.pools.readers.Query(query)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		answer, err := take(rows, 1e6)
		if err = errors.Join(err, rows.Close()); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for _, row := range answer.Rows {
			for i, column := range answer.Columns {
				if column == "revision" && i == 3 {
					continue // the number of the revision in this file
				}
				fmt.Fprintf(&text, "%s=%v ", column, row[i])
			}
			text.WriteString("\n")
		}
	}
	return text.String()
}

// sound has SQLite look at the whole file.
func sound(t failer, x *Index) {
	t.Helper()
	var verdict string
	if err := x.writer.conn.QueryRowContext(context.Background(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Fatalf("integrity: %s, %v", verdict, err)
	}
	if _, err := x.writer.exec(context.Background(), "INSERT INTO error_text (error_text, rank) VALUES ('integrity-check', 1)"); err != nil {
		t.Fatalf("the index of the errors' texts differs from them: %v", err)
	}
	if err := audit(context.Background(), x.pools.readers); err != nil {
		t.Fatalf("audit: %v", err)
	}
}

// stream numbers commits as a stream does.
type stream struct{ commits []Commit }

func (s *stream) append(c event.Commit) Commit {
	stored := Commit{uint64(len(s.commits)) + 1, event.Seal(c)}
	s.commits = append(s.commits, stored)
	return stored
}

func sortRuns(runs []Run, compare ...func(a, b *Run) int) {
	slices.SortStableFunc(runs, func(a, b Run) int {
		for _, c := range compare {
			if d := c(&a, &b); d != 0 {
				return d
			}
		}
		return cmp.Compare(a.First, b.First)
	})
}
