package memlog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/event"
)

// Log is an event log in memory. Its methods may be used by many goroutines at once; what they promise is
// told at the methods of eventstore.Store.
type Log struct {
	schedule *schedule

	mu        sync.Mutex
	runs      stream
	workflows stream
	agenda    agenda
	under     map[*write]struct{} // appends without an outcome
	submitted uint64
	closing   bool          // no further appends
	failed    error         // nothing is stored or told any more
	moved     chan struct{} // closed when readers must look again, and replaced

	wake  chan struct{} // holds a token when there is something new to do
	down  chan struct{} // closed with failed
	ended chan struct{} // closed when readers must end
	end   sync.Once
	done  sync.WaitGroup
}

// Open returns an empty log. It must be closed.
func Open(f Faults) *Log { return open(newSchedule(f), stream{}, stream{}) }

func open(s *schedule, runs, workflows stream) *Log {
	l := &Log{
		schedule: s, runs: runs, workflows: workflows, under: map[*write]struct{}{},
		moved: make(chan struct{}), wake: make(chan struct{}, 1), down: make(chan struct{}), ended: make(chan struct{}),
	}
	l.done.Go(l.run)
	return l
}

// Append stores a commit, as eventstore.Store does.
func (l *Log) Append(c event.Sealed, expected uint64) *eventstore.Pending {
	w := newWrite(&l.runs, c.Run, expected, record{data: c.Data, commit: c.Kept()})
	if !event.ValidID(c.Run) || !event.ValidID(c.Workflow) {
		w.resolve(0, fmt.Errorf("run %q of workflow %q: %w", c.Run, c.Workflow, eventstore.ErrInvalid))
		return w.pending
	}
	l.submit(w)
	return w.pending
}

// Retire replaces all commits of an ended run by one, as eventstore.Store does.
func (l *Log) Retire(c event.Sealed, replaced []uint64) (sequence uint64, err error) {
	if !c.Retired() || len(replaced) == 0 {
		panic("memlog: Retire of run " + c.Run + " with other events than RunRetired")
	}
	return l.Append(c, replaced[len(replaced)-1]).Result()
}

// ClearRetired does nothing: nothing is left of a retired run.
func (l *Log) ClearRetired(context.Context, string) error { return nil }

// AppendRevision stores a revision, as eventstore.Store does.
func (l *Log) AppendRevision(ctx context.Context, r eventstore.RevisionRecord, expected uint64) (sequence uint64, err error) {
	if !event.ValidID(r.Workflow) {
		return 0, fmt.Errorf("workflow %q: %w", r.Workflow, eventstore.ErrInvalid)
	}
	r.SavedAt = r.SavedAt.UTC()
	data, err := json.Marshal(r)
	if err != nil {
		return 0, fmt.Errorf("encode revision %d of workflow %s: %w", r.Number, r.Workflow, err)
	}
	w := newWrite(&l.workflows, r.Workflow, expected, record{data: data})
	l.submit(w)
	select {
	case <-w.pending.Done():
		return w.pending.Result()
	case <-ctx.Done():
		return 0, fmt.Errorf("save revision %d of workflow %s: %w", r.Number, r.Workflow, context.Cause(ctx))
	}
}

func (l *Log) submit(w *write) {
	if size := len(w.record.data); size > eventstore.CommitBytesMax {
		w.resolve(0, fmt.Errorf("%s: %w: %d bytes", w.subject, eventstore.ErrTooLarge, size))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closing:
		w.resolve(0, eventstore.ErrClosed)
	case l.failed != nil:
		w.resolve(0, l.failed)
	default:
		w.fate = l.schedule.next(w.subject, w.stream == &l.runs)
		l.send(w)
	}
}

// Down is closed once the log has failed: appends end with ErrUnavailable, and only Restart helps.
func (l *Log) Down() <-chan struct{} { return l.down }

// Ready returns nil while the log can read and append.
func (l *Log) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		return eventstore.ErrClosed
	}
	return l.failed
}

// Close refuses new appends, waits for the outcomes of those under way, ends readers with ErrClosed, and
// returns when the log's goroutine has ended.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.stir()
	l.done.Wait()
	l.end.Do(func() { close(l.ended) })
	return nil
}

// Ending is how a process and its machine come to an end.
type Ending int

const (
	// Killed leaves everything that was stored.
	Killed Ending = iota
	// PowerCut leaves what was durable. Of what was stored after that, the disk may have some: as much as the
	// schedule draws, none without one.
	PowerCut
)

// Restart makes the log fail if it has not yet, closes it, and returns the one that the next process opens.
// All that is left is durable there. The schedule goes on where it was.
func (l *Log) Restart(e Ending) *Log {
	l.mu.Lock()
	if !l.closing {
		l.fail("the process ended")
	}
	l.mu.Unlock()
	_ = l.Close() // never fails
	return open(l.schedule, l.runs.survivors(e, l.schedule), l.workflows.survivors(e, l.schedule))
}

// fail ends everything under way. The mutex is held.
func (l *Log) fail(reason string) {
	if l.failed != nil {
		return
	}
	l.failed = fmt.Errorf("%w: %s", eventstore.ErrUnavailable, reason)
	l.agenda = nil
	close(l.down)
	inOrder := func(a, b *write) int { return cmp.Compare(a.order, b.order) }
	for _, w := range slices.SortedFunc(maps.Keys(l.under), inOrder) {
		l.conclude(w, 0, l.failed)
	}
	l.move()
}

// run does what is due until the log is closed and every outcome known.
func (l *Log) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		l.mu.Lock()
		l.agenda.act()
		over := l.closing && len(l.under) == 0
		next, more := l.agenda.next()
		l.mu.Unlock()
		if over {
			return
		}
		var due <-chan time.Time
		if more {
			timer.Reset(time.Until(next))
			due = timer.C
		}
		select {
		case <-l.wake:
		case <-due:
		}
	}
}

// stir has the goroutine look again.
func (l *Log) stir() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Last returns the last commit of a run, once it is durable.
func (l *Log) Last(ctx context.Context, run string) (eventstore.Stored, error) {
	if !event.ValidID(run) {
		return eventstore.Stored{}, fmt.Errorf("run %q: %w", run, eventstore.ErrInvalid)
	}
	l.mu.Lock()
	last := l.runs.last(run)
	l.mu.Unlock()
	if err := l.over(ctx); err != nil {
		return eventstore.Stored{}, err
	}
	if last == nil {
		return eventstore.Stored{}, fmt.Errorf("run %s: %w", run, eventstore.ErrNotFound)
	}
	for {
		l.mu.Lock()
		seen, moved := l.runs.seen, l.moved
		l.mu.Unlock()
		if seen >= last.sequence {
			return last.stored(), nil
		}
		select {
		case <-l.down:
			return eventstore.Stored{}, fmt.Errorf("run %s: %w", run, l.Ready())
		default:
		}
		if err := l.await(ctx, moved); err != nil {
			return eventstore.Stored{}, err
		}
	}
}

// over returns why a reader must end, nil where it need not.
func (l *Log) over(ctx context.Context) error {
	select {
	case <-l.ended:
		return eventstore.ErrClosed
	default:
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// await returns once there may be more to see, or with the reason why the reader must end.
func (l *Log) await(ctx context.Context, moved <-chan struct{}) error {
	select {
	case <-moved:
	case <-ctx.Done():
	case <-l.ended:
	}
	return l.over(ctx)
}
