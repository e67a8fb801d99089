package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/spf13/cobra"

	"github.com/weirflow/weir/eventstore/event"
)

// tailProtocol is the WebSocket subprotocol of event tails.
const tailProtocol = "weir.tail.v1"

// eventBytesMax bounds one event as it comes from the server.
const eventBytesMax = 16 << 20

// tailConfig is what the flags of tail set.
type tailConfig struct {
	server, run    string
	workflow, kind string
	from           uint64
	asJSON         bool
}

func newTailCommand() *cobra.Command {
	var cfg tailConfig
	cmd := &cobra.Command{
		Use:   "tail [RUN]",
		Short: "Follow the events of a run, or of all runs, on a running server",
		Long: `Prints a run's events, first what has happened and then what happens, until the run ends.
Without RUN it follows all runs from now on.

When the connection is lost it connects again and goes on after the last event it printed
(for all runs: from then on).

With RUN it exits with 0 when the run completed, 3 when it failed, 4 when it was cancelled.`,
		Example: `  weir tail
  weir tail --workflow code-review --type NodeFailed
  weir tail my-run --from 40 --json`,
		Args: arguments("at most one RUN", 0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			if len(args) > 0 {
				if cfg.run = args[0]; cfg.run == "" { // as from an unset variable; all runs are not what was meant
					return usagef("RUN is empty; leave it out to follow all runs")
				}
			}
			return runTail(cmd.Context(), cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.server, "server", "http://127.0.0.1:8000", "where the server is")
	flags.Uint64Var(&cfg.from, "from", 0, "print the events after this one (with RUN)")
	flags.StringVar(&cfg.workflow, "workflow", "", "only runs of this workflow (without RUN)")
	flags.StringVar(&cfg.kind, "type", "", "only events of this type, such as NodeFailed (without RUN)")
	flags.BoolVar(&cfg.asJSON, "json", false, "print one event a line as JSON")
	fromEnvironment(flags, "server")
	return cmd
}

// check refuses what does not go together, or cannot be meant.
func (c *tailConfig) check() error {
	for what, name := range map[string]string{"RUN": c.run, "--workflow": c.workflow} {
		if name != "" && !event.ValidID(name) { // in a path, ".." would ask for something else
			return usagef("%s %q names nothing; names are 1 to 64 of the characters A-Z a-z 0-9 _ -", what, name)
		}
	}
	if c.run != "" && (c.workflow != "" || c.kind != "") {
		return usagef("--workflow and --type go without RUN")
	}
	if c.run == "" && c.from != 0 {
		return usagef("--from goes with RUN: every run counts its own events")
	}
	return nil
}

func runTail(ctx context.Context, cfg tailConfig, stdout, stderr io.Writer) error {
	if err := cfg.check(); err != nil {
		return err
	}
	t := &tail{
		cfg: cfg, stdout: stdout, stderr: stderr,
		narrator: narrator{out: stdout, palette: paletteFor(stdout), runs: cfg.run == ""},
	}
	const waitMin, waitMax = 100 * time.Millisecond, 2 * time.Second
	wait := waitMin
	for connected := false; ; {
		ended, reached, err := t.follow(ctx)
		var refused *refusedError
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case ended:
			return t.outcome
		case !connected && !reached, errors.As(err, &refused):
			return err
		case reached:
			connected, wait = true, waitMin
			fmt.Fprintf(stderr, "weir: connection lost (%s); connecting again\n", lossText(err))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
		wait = min(2*wait, waitMax)
	}
}

// tail follows one run or all of them over as many connections as it takes.
type tail struct {
	cfg      tailConfig
	stdout   io.Writer
	stderr   io.Writer
	narrator narrator
	outcome  error // the exit code once the run has ended
	greeted  bool
}

// follow prints events from one connection. Ended says that the run is over, reached that the
// server was.
func (t *tail) follow(ctx context.Context) (ended, reached bool, err error) {
	address, err := t.address()
	if err != nil {
		return false, false, err
	}
	connection, response, err := websocket.Dial(ctx, address, &websocket.DialOptions{Subprotocols: []string{tailProtocol}}) //nolint:bodyclose // the library gives a body that needs no closing
	if err != nil {
		return false, false, reachError(t.cfg.server, response, err)
	}
	defer connection.CloseNow() //nolint:errcheck // nothing more is wanted of it
	connection.SetReadLimit(eventBytesMax)
	t.greet()
	for {
		_, message, err := connection.Read(ctx)
		if closed := (websocket.CloseError{}); errors.As(err, &closed) && closed.Code == websocket.StatusNormalClosure {
			t.ended(closed.Reason)
			return true, true, nil
		}
		if err != nil {
			return false, true, err
		}
		if err := t.print(message); err != nil {
			return false, true, &refusedError{err.Error()}
		}
	}
}

// lossText is what the server said last, or how the connection broke.
func lossText(err error) string {
	if closed := (websocket.CloseError{}); errors.As(err, &closed) && closed.Reason != "" {
		return closed.Reason
	}
	return err.Error()
}

// greet says once that the server is reached: where all runs are followed, that may be all there is to see
// for long.
func (t *tail) greet() {
	if t.cfg.run == "" && !t.cfg.asJSON && !t.greeted {
		fmt.Fprintf(t.stderr, "weir: following all runs at %s from now on; Ctrl-C ends it\n", t.cfg.server)
	}
	t.greeted = true
}

// ended takes the outcome from the server's last words, for a tail that began behind the run's last event.
func (t *tail) ended(reason string) {
	switch reason {
	case "run failed":
		t.outcome = &codeError{exitFailed, nil}
	case "run cancelled":
		t.outcome = &codeError{exitCancelled, nil}
	}
}

func (t *tail) address() (string, error) {
	address, err := serverURL(t.cfg.server)
	if err != nil {
		return "", err
	}
	address.Scheme = strings.Replace(address.Scheme, "http", "ws", 1)
	query := url.Values{}
	if t.cfg.run == "" {
		address = address.JoinPath("v1", "tail")
		setUnlessEmpty(query, "workflow", t.cfg.workflow)
		setUnlessEmpty(query, "type", t.cfg.kind)
	} else {
		address = address.JoinPath("v1", "runs", t.cfg.run, "tail")
		query.Set("from", strconv.FormatUint(t.cfg.from, 10))
	}
	address.RawQuery = query.Encode()
	return address.String(), nil
}

func setUnlessEmpty(query url.Values, key, value string) {
	if value != "" {
		query.Set(key, value)
	}
}

// print prints one event and remembers how far the tail has come.
func (t *tail) print(message []byte) error {
	var head struct {
		N    uint64     `json:"n"`
		Run  string     `json:"run"`
		Type event.Type `json:"type"`
	}
	if err := json.Unmarshal(message, &head); err != nil || head.N == 0 {
		return fmt.Errorf("the server sent something that is not an event: %s", printable(string(message), textMax))
	}
	if t.cfg.run != "" {
		t.cfg.from = head.N
		switch head.Type {
		case event.TypeRunFailed:
			t.outcome = &codeError{exitFailed, nil}
		case event.TypeRunCancelled:
			t.outcome = &codeError{exitCancelled, nil}
		case event.TypeRunCompleted, event.TypeRunResumed:
			t.outcome = nil
		}
	}
	if t.cfg.asJSON {
		_, err := fmt.Fprintf(t.stdout, "%s\n", message)
		return err
	}
	e, err := event.Decode(message)
	if errors.Is(err, event.ErrUnknownType) { // a newer server; the event is told by its name
		_, err = fmt.Fprintf(t.stdout, "%5d  %s  %s\n", head.N, head.Run, printable(string(head.Type), textMax))
		return err
	}
	if err != nil {
		return err
	}
	t.narrator.tell(e, len(message))
	return nil
}
