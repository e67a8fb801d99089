package eventstore

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// serverLog carries the server's log to slog: its notices say nothing to a user of weir and become
// debug lines.
type serverLog struct {
	log     *slog.Logger
	started atomic.Bool // before, warnings concern the configuration, which is not the user's
	fatal   atomic.Pointer[string]

	mu         sync.Mutex
	complaints []string // the last warnings and errors, the newest last
}

// complaintsMax is how many complaints are kept. Where the server gives up, the cause comes a line or two before
// the consequence.
const complaintsMax = 3

func (l *serverLog) line(level slog.Level, format string, v []any) {
	if ctx := context.Background(); l.log.Enabled(ctx, level) {
		l.log.LogAttrs(ctx, level, "nats-server", slog.String("says", fmt.Sprintf(format, v...)))
	}
}

func (l *serverLog) Noticef(format string, v ...any) { l.line(slog.LevelDebug, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.line(slog.LevelDebug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.line(slog.LevelDebug, format, v) }

func (l *serverLog) Errorf(format string, v ...any) {
	l.keep(fmt.Sprintf(format, v...))
	l.line(slog.LevelError, format, v)
}

func (l *serverLog) Warnf(format string, v ...any) {
	if l.started.Load() {
		l.keep(fmt.Sprintf(format, v...))
		l.line(slog.LevelWarn, format, v)
	} else {
		l.line(slog.LevelDebug, format, v)
	}
}

// Fatalf does not end the process: the server goes on half started, and Open reports why.
func (l *serverLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.Store(&text)
	l.keep(text)
	l.line(slog.LevelError, "%s", []any{text})
}

func (l *serverLog) lastFatal() string {
	if text := l.fatal.Load(); text != nil {
		return *text
	}
	return "the server gave no reason"
}

func (l *serverLog) keep(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.complaints = append(l.complaints, text)
	if len(l.complaints) > complaintsMax {
		l.complaints = slices.Delete(l.complaints, 0, 1)
	}
}

// lastComplaints is what the server complained of last, in its order.
func (l *serverLog) lastComplaints() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.complaints) == 0 {
		return "it gave no reason"
	}
	return "it last complained of: " + strings.Join(l.complaints, "; ")
}
