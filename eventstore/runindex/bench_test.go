package runindex

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// fleet is the history of many runs, as an engine with a hundred of them at a time writes it: each has 8 events in 2 commits. One in
// fifty fails, and some stay open, half of these at a timer.
type fleet struct {
	runs, open int
	random     *rand.Rand
	sequence   uint64
	making     time.Duration
}

// The values that the fleet's runs have.
const (
	fleetWorkflows = 40
	fleetTeams     = 10
	fleetCustomers = 100_000
	fleetWindow    = 200 // commits between the first and the second of a run
)

var fleetBegun = time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)

func (f *fleet) name(i int) string { return fmt.Sprintf("0192d0c5-1b2a-7000-8%03x-%012x", i>>24, i) }

// chance is a number below n that depends on the run and on what it is for, alone.
func (f *fleet) chance(i, what, n int) int {
	return rand.New(rand.NewPCG(uint64(i), uint64(what))).IntN(n)
}

func (f *fleet) workflow(i int) string {
	return fmt.Sprintf("workflow-%d", f.chance(i, 1, fleetWorkflows))
}

// at is when a run starts.
func (f *fleet) at(i int) time.Time {
	return fleetBegun.Add(time.Duration(i)*time.Millisecond + time.Duration(f.random.IntN(3_000_000)))
}

// first is a run's first commit.
func (f *fleet) first(i int) event.Commit {
	at := f.at(i)
	labels := map[string]string{
		"team": fmt.Sprintf("team-%d", f.chance(i, 2, fleetTeams)), "customer": fmt.Sprintf("c%d", f.chance(i, 3, fleetCustomers)),
	}
	if i < f.runs/10 {
		labels["era"] = "first"
	}
	return f.commit(i, 1, at,
		event.RunStarted{
			Workflow: f.workflow(i), Revision: fmt.Sprintf("sha256:%064x", f.chance(i, 1, fleetWorkflows)), Start: "extract", By: "ada",
			Input:  document.MustParse(`{"code":"func main() {}","threshold":80}`),
			Labels: labels,
		},
		event.NodeStarted{Node: "extract", Visit: 1, Attempt: 1, Tokens: []uint64{1}},
		event.NodeCompleted{Node: "extract", Visit: 1, Attempt: 1, Duration: 81234, Output: 7},
		event.StateChanged{Node: "extract", Visit: 1, Patch: document.Patch{{Op: document.OpAdd, Path: "/n", Value: document.Int(int64(i))}}},
		event.EdgeTaken{From: "extract", Visit: 1, To: "score", Token: 2},
	)
}

// last is a run's second commit: its end, or where it stays.
func (f *fleet) last(i int, stays bool) event.Commit {
	at := f.at(i).Add(time.Duration(5+f.random.IntN(60_000)) * time.Millisecond)
	started := event.NodeStarted{Node: "score", Visit: 1, Attempt: 1, Tokens: []uint64{2}}
	switch {
	case stays && f.chance(i, 5, 2) == 0:
		return f.commit(i, 6, at, started)
	case stays:
		return f.commit(i, 6, at, started, event.TimerSet{Timer: "score/1/sleep", Node: "score", Visit: 1, Due: at.Add(time.Hour)})
	case f.chance(i, 4, 50) == 0:
		const message = "the service answered 503: connection refused by upstream"
		return f.commit(i, 6, at, started,
			event.NodeFailed{Node: "score", Visit: 1, Attempt: 1, Duration: 81234, Kind: "tool_error", Message: message},
			event.RunFailed{Kind: "tool_error", Message: message, Node: "score", Visit: 1, State: "sha256:0"})
	default:
		return f.commit(i, 6, at, started,
			event.NodeCompleted{Node: "score", Visit: 1, Attempt: 1, Duration: 81234, Output: 7}, event.RunCompleted{State: "sha256:0"})
	}
}

func (f *fleet) commit(i int, first uint64, at time.Time, bodies ...event.Body) event.Commit {
	c := event.Commit{Run: f.name(i), Workflow: f.workflow(i), First: first, Epoch: "0192d0c5-1b2a-7000-8000-000000000001", Prev: strings.Repeat("0f", 16)}
	for n, body := range bodies {
		c.Events = append(c.Events, event.Event{Run: c.Run, N: first + uint64(n), At: at, Body: body})
	}
	return c
}

