package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// headerRequestID carries the request id in both directions.
const headerRequestID = "X-Request-Id"

type requestIDKey struct{}

// requestID is the id of the request a context belongs to, "" outside of one.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// newRequestID takes over the client's id where it is one that a log can carry, and makes one otherwise.
func newRequestID(r *http.Request) string {
	if id := r.Header.Get(headerRequestID); id != "" && len(id) <= 64 && isToken(id) {
		return id
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	return hex.EncodeToString(b[:])
}

// isToken reports whether text has only letters, digits and - _ . : in it.
func isToken(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}

// observe is the outermost layer: it gives the request an id, logs it, and turns a panic into a problem.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID(r)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		w.Header().Set(headerRequestID, id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		recorder := &recorder{ResponseWriter: w, control: http.NewResponseController(w)}
		began := time.Now()
		defer func() { //nolint:contextcheck // the request carries its context
			recorder.end()
			if cause := recover(); cause != nil {
				s.recovered(recorder, r, cause)
			}
			s.logger.LogAttrs(r.Context(), slog.LevelDebug, "request",
				slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", recorder.status),
				slog.Int64("bytes", recorder.bytes), slog.Duration("took", time.Since(began)), slog.String("request_id", id))
		}()
		next.ServeHTTP(recorder, r)
	})
}

// recovered answers a request whose handler panicked. http.ErrAbortHandler is the agreed way to cut a
// connection and passes through.
func (s *Server) recovered(w *recorder, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
		panic(cause)
	}
	s.logger.LogAttrs(r.Context(), slog.LevelError, "a request handler panicked",
		slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("cause", cause),
		slog.String("stack", string(debug.Stack())), slog.String("request_id", requestID(r.Context())))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	newProblem(kindInternal, "the server made a mistake; its log knows more under request_id").write(w, r)
}

// A client may take replyTimeout to read what one write of a reply holds. Writes of at least replyFresh
// bytes always have all of it, small ones in a row share it.
const (
	replyTimeout = time.Minute
	replyFresh   = 32 << 10
)

// recorder remembers what was answered, and gives every write its time: the server itself has no write
// timeout, because calls wait and tails stay. Flush, Hijack and deadlines are reached through Unwrap.
type recorder struct {
	http.ResponseWriter

	control *http.ResponseController
	status  int
	bytes   int64
	timed   time.Time // when the deadline was last set
}

// Unwrap gives http.ResponseController the writer below.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader sends the status.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 || w.status < http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if now := time.Now(); len(p) >= replyFresh || now.Sub(w.timed) > time.Second {
		// A writer that knows no deadlines, one without a connection, goes without.
		_ = w.control.SetWriteDeadline(now.Add(replyTimeout))
		w.timed = now
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// end takes the deadline back, which would else hold for the connection's next request.
func (w *recorder) end() {
	if !w.timed.IsZero() {
		_ = w.control.SetWriteDeadline(time.Time{}) // as above
	}
}
