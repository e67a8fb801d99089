package audit_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/audit"
	"github.com/weirflow/weir/eventstore/event"
)

// retired makes a commit that stands for all that a run had.
func (a *author) retired() event.Sealed {
	return event.Seal(event.Commit{Run: a.run, Workflow: "flow", First: a.n + 1, Epoch: "retention", Prev: a.prev, Events: []event.Event{
		{Run: a.run, N: a.n + 1, At: testTime, Body: event.RunRetired{Status: "completed", StartedAt: testTime, EndedAt: testTime, Reason: "old"}},
	}})
}

// history is a store in which the commits of a few runs lie between each other, and one run fills blocks alone.
type history struct {
	dir       string
	authors   map[string]*author
	sequences map[string][]uint64
}

func makeHistory(t testing.TB) *history {
	t.Helper()
	h := &history{dir: t.TempDir(), authors: map[string]*author{}, sequences: map[string][]uint64{}}
	smallBlocks(t, h.dir)
	s := open(t, h.dir)
	for range 10 {
		for i := range 3 {
			h.write(t, s, fmt.Sprintf("small-%d", i), 100)
		}
	}
	for range 30 {
		h.write(t, s, "large", 2000)
	}
	for range 10 {
		for i := range 3 {
			h.write(t, s, fmt.Sprintf("small-%d", i), 100)
		}
	}
	shut(t, s)
	return h
}

func (h *history) write(t testing.TB, s *eventstore.Store, run string, filler int) {
	t.Helper()
	a := h.authors[run]
	if a == nil {
		a = &author{run: run}
		h.authors[run] = a
	}
	a.filler = filler
	a.write(t, s, 2)
	h.sequences[run] = append(h.sequences[run], a.sequence)
}

func (h *history) runs(t testing.TB, js jetstream.JetStream) jetstream.Stream {
	t.Helper()
	stream, err := js.Stream(t.Context(), runsStream)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// purge deletes a run as an operator of the server would.
func (h *history) purge(t testing.TB, run string, opts ...jetstream.StreamPurgeOpt) {
	t.Helper()
	js, stop := serve(t, h.dir)
	defer stop()
	if err := h.runs(t, js).Purge(t.Context(), append(opts, jetstream.WithPurgeSubject("weir.runs.default."+run))...); err != nil {
		t.Fatal(err)
	}
}

// retire replaces a run by one commit, as retention does: by a rollup, or without one where the purge is to be
// done by somebody else.
func (h *history) retire(t testing.TB, run string, rollup bool) {
	t.Helper()
	js, stop := serve(t, h.dir)
	defer stop()
	cfg := h.runs(t, js).CachedInfo().Config
	cfg.AllowRollup = true
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	a, replaced := h.authors[run], make([]string, len(h.sequences[run]))
	for i, n := range h.sequences[run] {
		replaced[i] = strconv.FormatUint(n, 10)
	}
	m := &nats.Msg{
		Subject: "weir.runs.default." + run, Data: a.retired().Data,
		Header: nats.Header{
			"Nats-Expected-Last-Subject-Sequence": {strconv.FormatUint(a.sequence, 10)}, audit.ReplacedHeader: {strings.Join(replaced, ",")},
		},
	}
	if rollup {
		m.Header.Set("Nats-Rollup", "sub")
	}
	if _, err := js.PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// compact runs the server until its background work, which rewrites blocks, has done what is awaited.
func (h *history) compact(t testing.TB, done func() bool) {
	t.Helper()
	_, stop := serve(t, h.dir, func(opts *server.Options) { opts.SyncInterval = 20 * time.Millisecond })
	defer stop()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server rewrites no block")
		}
	}
}

