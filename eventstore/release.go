package eventstore

import (
	"fmt"
	"sync"
)

// releaser makes stored writes seen, in the order of their acknowledgements, on one goroutine: it moves
// the durable sequence and tells the writers, then the followers of live events, then the publisher. To
// everybody else the first two are one: a writer that knows of its success can read it, and whoever can
// read a commit finds its Pending done.
//
// What it is given is durable, and with it everything before it in the stream: with SyncAlways the server
// has synced a message before it acknowledges it, else the barrier has.
type releaser struct {
	live     *hub
	events   *publisher
	released func() error // called after each batch, where set
	fail     func(error)  // called with its error

	mu    sync.Mutex
	wake  sync.Cond
	queue []*write
	stop  bool

	done sync.WaitGroup
}

func newReleaser(live *hub, events *publisher) *releaser {
	r := &releaser{live: live, events: events}
	r.wake.L = &r.mu
	return r
}

func (r *releaser) start() { r.done.Go(r.run) }

// close ends the goroutine once everything that was added is released.
func (r *releaser) close() {
	r.mu.Lock()
	r.stop = true
	r.wake.Signal()
	r.mu.Unlock()
	r.done.Wait()
}

// add takes a durable write over. It never blocks.
func (r *releaser) add(w *write) {
	r.mu.Lock()
	r.queue = append(r.queue, w)
	r.wake.Signal()
	r.mu.Unlock()
}

// addAll takes several over, and keeps nothing of the slice.
func (r *releaser) addAll(writes []*write) {
	r.mu.Lock()
	r.queue = append(r.queue, writes...)
	r.wake.Signal()
	r.mu.Unlock()
}

func (r *releaser) run() {
	var batch, spare []*write
	for {
		r.mu.Lock()
		for len(r.queue) == 0 && !r.stop {
			r.wake.Wait()
		}
		if len(r.queue) == 0 {
			r.mu.Unlock()
			return
		}
		batch, r.queue = r.queue, spare
		r.mu.Unlock()
		r.releaseAll(batch)
		clear(batch)
		spare = batch[:0]
	}
}

func (r *releaser) releaseAll(batch []*write) {
	for rest := batch; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].stream == rest[0].stream {
			n++
		}
		rest[0].stream.release(rest[:n])
		rest = rest[n:]
	}
	var commits []*commit
	for _, w := range batch {
		if w.commit.Run != "" {
			commits = append(commits, &commit{sequence: w.pending.sequence, Sealed: w.commit})
		}
	}
	if r.released != nil {
		if err := r.released(); err != nil {
			r.fail(fmt.Errorf("%w: %w", ErrUnavailable, err))
		}
	}
	r.live.offer(commits)
	r.events.offer(commits)
}
