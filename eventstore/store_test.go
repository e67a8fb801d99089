package eventstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReopen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	authors := []*author{newAuthor("a"), newAuthor("b"), newAuthor("c")}
	var want []string
	for round := range 4 {
		s, err := Open(t.Context(), Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for c, err := range s.Scan(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, c.Digest)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("round %d: the store differs:\n%s", round, diff)
		}
		for _, a := range authors {
			want = append(want, a.write(t, s, 2).Digest)
			if n := len(readAll(t, s, a.run, 0)); n != round+1 {
				t.Errorf("run %s has %d commits", a.run, n)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data directory has mode %v, error %v", info.Mode(), err)
	}
}

// What is on the disk while the store is open, as a crash would leave it, holds everything that was
// acknowledged, and goes on.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, Config{Dir: dir})
	authors := []*author{newAuthor("a"), newAuthor("b"), newAuthor("c")}
	for round := range 3 {
		for _, a := range authors {
			a.write(t, s, round+1)
		}
		image := filepath.Join(t.TempDir(), "image")
		if err := os.CopyFS(image, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		after := openTest(t, Config{Dir: image})
		for _, a := range authors {
			if all := readAll(t, after, a.run, 0); len(all) != round+1 || all[round].Digest != a.prev {
				t.Errorf("round %d: run %s has %d commits", round, a.run, len(all))
			}
			mine := *a
			mine.write(t, after, 1)
		}
		if err := after.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOneProcessADirectory(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, Config{Dir: dir})
	_, err := Open(t.Context(), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprintf("pid %d", os.Getpid())) {
		t.Errorf("a second store on the same directory: %v", err)
	}
	newAuthor("still").write(t, s, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openTest(t, Config{Dir: dir})
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]Config{
		"the data directory": {Dir: file},
		"needs a data":       {},
		"is unknown":         {Dir: t.TempDir(), Sync: "sometimes"},
	} {
		s, err := Open(t.Context(), cfg)
		if err == nil {
			_ = s.Close()
			t.Errorf("%+v: opened", cfg)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: the error does not say %q: %v", cfg, name, err)
		}
	}
}

// The streams are kept as promised, also where an older store kept them otherwise.
func TestStreamsAreKeptAsPromised(t *testing.T) {
	s := openTest(t, Config{})
	for _, stream := range []struct{ name, subjects string }{{runsStream, runsAll}, {workflowsStream, workflowsAll}} {
		info := streamInfo(t, s, stream.name)
		want := streamConfig(stream.name, stream.subjects)
		if !sameKeeping(info.Config, want) {
			t.Errorf("%s is kept as %+v", stream.name, info.Config)
		}
		other := want
		other.MaxMsgs = 1 << 40
		updateStream(t, s, other)
		if _, err := openStream(t.Context(), s.links.all[0].nc, stream.name, stream.subjects); err != nil {
			t.Fatal(err)
		}
		if info := streamInfo(t, s, stream.name); !sameKeeping(info.Config, want) {
			t.Errorf("%s stays kept as %+v", stream.name, info.Config)
		}
	}
}

func TestRevisionsAreKept(t *testing.T) {
	dir := t.TempDir()
	var want []StoredRevision
	for number := 1; number <= 3; number++ {
		s, err := Open(t.Context(), Config{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		var got []StoredRevision
		for stored, err := range s.Revisions(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, stored)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("revisions differ:\n%s", diff)
		}
		r := StoredRevision{RevisionRecord: RevisionRecord{
			Workflow: "w", Number: number, Digest: fmt.Sprintf("sha256:%d", number), SavedAt: testTime.AddDate(0, 0, number),
			Format: "yaml", Source: "nodes: {a: noop} # <&>\n\u2028", Files: map[string]string{"a.ts": "export default 1"},
		}}
		if r.Sequence, err = s.AppendRevision(t.Context(), r.RevisionRecord, uint64(number-1)); err != nil {
			t.Fatal(err)
		}
		want = append(want, r)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
