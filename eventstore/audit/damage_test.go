package audit_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/audit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// flip changes one bit of a file.
func flip(t testing.TB, path string, offset int, bit uint) {
	t.Helper()
	edit(t, path, func(data []byte) []byte {
		data[offset] ^= 1 << bit
		return data
	})
}

// Fields of a record, by their offset.
const (
	lengthField, sequenceField, timeField, subjectLength, subjectField = 0, 4, 12, 20, 22
)

// damages are what can befall the files of a store. What is found is in testdata, as people read it.
var damages = map[string]func(t *testing.T, dir string, s sample){
	"nothing": func(*testing.T, string, sample) {},

	// A bit of a record.
	"bit of a message": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), records(t, at(dir, "3.blk"))[4]+500, 3)
	},
	"bit of a checksum": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), records(t, at(dir, "3.blk"))[5]-1, 0)
	},
	"bit of a record's length": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), records(t, at(dir, "3.blk"))[4]+lengthField, 6)
	},
	"bit of a subject's length": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), records(t, at(dir, "3.blk"))[4]+subjectLength, 1)
	},
	"bit of a sequence": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), records(t, at(dir, "3.blk"))[4]+sequenceField, 4)
	},
	"bit of a time": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), records(t, at(dir, "3.blk"))[4]+timeField, 4)
	},
	"bit of a subject": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), records(t, at(dir, "3.blk"))[4]+subjectField+20, 4)
	},
	"bit of the headers' length": func(t *testing.T, dir string, _ sample) {
		flip(t, at(dir, "3.blk"), headersLength(t, at(dir, "3.blk"), 4), 2)
	},
	"bit of the last message": func(t *testing.T, dir string, _ sample) { flip(t, newest(t, dir), fileSize(t, newest(t, dir))-100, 2) },
	"bit of a revision":       func(t *testing.T, dir string, _ sample) { flip(t, workflowsBlock(dir), 150, 2) },
	"bits of a record's messages": func(t *testing.T, dir string, _ sample) {
		for i := range 3 {
			flip(t, at(dir, "2.blk"), records(t, at(dir, "2.blk"))[3+2*i]+200, 1)
		}
	},

	// Parts of a block.
	"page of zeros": func(t *testing.T, dir string, _ sample) {
		edit(t, at(dir, "2.blk"), func(data []byte) []byte {
			clear(data[8192:12288])
			return data
		})
	},
	"end of an old block is garbage": func(t *testing.T, dir string, _ sample) {
		edit(t, at(dir, "2.blk"), func(data []byte) []byte {
			for i := len(data) / 2; i < len(data); i++ {
				data[i] = byte(i * 7)
			}
			return data
		})
	},
	"end of an old block is missing": func(t *testing.T, dir string, _ sample) { truncate(t, at(dir, "2.blk"), 3, 0) },
	"record stands twice": func(t *testing.T, dir string, _ sample) {
		offsets := records(t, at(dir, "3.blk"))
		edit(t, at(dir, "3.blk"), func(data []byte) []byte {
			return append(data[:offsets[3]:offsets[3]], data[offsets[2]:]...)
		})
	},
	"records out of order": func(t *testing.T, dir string, _ sample) {
		offsets := records(t, at(dir, "3.blk"))
		edit(t, at(dir, "3.blk"), func(data []byte) []byte {
			return slices.Concat(data[:offsets[2]], data[offsets[3]:offsets[4]], data[offsets[2]:offsets[3]], data[offsets[4]:])
		})
	},

	// The end of the stream.
	"end cut off within a record": func(t *testing.T, dir string, _ sample) { truncate(t, newest(t, dir), -2, 100) },
	"end cut off between records": func(t *testing.T, dir string, _ sample) { truncate(t, newest(t, dir), -3, 0) },
	"last write torn": func(t *testing.T, dir string, s sample) {
		truncate(t, newest(t, dir), -2, 100)
		crash(t, dir, s.runs-1, s)
	},
	"last write torn, without a mark": func(t *testing.T, dir string, s sample) {
		truncate(t, newest(t, dir), -2, 100)
		crash(t, dir, s.runs-1, s)
		remove(t, dir, "weir.mark")
	},
	"last write torn, after a clean stop": func(t *testing.T, dir string, s sample) {
		truncate(t, newest(t, dir), -2, 100)
		remark(t, dir, s.runs-1, s)
	},
	"last write left zeros": func(t *testing.T, dir string, s sample) {
		zeroLast(t, newest(t, dir))
		crash(t, dir, s.runs-1, s)
	},
	"damage behind the mark, before others": func(t *testing.T, dir string, s sample) {
		flip(t, newest(t, dir), 200, 0)
		remark(t, dir, s.runs-20, s)
	},
	"damage behind the mark, after a crash": func(t *testing.T, dir string, s sample) {
		offsets := records(t, newest(t, dir))
		flip(t, newest(t, dir), offsets[len(offsets)-5]+200, 0)
		crash(t, dir, s.runs-6, s)
	},
	"damage behind the mark, after a crash, that a run went on from": func(t *testing.T, dir string, s sample) {
		flip(t, newest(t, dir), 200, 0)
		crash(t, dir, s.runs-20, s)
	},
	"mark is ahead of the stream":    func(t *testing.T, dir string, s sample) { remark(t, dir, s.runs+5, s) },
	"mark is ahead of the workflows": func(t *testing.T, dir string, s sample) { mark(t, dir, s.runs, s.workflows+1) },

	// Whole blocks.
	"oldest block deleted": func(t *testing.T, dir string, _ sample) { remove(t, at(dir), "1.blk") },
	"middle block deleted": func(t *testing.T, dir string, _ sample) { remove(t, at(dir), "3.blk") },
	"two blocks deleted":   func(t *testing.T, dir string, _ sample) { remove(t, at(dir), "2.blk", "3.blk") },
	"newest block deleted": func(t *testing.T, dir string, _ sample) {
		remove(t, filepath.Dir(newest(t, dir)), filepath.Base(newest(t, dir)))
	},
	"all blocks deleted": func(t *testing.T, dir string, _ sample) {
		for blockNumbers(t, dir) > 0 {
			remove(t, filepath.Dir(newest(t, dir)), filepath.Base(newest(t, dir)))
		}
	},
	"middle block emptied": func(t *testing.T, dir string, _ sample) { truncate(t, at(dir, "3.blk"), 0, 0) },
	"newest block emptied": func(t *testing.T, dir string, _ sample) { truncate(t, newest(t, dir), 0, 0) },
	"block under another's name": func(t *testing.T, dir string, _ sample) {
		rename(t, at(dir, "2.blk"), at(dir, "x"))
		rename(t, at(dir, "3.blk"), at(dir, "2.blk"))
		rename(t, at(dir, "x"), at(dir, "3.blk"))
	},
	"block cannot be read": func(t *testing.T, dir string, _ sample) {
		remove(t, at(dir), "3.blk")
		if err := os.Mkdir(at(dir, "3.blk"), 0o700); err != nil {
			t.Fatal(err)
		}
	},
	"block begins as if compressed": func(t *testing.T, dir string, _ sample) {
		edit(t, at(dir, "3.blk"), func(data []byte) []byte { return append([]byte("cmp\x01"), data[4:]...) })
	},

	// Other files.
	"meta.inf emptied": func(t *testing.T, dir string, _ sample) { truncate(t, beside(dir, "meta.inf"), 0, 0) },
	"meta.inf and sum emptied": func(t *testing.T, dir string, _ sample) {
		truncate(t, beside(dir, "meta.inf"), 0, 0)
		truncate(t, beside(dir, "meta.sum"), 0, 0)
	},
	"meta.inf missing": func(t *testing.T, dir string, _ sample) { remove(t, beside(dir), "meta.inf") },
	"meta.sum missing": func(t *testing.T, dir string, _ sample) { remove(t, beside(dir), "meta.sum") },
	"bit of meta.inf":  func(t *testing.T, dir string, _ sample) { flip(t, beside(dir, "meta.inf"), 100, 0) },
	"bit of meta.sum":  func(t *testing.T, dir string, _ sample) { flip(t, beside(dir, "meta.sum"), 3, 5) },
	"bit of index.db":  func(t *testing.T, dir string, _ sample) { flip(t, at(dir, "index.db"), 20, 5) },
	"index.db missing": func(t *testing.T, dir string, _ sample) { remove(t, at(dir), "index.db") },
	"slot of the mark": func(t *testing.T, dir string, _ sample) { flip(t, filepath.Join(dir, "weir.mark"), 20, 5) },
	"slots of the mark": func(t *testing.T, dir string, _ sample) {
		flip(t, filepath.Join(dir, "weir.mark"), 20, 5)
		flip(t, filepath.Join(dir, "weir.mark"), 84, 5)
	},
	"runs missing": func(t *testing.T, dir string, _ sample) { removeAll(t, beside(dir)) },
	"workflows missing": func(t *testing.T, dir string, _ sample) {
		removeAll(t, filepath.Dir(filepath.Dir(workflowsBlock(dir))))
	},
	"workflows missing, without a mark": func(t *testing.T, dir string, _ sample) {
		removeAll(t, filepath.Dir(filepath.Dir(workflowsBlock(dir))))
		remove(t, dir, "weir.mark")
	},
	"both streams missing": func(t *testing.T, dir string, _ sample) { removeAll(t, filepath.Join(dir, "jetstream")) },
	"stream was being removed": func(t *testing.T, dir string, _ sample) {
		rename(t, beside(dir), filepath.Join(filepath.Dir(beside(dir)), ".WEIR_RUNS"))
	},
	"directory of blocks missing": func(t *testing.T, dir string, _ sample) { removeAll(t, at(dir)) },
	"purge of all unfinished":     func(t *testing.T, dir string, _ sample) { put(t, beside(dir, "__new_msgs__", "9.blk")) },
	"purge of all not begun":      func(t *testing.T, dir string, _ sample) { put(t, beside(dir, "__new_msgs__", "nothing")) },
	"encrypted stream":            func(t *testing.T, dir string, _ sample) { put(t, beside(dir, "meta.key")) },
	"encrypted block":             func(t *testing.T, dir string, _ sample) { put(t, at(dir, "1.key")) },
	"compressed stream": func(t *testing.T, dir string, _ sample) {
		edit(t, beside(dir, "meta.inf"), func(data []byte) []byte { return bytes.Replace(data, []byte(`"none"`), []byte(`"s2"`), 1) })
	},
	"leftovers": func(t *testing.T, dir string, _ sample) {
		put(t, at(dir, "2.blk.tmp"))
		put(t, beside(dir, "_test_123"))
	},
	"store of an earlier day": func(t *testing.T, dir string, s sample) {
		for i := blockNumbers(t, dir); i > 3; i-- {
			remove(t, at(dir), filepath.Base(newest(t, dir)))
		}
		truncate(t, at(dir, "3.blk"), 4, 0)
	},
}

