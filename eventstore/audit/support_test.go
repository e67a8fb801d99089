package audit_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/audit"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

const (
	runsStream      = "WEIR_RUNS"
	workflowsStream = "WEIR_WORKFLOWS"
	streamsDir      = "jetstream/ENGINE/streams"
	runsBlocks      = streamsDir + "/" + runsStream + "/msgs"
)

// testTime is when everything in the tests happens.
var testTime = time.Unix(1_700_000_000, 0).UTC()

// author writes the commits of one run, each continuing the one before.
type author struct {
	run, prev   string
	n, sequence uint64
	filler      int // bytes of console output in each event
}

// commit makes the next commit, of that many events, without moving on.
func (a *author) commit(events int) event.Sealed {
	c := event.Commit{Run: a.run, Workflow: "flow", First: a.n + 1, Epoch: "e1", Prev: a.prev}
	for i := range events {
		n := a.n + 1 + uint64(i)
		var body event.Body = event.ScriptLogged{
			Node: "step", Visit: int(n), Attempt: 1, Lines: []event.LogLine{{Level: "log", Text: strings.Repeat("weir ", a.filler/5)}},
		}
		if n == 1 {
			body = event.RunStarted{Workflow: "flow", Revision: "sha256:0", Input: document.Object(), Start: "step"}
		}
		c.Events = append(c.Events, event.Event{Run: a.run, N: n, At: testTime.Add(time.Duration(n)), Body: body})
	}
	return event.Seal(c)
}

func (a *author) moved(c event.Sealed, sequence uint64) {
	a.n, a.prev, a.sequence = c.Last, c.Digest, sequence
}

// write stores the next commit.
func (a *author) write(t testing.TB, s *eventstore.Store, events int) event.Sealed {
	t.Helper()
	c := a.commit(events)
	sequence, err := s.Append(c, a.sequence).Result()
	if err != nil {
		t.Fatalf("append to %s: %v", a.run, err)
	}
	a.moved(c, sequence)
	return c
}

func open(t testing.TB, dir string) *eventstore.Store {
	t.Helper()
	s, err := eventstore.Open(t.Context(), eventstore.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func shut(t testing.TB, s *eventstore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// serve runs the NATS server itself over a data directory, for what the store does not offer.
func serve(t testing.TB, dir string, more ...func(*server.Options)) (js jetstream.JetStream, stop func()) {
	t.Helper()
	engine := server.NewAccount("ENGINE")
	opts := &server.Options{
		ServerName: "test", DontListen: true, NoSigs: true, NoLog: true, JetStream: true, StoreDir: dir, SyncAlways: true,
		Accounts: []*server.Account{engine}, Users: []*server.User{{Username: "test", Account: engine}}, NoAuthUser: "test",
	}
	for _, change := range more {
		change(opts)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	account, err := srv.LookupAccount("ENGINE")
	if err != nil {
		t.Fatal(err)
	}
	if err := account.EnableJetStream(nil, nil); err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect("", nats.InProcessServer(srv))
	if err != nil {
		t.Fatal(err)
	}
	if js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	return js, func() {
		nc.Close()
		srv.Shutdown()
		srv.WaitForShutdown()
	}
}

// smallBlocks has the store in dir, which it makes, write blocks of 32 kB once it is opened for the next time:
// the server chooses the size of blocks by a stream's limit, which the store then lifts.
func smallBlocks(t testing.TB, dir string) {
	t.Helper()
	shut(t, open(t, dir))
	js, stop := serve(t, dir)
	defer stop()
	for _, name := range []string{runsStream, workflowsStream} {
		stream, err := js.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		cfg.MaxBytes = 100_000
		if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
}

// mark writes the durable mark as a store does that is closed cleanly.
func mark(t testing.TB, dir string, runs, workflows uint64) {
	t.Helper()
	f, err := audit.OpenMark(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Write(audit.Mark{Runs: runs, Workflows: workflows}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func check(t testing.TB, dir string) *audit.Report {
	t.Helper()
	report, err := audit.Store{Dir: dir}.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// text is a report as people read it, without the directory.
func text(t testing.TB, r *audit.Report) string {
	t.Helper()
	var out strings.Builder
	if err := r.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(out.String(), r.Dir, "data")
}

// duplicate copies a data directory.
func duplicate(t testing.TB, dir string) string {
	t.Helper()
	again := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(again, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return again
}

// saveRevision stores a revision of a workflow.
func saveRevision(t testing.TB, s *eventstore.Store, workflow string, number int, expected uint64) uint64 {
	t.Helper()
	sequence, err := s.AppendRevision(t.Context(), eventstore.RevisionRecord{
		Workflow: workflow, Number: number, Digest: fmt.Sprintf("sha256:%d", number), SavedAt: testTime, Format: "yaml",
		Source: "nodes: {a: {set: {n: 1}}}\n",
	}, expected)
	if err != nil {
		t.Fatal(err)
	}
	return sequence
}
