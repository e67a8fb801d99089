package audit_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// fill stores commits of four events, one step of a loop each, in runs of a hundred commits.
func fill(tb testing.TB, s *eventstore.Store, commits int) {
	tb.Helper()
	const appenders, perRun = 256, 100
	var left, run atomic.Int64
	left.Store(int64(commits))
	var writing sync.WaitGroup
	for range appenders {
		writing.Go(func() {
			var a *author
			for i := 0; left.Add(-1) >= 0; i++ {
				if i%perRun == 0 {
					a = &author{run: fmt.Sprintf("01997c5a-%04d-7000-8000-5f3f2f6fbb1c", run.Add(1))}
				}
				c := a.step()
				sequence, err := s.Append(c, a.sequence).Result()
				if err != nil {
					tb.Error(err)
					return
				}
				a.moved(c, sequence)
			}
		})
	}
	writing.Wait()
}

// step makes a commit as a step of a loop writes it.
func (a *author) step() event.Sealed {
	c := event.Commit{Run: a.run, Workflow: "flow", First: a.n + 1, Epoch: "0192d0c5-1b2a-7000-8000-000000000001", Prev: a.prev}
	for i, body := range []event.Body{
		event.NodeStarted{Node: "count", Visit: 3, Attempt: 1, Tokens: []uint64{12}},
		event.NodeCompleted{Node: "count", Visit: 3, Attempt: 1, Duration: 81234, Output: 7},
		event.StateChanged{Node: "count", Visit: 3},
		event.EdgeTaken{From: "count", Visit: 3, To: "count", Token: 13, When: "state.n < 1000"},
	} {
		c.Events = append(c.Events, event.Event{Run: a.run, N: a.n + 1 + uint64(i), At: testTime, Body: body})
	}
	return event.Seal(c)
}

// BenchmarkCheck reads a store of 64 MB, from the page cache.
func BenchmarkCheck(b *testing.B) {
	dir := b.TempDir()
	s := open(b, dir)
	fill(b, s, 60_000)
	shut(b, s)
	b.ReportAllocs()
	for b.Loop() {
		report := check(b, dir)
		if err := report.Err(); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(report.Streams[0].Bytes + report.Streams[1].Bytes)
	}
}
