package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// runConfig is what the flags of run set, and where it reads and writes.
type runConfig struct {
	file, input, data, run string
	sets, also             []string
	asJSON, verbose        bool
	allowPrivateHTTP       bool
	limits                 limitFlags

	stdin          io.Reader
	stdout, stderr io.Writer
}

func newRunCommand() *cobra.Command {
	var cfg runConfig
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run a workflow file once, with the engine in the same process",
		Long: `Checks and runs a workflow file with an engine of its own; no server is needed. What happens
is told on standard error, the final state is printed on standard output as JSON.

Without --data everything is kept in a temporary directory and removed at the end. With --data
the run is as durable as on a server: where it was interrupted, the same command with the same
--run goes on with it.

A workflow that the run starts child runs of is saved first by --also.

With --json standard output has one event a line, the same bytes as from the API, and as the
last line the run itself: {"run_id": …, "status": …, "state": …}, or why there is none:
{"ok": false, "problems": [{"file": …, "message": …}]}.

Exits with 0 when the run completed, 2 when the workflow or the input is not valid, 3 when the
run failed, 4 when it was cancelled, 130 when it was interrupted.`,
		Example: `  weir run flow.yaml --set name=Ada --set tries=3
  weir run flow.yaml --input @input.json --json
  weir run flow.yaml --data weir-data --run nightly-7
  weir run order.yaml --also invoice.yaml`,
		Args: arguments("one FILE", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg.file = args[0]
			cfg.stdin, cfg.stdout, cfg.stderr = cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return runRun(cmd.Context(), cfg)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.input, "input", "", "the run's input: JSON text, @FILE, or - for standard input")
	flags.StringArrayVar(&cfg.sets, "set", nil, "set one key of the input: key=value, JSON or else a string (repeatable)")
	flags.StringArrayVar(&cfg.also, "also", nil, "another workflow file, to be saved first: one that child runs are of (repeatable)")
	flags.StringVar(&cfg.data, "data", "", "data directory (default a temporary one)")
	flags.StringVar(&cfg.run, "run", "", "id of the run (default a new one)")
	flags.BoolVar(&cfg.asJSON, "json", false, "print one event a line, then the run")
	flags.BoolVarP(&cfg.verbose, "verbose", "v", false, "tell every event")
	flags.BoolVar(&cfg.allowPrivateHTTP, "allow-private-http", false, "let http.request reach private and loopback addresses")
	cfg.limits.register(flags)
	return cmd
}

func runRun(ctx context.Context, cfg runConfig) error {
	if cfg.file == "-" && cfg.input == "-" {
		return usagef("FILE and --input cannot both be standard input")
	}
	source, err := readWorkflow(cfg.file, cfg.stdin)
	if err != nil {
		return &codeError{exitInvalid, err}
	}
	input, err := readInput(cfg.input, cfg.sets, cfg.stdin)
	if err != nil {
		return &codeError{exitInvalid, err}
	}
	limits, err := cfg.limits.limits()
	if err != nil {
		return err
	}
	engine, err := open(ctx, engineConfig{
		dir: cfg.data, unscheduled: true, allowPrivateHTTP: cfg.allowPrivateHTTP, scripts: scriptConfig{limits: limits}, logger: quietLogger(cfg.stderr), tell: printer(cfg.stderr),
	})
	if err != nil {
		return err
	}
	err = runAndPrint(ctx, engine, cfg, source, input)
	closed := engine.close(ctx)
	if err == nil {
		return closed
	}
	if closed != nil {
		engine.tell(closed.Error()) // how the run ended decides the exit code
	}
	return err
}

// runAndPrint runs the workflow once and prints what it has come to. The error carries the exit code for that.
func runAndPrint(ctx context.Context, e *engine, cfg runConfig, source actors.Source, input document.Value) error {
	view, err := runOnce(ctx, e.system, cfg, source, input)
	if err == nil || cfg.asJSON && view.Run != "" {
		err = errors.Join(err, printResult(context.WithoutCancel(ctx), e, cfg, view))
	}
	if cfg.data != "" && view.Run != "" && errors.Is(context.Cause(ctx), errInterrupted) {
		fmt.Fprintf(cfg.stderr, "weir: run %s is kept in %s; add --run %s to go on with it\n", view.Run, cfg.data, view.Run)
	}
	switch {
	case err != nil:
		return err
	case view.Status == workflow.StatusFailed:
		return &codeError{exitFailed, nil}
	case view.Status == workflow.StatusCancelled:
		return &codeError{exitCancelled, nil}
	}
	return nil
}

// runOnce saves the workflow, starts the run and watches it to its end.
func runOnce(ctx context.Context, system *actors.System, cfg runConfig, source actors.Source, input document.Value) (actors.View, error) {
	if err := saveAlso(ctx, system, cfg); err != nil {
		return actors.View{}, err
	}
	revision, _, err := system.Save(ctx, source)
	if err != nil {
		return actors.View{}, problemsError(cfg.stderr, source, err)
	}
	printProblems(cfg.stderr, source, revision.Warnings)
	view, existed, err := system.Start(ctx, actors.StartRequest{
		Workflow: revision.Workflow, Revision: revision.Digest, Run: cfg.run, Input: input, By: "weir run",
	})
	if err != nil {
		return actors.View{}, startError(err)
	}
	if existed && !cfg.asJSON {
		fmt.Fprintf(cfg.stderr, "going on with run %s, %s\n", view.Run, view.Status)
	}
	show := func(raw event.Raw) error {
		_, err := fmt.Fprintf(cfg.stdout, "%s\n", raw.JSON)
		return err
	}
	if !cfg.asJSON {
		p := newProgress(cfg.stderr, !cfg.verbose)
		defer p.end()
		show = p.tell
	}
	if err := watch(ctx, system, view.Run, show); err != nil {
		return view, err
	}
	return system.Wait(ctx, view.Run)
}

// saveAlso saves the workflows that child runs are of. What they lack of each other is there when all are saved, so they
// are saved without their warnings.
func saveAlso(ctx context.Context, system *actors.System, cfg runConfig) error {
	for _, file := range cfg.also {
		source, err := readWorkflow(file, cfg.stdin)
		if err != nil {
			return &codeError{exitInvalid, err}
		}
		if _, _, err := system.Save(ctx, source); err != nil {
			return problemsError(cfg.stderr, source, err)
		}
	}
	return nil
}

// startError gives the exit code for what Start refused.
func startError(err error) error {
	if errors.Is(err, actors.ErrInvalidID) || errors.Is(err, actors.ErrInvalidInput) || errors.Is(err, actors.ErrRunExists) {
		return &codeError{exitInvalid, err}
	}
	return err
}

// watch shows the run's events, from the first to the last.
func watch(ctx context.Context, system *actors.System, run string, show func(event.Raw) error) error {
	for raw, err := range system.Follow(ctx, run, 0) {
		if err != nil {
			return err
		}
		if err := show(raw); err != nil {
			return err
		}
		if raw.Type.Terminal() {
			return nil
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return fmt.Errorf("the events of run %s ended before the run did", run)
}

// printResult prints what the run has come to. The state of a run that did not complete is an answer to
// nothing, so it is printed for programs only.
func printResult(ctx context.Context, e *engine, cfg runConfig, view actors.View) error {
	if cfg.asJSON {
		return printRunJSON(ctx, cfg.stdout, e, view.Run)
	}
	if view.Status == workflow.StatusCompleted {
		return printState(cfg.stdout, view.State)
	}
	return nil
}
