package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// linkCalls bounds how many answers one link may hold in memory at once.
	linkCalls = 4
	// askTimeout is how long one try of a request may take, and askPatience how long a request is tried
	// again. Every request here only reads, so it may be repeated.
	askTimeout  = 5 * time.Second
	askPatience = 15 * time.Second

	// The headers the server sets on what it reads for us.
	headerStatus      = "Status"
	headerDescription = "Description"
)

var (
	errLinkLost = errors.New("the connection was lost before the answer was complete")
	errNoAnswer = errors.New("the embedded NATS server did not answer")
)

// links are the connections that read. The server answers direct reads in the asking connection's own
// loop, so reads share no connection with appends, and several read at once.
type links struct {
	all  []*link
	next atomic.Uint64
}

// openLinks opens n connections for reading.
func openLinks(n int, e *embedded, via dialer, log *slog.Logger) (*links, error) {
	ls := &links{}
	for i := range n {
		l, err := openLink(fmt.Sprintf("reads %d", i+1), e, via, log)
		if err != nil {
			ls.close()
			return nil, err
		}
		ls.all = append(ls.all, l)
	}
	return ls, nil
}

func (ls *links) close() {
	for _, l := range ls.all {
		l.nc.Close()
	}
}

// ask sends one request and returns its whole answer. A lost answer is asked for again.
func (ls *links) ask(ctx context.Context, subject string, request []byte, batch bool) ([]*nats.Msg, error) {
	started := time.Now()
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		l := ls.all[ls.next.Add(1)%uint64(len(ls.all))]
		answer, err := l.ask(ctx, subject, request, batch)
		if err == nil {
			return answer, nil
		}
		if time.Since(started) > askPatience {
			return nil, fmt.Errorf("read the event store: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(reconnectDelay(try)):
		}
	}
}

// link is one connection with one subscription that all its answers come through.
type link struct {
	nc    *nats.Conn
	inbox string // with the dot
	slots chan struct{}

	mu    sync.Mutex
	last  uint64
	calls map[uint64]*call
}

// call is one question on its way. Its fields belong to the link's mutex until done is closed.
type call struct {
	batch   bool
	replies []*nats.Msg
	err     error
	done    chan struct{}
}

func openLink(role string, e *embedded, via dialer, log *slog.Logger) (*link, error) {
	l := &link{slots: make(chan struct{}, linkCalls), calls: map[uint64]*call{}}
	nc, err := e.connect(role, via, log, nats.DisconnectErrHandler(func(*nats.Conn, error) { l.lost() }))
	if err != nil {
		return nil, err
	}
	l.nc, l.inbox = nc, nats.NewInbox()+"."
	sub, err := nc.Subscribe(l.inbox+"*", l.receive)
	if err == nil {
		err = sub.SetPendingLimits(-1, -1)
	}
	if err == nil {
		err = nc.Flush()
	}
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("subscribe for answers: %w", err)
	}
	return l, nil
}

// lost ends every call whose answer can no longer come.
func (l *link) lost() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for token, c := range l.calls {
		c.err = errLinkLost
		close(c.done)
		delete(l.calls, token)
	}
}

func (l *link) receive(m *nats.Msg) {
	token, ok := inboxToken(m.Subject, l.inbox)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.calls[token]
	if c == nil {
		return
	}
	c.replies = append(c.replies, m)
	// A batch ends with a status: end of batch, or why there is none.
	if !c.batch || len(m.Header[headerStatus]) > 0 {
		delete(l.calls, token)
		close(c.done)
	}
}

func (l *link) ask(ctx context.Context, subject string, request []byte, batch bool) ([]*nats.Msg, error) {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	c := &call{batch: batch, done: make(chan struct{})}
	l.mu.Lock()
	l.last++
	token := l.last
	l.calls[token] = c
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.calls, token)
		l.mu.Unlock()
	}()
	if err := l.nc.PublishRequest(subject, inboxSubject(l.inbox, token), request); err != nil {
		return nil, fmt.Errorf("ask: %w", err)
	}
	timeout := time.NewTimer(askTimeout)
	defer timeout.Stop()
	select {
	case <-c.done:
		return c.replies, c.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-timeout.C:
		return nil, errNoAnswer
	}
}

func inboxSubject(inbox string, token uint64) string { return inbox + strconv.FormatUint(token, 36) }

func inboxToken(subject, inbox string) (uint64, bool) {
	text, ok := strings.CutPrefix(subject, inbox)
	if !ok {
		return 0, false
	}
	token, err := strconv.ParseUint(text, 36, 64)
	return token, err == nil
}
