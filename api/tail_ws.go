package api

import (
	"context"
	"encoding/base64"
	"errors"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore"
)

// tailProtocol is the WebSocket subprotocol of tails: one JSON message an event.
const tailProtocol = "weir.tail.v1"

// incomingBytesMax bounds what a client may say on a tail; whatever it says is read and ignored.
const incomingBytesMax = 4 << 10

// tail is one open WebSocket and what it sends.
type tail struct {
	server    *Server
	conn      *websocket.Conn
	protocols []string
	frames    func(ctx context.Context) iter.Seq2[frame, error]
	last      uint64                   // number of the last event sent
	resume    func(last uint64) string // how a client goes on after the number
	// finish says what to close with when the frames have ended.
	finish func(ctx context.Context) (websocket.StatusCode, string)

	writing atomic.Bool
}

// errSlow says that a reader took longer for a message than it may.
var errSlow = errors.New("the reader is too slow")

// resumeFrom is how a run's tail goes on.
func resumeFrom(last uint64) string { return "resume from " + strconv.FormatUint(last, 10) }

// upgrade makes a WebSocket of a request, or answers it with a problem and returns nil.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, protocols ...string) *websocket.Conn {
	if p := handshakeProblem(r); p != nil {
		p.write(w, r)
		return nil
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: protocols, CompressionMode: websocket.CompressionDisabled,
		InsecureSkipVerify: true, // guard has compared the origin with the host
	})
	if err != nil {
		s.logger.DebugContext(r.Context(), "a WebSocket was not accepted", "error", err)
		return nil
	}
	conn.SetReadLimit(incomingBytesMax)
	return conn
}

// handshakeProblem is what keeps a request from becoming a WebSocket, nil for nothing. The library would say it in plain text.
func handshakeProblem(r *http.Request) *problem {
	key := r.Header.Values("Sec-WebSocket-Key")
	switch {
	case !isUpgrade(r), r.Method != http.MethodGet, !r.ProtoAtLeast(1, 1):
		return newProblem(kindUpgrade, "%s speaks WebSocket; connect with ws:// or wss://", r.URL.Path).
			with("Upgrade", "websocket").with("Connection", "Upgrade")
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return newProblem(kindUpgrade, "%s speaks version 13 of WebSocket, as Sec-WebSocket-Version must say", r.URL.Path).
			with("Upgrade", "websocket").with("Connection", "Upgrade").with("Sec-WebSocket-Version", "13")
	case len(key) != 1 || !isNonce(key[0]):
		return newProblem(kindBadRequest, "Sec-WebSocket-Key must be given once, and be 16 bytes in base64")
	default:
		return nil
	}
}

// isNonce reports whether a text is a key as RFC 6455 wants it.
func isNonce(key string) bool {
	nonce, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	return err == nil && len(nonce) == 16
}

// serveTail makes a WebSocket of a request and sends frames until they end, the client leaves, or the
// server closes. What a tail is closed with always says how to go on. Reading begins before the upgrade,
// so that what happens from the client's first sight of the connection is in it.
func (s *Server) serveTail(w http.ResponseWriter, r *http.Request, t *tail) {
	t.server = s
	if !s.enterTail() {
		newProblem(kindShuttingDown, "the server is shutting down; %s", t.resume(t.last)).with("Retry-After", "1").write(w, r)
		return
	}
	defer s.tails.Done()
	// A request's context ends with its connection only until that is hijacked; here the reader tells.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	defer context.AfterFunc(s.aborted, cancel)() //nolint:contextcheck // the server's end, not the request's
	following, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(s.closing, stop)() //nolint:contextcheck // the server's end, not the request's
	frames := t.frames(following)
	if t.conn = s.upgrade(w, r, t.protocols...); t.conn == nil {
		return
	}
	var reading sync.WaitGroup
	defer reading.Wait()
	reading.Go(func() {
		defer cancel()
		t.discard(ctx)
	})
	code, reason := t.send(ctx, frames)
	_ = t.conn.Close(code, reason) // where the peer does not answer, the connection is cut
}

// discard reads what the client says, which answers pings and notices its leaving.
func (t *tail) discard(ctx context.Context) {
	for {
		if _, _, err := t.conn.Read(ctx); err != nil {
			return
		}
	}
}

// send is the life of a tail. It returns what to close with.
func (t *tail) send(ctx context.Context, frames iter.Seq2[frame, error]) (websocket.StatusCode, string) {
	defer t.startHeart(ctx)()
	for f, err := range frames {
		if err != nil {
			return t.broken(ctx, err)
		}
		if err := t.write(ctx, f.data); err != nil && !errors.Is(err, errSlow) {
			return websocket.StatusGoingAway, t.resume(t.last)
		} else if err != nil {
			t.last = f.n
			return websocket.StatusTryAgainLater, "too slow a reader; " + t.resume(t.last)
		}
		t.last = f.n
	}
	return t.finish(ctx)
}

// broken is what to close with when there are no more frames for a reason that is not the run's end.
func (t *tail) broken(ctx context.Context, err error) (websocket.StatusCode, string) {
	switch {
	case errors.Is(err, eventstore.ErrSlowConsumer):
		return websocket.StatusTryAgainLater, "too slow a reader; " + t.resume(t.last)
	case t.server.closing.Err() != nil, errors.Is(err, eventstore.ErrClosed), errors.Is(err, actors.ErrClosed):
		return websocket.StatusGoingAway, "the server is shutting down; " + t.resume(t.last)
	case ctx.Err() == nil:
		t.server.logger.ErrorContext(ctx, "a tail broke", "last", t.last, "error", err)
	}
	return websocket.StatusInternalError, "the tail broke; " + t.resume(t.last)
}

// write sends one message. A reader that does not take it in time is given some grace, so that it can
// still see the close and its reason; one that takes longer is cut off, because a message that was sent
// in part cannot be followed by anything.
func (t *tail) write(ctx context.Context, data []byte) error {
	pace := t.server.pace
	writing, cancel := context.WithTimeout(ctx, pace.write+pace.grace)
	defer cancel()
	t.writing.Store(true)
	defer t.writing.Store(false)
	stalled := time.AfterFunc(pace.write, func() {
		t.server.stalled.Add(1)
		t.server.logger.DebugContext(ctx, "a tail's reader is slow")
	})
	err := t.conn.Write(writing, websocket.MessageText, data)
	if !stalled.Stop() && err == nil {
		return errSlow
	}
	return err
}

// startHeart pings the peer at every heartbeat, which keeps a quiet connection open and ends one whose peer is gone, until the function is
// called that it returns. Between its beats the heart is a timer and no goroutine.
func (t *tail) startHeart(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var mu sync.Mutex // held during a beat
	var beat *time.Timer
	mu.Lock()
	defer mu.Unlock()
	beat = time.AfterFunc(t.server.pace.heartbeat, func() {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() == nil && t.ping(ctx) {
			beat.Reset(t.server.pace.heartbeat)
		}
	})
	return func() {
		cancel()
		mu.Lock()
		defer mu.Unlock()
		beat.Stop()
	}
}

// ping reports whether the peer is there, and ends the connection where it is not.
func (t *tail) ping(ctx context.Context) bool {
	if t.writing.Load() {
		return true // the write shows whether it is
	}
	waiting, cancel := context.WithTimeout(ctx, t.server.pace.pong)
	defer cancel()
	err := t.conn.Ping(waiting)
	if err == nil || ctx.Err() != nil || t.writing.Load() {
		return true
	}
	_ = t.conn.CloseNow() // nobody is there to read a reason
	return false
}
