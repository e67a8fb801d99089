package eventstore

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// However a run is read, walking or marching, from wherever, the commits are the same.
func TestEveryWayThroughARun(t *testing.T) {
	s := openTest(t, Config{})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	authors := make([]*author, 12)
	for i := range authors {
		authors[i] = newAuthor(fmt.Sprintf("run-%d", i))
	}
	for range 400 { // some runs dense, others far apart
		authors[min(random.IntN(len(authors)), random.IntN(len(authors)))].write(t, s, 1+random.IntN(4))
	}
	for _, a := range authors {
		var whole []Stored
		var at position
		for c, err := range s.march(t.Context(), a.run, &at, s.runs.durableSequence()) {
			if err != nil && a.n > 0 {
				t.Fatal(err)
			}
			whole = append(whole, c)
		}
		if a.n == 0 || at.sequence != a.sequence {
			continue
		}
		for _, w := range []walking{usualWalking, {1, 1, 1, 0}, {3, 1 << 20, 3, 0}, {3, 1 << 20, 2, 1 << 40}, {5, 1000, 2, 4}, {5, 1, 4, 1 << 40}} {
			s.walking = w
			for range 8 {
				after := random.Uint64N(a.n + 2)
				from := random.IntN(len(whole))
				compareReads(t, s, a.run, whole, after, w)
				compareHistory(t, s, a.run, whole, from, w)
			}
		}
	}
}

func compareReads(t *testing.T, s *Store, run string, whole []Stored, after uint64, w walking) {
	t.Helper()
	var want, got []string
	for _, c := range whole {
		if c.Last > after {
			want = append(want, fmt.Sprint(c.Sequence, c.Digest))
		}
	}
	for _, c := range readAll(t, s, run, after) {
		got = append(got, fmt.Sprint(c.Sequence, c.Digest))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s behind event %d, %+v:\n%s", run, after, w, diff)
	}
}

// compareHistory goes on from a commit in the middle, as a follower does.
func compareHistory(t *testing.T, s *Store, run string, whole []Stored, from int, w walking) {
	t.Helper()
	var at position
	at.move(whole[from].Sealed, whole[from].Sequence)
	var want, got []string
	for _, c := range whole[from+1:] {
		want = append(want, fmt.Sprint(c.Sequence, c.Digest))
	}
	for c, err := range s.history(t.Context(), run, &at, at.n, 0) {
		if err != nil {
			t.Fatalf("%s behind commit %d, %+v: %v", run, from, w, err)
		}
		got = append(got, fmt.Sprint(c.Sequence, c.Digest))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s behind commit %d, %+v:\n%s", run, from, w, diff)
	}
}

// What is not durable yet is passed by on the way back.
func TestReadStopsAtTheDurableSequence(t *testing.T) {
	s := openTest(t, Config{})
	a := newAuthor("r")
	for range 5 {
		a.write(t, s, 1)
	}
	s.runs.mu.Lock()
	s.runs.durable = 3
	s.runs.mu.Unlock()
	if got := readAll(t, s, "r", 0); len(got) != 3 || got[2].Sequence != 3 {
		t.Errorf("read %d commits", len(got))
	}
	n := 0
	for c, err := range s.Scan(t.Context()) {
		if n++; err != nil || c.Sequence > 3 {
			t.Errorf("scanned %d, error %v", c.Sequence, err)
		}
	}
	if n != 3 {
		t.Errorf("scanned %d commits", n)
	}
	// The last commit is told once it is durable.
	told := make(chan Stored)
	go func() {
		last, err := s.Last(timeout(t), "r")
		if err != nil {
			t.Error(err)
		}
		told <- last
	}()
	select {
	case <-told:
		t.Error("the last commit was told before it is durable")
	case <-time.After(20 * time.Millisecond):
	}
	makeDurable(s.runs, 5)
	if last := <-told; last.Sequence != 5 {
		t.Errorf("the last commit is %d", last.Sequence)
	}
}
