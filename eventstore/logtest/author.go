package logtest

import (
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// began is when everything in the tests happens.
var began = time.Unix(1_700_000_000, 0).UTC()

// Author writes the commits of one run, each continuing the one before.
type Author struct {
	Run, Workflow, Epoch string
	Node                 string // what its events speak of
	N                    uint64 // the last event
	Prev                 string // digest of the last commit
	Sequence             uint64 // its place in the stream
}

// NewAuthor returns the author of a run that has not begun.
func NewAuthor(run string) *Author {
	return &Author{Run: run, Workflow: "flow", Epoch: "e1", Node: "step"}
}

// Seal makes the next commit, of that many events, without moving on.
func (a *Author) Seal(events int) event.Sealed {
	c := event.Commit{Run: a.Run, Workflow: a.Workflow, First: a.N + 1, Epoch: a.Epoch, Prev: a.Prev}
	for n := a.N + 1; n <= a.N+uint64(events); n++ { //nolint:gosec // a small number
		var body event.Body = event.NodeStarted{Node: a.Node, Visit: int(n), Attempt: 1} //nolint:gosec // likewise
		if n == 1 {
			body = event.RunStarted{Workflow: a.Workflow, Revision: "sha256:0", Input: document.Object(), Start: a.Node}
		}
		c.Events = append(c.Events, event.Event{Run: a.Run, N: n, At: began.Add(time.Duration(n)), Body: body}) //nolint:gosec // likewise
	}
	return event.Seal(c)
}

// Moved notes that c was stored.
func (a *Author) Moved(c event.Sealed, sequence uint64) {
	a.N, a.Prev, a.Sequence = c.Last, c.Digest, sequence
}

// Write stores the next commit and returns it. It ends the test where that fails, and so must be called in the
// test's own goroutine.
func (a *Author) Write(t *testing.T, log Log, events int) event.Sealed {
	t.Helper()
	c, err := a.write(log, events)
	if err != nil {
		t.Fatalf("append %s events %d to %d: %v", a.Run, c.First, c.Last, err)
	}
	return c
}

func (a *Author) write(log Log, events int) (event.Sealed, error) {
	c := a.Seal(events)
	sequence, err := result(log.Append(c, a.Sequence))
	if err == nil {
		a.Moved(c, sequence)
	}
	return c, err
}

func digests(commits []event.Sealed) []string {
	var all []string
	for _, c := range commits {
		all = append(all, c.Digest)
	}
	return all
}

// texts is the events of commits that are numbered above after.
func texts(commits []event.Sealed, after uint64) []string {
	var all []string
	for _, c := range commits {
		for _, raw := range c.Raw {
			if raw.N > after {
				all = append(all, string(raw.JSON))
			}
		}
	}
	return all
}
