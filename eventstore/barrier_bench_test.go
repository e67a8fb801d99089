package eventstore

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/event"
)

// BenchmarkDurable compares, in one run, the ways to make commits of about 320 bytes durable, beside two
// limits: the same store that never syncs, and a plain file whose writers share each fsync. An operation is
// one durable commit; as many runs as appenders have one append each under way.
func BenchmarkDurable(b *testing.B) {
	for _, appenders := range []int{1, 16, 256} {
		for _, way := range durableWays {
			b.Run(fmt.Sprintf("appenders=%d/way=%s", appenders, way.name), func(b *testing.B) {
				way.run(b, appenders)
			})
		}
	}
}

// BenchmarkDurableBesideWriter is BenchmarkDurable at 256 appenders while another writes 50 MB/s to the same
// file system, which every syncfs then has to wait for.
func BenchmarkDurableBesideWriter(b *testing.B) {
	for _, way := range durableWays {
		b.Run("way="+way.name, func(b *testing.B) {
			defer writeBeside(b, 50<<20)()
			way.run(b, 256)
		})
	}
}

var durableWays = []struct {
	name string
	run  func(b *testing.B, appenders int)
}{
	{"barrier", func(b *testing.B, appenders int) { durableStore(b, SyncBarrier, usualSeams, appenders) }},
	{"always", func(b *testing.B, appenders int) { durableStore(b, SyncAlways, usualSeams, appenders) }},
	{"nosync", func(b *testing.B, appenders int) {
		never := usualSeams
		never.sync = func(func() error) error { return nil }
		durableStore(b, SyncBarrier, never, appenders)
	}},
	{"file", durableFile},
}

func durableStore(b *testing.B, mode Sync, seams seams, appenders int) {
	s, err := open(b.Context(), Config{Dir: b.TempDir(), Sync: mode}, seams)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	if got, why := s.Sync(); got != mode {
		b.Fatalf("the store syncs %s: %s", got, why)
	}
	authors := make([]*author, appenders)
	for i := range authors {
		authors[i] = newAuthor(fmt.Sprintf("bench-%d", i))
		authors[i].write(b, s, 1)
	}
	syncs := s.SyncCounts().Syncs
	measure(b, appenders, func(i int) error {
		a := authors[i]
		c := a.seal(1)
		sequence, err := s.Append(c, a.sequence).Result()
		a.moved(c, sequence)
		return err
	})
	b.ReportMetric(float64(b.N)/float64(max(s.SyncCounts().Syncs-syncs, 1)), "commits/sync")
	b.ReportMetric(float64(len(authors[0].seal(1).Data)), "B/commit")
}

// measure has each of many appenders do one operation after the other, b.N in all, and reports how many a
// second and how long one took.
func measure(b *testing.B, appenders int, one func(appender int) error) {
	b.Helper()
	took := make([][]time.Duration, appenders)
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ResetTimer()
	for i := range appenders {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				begun := time.Now()
				if err := one(i); err != nil {
					b.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(begun))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	sorted := slices.Concat(took...)
	slices.Sort(sorted)
	b.ReportMetric(float64(sorted[len(sorted)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(sorted[len(sorted)*99/100].Microseconds()), "p99-µs")
}

// durableFile appends to a plain file, with one fsync for all who wait.
func durableFile(b *testing.B, appenders int) {
	f, err := os.Create(filepath.Join(b.TempDir(), "plain"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	data := newAuthor("bench-0").seal(1).Data
	var group fileGroup
	group.barrier = newBarrier(f.Sync, group.release)
	group.barrier.fail = func(err error) { b.Error(err) }
	group.barrier.start()
	measure(b, appenders, func(int) error {
		w := &write{commit: event.Sealed{}}
		w.pending.done = make(chan struct{})
		group.mu.Lock()
		_, err := f.Write(data)
		group.mu.Unlock()
		if err != nil {
			return err
		}
		group.barrier.park(w)
		_, err = w.pending.Result()
		return err
	})
	if err := group.barrier.close(); err != nil {
		b.Error(err)
	}
}

// fileGroup is the writers of a plain file.
type fileGroup struct {
	mu      sync.Mutex
	barrier *barrier
}

func (g *fileGroup) release(writes []*write) {
	for _, w := range writes {
		close(w.pending.done)
	}
}

// writeBeside writes that many bytes a second to a file on the same file system, until stopped.
func writeBeside(b *testing.B, rate int) (stop func()) {
	b.Helper()
	const chunk = 1 << 20
	f, err := os.Create(filepath.Join(b.TempDir(), "neighbour"))
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		ticker := time.NewTicker(time.Second * chunk / time.Duration(rate))
		defer ticker.Stop()
		data := make([]byte, chunk)
		for i := 0; ; i++ {
			select {
			case <-ended:
				return
			case <-ticker.C:
			}
			if _, err := f.WriteAt(data, int64(i%1024)*chunk); err != nil { // over and over one GiB
				b.Error(err)
				return
			}
		}
	})
	return func() {
		close(ended)
		done.Wait()
		_ = f.Close()
	}
}
