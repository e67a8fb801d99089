package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/audit"
)

// save collects what is whole in a store.
func save(t testing.TB, s audit.Store) []audit.Message {
	t.Helper()
	var all []audit.Message
	for m, err := range s.Whole(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// Whatever is damaged, of every run all that is there up to the first damage is saved, and nothing else.
func TestWhole(t *testing.T) {
	dir, _ := store(t)
	original := save(t, audit.Store{Dir: dir})
	if len(original) != sampleRuns*sampleCommits+4 {
		t.Fatalf("of the whole sample %d messages are saved", len(original))
	}
	if !slices.IsSortedFunc(original, func(a, b audit.Message) int {
		return -strings.Compare(a.Stream, b.Stream)*1000 + int(a.Sequence) - int(b.Sequence)
	}) {
		t.Error("the messages are not in order, the workflows first")
	}
	stood := places(t, dir, original)
	for _, name := range slices.Sorted(maps.Keys(damages)) {
		t.Run(name, func(t *testing.T) {
			damaged, s := store(t)
			damages[name](t, damaged, s)
			blocks := blocksOf(t, damaged)
			saved := map[string]string{}
			for _, m := range save(t, audit.Store{Dir: damaged}) {
				saved[fmt.Sprint(m.Stream, m.Sequence)] = m.Subject + string(m.Data)
			}
			cut := map[string]bool{} // runs that have lost something already
			for _, m := range original {
				key := fmt.Sprint(m.Stream, m.Sequence)
				got, isSaved := saved[key]
				there := bytes.Contains(blocks[stood[key].block], stood[key].record) && !cut[m.Subject]
				cut[m.Subject] = cut[m.Subject] || !there && m.Stream == runsStream
				if isSaved && got != m.Subject+string(m.Data) {
					t.Errorf("%s is saved with other content", key)
				}
				// The last two cases keep a message whose record is not what it was, or where it was.
				if isSaved != there && name != "bit of the headers' length" && name != "records out of order" {
					t.Errorf("%s: saved is %v, there is %v", key, isSaved, there)
				}
				delete(saved, key)
			}
			if len(saved) > 0 {
				t.Errorf("saved is also what never was: %v", saved)
			}
		})
	}
}

// place is where the record of a message lies.
type place struct {
	block  string // below the data directory
	record []byte
}

// places finds the records of messages in the blocks of a store.
func places(t testing.TB, dir string, messages []audit.Message) map[string]place {
	t.Helper()
	all := map[string]place{}
	for block, data := range blocksOf(t, dir) {
		for _, m := range messages {
			at := bytes.Index(data, m.Data)
			if at < 0 || !strings.Contains(block, m.Stream) {
				continue
			}
			// The record begins before its subject, and ends with a checksum.
			begin := bytes.LastIndex(data[:at], []byte(m.Subject)) - subjectField
			all[fmt.Sprint(m.Stream, m.Sequence)] = place{block, data[begin : at+len(m.Data)+8]}
		}
	}
	if len(all) != len(messages) {
		t.Fatalf("of %d messages %d are found in the blocks", len(messages), len(all))
	}
	return all
}

// blocksOf reads the blocks of all streams that are neither encrypted nor compressed.
func blocksOf(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	paths, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(streamsDir), "*", "msgs", "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		stream := filepath.Dir(filepath.Dir(path))
		meta, _ := os.ReadFile(filepath.Join(stream, "meta.inf")) // which may be missing
		_, err := os.Stat(filepath.Join(stream, "meta.key"))
		if err == nil || bytes.Contains(meta, []byte(`"s2"`)) || strings.HasPrefix(filepath.Base(stream), ".") {
			continue
		}
		data, _ := os.ReadFile(path) // which may be a directory
		all[strings.TrimPrefix(path, dir)] = data
	}
	return all
}

// What is saved makes a new store that holds each run up to the damage.
func TestSalvage(t *testing.T) {
	dir, s := store(t)
	want := lastEvents(save(t, audit.Store{Dir: dir}))
	want["run-0"], want["run-6"], want["run-7"] = 10, 6, 6 // see testdata/page-of-zeros.txt
	damages["page of zeros"](t, dir, s)

	fresh := filepath.Join(t.TempDir(), "fresh")
	es := open(t, fresh)
	last := map[string]uint64{}
	for _, m := range save(t, audit.Store{Dir: dir}) {
		if m.Stream == workflowsStream {
			continue
		}
		sequence, err := es.Append(m.Commit, last[m.Subject]).Result()
		if err != nil {
			t.Fatal(err)
		}
		last[m.Subject] = sequence
	}
	shut(t, es)
	wantWhole(t, check(t, fresh))
	if diff := cmp.Diff(want, lastEvents(save(t, audit.Store{Dir: fresh}))); diff != "" {
		t.Errorf("the new store holds other events (-want +got):\n%s", diff)
	}
}

// lastEvents returns the number of the last event of each run.
func lastEvents(messages []audit.Message) map[string]uint64 {
	last := map[string]uint64{}
	for _, m := range messages {
		if m.Stream == runsStream {
			last[m.Commit.Run] = m.Commit.Last
		}
	}
	return last
}

func TestEnds(t *testing.T) {
	dir, _ := store(t)
	ctx, cancel := context.WithCancel(t.Context())
	stopping := audit.Store{Dir: dir, Progress: func(done, total int64) {
		if done > total {
			t.Errorf("%d of %d bytes are read", done, total)
		}
		cancel()
	}}
	if _, err := stopping.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a check that is cancelled: %v", err)
	}
	var last error
	for _, last = range stopping.Whole(ctx) {
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("a salvage that is cancelled: %v", last)
	}
	n := 0
	for _, err := range (audit.Store{Dir: dir}).Whole(t.Context()) {
		if n++; n == 10 || err != nil {
			break
		}
	}
	for _, missing := range []string{filepath.Join(dir, "nothing"), filepath.Join(dir, "lock")} {
		if _, err := (audit.Store{Dir: missing}).Check(t.Context()); err == nil {
			t.Errorf("%s was checked", missing)
		}
	}
}
