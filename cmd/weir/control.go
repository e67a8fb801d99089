package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

// controlConfig is what the flags of cancel, pause, resume and retry set.
type controlConfig struct {
	server, run      string
	reason, revision string
	asJSON           bool
}

// controlCommand asks a server for something that concerns one run. What is asked for is the command's own name.
func controlCommand(cmd *cobra.Command) (*cobra.Command, *controlConfig) {
	cfg := &controlConfig{}
	name := cmd.Name()
	cmd.Args = arguments("one RUN", 1, 1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := readEnvironment(cmd.Flags()); err != nil {
			return err
		}
		cfg.run = args[0]
		return control(cmd.Context(), name, cfg, cmd.OutOrStdout())
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.server, "server", "http://127.0.0.1:8000", "where the server is")
	flags.BoolVar(&cfg.asJSON, "json", false, "print the run as JSON")
	fromEnvironment(flags, "server")
	return cmd, cfg
}

// reasonedCommand is a controlCommand that can be told why.
func reasonedCommand(cmd *cobra.Command) *cobra.Command {
	cmd, cfg := controlCommand(cmd)
	cmd.Flags().StringVar(&cfg.reason, "reason", "", "why; it is recorded with the request")
	return cmd
}

func newCancelCommand() *cobra.Command {
	return reasonedCommand(&cobra.Command{
		Use:   "cancel RUN",
		Short: "Cancel a run on a server",
		Long: `Asks a run to stop. What it is executing is interrupted, what it has recorded is kept, and what
it has completed is compensated first where its nodes say how. Returns once the request is on
disk; 'weir tail RUN' follows the run to its end.`,
		Example: `  weir cancel review-7 --reason "superseded by review-8"`,
	})
}

func newPauseCommand() *cobra.Command {
	return reasonedCommand(&cobra.Command{
		Use:   "pause RUN",
		Short: "Keep a run on a server from beginning anything",
		Long: `Pauses a run until 'weir resume RUN': no visit, no attempt and no timer begins meanwhile. What
is under way goes on to its end and is recorded. The time of a pause does not count for the
run's limits.`,
		Example: `  weir pause billing-7 --reason "the bank is closed"`,
	})
}

func newResumeCommand() *cobra.Command {
	return reasonedCommand(&cobra.Command{
		Use:   "resume RUN",
		Short: "Set a paused run on a server going again",
		Long: `Sets a paused run going again. Timers and retries that were due meanwhile act at once. A run
that has failed is set going by 'weir retry RUN'.`,
		Example: `  weir resume billing-7`,
	})
}

func newRetryCommand() *cobra.Command {
	cmd, cfg := controlCommand(&cobra.Command{
		Use:   "retry RUN",
		Short: "Set a failed run on a server going again",
		Long: `Sets a failed run going again from the visits that failed; what completed is not run again.

With --revision it goes on with another revision of its workflow, such as one that mends what
made it fail. Every node at which the run goes on must be there and of the same kind.`,
		Example: `  weir retry review-7
  weir retry review-7 --revision latest`,
	})
	cmd.Flags().StringVar(&cfg.revision, "revision", "", "the revision to go on with: a number, a digest, or latest (default the run's own)")
	return cmd
}

// controlPatience is how long an answer may take.
const controlPatience = 30 * time.Second

func control(ctx context.Context, name string, cfg *controlConfig, stdout io.Writer) error {
	address, err := serverURL(cfg.server)
	if err != nil {
		return err
	}
	body := map[string]string{}
	if cfg.reason != "" {
		body["reason"] = cfg.reason
	}
	if cfg.revision != "" {
		body["revision"] = cfg.revision
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, controlPatience)
	defer cancel()
	target := address.JoinPath("v1", "runs", url.PathEscape(cfg.run), name)
	return post(ctx, cfg.server, target, text, func(response *http.Response) error {
		if response.StatusCode != http.StatusAccepted {
			return reachError(cfg.server, response, nil)
		}
		return printControlled(stdout, cfg, response.Body)
	})
}

// printControlled prints the run that a server has answered with: as it is, or its status in words.
func printControlled(out io.Writer, cfg *controlConfig, answer io.Reader) error {
	data, err := io.ReadAll(answer)
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", cfg.server, err)
	}
	if cfg.asJSON {
		_, err = out.Write(data)
		return err
	}
	var run struct{ Status string }
	if err := json.Unmarshal(data, &run); err != nil || run.Status == "" {
		return fmt.Errorf("%s did not answer with a run; is that a weir?", cfg.server)
	}
	_, err = fmt.Fprintf(out, "run %s is %s\n", cfg.run, run.Status)
	return err
}