// commits yields the stream. How long making it took is noted in making.
func (f *fleet) commits() iter.Seq2[Commit, error] {
	return func(yield func(Commit, error) bool) {
		const chunk = 5000
		stay := f.runs / max(f.open, 1)
		for i := 0; i < f.runs+fleetWindow; {
			begun := time.Now()
			made := make([]Commit, 0, chunk+2)
			for ; i < f.runs+fleetWindow && len(made) < chunk; i++ {
				for _, c := range f.step(i, stay) {
					f.sequence++
					made = append(made, Commit{f.sequence, event.Seal(c)})
				}
			}
			f.making += time.Since(begun)
			for _, c := range made {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
}

func (f *fleet) step(i, stay int) (commits []event.Commit) {
	if i < f.runs {
		commits = append(commits, f.first(i))
	}
	if j := i - fleetWindow; j >= 0 {
		commits = append(commits, f.last(j, f.open > 0 && j%stay == 0))
	}
	return commits
}

func openBench(b *testing.B, cfg Config) *Index {
	x, err := Open(context.Background(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	return x
}

func benchIndex(b *testing.B) *Index {
	x := openBench(b, Config{Path: filepath.Join(b.TempDir(), "runs.db"), Store: "bench"})
	b.Cleanup(func() {
		if err := x.Close(); err != nil {
			b.Error(err)
		}
	})
	return x
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// BenchmarkBuild builds the index of a stream of 200,000 runs. The projection is for a million runs in two million commits.
func BenchmarkBuild(b *testing.B) {
	for _, runs := range []int{200_000, 1_000_000} {
		b.Run(fmt.Sprint("runs=", runs), func(b *testing.B) {
			for b.Loop() {
				x := benchIndex(b)
				f := &fleet{runs: runs, open: runs / 100, random: rand.New(rand.NewPCG(1, 2))}
				begun := time.Now()
				if err := x.Fold(context.Background(), f.commits()); err != nil {
					b.Fatal(err)
				}
				took := time.Since(begun) - f.making
				b.ReportMetric(float64(f.sequence)/took.Seconds(), "commits/s")
				b.ReportMetric(took.Seconds()*2e6/float64(f.sequence), "s/2Mcommits")
				info, err := os.Stat(x.cfg.Path)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(info.Size())/float64(runs), "file_B/run")
				b.ReportMetric(float64(heapBytes())/1e6, "heap_MB")
			}
		})
	}
}

// BenchmarkFold folds, in the batches of a scan, a third of what a list then holds: 200,000 runs. It says what a commit costs so, and
// what it costs in a build of the whole, without the reading of the log.
func BenchmarkFold(b *testing.B) {
	const runs = 200_000
	var folding, building, folded, built float64
	for b.Loop() {
		f := &fleet{runs: runs, open: runs / 100, random: rand.New(rand.NewPCG(1, 2))}
		var commits []Commit
		for c, err := range f.commits() {
			if err != nil {
				b.Fatal(err)
			}
			commits = append(commits, c)
		}
		begun, x := time.Now(), benchIndex(b)
		if err := x.Fold(context.Background(), scanOf(commits, nil)); err != nil {
			b.Fatal(err)
		}
		building, built = building+time.Since(begun).Seconds(), built+float64(len(commits))
		x = benchIndex(b)
		if err := x.Fold(context.Background(), scanOf(commits[:len(commits)*2/3], nil)); err != nil {
			b.Fatal(err)
		}
		begun = time.Now()
		if err := x.Fold(context.Background(), scanOf(commits[len(commits)*2/3-1:], nil)); err != nil {
			b.Fatal(err)
		}
		folding, folded = folding+time.Since(begun).Seconds(), folded+float64(len(commits)/3)
	}
	b.ReportMetric(folding*1e6/folded, "fold_µs/commit")
	b.ReportMetric(building*1e6/built, "build_µs/commit")
}

// BenchmarkApply folds the commits of new runs, as they come while an engine runs, into a list of 200,000. An operation is one commit.
func BenchmarkApply(b *testing.B) {
	for _, batch := range []int{1, 10, 50, 100, 500, 1000} {
		b.Run(fmt.Sprint("batch=", batch), func(b *testing.B) {
			x := benchIndex(b)
			f := &fleet{runs: 200_000, open: 2_000, random: rand.New(rand.NewPCG(1, 2))}
			if err := x.Fold(context.Background(), f.commits()); err != nil {
				b.Fatal(err)
			}
			var commits []Commit
			i := f.runs + fleetWindow
			f.runs = 1 << 30
			b.ResetTimer()
			for done := 0; done < b.N; done += batch {
				b.StopTimer()
				commits = commits[:0]
				for ; len(commits) < batch; i++ {
					for _, c := range f.step(i, 100) {
						f.sequence++
						commits = append(commits, Commit{f.sequence, event.Seal(c)})
					}
				}
				b.StartTimer()
				if err := x.Apply(context.Background(), commits); err != nil {
					b.Fatal(err)
				}
				done += len(commits) - batch
			}
		})
	}
}

// BenchmarkApplyLoop folds the commits of a run that loops fast, at once: 14 of 715 steps each, as many as fit into one. The run goes on,
// or ends with the last of them. An operation is one commit.
func BenchmarkApplyLoop(b *testing.B) {
	const steps, perRun = 715, 14
	for _, ends := range []bool{false, true} {
		b.Run(fmt.Sprint("ends=", ends), func(b *testing.B) {
			x := benchIndex(b)
			f := &fleet{random: rand.New(rand.NewPCG(1, 2))}
			var commits []Commit
			for done := 0; done < b.N; {
				b.StopTimer()
				commits = commits[:0]
				for i := range perRun {
					events := f.steps(i*steps, steps)
					if ends && i == perRun-1 {
						events = append(events, event.RunCompleted{State: "sha256:0"})
					}
					f.sequence++
					commits = append(commits, Commit{f.sequence, event.Seal(f.commit(done, uint64(1+4*i*steps+min(i, 1)), fleetBegun, events...))})
				}
				b.StartTimer()
				if err := x.Apply(context.Background(), commits); err != nil {
					b.Fatal(err)
				}
				done += len(commits)
			}
		})
	}
}

// steps is a part of a loop of one node, from a step on.
func (f *fleet) steps(from, count int) (events []event.Body) {
	if from == 0 {
		events = append(events, event.RunStarted{Workflow: f.workflow(0), Revision: "sha256:0", Start: "count", Input: document.Object()})
	}
	for visit := from + 1; visit <= from+count; visit++ {
		token := uint64(visit)
		events = append(events,
			event.NodeStarted{Node: "count", Visit: visit, Attempt: 1, Tokens: []uint64{token}},
			event.NodeCompleted{Node: "count", Visit: visit, Attempt: 1, Duration: 12345, Output: 4},
			event.StateChanged{Node: "count", Visit: visit, Patch: document.Patch{{Op: document.OpReplace, Path: "/i", Value: document.Int(int64(visit))}}},
			event.EdgeTaken{From: "count", Visit: visit, To: "count", Token: token + 1},
		)
	}
	return events
}
