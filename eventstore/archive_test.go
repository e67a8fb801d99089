package eventstore

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/weirflow/weir/eventstore/event"
)

// A file of an archive is there under its name once it is whole, and not before.
func TestArchiveAppearsWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	names := func() []string {
		t.Helper()
		whole, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
		if err != nil {
			t.Fatal(err)
		}
		return whole
	}
	for _, keep := range []bool{false, true} {
		a, err := NewArchive(dir, testTime)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Add([]event.Raw{{JSON: []byte(`{"n":1}`)}, {JSON: []byte(`{"n":2}`)}}); err != nil {
			t.Fatal(err)
		}
		if got := names(); len(got) != 0 {
			t.Errorf("before it is whole: %v", got)
		}
		if keep {
			if err := a.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Discard(); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != map[bool]int{false: 0, true: 1}[keep] {
			t.Errorf("kept %t: %v, error %v", keep, entries, err)
		}
	}
	got := names()
	if len(got) != 1 || filepath.Base(got[0]) != "runs-20231114T221320.000000000Z.jsonl.gz" {
		t.Fatalf("the file is %v", got)
	}
	data, err := os.ReadFile(got[0])
	if err != nil {
		t.Fatal(err)
	}
	if text := unzip(t, data); text != "{\"n\":1}\n{\"n\":2}\n" {
		t.Errorf("it holds %q", text)
	}
}
