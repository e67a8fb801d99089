package runindex

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/weirflow/weir/eventstore/event"
)

// simple makes a stream of runs that complete, each of two commits beside each other.
func simple(s *stream, from, to int) []Commit {
	first := len(s.commits)
	for i := from; i < to; i++ {
		run := fmt.Sprintf("run-%04d", i)
		at := lifeBegun.Add(time.Duration(i) * time.Second)
		commit := func(n uint64, bodies ...event.Body) {
			c := event.Commit{Run: run, Workflow: "flow", First: n, Epoch: "e"}
			for k, body := range bodies {
				c.Events = append(c.Events, event.Event{Run: run, N: n + uint64(k), At: at, Body: body})
			}
			s.append(c)
		}
		commit(1, event.RunStarted{Workflow: "flow", Labels: map[string]string{"n": fmt.Sprint(i % 3)}}, event.NodeStarted{Node: "a", Visit: 1, Attempt: 1})
		commit(3, event.NodeCompleted{Node: "a", Visit: 1, Attempt: 1}, event.RunCompleted{State: "s"})
	}
	return s.commits[first:]
}

func TestGapsAreRefused(t *testing.T) {
	x, s := openTest(t), &stream{}
	simple(s, 0, 5)
	apply(t, x, s.commits[:4]...)
	before := contents(t, x)
	for _, commits := range [][]Commit{s.commits[5:], {s.commits[3], s.commits[4], s.commits[6]}, {s.commits[4], s.commits[6]}} {
		if err := x.Apply(t.Context(), commits); !errors.Is(err, ErrGap) {
			t.Errorf("got %v", err)
		}
	}
	if diff := cmp.Diff(before, contents(t, x)); diff != "" {
		t.Error(diff)
	}
	// A scan knows what is in the stream no more.
	fold(t, x, s.commits[3], s.commits[6], s.commits[7])
	if x.Sequence() != 8 || len(listed(t, x, Listing{})) != 3 {
		t.Errorf("at %d: %v", x.Sequence(), listed(t, x, Listing{}))
	}
	if err := x.Apply(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// The commit at which the index ends tells whether a stream is the one that it knows.
func TestAnotherStreamIsRecognised(t *testing.T) {
	x, s, other := openTest(t), &stream{}, &stream{}
	simple(s, 0, 3)
	simple(other, 1, 7)
	apply(t, x, s.commits...)
	before := contents(t, x)
	for _, err := range []error{
		x.Apply(t.Context(), other.commits[5:8]), x.Fold(t.Context(), scanOf(other.commits[5:], nil)), x.Fold(t.Context(), scanOf(other.commits, nil)),
	} {
		if !errors.Is(err, ErrDiverged) {
			t.Errorf("got %v", err)
		}
	}
	if diff := cmp.Diff(before, contents(t, x)); diff != "" {
		t.Error(diff)
	}
}

// The process is killed while a batch is being folded, into a file that grew and one that was built, and while a file is being built.
// The batches before it are there, whole, and nothing of it.
func TestCrash(t *testing.T) {
	const inside = "WEIR_TEST_CRASH"
	s := &stream{}
	simple(s, 0, 40)
	if where := os.Getenv(inside); where != "" {
		path, how, _ := strings.Cut(where, "|")
		x := openAt(t, path)
		switch how {
		case "grown":
			apply(t, x, s.commits[:20]...)
			apply(t, x, s.commits[20:70]...)
		case "built":
			fold(t, x, s.commits[:70]...)
		}
		_ = x.Fold(t.Context(), func(yield func(Commit, error) bool) {
			for _, c := range s.commits[:75] {
				yield(c, nil)
			}
			self, err := os.FindProcess(os.Getpid())
			if err = errors.Join(err, self.Kill()); err != nil {
				t.Error(err)
			}
			select {}
		})
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for how, sequence := range map[string]uint64{"grown": 70, "built": 70, "building": 0} {
		t.Run(how, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "runs.db")
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestCrash$")
			cmd.Env = append(os.Environ(), inside+"="+path+"|"+how)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || strings.Contains(string(out), "FAIL") {
				t.Fatalf("%v\n%s", err, out)
			}
			x := openAt(t, path)
			defer closeTest(t, x)
			if !x.Origin().Kept || x.Sequence() != sequence {
				t.Errorf("%+v, at %d", x.Origin(), x.Sequence())
			}
			if _, err := os.Stat(path + buildEnding); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the build is left: %v", err)
			}
			holds(t, x, s.commits[:sequence])
		})
	}
}

// holds checks that an index is sound and holds what folding the commits gives.
func holds(t *testing.T, x *Index, commits []Commit) {
	t.Helper()
	sound(t, x)
	fresh := openTest(t)
	fold(t, fresh, commits...)
	if diff := cmp.Diff(contents(t, fresh), contents(t, x)); diff != "" {
		t.Error(diff)
	}
}

