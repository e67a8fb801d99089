// Weir runs durable agent workflows: graphs of Go tools and JavaScript over one JSON state, each run
// recorded event by event in a store inside this one program.
//
// Every command has a file of its own; serve.go is the only place that wires the parts together, and
// serve, run and demo all go through it. Nothing is printed in colour unless the output is a terminal.
// A first Ctrl-C asks the command to end in order, a second one ends it at once.
//
//	weir demo                        # see it work
//	weir run flow.yaml --input '{}'  # one run, engine in the same process
//	weir serve --data weir-data      # the server
//	weir tail                        # what happens there, as it happens
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/scripts"
)

// The exit codes, as `weir help` documents them.
const (
	exitOK          = 0
	exitError       = 1
	exitInvalid     = 2
	exitFailed      = 3
	exitCancelled   = 4
	exitDamaged     = 5
	exitInterrupted = 130
)

// codeError ends the program with a code other than 1. Its error is printed unless it is nil, which means
// that everything has been said.
type codeError struct {
	code int
	err  error
}

// Error returns the text of the error it carries.
func (e *codeError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap returns the error it carries.
func (e *codeError) Unwrap() error { return e.err }

// errInterrupted is the cause of a command's context once Ctrl-C was pressed.
var errInterrupted = errors.New("interrupted")

func main() {
	scripts.RunWorker() // `weir script-worker` is how this program starts a process for scripts
	ctx, stop := interruptible(context.Background(), os.Stderr)
	code := execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code) //nolint:forbidigo // this is main
}

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRootCommand() //nolint:contextcheck // cobra hands the context to the commands
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	code := exitError
	var exit *codeError
	var usage *usageError
	switch {
	case errors.As(err, &exit):
		code = exit.code
		if exit.err == nil {
			return code
		}
	case errors.Is(context.Cause(ctx), errInterrupted) && (errors.Is(err, context.Canceled) || errors.Is(err, errInterrupted)):
		return exitInterrupted
	}
	if wantsJSON(command, args) {
		err = errors.Join(err, printRefusal(stdout, err))
	}
	fmt.Fprintf(stderr, "weir: %v\n", err)
	if errors.As(err, &usage) {
		fmt.Fprintf(stderr, "Run '%s --help' for usage.\n", cmp.Or(usage.subject, command.CommandPath()))
	}
	return code
}

// wantsJSON reports whether the command line asks for JSON, even where it was not understood to its end.
func wantsJSON(command *cobra.Command, args []string) bool {
	flag := command.Flags().Lookup("json")
	return slices.Contains(args, "--json") || flag != nil && flag.Value.String() == "true"
}

// interruptible returns a context that ends at the first SIGINT or SIGTERM. The second one ends the
// process on the spot: whatever is durable by then is kept, as after any crash.
func interruptible(parent context.Context, stderr io.Writer) (ctx context.Context, stop func()) {
	left := &abandonment{}
	ctx, cancel := context.WithCancelCause(context.WithValue(parent, abandonmentKey{}, left))
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for first := true; ; first = false {
			if _, ok := <-signals; !ok {
				return
			}
			if !first {
				left.leave()
				os.Exit(exitInterrupted) //nolint:forbidigo // the second Ctrl-C is asked to
			}
			if isTerminal(stderr) { // elsewhere it would stand between the records of a log
				fmt.Fprintln(stderr, "\nweir: stopping; press Ctrl-C again to stop at once")
			}
			cancel(errInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		<-done
		cancel(nil)
	}
}

// abandonment is what is still done when a second Ctrl-C ends the process on the spot.
type abandonment struct{ last atomic.Pointer[func()] }

type abandonmentKey struct{}

func (a *abandonment) leave() {
	if last := a.last.Load(); last != nil {
		(*last)()
	}
}

// onAbandon sets what is done first when a second Ctrl-C ends the process: little, because it is meant to
// end at once. It does nothing for a context that Ctrl-C does not end.
func onAbandon(ctx context.Context, last func()) {
	if a, ok := ctx.Value(abandonmentKey{}).(*abandonment); ok {
		a.last.Store(&last)
	}
}

// withoutAbandon returns a context with which onAbandon does nothing, for what is a part of something that has set it.
func withoutAbandon(ctx context.Context) context.Context {
	return context.WithValue(ctx, abandonmentKey{}, nil)
}
