package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/weirflow/weir/eventstore/audit"
)

// sample is a store that was made by the real one and closed cleanly: a few small blocks, eight runs whose commits
// are interleaved, and two workflows.
type sample struct {
	dir             string
	runs, workflows uint64 // last sequences
}

const (
	sampleRuns    = 8
	sampleCommits = 12 // of each run
)

var makeSample = sync.OnceValues(func() (sample, error) {
	dir, err := os.MkdirTemp("", "audit-sample-")
	return sample{dir: filepath.Join(dir, "data")}, err
})

// sampleOnce fills the sample at its first use; TestMain removes it.
var sampleOnce sync.Once

// store returns a copy of the sample, to be damaged.
func store(t testing.TB) (dir string, s sample) {
	t.Helper()
	s, err := makeSample()
	if err != nil {
		t.Fatal(err)
	}
	sampleOnce.Do(func() { fillSample(t, s.dir) })
	s.runs, s.workflows = sampleRuns*sampleCommits, 4
	return duplicate(t, s.dir), s
}

func fillSample(t testing.TB, dir string) {
	t.Helper()
	smallBlocks(t, dir)
	es := open(t, dir)
	for _, r := range []struct {
		workflow         string
		number, expected int
	}{{"flow", 1, 0}, {"flow", 2, 1}, {"other", 1, 0}, {"flow", 3, 2}} {
		saveRevision(t, es, r.workflow, r.number, uint64(r.expected))
	}
	authors := make([]*author, sampleRuns)
	for i := range authors {
		authors[i] = &author{run: fmt.Sprintf("run-%d", i), filler: 300}
	}
	for i := range sampleCommits {
		for _, a := range authors {
			a.write(t, es, 1+i%5)
		}
	}
	shut(t, es)
	remove(t, dir, "weir.mark") // how often the store wrote it depends on time
	mark(t, dir, sampleRuns*sampleCommits, 4)
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := makeSample(); err == nil {
		_ = os.RemoveAll(filepath.Dir(s.dir))
	}
	os.Exit(code) //nolint:forbidigo // this is the tests' main
}

// at returns where a file of the runs' blocks lies.
func at(dir string, name ...string) string {
	return filepath.Join(append([]string{dir, filepath.FromSlash(runsBlocks)}, name...)...)
}

// edit changes a file.
func edit(t testing.TB, path string, change func(data []byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// records returns the offsets of a block's records, and its length.
func records(t testing.TB, path string) []int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var offsets []int
	at := 0
	for at < len(data) {
		offsets = append(offsets, at)
		at += int(data[at]) | int(data[at+1])<<8 | int(data[at+2])<<16 | int(data[at+3]&0x7f)<<24
	}
	return append(offsets, at)
}

// blockNumbers returns how many blocks the runs of a store have; they are numbered from 1.
func blockNumbers(t testing.TB, dir string) int {
	t.Helper()
	blocks, err := filepath.Glob(at(dir, "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	return len(blocks)
}

// newest returns the path of the newest block of the runs.
func newest(t testing.TB, dir string) string {
	t.Helper()
	return at(dir, fmt.Sprintf("%d.blk", blockNumbers(t, dir)))
}

// wantWhole fails where a report has anything to say.
func wantWhole(t testing.TB, r *audit.Report) {
	t.Helper()
	if len(r.Findings) > 0 || r.Err() != nil {
		t.Errorf("want no findings, got\n%s", text(t, r))
	}
}

// wantSound fails where a report says more than what is harmless.
func wantSound(t testing.TB, r *audit.Report) {
	t.Helper()
	if r.Err() != nil {
		t.Errorf("want nothing but what is harmless, got\n%s", text(t, r))
	}
}
