package eventstore

import (
	"fmt"
	"sync"
	"time"
)

// checkup asks the embedded server for its health, and waits only so long for the answer. While the disk
// keeps a write waiting, the server holds locks that its answer needs; whoever supervises weir wants to hear
// of that, and not to wait along.
type checkup struct {
	ask func() error

	mu       sync.Mutex
	begun    time.Time     // of the question under way, zero between questions
	answered chan struct{} // closed with its answer
	last     error         // the answer before
	closed   bool

	done sync.WaitGroup
}

// checkupPatience is how long one question is waited for. Later callers wait for the same one.
const checkupPatience = time.Second

// health returns what the server holds against its streams. Where the answer does not come in time it
// returns the one before: slow is not broken.
func (c *checkup) health() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	if c.begun.IsZero() {
		c.begun, c.answered = time.Now(), make(chan struct{})
		c.done.Go(c.run)
	}
	answered := c.answered
	c.mu.Unlock()
	patience := time.NewTimer(checkupPatience)
	defer patience.Stop()
	select {
	case <-answered:
	case <-patience.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

func (c *checkup) run() {
	err := c.ask()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun, c.last = time.Time{}, err
	close(c.answered)
}

// close waits for the question under way. No other is asked.
func (c *checkup) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.done.Wait()
}

// stalled returns an error while an answer takes longer than it should.
func (c *checkup) stalled() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun.IsZero() {
		return nil
	}
	if took := time.Since(c.begun); took > stalledSync {
		return fmt.Errorf("%w: the embedded NATS server has not answered for %s", errStalled, took.Round(time.Second))
	}
	return nil
}
