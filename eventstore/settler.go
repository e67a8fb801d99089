package eventstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// settler finds out what stands in the place of a write that the server refused with 10071. One
// goroutine does so for all: it has work only after a fault or a lost race.
type settler struct {
	a     *appender
	links *links

	mu    sync.Mutex
	queue []*write
	wake  chan struct{}

	done sync.WaitGroup
}

func newSettler(a *appender, ls *links) *settler {
	return &settler{a: a, links: ls, wake: make(chan struct{}, 1)}
}

// start settles until the context ends.
func (t *settler) start(ctx context.Context) { t.done.Go(func() { t.run(ctx) }) }

// add takes a write over. It never blocks.
func (t *settler) add(w *write) {
	t.mu.Lock()
	t.queue = append(t.queue, w)
	t.mu.Unlock()
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *settler) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.wake:
		}
		t.mu.Lock()
		queue := t.queue
		t.queue = nil
		t.mu.Unlock()
		for _, w := range queue {
			t.decide(ctx, w)
		}
	}
}

// decide compares a write with what stands behind its expected sequence. The read goes to the leader; a
// replica that lags could hide our own message.
func (t *settler) decide(ctx context.Context, w *write) {
	rec, err := t.links.leader(ctx, w.stream, getRequest{Sequence: w.expected + 1, Next: w.subject})
	if err == nil || errors.Is(err, ErrNotFound) {
		// A message whose write or sync failed can still be read. Then the store is broken, and that
		// shows only now, after the read.
		if broken := t.a.health(); broken != nil {
			t.a.fail(fmt.Errorf("%w: %w", ErrUnavailable, broken))
			return
		}
	}
	t.a.mu.Lock()
	defer t.a.mu.Unlock()
	if t.a.flying[w.token] != w {
		return // an answer came meanwhile
	}
	w.settling = false
	switch {
	case err == nil && bytes.Equal(rec.data, w.data):
		t.a.succeed(w, rec.sequence)
	case err == nil:
		t.a.finish(w, fmt.Errorf("%s: %w: expected the last sequence %d, found %d", w.subject, ErrConflict, w.expected, rec.sequence))
	case errors.Is(err, ErrNotFound):
		t.a.finish(w, fmt.Errorf("%s: %w: nothing stands at sequence %d", w.subject, ErrConflict, w.expected))
	default:
		w.due = time.Now().Add(t.a.timing.sweep)
	}
}
