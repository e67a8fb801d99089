package api

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/eventstore"
)

// Config says what a Server serves, and to whom.
type Config struct {
	System *actors.System    // required
	Store  *eventstore.Store // required: the one that the System works on
	Logger *slog.Logger      // nil: nothing is logged
	// Version is what the OpenAPI document calls this program; "" is "dev".
	Version string
	// AllowedHosts are the names that requests may call the server by, beside localhost, 127.0.0.1 and
	// [::1]. A name with a port holds for that port only; "*" allows every name.
	AllowedHosts []string
	// MaxBody is the most bytes a request's body may have; 0 is 1 MiB and 64 KiB.
	MaxBody int64
}

// bodyBytesDefault leaves a start room for its labels and the like beside the largest input.
const bodyBytesDefault = actors.InputBytesMax + 64<<10

// What an http.Server allows a connection. Bodies and replies have deadlines of their own, because tails
// and waiting calls stay open for as long as their clients do.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	headerBytesMax = 64 << 10
)

// Server answers HTTP requests over one System. It is a handler, and serves a listener by itself. It
// starts no goroutine before a request asks for one.
type Server struct {
	system       *actors.System
	store        *eventstore.Store
	logger       *slog.Logger
	version      string
	hosts        []string
	bodyBytesMax int64
	pace         pace

	router  *router
	huma    huma.API
	handler http.Handler
	openapi openapiText
	scripts chan struct{} // one for each script that may be tried at once
	classic classic
	http    *http.Server

	mu      sync.Mutex      // guards that no tail is counted in once closing has ended
	closing context.Context // ends when Shutdown begins
	close   context.CancelFunc
	aborted context.Context // ends when Shutdown has no more time
	abort   context.CancelFunc
	tails   sync.WaitGroup // open WebSockets, which http.Server does not wait for
	stalled atomic.Int64   // how often a tail's reader was found slow
}

// New returns a server. It panics where the Config has no System or no Store.
func New(cfg Config) *Server {
	if cfg.System == nil || cfg.Store == nil {
		panic("api: Config.System and Config.Store are required")
	}
	s := &Server{
		system: cfg.System, store: cfg.Store, logger: cfg.Logger, version: cfg.Version, bodyBytesMax: cfg.MaxBody,
		pace: defaultPace, scripts: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.aborted, s.abort = context.WithCancel(context.Background())
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.version == "" {
		s.version = "dev"
	}
	if s.bodyBytesMax == 0 {
		s.bodyBytesMax = bodyBytesDefault
	}
	for _, host := range cfg.AllowedHosts {
		if host = strings.ToLower(strings.TrimSpace(host)); host != "" {
			s.hosts = append(s.hosts, host)
		}
	}
	s.router = newRouter()
	s.register()
	s.handler = s.observe(s.guard(s.router))
	s.http = &http.Server{
		Handler: s.handler, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytesMax,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	s.http.RegisterOnShutdown(s.beginClosing)
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve accepts connections until Shutdown, and returns nil then, or the error that ended it.
func (s *Server) Serve(listener net.Listener) error {
	if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown accepts no more connections and lets open requests finish. Calls that wait for a run are
// answered at once (503 with the run's id where the caller waits for its result), tails are closed with
// 1001 and a reason that says where to resume. Where ctx ends first, connections are cut and its error is
// returned. Runs are not touched; close the System afterwards.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	s.beginClosing() // RegisterOnShutdown starts it, too, but does not wait for it
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.tails.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		s.abort()
		err = errors.Join(err, s.http.Close())
		<-ended
	}
	return err
}

// beginClosing makes waiting calls and tails end.
func (s *Server) beginClosing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.close()
}

// enterTail counts a WebSocket in, unless the server is closing.
func (s *Server) enterTail() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Err() != nil {
		return false
	}
	s.tails.Add(1)
	return true
}
