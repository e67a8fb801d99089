package memlog_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/eventstore/logtest"
	"github.com/weirflow/weir/eventstore/memlog"
)

// What a run meets depends on the seed and on its own appends, not on what other runs do.
func TestFatesAreTheRunsOwn(t *testing.T) {
	const appends = 40
	told := func(t *testing.T, seed uint64, runs ...string) map[string][]string {
		got := map[string][]string{}
		synctest.Test(t, func(t *testing.T) {
			log := memlog.Open(memlog.Faults{Seed: seed, Delay: time.Second, Late: 20, LostAnswers: 20, Repeats: 20, Rivals: 20, Disruptions: 10})
			defer log.Close()
			for _, run := range runs {
				a := logtest.NewAuthor(run)
				for range appends {
					c, began := a.Seal(1), time.Now()
					sequence, err := log.Append(c, a.Sequence).Result()
					got[run] = append(got[run], fmt.Sprintf("%s %t", time.Since(began), err == nil))
					if err == nil {
						a.Moved(c, sequence)
					} else if last, err := log.Last(t.Context(), run); err == nil {
						a.Moved(last.Sealed, last.Sequence)
					}
				}
			}
		})
		return got
	}
	first := told(t, 1, "a", "b", "c")
	if diff := cmp.Diff(first, told(t, 1, "c", "b", "a")); diff != "" {
		t.Errorf("in another order, the runs meet other fates:\n%s", diff)
	}
	if cmp.Equal(first, told(t, 2, "a", "b", "c")) || cmp.Equal(first["a"], first["b"]) {
		t.Error("another seed, or another run, meets the same fates")
	}
}

// A log that fails leaves what was stored, or what was durable, and every way to fail comes up.
func TestRestart(t *testing.T) {
	for _, ending := range []memlog.Ending{memlog.Killed, memlog.PowerCut} {
		ends := map[string]int{}
		for seed := range uint64(60) {
			synctest.Test(t, func(t *testing.T) {
				log := memlog.Open(memlog.Faults{Seed: seed, Delay: time.Millisecond, Failures: 100, Disruptions: 1})
				a := logtest.NewAuthor("r")
				c := a.Seal(1)
				_, err := log.Append(c, 0).Result()
				if err != nil && !errors.Is(err, eventstore.ErrUnavailable) {
					t.Fatalf("an append ended with %v", err)
				}
				<-log.Down()
				if _, err := log.Append(logtest.NewAuthor("late").Seal(1), 0).Result(); !errors.Is(err, eventstore.ErrUnavailable) {
					t.Errorf("an append after the failure: %v", err)
				}
				if err := log.Ready(); !errors.Is(err, eventstore.ErrUnavailable) {
					t.Errorf("the log that failed says of itself: %v", err)
				}
				seen := len(commits(t, log.Scan(t.Context())))
				log = log.Restart(ending)
				defer log.Close()
				left := commits(t, log.Scan(t.Context()))
				kept := len(left)
				if kept > 0 && left[0].Digest != c.Digest {
					t.Errorf("%s is kept", left[0].Digest)
				}
				if kept < seen || err == nil && kept != 1 {
					t.Errorf("told %v, seen %d, kept %d", err, seen, kept)
				}
				ends[fmt.Sprintf("told %t, kept %d", err == nil, kept)]++
				c = a.Seal(1)
				if _, err := log.Append(c, 0).Result(); err != nil {
					t.Errorf("the same commit again: %v", err)
				}
			})
		}
		for _, end := range []string{"told true, kept 1", "told false, kept 1", "told false, kept 0"} {
			if ends[end] == 0 {
				t.Errorf("ending %d: no seed is %s: %v", ending, end, ends)
			}
		}
	}
}

// Without a schedule a power cut takes everything that was not durable, and a kill nothing that was stored.
func TestRestartMidway(t *testing.T) {
	for ending, want := range map[memlog.Ending]int{memlog.Killed: 1, memlog.PowerCut: 0} {
		synctest.Test(t, func(t *testing.T) {
			log := memlog.Open(memlog.Faults{Seed: 3, Delay: time.Hour})
			p := log.Append(logtest.NewAuthor("r").Seal(1), 0)
			for stored := false; !stored; time.Sleep(time.Second) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
				_, err := log.Last(ctx, "r")
				if stored = errors.Is(err, context.DeadlineExceeded); err == nil { // else it waits for it to be durable
					t.Fatal("the commit is durable at once; take another seed")
				}
				cancel()
			}
			log = log.Restart(ending)
			defer log.Close()
			if _, err := p.Result(); !errors.Is(err, eventstore.ErrUnavailable) {
				t.Errorf("the append ended with %v", err)
			}
			if kept := len(commits(t, log.Scan(t.Context()))); kept != want {
				t.Errorf("ending %d keeps %d commits, want %d", ending, kept, want)
			}
		})
	}
}

// commits collects what a reader yields. A run that does not exist has none.
func commits(t *testing.T, each iter.Seq2[eventstore.Stored, error]) (all []eventstore.Stored) {
	t.Helper()
	for c, err := range each {
		switch {
		case err == nil:
			all = append(all, c)
		case !errors.Is(err, eventstore.ErrNotFound):
			t.Fatal(err)
		}
	}
	return all
}

// A rival decides the same, is first, and is another.
func TestRivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memlog.Open(memlog.Faults{Seed: 1, Rivals: 100, Disruptions: 1})
		defer log.Close()
		a := logtest.NewAuthor("r")
		c := a.Seal(3)
		if _, err := log.Append(c, 0).Result(); !errors.Is(err, eventstore.ErrConflict) {
			t.Errorf("the append ended with %v", err)
		}
		last, err := log.Last(t.Context(), "r")
		if err != nil || last.Epoch == c.Epoch || last.Last != 3 {
			t.Fatalf("the rival's commit is of %q up to event %d, %v", last.Epoch, last.Last, err)
		}
		texts := func(c event.Sealed) (all []string) {
			for _, raw := range c.Raw {
				all = append(all, string(raw.JSON))
			}
			return all
		}
		if diff := cmp.Diff(texts(c), texts(last.Sealed)); diff != "" {
			t.Errorf("the rival decided otherwise:\n%s", diff)
		}
		a.Moved(last.Sealed, last.Sequence)
		a.Write(t, log, 1)
	})
}

// A lost answer keeps its writer waiting, and nobody else: once somebody behind it is told, all is seen.
func TestLostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := memlog.Open(memlog.Faults{Seed: 1, Delay: time.Second, LostAnswers: 50})
		defer log.Close()
		overtaken := 0
		for i := range 40 {
			lost := log.Append(logtest.NewAuthor(fmt.Sprintf("lost-%d", i)).Seal(1), 0)
			other := log.Append(logtest.NewAuthor(fmt.Sprintf("other-%d", i)).Seal(1), 0)
			sequence, err := other.Result()
			if err != nil {
				t.Fatal(err)
			}
			if log.DurableSequence() < sequence {
				t.Errorf("told to be stored at %d, and seen is only %d", sequence, log.DurableSequence())
			}
			select {
			case <-lost.Done():
			default:
				overtaken += len(commits(t, log.Read(t.Context(), fmt.Sprintf("lost-%d", i), 0)))
			}
			if _, err := lost.Result(); err != nil {
				t.Errorf("a lost answer ended with %v", err)
			}
		}
		if overtaken == 0 {
			t.Error("no commit was seen before its writer was told; that must be possible")
		}
	})
}
