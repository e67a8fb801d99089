package eventstore

import (
	"fmt"
	"sync"
	"testing"
)

// Every commit comes once, in the order of the stream, however it lies with the consumer's beginning and
// pace: stored before, stored during, or dropped by the hub meanwhile.
func TestCommitsLeaveNothingOut(t *testing.T) {
	for _, slow := range []bool{false, true} {
		t.Run(fmt.Sprintf("slow=%t", slow), func(t *testing.T) {
			s := openTest(t, Config{})
			fill(t, s, 100, 3, 1)
			const writers, commits = 8, 300
			var writing sync.WaitGroup
			for i := range writers {
				writing.Go(func() {
					a := newAuthor(fmt.Sprintf("live-%d", i))
					for range commits {
						a.write(t, s, 1)
					}
				})
			}
			const after = 50
			next := uint64(after + 1)
			for batch, err := range s.Commits(timeout(t), after) {
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range batch {
					if c.Sequence != next || c.Run == "" {
						t.Fatalf("commit %d comes as number %d", c.Sequence, next)
					}
					next++
				}
				if slow && next < 600 { // the hub gives up on whoever leaves so much unread
					s.live.mu.Lock()
					s.live.cut(s.live.last)
					s.live.mu.Unlock()
				}
				if next > 300+writers*commits {
					break
				}
			}
			writing.Wait()
			if got := s.DurableSequence(); got != next-1 {
				t.Errorf("the stream ends at %d, the last that came is %d", got, next-1)
			}
		})
	}
}

// What is damaged is told, and hides nothing behind it.
func TestCommitsTellOfDamage(t *testing.T) {
	s := openTest(t, Config{})
	newAuthor("one").write(t, s, 1)
	forge(t, s, runsPrefix+"two", []byte("no commit"))
	newAuthor("three").write(t, s, 1)
	var runs []string
	damages := 0
	for batch, err := range s.Commits(timeout(t), 0) {
		if err != nil {
			wantDamage(t, "commits", err)
			damages++
		}
		for _, c := range batch {
			runs = append(runs, c.Run)
		}
		if len(runs) == 2 {
			break
		}
	}
	if damages != 1 || fmt.Sprint(runs) != "[one three]" {
		t.Errorf("%d damages, runs %v", damages, runs)
	}
}