func (h *history) check(t testing.TB) *audit.Report {
	t.Helper()
	report, err := audit.Store{Dir: h.dir}.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A run of which every block keeps other messages is purged with a tombstone for each of its messages.
func TestPurgeWithinBlocks(t *testing.T) {
	h := makeHistory(t)
	before := check(t, h.dir).Streams[0]
	h.purge(t, "small-1")
	report := check(t, h.dir)
	wantWhole(t, report)
	if got := report.Streams[0]; got.Deleted != 20 || got.Messages != before.Messages-20 || got.Sound != 3 || got.Last != before.Last {
		t.Errorf("before %+v, after %+v", before, got)
	}
	for m, err := range (audit.Store{Dir: h.dir}).Whole(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Commit.Run == "small-1" {
			t.Fatalf("the purged run is saved: sequence %d", m.Sequence)
		}
	}
	// Its id may be used again: what it had is no part of what follows.
	s := open(t, h.dir)
	again := &author{run: "small-1"}
	again.write(t, s, 2)
	again.write(t, s, 2)
	shut(t, s)
	report = check(t, h.dir)
	wantWhole(t, report)
	if got := report.Streams[0].Sound; got != 4 {
		t.Errorf("%d runs are whole", got)
	}
}

// A run that fills blocks alone takes them with it, without a trace. Only a commit that stands for it can tell that
// from loss.
func TestPurgeOfWholeBlocks(t *testing.T) {
	t.Run("without a commit that stands for it", func(t *testing.T) {
		h := makeHistory(t)
		h.purge(t, "large")
		golden(t, "purged blocks that nothing explains", text(t, check(t, h.dir)))
	})
	t.Run("with one", func(t *testing.T) {
		h := makeHistory(t)
		blocks := blockNumbers(t, h.dir)
		h.retire(t, "large", true)
		if now := blockNumbers(t, h.dir); now >= blocks {
			t.Fatalf("the purge removed no block: %d, before %d", now, blocks)
		}
		report := h.check(t)
		wantWhole(t, report)
		if got := report.Streams[0].Sound; got != 4 {
			t.Errorf("%d runs are whole", got)
		}
	})
}

// A retired run is one commit, whatever else of it is still there.
func TestRetirement(t *testing.T) {
	steps := map[string]func(t *testing.T, h *history){
		"all of it is there": func(t *testing.T, h *history) { h.retire(t, "small-0", false) },
		"its beginning is gone": func(t *testing.T, h *history) {
			h.retire(t, "small-0", false)
			h.purge(t, "small-0", jetstream.WithPurgeSequence(h.sequences["small-0"][5]))
		},
		"blocks are gone, tombstones are not written": func(t *testing.T, h *history) {
			h.retire(t, "large", false)
			remove(t, at(h.dir), "2.blk", "index.db")
		},
		"nothing else is there": func(t *testing.T, h *history) {
			h.retire(t, "small-0", true)
			h.retire(t, "large", true)
		},
		"it is damaged": func(t *testing.T, h *history) {
			h.retire(t, "small-0", false)
			remove(t, at(h.dir), "2.blk", "index.db") // and with it some of large
			h.retire(t, "large", false)
		},
	}
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			h := makeHistory(t)
			step(t, h)
			report := h.check(t)
			wantWhole(t, report)
			saved := map[string]int{}
			for m, err := range (audit.Store{Dir: h.dir}).Whole(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				saved[m.Commit.Run]++
			}
			if saved["small-1"] != 20 || saved["small-0"] != 1 && saved["large"] != 1 {
				t.Errorf("saved are %v commits", saved)
			}
		})
	}
}

// Damage in a message that is deleted takes nothing away, but the server would take more.
func TestDamageInWhatIsDeleted(t *testing.T) {
	h := makeHistory(t)
	h.purge(t, "small-1")
	flip(t, at(h.dir, "1.blk"), records(t, at(h.dir, "1.blk"))[4]+200, 1)
	golden(t, "damage in what is deleted", text(t, check(t, h.dir)))
}

// A tombstone has no sequence that the mark could speak of. After a clean stop damage at the very end is no write that
// was cut off.
func TestDamageInTheLastTombstone(t *testing.T) {
	h := makeHistory(t)
	h.purge(t, "small-1")
	mark(t, h.dir, 90, 0)
	wantWhole(t, check(t, h.dir))
	flip(t, newest(t, h.dir), fileSize(t, newest(t, h.dir))-1, 1)
	golden(t, "damage in the last tombstone", text(t, check(t, h.dir)))
}

// weir never purges a whole stream. Whoever does leaves one tombstone, which explains one sequence.
func TestPurgeOfAll(t *testing.T) {
	h := makeHistory(t)
	js, stop := serve(t, h.dir)
	if err := h.runs(t, js).Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	// The server removes what it purged in the background.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(beside(h.dir, "__msgs__")); errors.Is(err, fs.ErrNotExist) || time.Now().After(deadline) {
			break
		}
	}
	golden(t, "purge of all", text(t, check(t, h.dir)))
}

// A block that the server rewrites loses what was deleted in it, and the tombstones for it that lie in the same
// block. Only a commit explains that.
func TestCompactedBlock(t *testing.T) {
	h := makeHistory(t)
	s := open(t, h.dir)
	block := blockNumbers(t, h.dir)
	for blockNumbers(t, h.dir) == block {
		h.write(t, s, "large", 4000)
	}
	for range 10 {
		h.write(t, s, "short", 1000)
	}
	shut(t, s)
	h.retire(t, "short", true) // in the same block
	smallBlocks(t, h.dir)
	s = open(t, h.dir)
	for block = blockNumbers(t, h.dir); blockNumbers(t, h.dir) == block; {
		h.write(t, s, "small-0", 4000)
	}
	shut(t, s)
	wantWhole(t, h.check(t))
	name := at(h.dir, fmt.Sprintf("%d.blk", block))
	size := fileSize(t, name)
	h.compact(t, func() bool { return fileSize(t, name) < size })
	wantWhole(t, h.check(t))
}
