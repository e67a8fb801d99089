package eventstore

import (
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/weirflow/weir/eventstore/audit"
	"github.com/weirflow/weir/eventstore/event"
)

const (
	// What may be on its way to the server at once. The server's own queue holds 10,000 messages or
	// 128 MiB; what is above waits here, in order.
	windowMessages = 4096
	windowBytes    = 64 << 20
	// headerRoom is what the headers of a message may take of maxPayload.
	headerRoom = 1024

	// CommitBytesMax is the most bytes that one commit, or one saved revision, may have as stored.
	CommitBytesMax = maxPayload - headerRoom

	headerExpected = "Nats-Expected-Last-Subject-Sequence"
	headerRollup   = "Nats-Rollup"
)

// Pending is an append whose outcome is not known yet.
type Pending struct {
	done     chan struct{}
	sequence uint64
	err      error
}

// Done is closed once the outcome is known. Whoever can already read the commit finds it closed, unless the
// answer got lost on its way and is still being found out.
func (p *Pending) Done() <-chan struct{} { return p.done }

// Result waits for Done. Without an error the commit is durable, and sequence is its place in the
// stream: what the run's next append names as expected. Errors: ErrConflict, ErrTooLarge, ErrInvalid,
// ErrClosed and *RefusedError mean that this append stored nothing; ErrUnavailable that nobody knows.
func (p *Pending) Result() (sequence uint64, err error) {
	<-p.done
	return p.sequence, p.err
}

// NewPending returns an append without an outcome, and the function that gives it one; it is to be called once.
// It is there for other event logs than Store: whoever uses one cannot tell which.
func NewPending() (p *Pending, resolve func(sequence uint64, err error)) {
	p = &Pending{done: make(chan struct{})}
	return p, func(sequence uint64, err error) {
		p.sequence, p.err = sequence, err
		close(p.done)
	}
}

// Append stores a commit behind the run's previous one, whose sequence is expected, 0 for a new run. It
// returns at once and never waits for the disk. The commit's bytes must not change any more. Appends of
// one run are ordered by their expected sequences alone: the next one can only follow a known outcome.
func (s *Store) Append(c event.Sealed, expected uint64) *Pending {
	return s.submit(&write{stream: s.runs, subject: runsPrefix + c.Run, expected: expected, data: c.Data, commit: c})
}

// submit appends a commit.
func (s *Store) submit(w *write) *Pending {
	if c := w.commit; !event.ValidID(c.Run) || !event.ValidID(c.Workflow) {
		return w.refused(fmt.Errorf("run %q of workflow %q: %w: use 1 to 64 of A-Z a-z 0-9 _ -", c.Run, c.Workflow, ErrInvalid))
	}
	return s.appends.submit(w)
}

// write is one message on its way into a stream. Its bytes and its expected sequence never change; the
// other fields belong to the appender's mutex.
type write struct {
	stream   *stream
	subject  string
	expected uint64
	data     []byte
	commit   event.Sealed // empty for what is not a commit
	replaced string       // for a message that takes the place of all others on the subject: their sequences
	pending  Pending

	token    uint64
	attempts int
	first    time.Time // of the first attempt, without the time that the server spent waiting for the disk
	due      time.Time // when the next attempt is to be made, unless an answer comes
	settling bool      // the settler is finding out
	queued   bool      // in line for another attempt
}

// refused ends a write that was never sent.
func (w *write) refused(err error) *Pending {
	w.pending.done = make(chan struct{})
	w.pending.err = err
	close(w.pending.done)
	return &w.pending
}

// end completes a write without success.
func (w *write) end(err error) {
	w.pending.err = err
	close(w.pending.done)
}

// appender sends writes and follows each until its outcome is known. One goroutine sends; answers come
// through one inbox; nothing is spent per write but its entry in a map.
type appender struct {
	nc      *nats.Conn
	inbox   string // with the dot
	log     *slog.Logger
	timing  timing
	window  int          // messages that may be flying
	settle  func(*write) // has the stream looked into for a write; never blocks
	release func(*write) // makes a stored write durable and seen; never blocks
	health  func() error // what the server holds against its streams

	mu     sync.Mutex
	wake   sync.Cond // work for the sender, or the window has opened
	idle   sync.Cond // nothing is under way any more
	queue  []*write  // never sent yet
	again  []*write  // to be sent once more
	flying map[uint64]*write
	bytes  int // of flying
	last   uint64
	closed bool          // no further submits
	failed error         // the store is broken: nothing is sent any more
	broken chan struct{} // closed with failed
	stop   bool          // the sender ends

	stopped chan struct{} // closed with stop
	done    sync.WaitGroup
}

