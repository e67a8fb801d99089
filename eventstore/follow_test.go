package eventstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/event"
)

// followed collects a run's events up to number last.
func followed(t testing.TB, log eventLog, run string, after, last uint64) []string {
	t.Helper()
	var got []string
	for raw, err := range log.Follow(timeout(t), run, after) {
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

func followsOn(t *testing.T, log eventLog) {
	a := newAuthor("r")
	var commits []event.Sealed
	for range 10 {
		commits = append(commits, appendNext(t, log, a, 3))
	}
	for _, after := range []uint64{0, 1, 3, 29, 30, 33} {
		if want := texts(commits, after); len(want) > 0 {
			if diff := cmp.Diff(want, followed(t, log, "r", after, a.n)); diff != "" {
				t.Errorf("replay behind %d differs:\n%s", after, diff)
			}
		}
	}
	// Live: each event comes only once it is there.
	next := make(chan string)
	ctx, cancel := context.WithCancel(timeout(t))
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
		commits = append(commits, appendNext(t, log, a, 2))
	}
	for _, want := range texts(commits, 28) {
		if got := <-next; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	cancel()
	done.Wait()
}

func followsFuture(t *testing.T, log eventLog) {
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
	a := newAuthor("r")
	appendNext(t, log, a, 2)
	appendNext(t, log, a, 2)
	done.Wait()
}

// Followers join while runs are being written, from anywhere in them.
func followsUnderAppends(t *testing.T, log eventLog) {
	const runs, commits, followers = 8, 60, 6
	var all sync.WaitGroup
	for i := range runs {
		run := fmt.Sprintf("run-%d", i)
		written := make(chan []event.Sealed, followers)
		all.Go(func() {
			a := newAuthor(run)
			var done []event.Sealed
			for range commits {
				c := a.seal(2)
				sequence, err := result(log.Append(c, a.sequence))
				if err != nil {
					t.Error(err)
					break
				}
				a.moved(c, sequence)
				done = append(done, c)
			}
			for range followers {
				written <- done
			}
		})
		for f := range followers {
			after := uint64(f * 15)
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

// A follower stops after its first event while more is written than it may leave unread. Writers go on,
// other followers too, and when it comes back it misses nothing.
func followsSlowly(t *testing.T, log eventLog) {
	const commits = 4 * tailCommits
	a := newAuthor("r")
	first := appendNext(t, log, a, 1)
	started, resume := make(chan struct{}), make(chan struct{})
	var slow []string
	var done sync.WaitGroup
	done.Go(func() {
		for raw, err := range log.Follow(timeout(t), "r", 0) {
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
		written = append(written, appendNext(t, log, a, 1))
	}
	if diff := cmp.Diff(texts(written, 0), followed(t, log, "r", 0, a.n)); diff != "" {
		t.Errorf("another follower differs:\n%s", diff)
	}
	close(resume)
	written = append(written, appendNext(t, log, a, 3))
	done.Wait()
	if diff := cmp.Diff(texts(written, 0), slow); diff != "" {
		t.Errorf("the slow follower differs:\n%s", diff)
	}
}

func followsAll(t *testing.T, log eventLog) {
	const runs, commits = 20, 25
	events := log.FollowAll(timeout(t))
	finished := make(chan map[string][]string)
	go func() {
		got, total := map[string][]string{}, 0
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
		finished <- got
	}()
	var all sync.WaitGroup
	var mu sync.Mutex
	want := map[string][]string{}
	for i := range runs {
		all.Go(func() {
			a := newAuthor(fmt.Sprintf("run-%d", i))
			for range commits {
				c := a.seal(2)
				sequence, err := result(log.Append(c, a.sequence))
				if err != nil {
					t.Error(err)
					return
				}
				a.moved(c, sequence)
				mu.Lock()
				want[a.run] = append(want[a.run], texts([]event.Sealed{c}, 0)...)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(want, <-finished); diff != "" {
		t.Errorf("followed other than written:\n%s", diff)
	}
}

// What becomes durable between the call and its loop is in it, what was durable before the call is not.
func followsAllFromTheCall(t *testing.T, log eventLog) {
	a := newAuthor("r")
	appendNext(t, log, a, 3)
	events := log.FollowAll(timeout(t))
	want := texts([]event.Sealed{appendNext(t, log, a, 2), appendNext(t, log, a, 1)}, 0)
	var got []string
	for raw, err := range events {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, string(raw.JSON)); raw.N == a.n {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("followed other than written after the call:\n%s", diff)
	}
}

func endsWithContext(t *testing.T, log eventLog) {
	appendNext(t, log, newAuthor("r"), 1)
	reason := errors.New("had enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	var done sync.WaitGroup
	begun := make(chan struct{})
	done.Go(func() {
		var last error
		for _, err := range log.Follow(ctx, "r", 0) {
			if last = err; err == nil {
				close(begun)
			}
		}
		if !errors.Is(last, reason) {
			t.Errorf("follow ended with %v", last)
		}
	})
	done.Go(func() {
		var last error
		for _, err := range log.FollowAll(ctx) {
			last = err
		}
		if !errors.Is(last, reason) {
			t.Errorf("follow all ended with %v", last)
		}
	})
	<-begun
	cancel(reason)
	done.Wait()
	for range 100 { // however fast the answer would be
		for _, err := range log.Read(ctx, "r", 0) {
			if !errors.Is(err, reason) {
				t.Errorf("read ended with %v", err)
			}
		}
	}
	for _, err := range log.Scan(ctx) {
		if !errors.Is(err, reason) {
			t.Errorf("scan ended with %v", err)
		}
	}
}

func endsWithClose(t *testing.T, log eventLog) {
	a := newAuthor("r")
	appendNext(t, log, a, 1)
	var done sync.WaitGroup
	begun := make(chan struct{})
	done.Go(func() {
		var last error
		for raw, err := range log.Follow(t.Context(), "r", 0) {
			if last = err; err == nil && raw.N == 1 {
				close(begun)
			}
		}
		if !errors.Is(last, ErrClosed) {
			t.Errorf("follow ended with %v", last)
		}
	})
	<-begun
	under := log.Append(a.seal(1), a.sequence)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	if _, err := result(under); err != nil {
		t.Errorf("an append under way when closing: %v", err)
	}
	if _, err := result(log.Append(newAuthor("late").seal(1), 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("append: got %v, want ErrClosed", err)
	}
	for _, err := range log.Read(t.Context(), "r", 0) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("read: got %v, want ErrClosed", err)
		}
	}
	for _, err := range log.Scan(t.Context()) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("scan: got %v, want ErrClosed", err)
		}
	}
	for _, err := range log.FollowAll(t.Context()) {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("follow all: got %v, want ErrClosed", err)
		}
	}
	if _, err := log.Last(t.Context(), "r"); !errors.Is(err, ErrClosed) {
		t.Errorf("last: got %v, want ErrClosed", err)
	}
	if err := log.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}
