package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/weirflow/weir/actors"
)

// How long an orderly stop may take. What can be interrupted ends within milliseconds; the rest is a script
// inside a native function that looks at no clock, or a disk that does not answer.
const (
	requestsTimeout = 10 * time.Second       // for the open requests to be answered
	runsTimeout     = 10 * time.Second       // and then for the runs to let go
	silence         = 500 * time.Millisecond // after which is said what is waited for
)

// close ends the runs' actors and then the store, whether or not ctx has ended. What was accepted is durable
// when it returns. A run that holds on is named soon, and left behind after runsTimeout.
func (e *engine) close(ctx context.Context) error {
	return errors.Join(e.closeRuns(ctx, runsTimeout), e.processes.Close(), e.index.Close(), e.store.Close(), e.remove()) //nolint:contextcheck // closing waits for nobody
}

// unsaid is what of an error another one does not say already. A store that fails says so when its health is
// asked for, and again when it is closed.
func unsaid(err, said error) error {
	if err == nil || errors.Is(said, err) {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(joined.Unwrap()...).Error() != err.Error() {
		return err // one error, or several with words of its own around them
	}
	var rest []error
	for _, each := range joined.Unwrap() {
		rest = append(rest, unsaid(each, said))
	}
	return errors.Join(rest...)
}

func (e *engine) closeRuns(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	err := patiently(func() error { return e.system.Close(ctx) }, func() {
		e.tell(stillText(carriedText(e.system.Carried()), "cannot be interrupted", timeout))
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopped after waiting %s for what cannot be interrupted: %s%s", timeout, carriedText(e.system.Carried()), e.prospect())
	}
	return err
}

// abandon is what a second Ctrl-C leaves behind: a temporary directory is removed all the same.
func (e *engine) abandon() {
	e.tell("stopped at once" + e.prospect())
	if err := e.remove(); err != nil {
		e.tell(fmt.Sprintf("%s stays: %v", e.dir, err))
	}
}

// stillText says what an orderly stop waits for, how long at most, and how not to.
func stillText(what, why string, most time.Duration) string {
	return fmt.Sprintf("still stopping: %s %s; waiting at most %s, or until a second Ctrl-C or SIGTERM", what, why, most)
}

// prospect says what becomes of the runs that are open.
func (e *engine) prospect() string {
	if e.temporary {
		return ""
	}
	return "; open runs go on when weir starts again with " + e.dir
}

// remove takes a temporary data directory away.
func (e *engine) remove() error {
	if !e.temporary {
		return nil
	}
	return os.RemoveAll(e.dir)
}

// carriedMax bounds how many runs are named.
const carriedMax = 10

// carriedText names runs and what they execute: "run nightly-7 (node score #2), run other (node fetch)".
func carriedText(views []actors.View) string {
	if len(views) == 0 {
		return "what has just ended"
	}
	var names []string
	for _, view := range views {
		if len(names) == carriedMax {
			names = append(names, fmt.Sprintf("and %d more", len(views)-carriedMax))
			break
		}
		var nodes []string
		for _, visit := range view.Current {
			nodes = append(nodes, "node "+visitText(visit.Node, visit.Visit, visit.Attempt))
		}
		name := "run " + view.Run
		if len(nodes) > 0 {
			name += " (" + strings.Join(nodes, ", ") + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// shutdown refuses new requests, lets open ones finish and ends the tails, whether or not ctx has ended.
func (s *httpServer) shutdown(ctx context.Context) error {
	return s.endRequests(ctx, requestsTimeout)
}

func (s *httpServer) endRequests(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	err := patiently(func() error { return s.server.Shutdown(ctx) }, func() {
		s.tell(stillText("open requests", "are not answered yet", timeout))
	})
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("requests that were not answered within %s were cut off", timeout)
	}
	return errors.Join(err, <-s.served)
}

// patiently waits for an end and says once, where it does not come soon, what is waited for.
func patiently(end func() error, say func()) error {
	ended := make(chan error, 1)
	go func() { ended <- end() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(silence):
		say()
		return <-ended
	}
}