func TestDamage(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(damages)) {
		t.Run(name, func(t *testing.T) {
			dir, s := store(t)
			damages[name](t, dir, s)
			before := fingerprint(t, dir)
			report := check(t, dir)
			if diff := cmp.Diff(before, fingerprint(t, dir)); diff != "" {
				t.Errorf("the check changed files:\n%s", diff)
			}
			golden(t, name, text(t, report))
		})
	}
}

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.NewReplacer(" ", "-", ",", "", "'", "").Replace(name)+".txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the report differs from %s (-want +got):\n%s", path, diff)
	}
}

// beside returns where a file of the runs' stream lies that is no block.
func beside(dir string, name ...string) string {
	return filepath.Join(append([]string{filepath.Dir(at(dir))}, name...)...)
}

func workflowsBlock(dir string) string {
	return filepath.Join(dir, filepath.FromSlash(streamsDir), workflowsStream, "msgs", "1.blk")
}

// headersLength returns where the length of the headers of a block's record stands.
func headersLength(t testing.TB, path string, record int) int {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	offset := records(t, path)[record]
	return offset + subjectField + int(binary.LittleEndian.Uint16(data[offset+subjectLength:]))
}

// truncate cuts a block off some bytes behind the beginning of a record, which counts from the end where it is
// negative.
func truncate(t testing.TB, path string, record, behind int) {
	t.Helper()
	size := int64(0)
	if record != 0 {
		offsets := records(t, path)
		if record < 0 {
			record += len(offsets)
		}
		size = int64(offsets[record] + behind)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

// zeroLast leaves zeros where the last record of a block was.
func zeroLast(t testing.TB, path string) {
	t.Helper()
	offsets := records(t, path)
	edit(t, path, func(data []byte) []byte {
		clear(data[offsets[len(offsets)-2]:])
		return data
	})
}

// crash leaves a store as if it had not been closed, with a mark that says less than the one there is.
func crash(t testing.TB, dir string, runs uint64, s sample) {
	t.Helper()
	remark(t, dir, runs, s)
	if err := audit.Opened(dir); err != nil {
		t.Fatal(err)
	}
	unclean(t, dir)
}

// remark makes a mark that says less than the one there is, or more.
func remark(t testing.TB, dir string, runs uint64, s sample) {
	t.Helper()
	remove(t, dir, "weir.mark")
	mark(t, dir, runs, s.workflows)
}

func remove(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func removeAll(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func rename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// put makes a file with a byte in it, and its directory.
func put(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func fileSize(t testing.TB, path string) int {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}
