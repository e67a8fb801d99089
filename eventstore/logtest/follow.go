package logtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// followed collects a run's events up to number last.
func followed(t *testing.T, log Log, run string, after, last uint64) []string {
	t.Helper()
	var got []string
	for raw, err := range log.Follow(bounded(t), run, after) {
		if err != nil {
			t.Errorf("follow %s behind %d: %v after %d events", run, after, err, len(got))
			return got
		}
		got = append(got, string(raw.JSON))
		if raw.N >= last {
			break
		}
	}
	return got
}

func followsOn(t *testing.T, log Log) {
	a := NewAuthor("r")
	var commits []event.Sealed
	for range 10 {
		commits = append(commits, a.Write(t, log, 3))
	}
	for _, after := range []uint64{0, 1, 3, 29, 30, 33} {
		if want := texts(commits, after); len(want) > 0 {
			if diff := cmp.Diff(want, followed(t, log, "r", after, a.N)); diff != "" {
				t.Errorf("replay behind %d differs:\n%s", after, diff)
			}
		}
	}
	// Live: each event comes only once it is there.
	next := make(chan string)
	ctx, cancel := context.WithCancel(bounded(t))
	var done sync.WaitGroup
	done.Go(func() {
		defer close(next)
		for raw, err := range log.Follow(ctx, "r", 28) {
			if err != nil {
				return
			}
			next <- string(raw.JSON)
		}
	})
	for range 5 {
		commits = append(commits, a.Write(t, log, 2))
	}
	for _, want := range texts(commits, 28) {
		if got := <-next; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	cancel()
	done.Wait()
}

func followsFuture(t *testing.T, log Log) {
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			if got := followed(t, log, "r", 0, 4); len(got) != 4 {
				t.Errorf("%d events", len(got))
			}
		})
		done.Go(func() {
			if got := followed(t, log, "r", 3, 4); len(got) != 1 {
				t.Errorf("%d events behind event 3", len(got))
			}
		})
	}
	a := NewAuthor("r")
	a.Write(t, log, 2)
	a.Write(t, log, 2)
	done.Wait()
}

// Followers join while runs are being written, from anywhere in them.
func followsUnderAppends(t *testing.T, log Log) {
	const runs, commits, followers = 8, 60, 6
	var all sync.WaitGroup
	for i := range runs {
		run := fmt.Sprintf("run-%d", i)
		written := make(chan []event.Sealed, followers)
		all.Go(func() {
			a := NewAuthor(run)
			var done []event.Sealed
			for range commits {
				c, err := a.write(log, 2)
				if err != nil {
					t.Error(err)
					break
				}
				done = append(done, c)
			}
			for range followers {
				written <- done
			}
		})
		for f := range followers {
			after := uint64(f * 15) //nolint:gosec // a small number
			all.Go(func() {
				got := followed(t, log, run, after, 2*commits)
				if diff := cmp.Diff(texts(<-written, after), got); diff != "" {
					t.Errorf("%s behind %d differs:\n%s", run, after, diff)
				}
			})
		}
	}
	all.Wait()
}

// A follower stops after its first event while more is written than the store keeps for it. Writers go on,
// other followers too, and when it comes back it misses nothing.
func followsSlowly(t *testing.T, log Log) {
	const commits = 256
	a := NewAuthor("r")
	first := a.Write(t, log, 1)
	started, resume := make(chan struct{}), make(chan struct{})
	var slow []string
	var done sync.WaitGroup
	done.Go(func() {
		for raw, err := range log.Follow(bounded(t), "r", 0) {
			if err != nil {
				t.Error(err)
				return
			}
			slow = append(slow, string(raw.JSON))
			if raw.N == 1 {
				close(started)
				<-resume
			}
			if raw.N == commits+1+3 {
				return
			}
		}
	})
	<-started
	written := []event.Sealed{first}
	for range commits {
		written = append(written, a.Write(t, log, 1))
	}
	if diff := cmp.Diff(texts(written, 0), followed(t, log, "r", 0, a.N)); diff != "" {
		t.Errorf("another follower differs:\n%s", diff)
	}
	close(resume)
	written = append(written, a.Write(t, log, 3))
	done.Wait()
	if diff := cmp.Diff(texts(written, 0), slow); diff != "" {
		t.Errorf("the slow follower differs:\n%s", diff)
	}
}

func followsAll(t *testing.T, log Log) {
	const runs, commits = 20, 25
	events := log.FollowAll(bounded(t))
	var all sync.WaitGroup
	got := map[string][]string{}
	all.Go(func() {
		total := 0
		for raw, err := range events {
			if err != nil {
				t.Error(err)
				break
			}
			got[raw.Run] = append(got[raw.Run], string(raw.JSON))
			if total++; total == runs*commits*2 {
				break
			}
		}
	})
	var mu sync.Mutex
	want := map[string][]string{}
	for i := range runs {
		all.Go(func() {
			a := NewAuthor(fmt.Sprintf("run-%d", i))
			for range commits {
				c, err := a.write(log, 2)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				want[a.Run] = append(want[a.Run], texts([]event.Sealed{c}, 0)...)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("followed other than written:\n%s", diff)
	}
}

// What becomes durable between the call and its loop is in it, what was durable before the call is not.
func followsAllFromTheCall(t *testing.T, log Log) {
	a := NewAuthor("r")
	a.Write(t, log, 3)
	events := log.FollowAll(bounded(t))
	want := texts([]event.Sealed{a.Write(t, log, 2), a.Write(t, log, 1)}, 0)
	var got []string
	for raw, err := range events {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, string(raw.JSON)); raw.N == a.N {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("followed other than written after the call:\n%s", diff)
	}
}

// A follower of all runs has nowhere to read again what it left unread. It is told, and costs nobody anything.
func followsAllSlowly(t *testing.T, log Log) {
	events := log.FollowAll(bounded(t))
	a := NewAuthor("r")
	a.Epoch = strings.Repeat("e", 1<<20)
	for range 12 {
		a.Write(t, log, 1)
	}
	var last error
	for _, last = range events {
	}
	if !errors.Is(last, eventstore.ErrSlowConsumer) {
		t.Errorf("a follower of all that left 12 MiB unread ended with %v, want ErrSlowConsumer", last)
	}
}
