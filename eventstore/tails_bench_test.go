package eventstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What BenchmarkTails has followed.
const (
	tailsReading = 9000
	tailsIdle    = 1000 // take their first event and no other

	tailsAppenders = 256
)

// BenchmarkTails has 256 appenders, with 10,000 followers, of which 1,000 never read on, and without any: each run has one
// follower, or each of 256 has 39, so that a commit goes to as many. An operation is one durable commit. It reports both
// rates, their ratio (the median of alternating rounds), the memory that the followers take, and fails where one that
// reads has a gap, a repeat, or not everything in the end.
func BenchmarkTails(b *testing.B) {
	for _, runs := range []int{tailsReading + tailsIdle, tailsAppenders} {
		b.Run(fmt.Sprintf("runs=%d", runs), func(b *testing.B) { benchmarkTails(b, runs) })
	}
}

func benchmarkTails(b *testing.B, runs int) {
	const rounds = 5
	s := openTest(b, Config{})
	fill(b, s, runs, 1, 1)
	authors := make([]*author, runs)
	for i := range authors {
		authors[i] = newAuthor(fmt.Sprintf("run-%d", i))
		for c, err := range s.Read(b.Context(), authors[i].run, 0) {
			if err != nil {
				b.Fatal(err)
			}
			authors[i].moved(c.Sealed, c.Sequence)
		}
	}
	var with, without, ratios []float64
	var grown int64
	for range rounds {
		alone := appendRate(b, s, authors)
		before := heap()
		f := followAll(b, s, authors)
		followed := appendRate(b, s, authors)
		f.awaitAll(b, authors)
		grown = max(grown, heap()-before)
		f.end(b)
		with, without, ratios = append(with, followed), append(without, alone), append(ratios, followed/alone)
	}
	for _, figure := range []struct {
		of   []float64
		unit string
	}{{with, "followed-commits/s"}, {without, "commits/s"}, {ratios, "ratio"}} {
		slices.Sort(figure.of)
		b.ReportMetric(figure.of[rounds/2], figure.unit)
	}
	b.ReportMetric(float64(grown)/(1<<20), "followers-MiB")
	b.ReportMetric(0, "ns/op") // half of it was spent on what is compared with
}

// appendRate stores b.N commits, each appender one after the other in runs of its own, and returns how many became
// durable a second.
func appendRate(b *testing.B, s *Store, authors []*author) float64 {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	begun := time.Now()
	for i := range tailsAppenders {
		all.Go(func() {
			for own := i; left.Add(-1) >= 0; own += tailsAppenders {
				if own >= len(authors) {
					own = i
				}
				a := authors[own]
				c := a.seal(3)
				sequence, err := s.Append(c, a.sequence).Result()
				if err != nil {
					b.Error(err)
					return
				}
				a.moved(c, sequence)
			}
		})
	}
	all.Wait()
	return float64(b.N) / time.Since(begun).Seconds()
}

// followers follow the authors' runs from where those are.
type followers struct {
	seen     []atomic.Uint64 // the last event of each that reads
	stop     context.CancelFunc
	stopIdle chan struct{}
	done     sync.WaitGroup
}

// followAll starts the followers, and returns once each has its first event, so that all are live.
func followAll(b *testing.B, s *Store, authors []*author) *followers {
	b.Helper()
	f := &followers{seen: make([]atomic.Uint64, tailsReading), stopIdle: make(chan struct{})}
	var ctx context.Context
	ctx, f.stop = context.WithCancel(b.Context())
	var live sync.WaitGroup
	live.Add(tailsReading + tailsIdle)
	for i := range tailsReading + tailsIdle {
		a := authors[i%len(authors)]
		after := a.n - 1
		f.done.Go(func() {
			last := after
			for raw, err := range s.Follow(ctx, a.run, after) {
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						b.Errorf("follower %d of %s: %v", i, a.run, err)
					}
					break
				}
				if raw.N != last+1 {
					b.Errorf("follower %d of %s got event %d behind %d", i, a.run, raw.N, last)
				}
				if last = raw.N; last == after+1 {
					live.Done()
				}
				if i >= tailsReading {
					<-f.stopIdle
					break
				}
				f.seen[i].Store(last)
			}
			if last == after {
				live.Done()
			}
		})
	}
	live.Wait()
	return f
}

// awaitAll waits until every follower that reads has all that was appended.
func (f *followers) awaitAll(b *testing.B, authors []*author) {
	b.Helper()
	deadline := time.Now().Add(patience)
	for i := range f.seen {
		a := authors[i%len(authors)]
		for f.seen[i].Load() < a.n {
			if time.Now().After(deadline) {
				b.Fatalf("follower %d of %s is at event %d of %d", i, a.run, f.seen[i].Load(), a.n)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func (f *followers) end(b *testing.B) {
	b.Helper()
	f.stop()
	close(f.stopIdle)
	f.done.Wait()
}

// heap is what is in use, and the goroutines' stacks.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
