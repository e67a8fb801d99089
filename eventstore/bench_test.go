package eventstore

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// BenchmarkAppend stores commits of three events (about 500 bytes) in as many runs as there are
// appenders, each with one append under way. An operation is one durable commit.
func BenchmarkAppend(b *testing.B) {
	for _, appenders := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("appenders=%d", appenders), func(b *testing.B) {
			s := openTest(b, Config{})
			benchmarkAppend(b, s, appenders)
		})
	}
}

// BenchmarkAppendFollowed is BenchmarkAppend with live events wanted: of one run of the 256, and of all.
func BenchmarkAppendFollowed(b *testing.B) {
	for _, run := range []string{"bench-0", ""} {
		b.Run(fmt.Sprintf("run=%q", run), func(b *testing.B) {
			s := openTest(b, Config{})
			tail := s.live.follow(run)
			defer s.live.leave(tail)
			var done sync.WaitGroup
			done.Go(func() {
				for {
					if _, ok, err := tail.take(b.Context()); err != nil {
						return
					} else if !ok {
						tail.rejoin()
					}
				}
			})
			benchmarkAppend(b, s, 256)
		})
	}
}

func benchmarkAppend(b *testing.B, s *Store, appenders int) {
	b.ReportAllocs()
	var left atomic.Int64
	left.Store(int64(b.N))
	var done sync.WaitGroup
	b.ResetTimer()
	for i := range appenders {
		a := newAuthor(fmt.Sprintf("bench-%d", i))
		done.Go(func() {
			for left.Add(-1) >= 0 {
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
	done.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkRead reads a run of 1,000 events in 100 commits, beside 1,000 other runs.
func BenchmarkRead(b *testing.B) {
	s := openTest(b, Config{})
	fill(b, s, 1000, 1, 3)
	a := newAuthor("wanted")
	for range 100 {
		a.write(b, s, 10)
	}
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for c, err := range s.Read(b.Context(), "wanted", 0) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(c.Raw)
		}
		if n != 1000 {
			b.Fatalf("%d events", n)
		}
	}
}

// BenchmarkReadShort reads a run of 6 events in 2 commits, beside 1,000 other runs.
func BenchmarkReadShort(b *testing.B) {
	s := openTest(b, Config{})
	fill(b, s, 1000, 2, 3)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if got := readAll(b, s, fmt.Sprintf("run-%d", i%1000), 0); len(got) != 2 {
			b.Fatalf("%d commits", len(got))
		}
	}
}

// BenchmarkScan scans 20,000 commits of 5,000 runs. An operation is one scan.
func BenchmarkScan(b *testing.B) {
	s := openTest(b, Config{})
	fill(b, s, 5000, 4, 3)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range s.Scan(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 20000 {
			b.Fatalf("%d commits", n)
		}
	}
	b.ReportMetric(20000*float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

// BenchmarkFollow measures the way of one event from Append to the follower: an operation appends a
// commit of one event and waits for it to come out of Follow. The sync is part of it; what the follower
// adds after the append's own outcome is reported as lag.
func BenchmarkFollow(b *testing.B) {
	s := openTest(b, Config{})
	a := newAuthor("followed")
	got := make(chan event.Raw)
	var done sync.WaitGroup
	done.Go(func() {
		for raw, err := range s.Follow(b.Context(), "followed", 0) {
			if err != nil {
				return
			}
			got <- raw
		}
	})
	var lag time.Duration
	for b.Loop() {
		a.write(b, s, 1)
		stored := time.Now()
		<-got
		lag += time.Since(stored)
	}
	b.ReportMetric(float64(lag.Nanoseconds())/float64(b.N), "lag-ns/op")
}

// BenchmarkOpen opens and closes a store.
func BenchmarkOpen(b *testing.B) {
	for _, runs := range []int{0, 5000} {
		b.Run(fmt.Sprintf("runs=%d", runs), func(b *testing.B) {
			dir := b.TempDir()
			s, err := Open(b.Context(), Config{Dir: dir})
			if err != nil {
				b.Fatal(err)
			}
			fill(b, s, runs, 4, 3)
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s, err := Open(b.Context(), Config{Dir: dir, Listen: "127.0.0.1:0"})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// fill stores runs named run-0, run-1 … of that many commits of that many events each.
func fill(t testing.TB, s *Store, runs, commits, events int) {
	t.Helper()
	authors := make([]*author, runs)
	for i := range authors {
		authors[i] = newAuthor(fmt.Sprintf("run-%d", i))
	}
	for range commits {
		sealed, pending := make([]event.Sealed, runs), make([]*Pending, runs)
		for i, a := range authors {
			sealed[i] = a.seal(events)
			pending[i] = s.Append(sealed[i], a.sequence)
		}
		for i, a := range authors {
			sequence, err := result(pending[i])
			if err != nil {
				t.Fatal(err)
			}
			a.moved(sealed[i], sequence)
		}
	}
}
