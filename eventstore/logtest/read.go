package logtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

func readsBehind(t *testing.T, log Log) {
	a := NewAuthor("r")
	for range 5 {
		a.Write(t, log, 3)
	}
	for after, want := range map[uint64]uint64{0: 1, 1: 1, 2: 1, 3: 4, 4: 4, 12: 13, 14: 13, 15: 0, 99: 0} {
		first := uint64(0)
		for c, err := range log.Read(t.Context(), "r", after) {
			if err != nil {
				t.Fatal(err)
			}
			first = c.First
			break
		}
		if first != want {
			t.Errorf("behind event %d begins event %d, want %d", after, first, want)
		}
	}
}

func readsTo(t *testing.T, log Log) {
	a, other := NewAuthor("r"), NewAuthor("other")
	var ends []uint64 // of each commit's events, by their sequences
	sequences := map[uint64]uint64{}
	for i := range 5 {
		a.Write(t, log, 3)
		ends = append(ends, uint64(3*(i+1)))
		sequences[ends[i]] = a.Sequence
		other.Write(t, log, 1)
	}
	for _, end := range ends {
		for _, after := range []uint64{0, 4} {
			last := after
			for c, err := range log.ReadTo(t.Context(), "r", after, sequences[end]) {
				if err != nil {
					t.Fatal(err)
				}
				last = c.Last
			}
			if last != max(after, end) {
				t.Errorf("to event %d, behind %d: reading ends with %d", end, after, last)
			}
		}
	}
	for _, elsewhere := range []uint64{0, other.Sequence, other.Sequence + 1} {
		last := uint64(0)
		for c, err := range log.ReadTo(t.Context(), "r", 0, elsewhere) {
			if err != nil {
				t.Fatal(err)
			}
			last = c.Last
		}
		if last != a.N {
			t.Errorf("to a commit at %d, which is not the run's: reading ends with event %d of %d", elsewhere, last, a.N)
		}
	}
}

func notFound(t *testing.T, log Log) {
	NewAuthor("other").Write(t, log, 1)
	n := 0
	for _, err := range log.Read(t.Context(), "r", 0) {
		if n++; !errors.Is(err, eventstore.ErrNotFound) {
			t.Errorf("read: got %v, want ErrNotFound", err)
		}
	}
	if n != 1 {
		t.Errorf("read yields %d pairs, want one with ErrNotFound", n)
	}
	if _, err := log.Last(t.Context(), "r"); !errors.Is(err, eventstore.ErrNotFound) {
		t.Errorf("last: got %v, want ErrNotFound", err)
	}
}

func scansAll(t *testing.T, log Log) {
	const runs, commits = 100, 25 // more than one batch
	authors := make([]*Author, runs)
	for i := range authors {
		authors[i] = NewAuthor(fmt.Sprintf("run-%d", i))
	}
	var want []string
	for range commits {
		sealed, pending := make([]event.Sealed, runs), make([]*eventstore.Pending, runs)
		for i, a := range authors {
			sealed[i] = a.Seal(1)
			pending[i] = log.Append(sealed[i], a.Sequence)
		}
		for i, a := range authors {
			sequence, err := result(pending[i])
			if err != nil {
				t.Fatal(err)
			}
			a.Moved(sealed[i], sequence)
			want = append(want, sealed[i].Digest)
		}
	}
	var got []string
	sequence := uint64(0)
	for c, err := range log.Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Sequence <= sequence {
			t.Fatalf("sequence %d follows %d", c.Sequence, sequence)
		}
		sequence = c.Sequence
		got = append(got, c.Digest)
		if len(got) == 1 {
			authors[0].Write(t, log, 1) // after the call: not part of the scan
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scanned other than written:\n%s", diff)
	}
	for _, err := range log.Scan(t.Context()) { // leaving early must not leave anything behind
		if err != nil {
			t.Error(err)
		}
		break
	}
}

// However slow its consumer is, and wherever it begins.
func commitsAll(t *testing.T, log Log) {
	const writers, commits, after = 4, 100, 50
	early := NewAuthor("early")
	for range 2 * after {
		early.Write(t, log, 1)
	}
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			a := NewAuthor(fmt.Sprintf("run-%d", i))
			for range commits {
				if _, err := a.write(log, 1); err != nil {
					t.Errorf("%s: %v", a.Run, err)
					return
				}
			}
		})
	}
	const last = 2*after + writers*commits
	next := uint64(after + 1)
	for batch, err := range log.Commits(bounded(t), after) {
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range batch {
			if c.Sequence != next || c.Run == "" {
				t.Fatalf("commit %d of run %q comes as number %d", c.Sequence, c.Run, next)
			}
			next++
		}
		if next > last {
			break
		}
		writing.Wait() // a consumer that takes its time
	}
	if got := log.DurableSequence(); got != last {
		t.Errorf("the stream ends at %d, after %d commits", got, last)
	}
}

func savesRevisions(t *testing.T, log Log) {
	var want []eventstore.RevisionRecord
	last := map[string]uint64{}
	for number := 1; number <= 3; number++ {
		for _, name := range []string{"review", "deploy"} {
			r := eventstore.RevisionRecord{
				Workflow: name, Number: number, Digest: fmt.Sprintf("sha256:%d", number), SavedAt: began.AddDate(0, 0, number),
				Format: "yaml", File: "w.yaml", Source: "nodes: {a: noop} # <&>\n\u2028", Files: map[string]string{"a.ts": "export default 1"},
				Bundles: map[string]*eventstore.ScriptBundle{"a.ts": {Code: "// <&>\n", Files: []string{"a.ts", ""}, Mappings: "AAAA;"}},
			}
			sequence, err := log.AppendRevision(t.Context(), r, last[name])
			if err != nil || sequence <= last[name] {
				t.Fatalf("revision %d of %s: sequence %d behind %d, error %v", number, name, sequence, last[name], err)
			}
			other := r
			other.Files = map[string]string{"other.ts": ""}
			if _, err := log.AppendRevision(t.Context(), other, last[name]); !errors.Is(err, eventstore.ErrConflict) {
				t.Errorf("another revision in the same place: got %v, want ErrConflict", err)
			}
			if again, err := log.AppendRevision(t.Context(), r, last[name]); err != nil || again != sequence {
				t.Errorf("the same revision again: sequence %d, error %v, want %d", again, err, sequence)
			}
			last[name] = sequence
			want = append(want, r)
		}
	}
	var got []eventstore.RevisionRecord
	sequence := uint64(0)
	for stored, err := range log.Revisions(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if stored.Sequence <= sequence {
			t.Errorf("sequence %d follows %d", stored.Sequence, sequence)
		}
		sequence = stored.Sequence
		got = append(got, stored.RevisionRecord)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("revisions differ:\n%s", diff)
	}
	// Revisions are not events: no scan of runs sees them.
	for c, err := range log.Scan(t.Context()) {
		t.Errorf("the scan of runs yields %+v, %v", c, err)
	}
}
