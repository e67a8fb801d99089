package audit_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/audit"
	"github.com/weirflow/weir/eventstore/event"
)

// These tests hold what the server does to damaged files, which is why a store is checked before the server gets to
// see it. Where one fails after an update of the server, this package may know too much of it or too little.

// serveOnce lets the server open a store and close it again.
func serveOnce(t testing.TB, dir string) {
	t.Helper()
	_, stop := serve(t, dir)
	stop()
}

// contents is all that the real store reads from a directory, and how many errors it meets.
func contents(t testing.TB, dir string) (all []string, bad int) {
	t.Helper()
	s := open(t, dir)
	for c, err := range s.Scan(t.Context()) {
		if err != nil {
			bad++
			continue
		}
		if _, err := c.Events(); err != nil {
			bad++
		}
		all = append(all, fmt.Sprint(c.Sequence, c.Run, c.Digest))
	}
	for r, err := range s.Revisions(t.Context()) {
		if err != nil {
			bad++
			continue
		}
		all = append(all, fmt.Sprintf("%d %+v", r.Sequence, r.RevisionRecord))
	}
	shut(t, s)
	return all, bad
}

// unclean takes the server's index away, as a crash does, so that it rebuilds the stream from its blocks.
func unclean(t testing.TB, dir string) { remove(t, at(dir), "index.db") }

func TestServerCutsDamagedBlocks(t *testing.T) {
	dir, s := store(t)
	damages["bit of a message"](t, dir, s)
	unclean(t, dir)
	damaged := check(t, dir)
	serveOnce(t, dir)
	rebuilt := check(t, dir)
	// One message was damaged, and 20 whole ones stood behind it in the block.
	if damaged.Streams[0].Messages != s.runs-1 || rebuilt.Streams[0].Messages != s.runs-21 {
		t.Errorf("before %d, after %d messages", damaged.Streams[0].Messages, rebuilt.Streams[0].Messages)
	}
	if rebuilt.Err() == nil {
		t.Error("what the server cut off is not missed")
	}
}

// After a clean stop the server looks only at the newest block, and at those with messages that are so young that they
// might come twice. A block whose records do not follow each other any more it cuts off as soon as somebody reads in it.
func TestServerCutsBlocksThatAreRead(t *testing.T) {
	dir, s := store(t)
	damages["bit of a record's length"](t, dir, s)
	size := fileSize(t, at(dir, "3.blk"))
	js, stop := serve(t, dir)
	defer stop()
	stream, err := js.Stream(t.Context(), runsStream)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.GetMsg(t.Context(), 43); err != nil { // before the damage
		t.Fatal(err)
	}
	if now := fileSize(t, at(dir, "3.blk")); now >= size {
		t.Errorf("the block still has %d bytes", now)
	}
}

func TestServerRemovesStreamsThatItCannotRebuild(t *testing.T) {
	for _, damage := range []string{"block cannot be read", "block begins as if compressed"} {
		dir, s := store(t)
		damages[damage](t, dir, s)
		unclean(t, dir)
		serveOnce(t, dir)
		if _, err := os.Stat(beside(dir)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the stream is still there: %v", damage, err)
		}
	}
}

func TestServerFinishesPurges(t *testing.T) {
	dir, s := store(t)
	damages["purge of all unfinished"](t, dir, s)
	serveOnce(t, dir)
	if r := check(t, dir); r.Streams[0].Messages != 0 {
		t.Errorf("%d messages are still there", r.Streams[0].Messages)
	}
}

// A server that believes its index keeps the place of what the end of the stream has lost.
func TestServerHidesLostTail(t *testing.T) {
	dir, s := store(t)
	damages["end cut off between records"](t, dir, s)
	remove(t, dir, "weir.mark")
	if r := check(t, dir); r.Err() != nil {
		t.Errorf("without a mark the lost tail shows:\n%s", text(t, r))
	}
	serveOnce(t, dir)
	r := check(t, dir)
	if r.Streams[0].Last != s.runs {
		t.Errorf("the stream ends with %d", r.Streams[0].Last)
	}
	if r.Kinds[audit.MissingSequences] != 1 || r.Findings[0].Missing != 1 {
		t.Errorf("of the two messages that are lost, the place of the last is kept:\n%s", text(t, r))
	}
}

// What is called harmless is: the store opens, and holds what it held.
func TestHarmless(t *testing.T) {
	original, s := store(t)
	want, bad := contents(t, duplicate(t, original))
	if bad > 0 || len(want) != int(s.runs+s.workflows) {
		t.Fatalf("the sample holds %d messages and %d errors", len(want), bad)
	}
	for name, damage := range damages {
		dir, s := store(t)
		damage(t, dir, s)
		r := check(t, dir)
		if r.Err() != nil {
			continue
		}
		got, bad := contents(t, dir)
		want := want
		if r.Kinds[audit.TornTail] > 0 {
			// What is behind the mark may be dropped, but nothing up to it.
			dropped := len(want) - len(got)
			if r.Mark != nil && s.runs-uint64(dropped) < r.Mark.Runs || dropped > 5 {
				t.Errorf("%s: %d messages are dropped", name, dropped)
			}
			want = slices.Delete(slices.Clone(want), int(s.runs)-dropped, int(s.runs))
		}
		if diff := cmp.Diff(want, got); diff != "" || bad > 0 {
			t.Errorf("%s: the store holds something else, and %d errors:\n%s", name, bad, diff)
		}
		wantSound(t, check(t, dir))
	}
}

// The server's checksum does not hold the length of the headers.
func TestServerHandsOutOtherBytes(t *testing.T) {
	dir, s := store(t)
	damages["bit of the headers' length"](t, dir, s)
	es := open(t, dir)
	var err error
	for _, err = range es.Read(t.Context(), "run-5", 0) {
	}
	shut(t, es)
	var damage *event.DamageError
	if !errors.As(err, &damage) {
		t.Errorf("the run is read with %v", err)
	}
}

func TestDue(t *testing.T) {
	dir, _ := store(t)
	due := func(want bool, when string) {
		t.Helper()
		why, err := audit.Due(dir)
		if (why != "") != want || err != nil {
			t.Errorf("%s: the check is due because %q, error %v", when, why, err)
		}
	}
	due(false, "after a clean stop")
	s := open(t, dir)
	if err := audit.Opened(dir); err != nil {
		t.Fatal(err)
	}
	due(true, "while it is open")
	if !check(t, dir).Unclean {
		t.Error("the report does not say so")
	}
	shut(t, s)
	for range 2 {
		if err := audit.Closed(dir); err != nil {
			t.Fatal(err)
		}
	}
	due(false, "after it was open")
	for name, damage := range map[string]func(){
		"index missing":  func() { unclean(t, dir) },
		"index damaged":  func() { flip(t, at(dir, "index.db"), 20, 1) },
		"index too old":  func() { truncate(t, newest(t, dir), -2, 0) },
		"mark missing":   func() { remove(t, dir, "weir.mark") },
		"stream missing": func() { removeAll(t, filepath.Dir(at(dir))) },
	} {
		dir, _ = store(t)
		damage()
		due(true, name)
	}
	dir = t.TempDir()
	due(false, "of a store that is not there")
	shut(t, open(t, dir))
	due(false, "of an empty store")
	remove(t, dir, "weir.mark")
	due(true, "of a store that was last open under an older weir")
	if err := audit.Opened(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a directory that is not there was noted as open")
	}
}