// A log that is cut off or spoilt anywhere, as a power cut may leave it, loses the latest batches as wholes.
func TestTornLog(t *testing.T) {
	dir := t.TempDir()
	path, s := filepath.Join(dir, "runs.db"), &stream{}
	simple(s, 0, 30)
	x := openAt(t, path)
	defer closeTest(t, x)
	boundaries := []int{0}
	for at := 0; at < len(s.commits); at += 10 {
		apply(t, x, s.commits[at:at+10]...)
		boundaries = append(boundaries, at+10)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(path + "-wal")
	if err != nil || len(log) < 100_000 {
		t.Fatalf("the log has %d bytes: %v", len(log), err)
	}
	seen := map[uint64]bool{}
	for i, at := range []int{0, 40, 20_000, len(log) / 2, len(log) * 2 / 3, len(log) - 1} {
		for name, torn := range map[string][]byte{
			"cut":    log[:at],
			"zeroed": slices.Concat(log[:at], make([]byte, len(log)-at)),
			"mixed":  slices.Concat(log[:at], log[:len(log)-at]),
		} {
			copied := filepath.Join(dir, fmt.Sprint(name, i, ".db"))
			if err := errors.Join(os.WriteFile(copied, file, 0o600), os.WriteFile(copied+"-wal", torn, 0o600)); err != nil {
				t.Fatal(err)
			}
			y := openAt(t, copied)
			sequence := y.Sequence()
			if seen[sequence] = true; !slices.Contains(boundaries, int(sequence)) {
				t.Errorf("%s at %d ends at commit %d", name, at, sequence)
			}
			holds(t, y, s.commits[:sequence])
			closeTest(t, y)
			if _, err := os.Stat(copied + asideEnding); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s at %d is not recognised: %v", name, at, err)
			}
		}
	}
	if len(seen) < 3 {
		t.Errorf("only %v were seen", seen)
	}
}

// A build that was cut short leaves a file that is in nobody's way.
func TestBuildThatWasCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs.db")
	if err := os.WriteFile(path+buildEnding, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	x, s := openAt(t, path), &stream{}
	defer closeTest(t, x)
	simple(s, 0, 3)
	fold(t, x, s.commits...)
	sound(t, x)
	if _, err := os.Stat(path + buildEnding); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// Where the disk is full, a batch is refused as a whole, the list stays readable, and goes on when there is room.
func TestFullDisk(t *testing.T) {
	x, s := openTest(t), &stream{}
	simple(s, 0, 500)
	apply(t, x, s.commits[:20]...)
	before := contents(t, x)
	pages := func(most int) {
		var is int
		if err := x.writer.conn.QueryRowContext(t.Context(), fmt.Sprint("PRAGMA max_page_count = ", most)).Scan(&is); err != nil {
			t.Fatal(err)
		}
	}
	pages(1) // which is as many as there are
	err := x.Apply(t.Context(), s.commits[20:])
	var full *sqlite.Error
	if !errors.As(err, &full) || full.Code() != sqlite3.SQLITE_FULL {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, contents(t, x)); diff != "" {
		t.Error(diff)
	}
	if x.Sequence() != 20 {
		t.Errorf("at %d", x.Sequence())
	}
	if err := x.Apply(t.Context(), s.commits[30:]); !errors.Is(err, ErrGap) {
		t.Errorf("got %v", err)
	}
	pages(1 << 30)
	apply(t, x, s.commits[20:]...)
	sound(t, x)
	if n := len(listed(t, x, Listing{Limit: PageMax})); n != 500 {
		t.Errorf("%d runs", n)
	}
}

// Readers of every kind go on beside a writer, and see whole batches.
func TestReadersBesideAWriter(t *testing.T) {
	x, s := openTest(t), &stream{}
	const runs, batch = 1000, 20
	simple(s, 0, runs)
	fold(t, x, s.commits[:batch]...)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	read := func(do func() (runs int64, err error)) {
		readers.Go(func() {
			for ctx.Err() == nil {
				n, err := do()
				if err != nil || n%(batch/2) != 0 {
					t.Errorf("%d runs, %v", n, err)
					return
				}
			}
		})
	}
	background := context.Background()
	for range 3 {
		read(func() (int64, error) {
			counts, err := x.Count(background, Filter{Workflow: "flow"})
			return counts.Total(), err
		})
	}
	read(func() (int64, error) {
		page, err := x.Page(background, Listing{Limit: 1000})
		return int64(len(page.Runs)), err
	})
	read(func() (int64, error) {
		answer, err := x.Query(background, "SELECT count(*) FROM runs", nil, 0)
		if err != nil {
			return 0, err
		}
		return answer.Rows[0][0].(int64), nil
	})
	read(func() (n int64, err error) {
		for _, err := range x.OpenRuns(background) {
			if err != nil {
				return 0, err
			}
			n++
		}
		return n, nil
	})
	for at := batch; at < len(s.commits); at += batch {
		apply(t, x, s.commits[at:at+batch]...)
	}
	stop()
	readers.Wait()
	sound(t, x)
}

// An index may be reset and built while others read it.
func TestReadersBesideABuild(t *testing.T) {
	x, s := openTest(t), &stream{}
	simple(s, 0, 50)
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				page, err := x.Page(context.Background(), Listing{})
				if err != nil || len(page.Runs) != 0 && len(page.Runs) != 50 {
					t.Errorf("%d runs, %v", len(page.Runs), err)
				}
			}
		})
	}
	for range 5 {
		fold(t, x, s.commits...)
		if err := x.Reset(t.Context()); err != nil {
			t.Error(err)
		}
	}
	stop()
	readers.Wait()
}

// A batch is closed before it holds too much, however large the labels of its runs are.
func TestBatchesAreBounded(t *testing.T) {
	x := openTest(t)
	b, err := x.writer.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("x", 1<<20)
	const most = batchBytesMax >> 20
	for i := range uint64(most) {
		if x.full(b) {
			t.Fatalf("it is full of %d MiB", i)
		}
		if err := b.add(t.Context(), said(i+1, fmt.Sprint(i), 1, `RunStarted ,"workflow":"w","labels":{"a":"`+large+`"}`), false); err != nil {
			t.Fatal(err)
		}
	}
	if !x.full(b) {
		t.Error("it is not full")
	}
	if err := b.finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	sound(t, x)
}
