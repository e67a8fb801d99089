package scripts

import (
	"sync"
	"testing"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// TestMatchClock shows that a pattern matches what it matches however long nothing has been matched, and however many matches
// begin together. The times are a hundredth of those in use, since what it is about happens only after the clock has stood
// for longer than a match may take. Without the clock being kept, one match in 30 fails under the race detector.
func TestMatchClock(t *testing.T) {
	const timeout, together = 50 * time.Millisecond, 8
	period := func(d time.Duration) {
		regexp2.StopTimeoutClock() // reads it as long as it runs
		regexp2.SetTimeoutCheckPeriod(d)
	}
	period(timeout / 5)
	defer period(regexp2.DefaultClockPeriod)
	pattern := regexp2.MustCompile(`^(?=(a+)+b)(a+)+b$`, regexp2.ECMAScript)
	pattern.MatchTimeout = timeout
	for range 20 {
		regexp2.StopTimeoutClock()
		time.Sleep(timeout * 3 / 2)
		clock := &matchClock{starter: regexp2.MustCompile("", regexp2.ECMAScript)}
		start := make(chan struct{})
		var all sync.WaitGroup
		for range together {
			all.Go(func() {
				<-start
				clock.keep(timeout)
				if matched, err := pattern.MatchString("aaaaaaab"); err != nil || !matched {
					t.Errorf("matched is %t, %v", matched, err)
				}
			})
		}
		close(start)
		all.Wait()
	}
}
