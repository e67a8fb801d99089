package eventstore

import (
	"fmt"
	"sync"
	"testing"
)

// Told and seen are one: who can read a commit finds its Pending done, and a writer that knows of its
// success can read it.
func TestToldIsSeen(t *testing.T) {
	s := openTest(t, Config{})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for k := range 50 {
				a := newAuthor(fmt.Sprintf("run-%d-%d", i, k))
				p := s.Append(a.seal(1), 0)
				all.Go(func() {
					for _, err := range s.Follow(timeout(t), a.run, 0) {
						if err != nil {
							t.Errorf("%s: %v", a.run, err)
						} else if !closed(p.Done()) {
							t.Errorf("%s was seen before its writer knew", a.run)
						}
						return
					}
				})
				if _, err := result(p); err != nil {
					t.Errorf("%s: %v", a.run, err)
				}
				n := 0
				for _, err := range s.Read(t.Context(), a.run, 0) {
					if n++; err != nil {
						t.Errorf("%s was told and is not seen: %v", a.run, err)
					}
				}
				if n != 1 {
					t.Errorf("%s was told and reads as %d commits", a.run, n)
				}
			}
		})
	}
	all.Wait()
}
