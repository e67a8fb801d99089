package eventstore

import (
	"context"
	"log/slog"
	"sync"

	"github.com/weirflow/weir/eventstore/event"
)

const (
	// hubBytes bounds the commits that wait to be handed to followers.
	hubBytes = 64 << 20
	// hubHole is the longest hole in the sequence that is filled by reading; a longer one sends the
	// followers to read for themselves.
	hubHole = 1024

	// What one follower of a run, and one of all runs, may leave unread.
	tailCommits, tailBytes       = 64, 128 << 10
	allTailCommits, allTailBytes = 8192, 8 << 20
)

// commit is a durable commit on its way to readers of live events.
type commit struct {
	sequence uint64
	event.Sealed
}

// hub hands live commits to followers, keyed by run. Commits come from the releaser, in memory, so a
// commit that was just stored is not read back, and nothing happens while nobody follows. Every durable
// commit comes exactly once and in the order of the stream: where the releaser leaves a hole (an append
// whose answer got lost is released late) the hub reads the missing commits from the stream.
//
// A follower that does not keep up loses its place in the hub, never anybody else's time: its queue is
// dropped and it is told to read the stream from where it was.
type hub struct {
	runs *stream
	read func(ctx context.Context, from, to uint64) ([]*commit, error)
	log  *slog.Logger

	mu    sync.Mutex
	wake  sync.Cond
	queue []*commit
	bytes int
	last  uint64 // everything up to here was handed out, or came before the first follower
	tails map[string]map[*tail]struct{}
	all   map[*tail]struct{}
	count int
	stop  bool

	done sync.WaitGroup
}

func newHub(runs *stream, read func(context.Context, uint64, uint64) ([]*commit, error), log *slog.Logger) *hub {
	h := &hub{runs: runs, read: read, log: log, tails: map[string]map[*tail]struct{}{}, all: map[*tail]struct{}{}}
	h.wake.L = &h.mu
	return h
}

// start hands commits out until close. The context ends the reading of holes.
func (h *hub) start(ctx context.Context) { h.done.Go(func() { h.run(ctx) }) }

func (h *hub) close() {
	h.mu.Lock()
	h.stop = true
	h.wake.Signal()
	h.mu.Unlock()
	h.done.Wait()
}

// follow registers a follower of one run, or of all with "". From now on every commit that becomes
// durable comes to it; what is durable already does not.
func (h *hub) follow(run string) *tail {
	t := &tail{run: run, wake: make(chan struct{}, 1), commitsMax: tailCommits, bytesMax: tailBytes}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 {
		h.last = h.runs.durableSequence()
	}
	h.count++
	if run == "" {
		t.commitsMax, t.bytesMax = allTailCommits, allTailBytes
		h.all[t] = struct{}{}
		return t
	}
	of := h.tails[run]
	if of == nil {
		of = map[*tail]struct{}{}
		h.tails[run] = of
	}
	of[t] = struct{}{}
	return t
}

func (h *hub) leave(t *tail) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count--
	if t.run == "" {
		delete(h.all, t)
		return
	}
	delete(h.tails[t.run], t)
	if len(h.tails[t.run]) == 0 {
		delete(h.tails, t.run)
	}
}

// offer takes commits over that have just become durable. It never blocks.
func (h *hub) offer(commits []*commit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count == 0 || len(commits) == 0 {
		return
	}
	for _, c := range commits {
		h.queue = append(h.queue, c)
		h.bytes += len(c.Data)
	}
	if h.bytes > hubBytes {
		h.cut(h.queue[len(h.queue)-1].sequence)
	}
	h.wake.Signal()
}

// cut gives up on what waits and sends every follower to the stream. The mutex is held.
func (h *hub) cut(last uint64) {
	h.queue, h.bytes = nil, 0
	h.last = max(h.last, last)
	for t := range h.all {
		t.cut()
	}
	for _, of := range h.tails {
		for t := range of {
			t.cut()
		}
	}
}

func (h *hub) run(ctx context.Context) {
	for {
		h.mu.Lock()
		for len(h.queue) == 0 && !h.stop {
			h.wake.Wait()
		}
		if h.stop {
			h.mu.Unlock()
			return
		}
		batch := h.queue
		h.queue, h.bytes = nil, 0
		h.mu.Unlock()
		for _, c := range batch {
			h.hand(ctx, c)
		}
	}
}

// hand gives one commit to its followers, after whatever is missing before it.
func (h *hub) hand(ctx context.Context, c *commit) {
	h.mu.Lock()
	last := h.last
	h.mu.Unlock()
	if c.sequence <= last {
		return
	}
	var missing []*commit
	if c.sequence > last+1 {
		var err error
		if c.sequence-last <= hubHole {
			missing, err = h.read(ctx, last+1, c.sequence-1)
		}
		if err != nil || c.sequence-last > hubHole {
			// Followers of a run read for themselves, and report what they find.
			h.log.Debug("live events have a hole", slog.Uint64("from", last+1), slog.Uint64("to", c.sequence-1), slog.Any("error", err))
			h.mu.Lock()
			h.cut(c.sequence)
			h.mu.Unlock()
			return
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range missing {
		h.give(m)
	}
	h.give(c)
}

// give needs the mutex.
func (h *hub) give(c *commit) {
	if c.sequence <= h.last {
		return
	}
	h.last = c.sequence
	for t := range h.tails[c.Run] {
		t.push(c)
	}
	for t := range h.all {
		t.push(c)
	}
}

// tail is one follower's place in the hub.
type tail struct {
	run                  string
	commitsMax, bytesMax int
	wake                 chan struct{} // holds one token when there is something to take

	mu      sync.Mutex
	queue   []*commit
	bytes   int
	lagging bool // commits were dropped since the last rejoin
}

func (t *tail) push(c *commit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lagging {
		return
	}
	if len(t.queue) > 0 && (len(t.queue) >= t.commitsMax || t.bytes+len(c.Data) > t.bytesMax) {
		t.drop()
	} else {
		t.queue = append(t.queue, c)
		t.bytes += len(c.Data)
	}
	t.signal()
}

func (t *tail) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop()
	t.signal()
}

func (t *tail) drop() { t.queue, t.bytes, t.lagging = nil, 0, true }

func (t *tail) signal() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// rejoin begins to collect anew. Whatever became durable before must be read from the stream.
func (t *tail) rejoin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queue, t.bytes, t.lagging = nil, 0, false
}

// take waits for commits. It returns false when the follower lagged and must read the stream.
func (t *tail) take(ctx context.Context) (commits []*commit, ok bool, err error) {
	for {
		t.mu.Lock()
		commits, lagging := t.queue, t.lagging
		t.queue, t.bytes = nil, 0
		t.mu.Unlock()
		if lagging {
			return nil, false, nil
		}
		if len(commits) > 0 {
			return commits, true, nil
		}
		select {
		case <-t.wake:
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}
}
