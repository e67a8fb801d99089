package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// signalConfig is what the arguments and flags of signal set.
type signalConfig struct {
	server, run, name string
	id, payload       string
	asJSON            bool
}

func newSignalCommand() *cobra.Command {
	var cfg signalConfig
	cmd := &cobra.Command{
		Use:   "signal RUN NAME",
		Short: "Send a run on a server a signal",
		Long: `Sends the run the signal NAME, and returns once that is on the server's disk. A node of the
run that waits for it goes on with the payload as its result; where none waits, the run keeps
the signal for the next that does.

A run takes an id once, for ever: with --id the command may be repeated.`,
		Example: `  weir signal review-7 approve --payload '{"approved": true}'
  weir signal review-7 approve --payload @verdict.json --id mail-4711`,
		Args: arguments("a RUN and the NAME of a signal", 2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			cfg.run, cfg.name = args[0], args[1]
			return runSignal(cmd.Context(), cfg, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.server, "server", "http://127.0.0.1:8000", "where the server is")
	flags.StringVar(&cfg.payload, "payload", "", "what the signal carries, as JSON, @FILE or - for standard input")
	flags.StringVar(&cfg.id, "id", "", "the signal's id; drawn where it is not given")
	flags.BoolVar(&cfg.asJSON, "json", false, "print the server's answer as JSON")
	fromEnvironment(flags, "server")
	return cmd
}

// signalPatience is how long an answer may take.
const signalPatience = 30 * time.Second

// signalAnswer is what the server answers.
type signalAnswer struct {
	Run       string `json:"run_id"`
	Status    string `json:"status"`
	LastEvent uint64 `json:"last_event"`
}

func runSignal(ctx context.Context, cfg signalConfig, stdin io.Reader, stdout io.Writer) error {
	for what, name := range map[string]string{"RUN": cfg.run, "NAME": cfg.name} {
		if !event.ValidID(name) { // in a path, ".." would ask for something else
			return usagef("%s %q names nothing; names are 1 to 64 of the characters A-Z a-z 0-9 _ -", what, name)
		}
	}
	body, err := cfg.body(stdin)
	if err != nil {
		return &codeError{exitInvalid, err}
	}
	address, err := serverURL(cfg.server)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, signalPatience)
	defer cancel()
	return post(ctx, cfg.server, address.JoinPath("v1", "runs", cfg.run, "signals", cfg.name), body, func(response *http.Response) error {
		if response.StatusCode != http.StatusAccepted {
			err := reachError(cfg.server, response, nil)
			if response.StatusCode == http.StatusUnprocessableEntity {
				return &codeError{exitInvalid, err}
			}
			return err
		}
		var answer signalAnswer
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			return fmt.Errorf("the server at %s answered %s and no run: %w", cfg.server, response.Status, err)
		}
		if cfg.asJSON {
			return printJSON(stdout, answer)
		}
		_, err = fmt.Fprintf(stdout, "run %s has signal %s; it is %s\n", answer.Run, cfg.name, answer.Status)
		return err
	})
}

// body is the request's, with every digit of the payload.
func (c *signalConfig) body(stdin io.Reader) ([]byte, error) {
	body := document.Object()
	if c.id != "" {
		body = body.With("id", document.String(c.id))
	}
	if c.payload != "" {
		text, source, err := inputText(c.payload, stdin)
		if err != nil {
			return nil, err
		}
		payload, err := document.Parse(text)
		if err != nil {
			if source == "--input" {
				source = "--payload"
			}
			return nil, fmt.Errorf("%s: %w", source, err)
		}
		body = body.With("payload", payload)
	}
	return body.AppendJSON(nil), nil
}
