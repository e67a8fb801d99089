package eventstore

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// barrier makes acknowledged writes durable, many with one sync. The server acknowledges a write once the
// operating system has it; a power cut would still lose it. So an acknowledged write is parked here, and
// released only after a sync of the whole file system that began after its acknowledgement.
//
// Why that suffices:
//
//   - A stream with one replica flushes in place: the server hands a message to write(2) before it
//     acknowledges it (nats-server stream.go, AsyncFlush is off), and makes every file and directory that
//     the message needs before that. So when a sync begins, everything that the parked writes consist of
//     is in the operating system's hands.
//   - syncfs(2) returns when all of that has reached the disk: blocks, block files that were just made,
//     directories, the stream's metadata. It needs no knowledge of the server's files. Whatever stands
//     before a parked write in the stream was written before it, and is covered too.
//   - Since Linux 5.8 syncfs also reports what the kernel failed to write back, to each descriptor that was
//     open when it failed. Ours is opened before the first write and closed after the last.
//   - After a failed sync nobody knows what is on the disk, and a second sync may say all is well about
//     pages that the kernel has dropped. So it is never tried again: the store fails, and what was parked
//     has an unknown outcome.
//
// Seen means durable, so a parked write is hidden from every reader (see stream.durableSequence). What a
// process that died had acknowledged or parked is alike to the next one: it syncs once before it reads.
//
// A group is what was acknowledged during the sync before. One writer alone waits for one sync, and 256 share it.
// A few writers that each wait for their write before they make the next would come to be in two groups that take turns,
// each with half of them; so those that were just released are waited for a little, where that has been worth it (see
// gathering).
type barrier struct {
	sync    func() error   // returns once all that was written before the call is on the disk
	release func([]*write) // makes synced writes seen; never blocks
	fail    func(error)    // tells the appender that nothing can be believed any more

	mu     sync.Mutex
	wake   sync.Cond
	parked []*write
	failed error
	stop   bool
	begun  time.Time // of the sync under way, zero between syncs
	counts SyncCounts

	gathering gathering

	done sync.WaitGroup
}

// SyncCounts is what the barrier has done since the store was opened.
type SyncCounts struct {
	Syncs   uint64        // completed
	Commits uint64        // that they made durable, revisions included
	Time    time.Duration // in all
	Longest time.Duration
}

// stalledSync is how long a sync may take before the store calls itself not ready. It is no failure: the
// sync is waited for.
const stalledSync = 5 * time.Second

func newBarrier(sync func() error, release func([]*write)) *barrier {
	b := &barrier{sync: sync, release: release}
	b.wake.L = &b.mu
	return b
}

func (b *barrier) start() { b.done.Go(b.run) }

// close syncs and releases what is parked, and ends. It returns why the barrier has failed, if it has.
func (b *barrier) close() error {
	b.mu.Lock()
	b.stop = true
	b.wake.Signal()
	b.mu.Unlock()
	b.done.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed
}

// park takes an acknowledged write over. It never blocks.
func (b *barrier) park(w *write) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failed != nil {
		w.end(b.failed)
		return
	}
	b.parked = append(b.parked, w)
	if len(b.parked) >= b.gathering.wanted {
		b.wake.Signal()
	}
}

func (b *barrier) run() {
	var group, spare []*write
	for {
		b.mu.Lock()
		b.gather()
		for len(b.parked) == 0 && !b.stop {
			b.wake.Wait()
		}
		if len(b.parked) == 0 || b.failed != nil {
			b.mu.Unlock()
			return
		}
		group, b.parked = b.parked, spare
		b.begun = time.Now()
		b.mu.Unlock()

		err := b.sync()

		b.mu.Lock()
		took := time.Since(b.begun)
		b.counts.add(took, len(group))
		b.begun = time.Time{}
		b.gathering.after(len(group), len(b.parked), took)
		b.mu.Unlock()
		if err != nil {
			b.collapse(group, fmt.Errorf("%w: syncing to the disk: %w", ErrUnavailable, err))
			return
		}
		b.release(group)
		clear(group)
		spare = group[:0]
	}
}

func (c *SyncCounts) add(took time.Duration, commits int) {
	c.Syncs++
	c.Commits += uint64(commits)
	c.Time += took
	c.Longest = max(c.Longest, took)
}

// collapse ends everything parked, now and later, with an unknown outcome.
func (b *barrier) collapse(group []*write, err error) {
	b.mu.Lock()
	b.failed = err
	group = append(group, b.parked...)
	b.parked = nil
	b.mu.Unlock()
	for _, w := range group {
		w.end(err)
	}
	b.fail(err)
}

// errStalled says that the disk keeps the store waiting.
var errStalled = errors.New("the disk is not keeping up")

// stalled returns an error while a sync takes longer than it should.
func (b *barrier) stalled() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun.IsZero() {
		return nil
	}
	if took := time.Since(b.begun); took > stalledSync {
		return fmt.Errorf("%w: a sync has been under way for %s", errStalled, took.Round(time.Second))
	}
	return nil
}

func (b *barrier) snapshot() SyncCounts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts
}
