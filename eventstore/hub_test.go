package eventstore

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/event"
)

// hubOver starts a hub over a stream of one commit a sequence, of run "a" where odd and "b" where even.
func hubOver(t *testing.T, durable uint64, broken error) (h *hub, runs *stream) {
	t.Helper()
	runs = &stream{name: "test", durable: durable}
	h = newHub(runs, func(_ context.Context, from, to uint64) ([]*commit, error) {
		var found []*commit
		for n := from; n <= to; n++ {
			found = append(found, commitAt(n))
		}
		return found, broken
	}, slog.New(slog.DiscardHandler))
	h.start(t.Context())
	t.Cleanup(h.close)
	return h, runs
}

func commitAt(sequence uint64) *commit {
	run := "b"
	if sequence%2 == 1 {
		run = "a"
	}
	return &commit{sequence: sequence, Sealed: event.Sealed{Run: run, Data: make([]byte, 100)}}
}

// release makes commits durable and offers them, as the releaser does.
func release(h *hub, runs *stream, sequences ...uint64) {
	var commits []*commit
	for _, n := range sequences {
		makeDurable(runs, n)
		commits = append(commits, commitAt(n))
	}
	h.offer(commits)
}

func makeDurable(runs *stream, sequence uint64) {
	runs.release([]*write{{pending: Pending{sequence: sequence, done: make(chan struct{})}}})
}

// taken collects sequences up to last.
func taken(t *testing.T, from *tail, last uint64) (got []uint64, lagged bool) {
	t.Helper()
	for {
		commits, ok, err := from.take(timeout(t))
		if err != nil {
			t.Fatalf("nothing after %v: %v", got, err)
		}
		if !ok {
			return got, true
		}
		for _, c := range commits {
			if got = append(got, c.sequence); c.sequence >= last {
				return got, false
			}
		}
	}
}

// Commits that are released late or out of order, or never, still come once each and in stream order.
func TestHubFillsHoles(t *testing.T) {
	h, runs := hubOver(t, 10, nil)
	a, all := h.follow("a"), h.follow("")
	release(h, runs, 10)         // was there before
	release(h, runs, 11)         //
	release(h, runs, 14, 15)     // 12 and 13 are released late
	release(h, runs, 12, 13, 16) //
	release(h, runs, 21)         // 17 to 20 never are
	if got, _ := taken(t, a, 21); !cmp.Equal(got, []uint64{11, 13, 15, 17, 19, 21}) {
		t.Errorf("the follower of a run got %v", got)
	}
	if got, _ := taken(t, all, 21); !cmp.Equal(got, []uint64{11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21}) {
		t.Errorf("the follower of all got %v", got)
	}
	h.leave(a)
	h.leave(all)
	release(h, runs, 22, 23)
	// Nobody follows: what comes is not kept for the next follower.
	late := h.follow("")
	release(h, runs, 24)
	if got, _ := taken(t, late, 24); !cmp.Equal(got, []uint64{24}) {
		t.Errorf("the late follower got %v", got)
	}
}

// Where the hub cannot tell what is missing, followers are sent to the stream.
func TestHubSendsFollowersToTheStream(t *testing.T) {
	for name, far := range map[string]bool{"a hole that cannot be read": false, "a hole too long to fill": true} {
		t.Run(name, func(t *testing.T) {
			broken, next := errors.New("damaged"), uint64(13)
			if far {
				broken, next = nil, 11+hubHole+1
			}
			h, runs := hubOver(t, 10, broken)
			a, all := h.follow("a"), h.follow("")
			release(h, runs, 11)
			if got, lagged := taken(t, a, 11); lagged || !cmp.Equal(got, []uint64{11}) {
				t.Fatalf("got %v", got)
			}
			release(h, runs, next)
			for _, tail := range []*tail{a, all} {
				if _, lagged := taken(t, tail, next+1); !lagged {
					t.Error("a follower was not told")
				}
				tail.rejoin()
			}
			release(h, runs, next+1, next+2)
			if got, lagged := taken(t, a, next+1); lagged || len(got) != 1 {
				t.Errorf("after rejoining the follower got %v", got)
			}
		})
	}
}

// A follower that leaves too much unread loses its place, and nobody else does.
func TestHubDropsSlowFollowers(t *testing.T) {
	h, runs := hubOver(t, 0, nil)
	slow, quick := h.follow("a"), h.follow("a")
	for n := uint64(1); n <= 4*tailCommits; n++ {
		release(h, runs, n)
		if n%2 == 1 {
			if got, lagged := taken(t, quick, n); lagged || !cmp.Equal(got, []uint64{n}) {
				t.Fatalf("the quick follower got %v", got)
			}
		}
	}
	if got, lagged := taken(t, slow, 4*tailCommits); !lagged || len(got) != 0 {
		t.Errorf("the slow follower got %v", got)
	}
	slow.mu.Lock()
	defer slow.mu.Unlock()
	if len(slow.queue) > 0 || slow.bytes > 0 {
		t.Errorf("a dropped follower still keeps %d commits, %d bytes", len(slow.queue), slow.bytes)
	}
}

// The consumer of all runs is told that it lost events.
func TestFollowAllTooSlow(t *testing.T) {
	s := openTest(t, Config{})
	events := s.FollowAll(timeout(t))
	newAuthor("r").write(t, s, 1)
	s.live.mu.Lock()
	s.live.cut(s.live.last)
	s.live.mu.Unlock()
	for _, err := range events {
		if !errors.Is(err, ErrSlowConsumer) {
			t.Errorf("got %v, want ErrSlowConsumer", err)
		}
	}
}

// A sequence over all runs that is never looped over ends with its context.
func TestFollowAllWithoutALoop(t *testing.T) {
	s := openTest(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	s.FollowAll(ctx)
	followers := func() int {
		s.live.mu.Lock()
		defer s.live.mu.Unlock()
		return s.live.count
	}
	if n := followers(); n != 1 {
		t.Fatalf("%d followers after the call", n)
	}
	cancel()
	for bound := timeout(t); followers() > 0 && bound.Err() == nil; {
		runtime.Gosched()
	}
	if n := followers(); n != 0 {
		t.Errorf("%d followers after the context's end", n)
	}
}
