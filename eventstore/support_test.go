package eventstore

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// testTime is when everything in the tests happens.
var testTime = time.Unix(1_700_000_000, 0).UTC()

// patience bounds every wait of a test: it is never reached unless something is broken.
const patience = time.Minute

func openTest(t testing.TB, cfg Config) *Store {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// author writes the commits of one run, each continuing the one before.
type author struct {
	run, workflow, epoch string
	n                    uint64
	prev                 string
	sequence             uint64
}

func newAuthor(run string) *author { return &author{run: run, workflow: "flow", epoch: "e1"} }

// seal makes the next commit, of that many events, without moving on.
func (a *author) seal(events int) event.Sealed {
	c := event.Commit{Run: a.run, Workflow: a.workflow, First: a.n + 1, Epoch: a.epoch, Prev: a.prev}
	for i := range events {
		n := a.n + 1 + uint64(i)
		var body event.Body = event.NodeStarted{Node: "step", Visit: int(n), Attempt: 1}
		if n == 1 {
			body = event.RunStarted{Workflow: a.workflow, Revision: "sha256:0", Input: document.Object(), Start: "step"}
		}
		c.Events = append(c.Events, event.Event{Run: a.run, N: n, At: testTime.Add(time.Duration(n)), Body: body})
	}
	return event.Seal(c)
}

// terminal makes a commit that ends the run.
func (a *author) terminal() event.Sealed {
	return event.Seal(event.Commit{Run: a.run, Workflow: a.workflow, First: a.n + 1, Epoch: a.epoch, Prev: a.prev, Events: []event.Event{
		{Run: a.run, N: a.n + 1, At: testTime.Add(time.Duration(a.n + 1)), Body: event.RunCompleted{State: "sha256:0"}},
	}})
}

// moved notes that c was stored.
func (a *author) moved(c event.Sealed, sequence uint64) {
	a.n, a.prev, a.sequence = c.Last, c.Digest, sequence
}

// write stores the next commit and returns it.
func (a *author) write(t testing.TB, s *Store, events int) event.Sealed {
	t.Helper()
	c := a.seal(events)
	sequence, err := result(s.Append(c, a.sequence))
	if err != nil {
		t.Fatalf("append %s events %d to %d: %v", a.run, c.First, c.Last, err)
	}
	a.moved(c, sequence)
	return c
}

// result waits for an append, but not for ever.
func result(p *Pending) (uint64, error) {
	select {
	case <-p.Done():
		return p.Result()
	case <-time.After(patience):
		return 0, fmt.Errorf("no outcome within %s", patience)
	}
}

func readAll(t testing.TB, s *Store, run string, after uint64) []Stored {
	t.Helper()
	var all []Stored
	for c, err := range s.Read(t.Context(), run, after) {
		if err != nil {
			t.Fatalf("read %s: %v", run, err)
		}
		all = append(all, c)
	}
	return all
}

// dialRaw opens a plain TCP connection.
func dialRaw(t testing.TB, addr string) net.Conn {
	t.Helper()
	var d net.Dialer
	nc, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func timeout(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
