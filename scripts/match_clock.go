package scripts

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// matchMax is how long one match of a regular expression with backtracking may take. Such a match cannot be
// interrupted; regexp2 gives it up by itself, and goja then says that there was no match. An execution whose
// own limit is not longer has been stopped by then and never acts on the lie. For the others see watchMatches.
// It is set for the whole process before anything is compiled: regexp2 keeps it in each pattern. Its clock is
// coarse and late where the processors are busy, hence the margin.
const (
	matchMax    = defaultTime
	matchMargin = 3 * time.Second
)

func init() { regexp2.DefaultMatchTimeout = matchMax + matchMargin }

// matchClock keeps the clock going by which regexp2 ends matches. That clock stops when nothing has been matched for a while,
// and of several matches that begin together after that, all but the first may count from the time at which it stood: they end at
// once, as if nothing matched (makeDeadline in regexp2's fastclock.go reads the time before it looks whether the clock runs).
// So whoever may match makes sure beforehand, one after the other, that it runs.
type matchClock struct {
	until atomic.Int64 // it goes until then at least; nanoseconds since clockBase

	mu sync.Mutex
	// starter is matched, which it always does, to start the clock or have it go longer: until its own timeout has passed.
	starter *regexp2.Regexp
}

var (
	matching  = &matchClock{starter: regexp2.MustCompile("", regexp2.ECMAScript)}
	clockBase = time.Now()
)

// matchAhead is how much longer than asked for the clock is kept going, so that it seldom needs to be.
const matchAhead = 10 * time.Second

// keep has the clock go for as long as that from now on.
func (c *matchClock) keep(d time.Duration) {
	now := time.Since(clockBase)
	if int64(now+d) <= c.until.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.starter.MatchTimeout = d + matchAhead + matchMargin
	_, _ = c.starter.MatchString("") // it cannot fail
	c.until.Store(max(c.until.Load(), int64(now+d+matchAhead)))
}
