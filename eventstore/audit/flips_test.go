package audit_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/weirflow/weir/eventstore/audit"
)

// Any bit of any file of a store may flip: that is found, or it changes nothing, which the real store proves. `make
// flips FLIPS=10000` takes more of them; the seed is printed where one fails.
func TestFlips(t *testing.T) {
	flips, seed := number(t, "AUDIT_FLIPS", 300), number(t, "AUDIT_SEED", 1)
	trial := newTrial(t)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	for i := range flips {
		path, offset := trial.pick(random, i%10 == 0)
		bit := uint(random.IntN(8))
		trial.suffer(t, path, fmt.Sprintf("seed %d, flip %d: bit %d of byte %d", seed, i, bit, offset), func() {
			flip(t, path, offset, bit)
		})
	}
	wantWhole(t, check(t, trial.dir))
	t.Logf("%d flips over %d bytes in %d files: %v", flips, trial.bytes, len(trial.files), trial.outcomes)
	if trial.outcomes["damage"] < flips/2 {
		t.Errorf("most flips should be damage: %v", trial.outcomes)
	}
}

// The same holds for files that are cut short, deleted, or overwritten in part.
func TestMutilations(t *testing.T) {
	seed := number(t, "AUDIT_SEED", 1)
	trial := newTrial(t)
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	for i := range 150 {
		path, offset := trial.pick(random, i%2 == 0)
		length := 1 + random.IntN(5000)
		kind := []string{"cut short", "deleted", "zeroed", "overwritten", "shifted"}[random.IntN(5)]
		trial.suffer(t, path, fmt.Sprintf("seed %d, mutilation %d: %s at byte %d for %d", seed, i, kind, offset, length), func() {
			edit(t, path, func(data []byte) []byte {
				end := min(len(data), offset+length)
				switch kind {
				case "cut short":
					return data[:offset]
				case "zeroed":
					clear(data[offset:end])
				case "overwritten":
					copy(data[offset:end], bytes.Clone(data))
				case "shifted":
					return slices.Delete(data, offset, end)
				}
				return data
			})
			if kind == "deleted" {
				remove(t, filepath.Dir(path), filepath.Base(path))
			}
		})
	}
	wantWhole(t, check(t, trial.dir))
	t.Logf("%v", trial.outcomes)
}

// trial is a store to which things happen, one at a time.
type trial struct {
	dir      string
	want     []string // what the real store reads from it
	files    []file
	bytes    int
	outcomes map[string]int
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	tr := &trial{dir: makeFlipSample(t), outcomes: map[string]int{}}
	wantWhole(t, check(t, tr.dir))
	var bad int
	if tr.want, bad = contents(t, duplicate(t, tr.dir)); bad > 0 {
		t.Fatalf("the store meets %d errors in the sample", bad)
	}
	tr.files, tr.bytes = filesOf(t, tr.dir)
	return tr
}

// suffer lets something happen to a file, and wants it to be found, or to change nothing. Then the file is restored.
func (tr *trial) suffer(t *testing.T, path, what string, happen func()) {
	t.Helper()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	happen()
	r := check(t, tr.dir)
	tr.outcomes[outcome(r)]++
	if r.Err() == nil {
		got, bad := contents(t, duplicate(t, tr.dir))
		if diff := cmp.Diff(tr.want, got); diff != "" || bad > 0 {
			t.Errorf("%s of %s is called %s; the store then meets %d errors and holds something else:\n%s", what, path, outcome(r), bad, diff)
		}
	}
	if err := os.WriteFile(path, before, 0o600); err != nil {
		t.Fatal(err)
	}
}

func outcome(r *audit.Report) string {
	if s := r.Severity(); s != "" {
		return string(s)
	}
	return "nothing"
}

func number(t testing.TB, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// makeFlipSample makes a store of about 1 MiB: many blocks, a run that was purged, some revisions, a mark.
func makeFlipSample(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	smallBlocks(t, dir)
	s := open(t, dir)
	expected := uint64(0)
	for n := range 20 {
		expected = saveRevision(t, s, "flow", n+1, expected)
	}
	authors := make([]*author, 30)
	for i := range authors {
		authors[i] = &author{run: fmt.Sprintf("run-%d", i), filler: 50 * i}
	}
	for i := range 14 {
		for _, a := range authors {
			a.write(t, s, 1+i%5)
		}
	}
	shut(t, s)
	js, stop := serve(t, dir)
	stream, err := js.Stream(t.Context(), runsStream)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject("weir.runs.default.run-7")); err != nil {
		t.Fatal(err)
	}
	stop()
	// Tombstones at the very end could be cut off between two of them without a trace: the mark knows nothing of them.
	s = open(t, dir)
	authors[0].write(t, s, 3)
	shut(t, s)
	remove(t, dir, "weir.mark")
	mark(t, dir, authors[0].sequence, expected)
	return dir
}

type file struct {
	path  string
	bytes int
}

// filesOf lists the files below the streams' directory, and the mark.
func filesOf(t testing.TB, dir string) (files []file, total int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || entry.Name() == "lock" {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Size() > 0 {
			files = append(files, file{path, int(info.Size())})
			total += int(info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, total
}

// pick chooses a byte: of all bytes alike, or of all files alike, so that the small ones are hit as well.
func (tr *trial) pick(random *rand.Rand, byFile bool) (path string, offset int) {
	if byFile {
		f := tr.files[random.IntN(len(tr.files))]
		return f.path, random.IntN(f.bytes)
	}
	offset = random.IntN(tr.bytes)
	i := slices.IndexFunc(tr.files, func(f file) bool {
		offset -= f.bytes
		return offset < 0
	})
	return tr.files[i].path, offset + tr.files[i].bytes
}