// timing is how patient the appender is.
type timing struct {
	answer time.Duration // the first wait for an answer before the same bytes go out again; it doubles
	sweep  time.Duration // how often late answers are looked for
	giveUp time.Duration // after this an unknown outcome stays unknown
	close  time.Duration // how long Close waits for outcomes
}

var usualTiming = timing{answer: 2 * time.Second, sweep: 100 * time.Millisecond, giveUp: time.Minute, close: 15 * time.Second}

func newAppender(log *slog.Logger, t timing) *appender {
	a := &appender{inbox: nats.NewInbox() + ".", log: log, timing: t, window: windowMessages, flying: map[uint64]*write{}, broken: make(chan struct{}), stopped: make(chan struct{})}
	a.wake.L, a.idle.L = &a.mu, &a.mu
	return a
}

// start connects and begins to send.
func (a *appender) start(e *embedded, via dialer) error {
	nc, err := e.connect("appends", via, a.log, nats.ReconnectHandler(func(*nats.Conn) { a.resendAll() }))
	if err != nil {
		return err
	}
	sub, err := nc.Subscribe(a.inbox+"*", a.receive)
	if err == nil {
		err = sub.SetPendingLimits(-1, -1)
	}
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		nc.Close()
		return fmt.Errorf("subscribe for acknowledgements: %w", err)
	}
	a.nc = nc
	a.done.Go(a.send)
	a.done.Go(a.sweep)
	return nil
}

func (a *appender) submit(w *write) *Pending {
	if size := len(w.data) + len(w.replaced); size > CommitBytesMax {
		return w.refused(fmt.Errorf("%s: %w: %d bytes, at most %d fit", w.subject, ErrTooLarge, size, CommitBytesMax))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return w.refused(ErrClosed)
	case a.failed != nil:
		return w.refused(a.failed)
	}
	w.pending.done = make(chan struct{})
	a.queue = append(a.queue, w)
	a.wake.Signal()
	return &w.pending
}

// send publishes in the order of submission, and again what must go out again.
func (a *appender) send() {
	var batch []*write
	for {
		a.mu.Lock()
		for !a.stop && len(a.again) == 0 && (len(a.queue) == 0 || a.windowFull()) {
			a.wake.Wait()
		}
		if a.stop {
			a.mu.Unlock()
			return
		}
		batch = append(batch[:0], a.again...)
		a.again = a.again[:0]
		for len(a.queue) > 0 && !a.windowFull() {
			w := a.queue[0]
			a.queue[0] = nil
			a.queue = a.queue[1:]
			a.last++
			w.token = a.last
			a.flying[w.token] = w
			a.bytes += len(w.data)
			batch = append(batch, w)
		}
		now := time.Now()
		for _, w := range batch {
			w.queued = false
			w.attempts++
			if w.attempts == 1 {
				w.first = now
			}
			w.due = now.Add(a.timing.answer << min(w.attempts-1, 4))
		}
		a.mu.Unlock()
		for _, w := range batch {
			a.publish(w)
		}
		clear(batch)
	}
}

func (a *appender) windowFull() bool {
	return len(a.flying) >= a.window || a.bytes >= windowBytes
}

// publish hands a write to the connection. An error leaves the outcome unknown, as a lost message does:
// the next connection, or the sweep, sends the same bytes again.
func (a *appender) publish(w *write) {
	header := nats.Header{headerExpected: {strconv.FormatUint(w.expected, 10)}}
	if w.replaced != "" {
		header[headerRollup], header[audit.ReplacedHeader] = []string{"sub"}, []string{w.replaced}
	}
	err := a.nc.PublishMsg(&nats.Msg{
		Subject: w.subject,
		Reply:   inboxSubject(a.inbox, w.token),
		Header:  header,
		Data:    w.data,
	})
	if err != nil {
		a.log.Debug("append not sent yet", slog.String("subject", w.subject), slog.Any("error", err))
	}
}

// close refuses what comes, waits for what is under way, and ends the sender. Past the wait, what was
// never sent ends with ErrClosed and the rest with ErrUnavailable.
func (a *appender) close() {
	a.mu.Lock()
	a.closed = true
	late := time.AfterFunc(a.timing.close, func() { a.fail(fmt.Errorf("%w: the store was closed meanwhile", ErrUnavailable)) })
	for len(a.queue)+len(a.flying) > 0 {
		a.idle.Wait()
	}
	late.Stop()
	a.stop = true
	close(a.stopped)
	a.wake.Broadcast()
	a.mu.Unlock()
	a.done.Wait()
	a.nc.Close()
}
