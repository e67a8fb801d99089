package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/cmd/internal/bench"
	"github.com/weirflow/weir/cmd/internal/profiles"
)

// benchConfig is what the flags of bench set, and where it writes.
type benchConfig struct {
	bench.Config

	asJSON bool

	stdout, stderr io.Writer
}

func newBenchCommand() *cobra.Command {
	var cfg benchConfig
	cmd := &cobra.Command{
		Use:   "bench [WORKLOAD...]",
		Short: "Measure how fast weir is on this machine",
		Long: `Starts a server of its own for each measurement, over a new data directory and with the
defaults, drives it over its API, and prints what it did and what that took. The client takes
its share of the same processors; what it took is told, too. The workloads are, and without a
WORKLOAD all but growth are measured:

` + benchWorkloads() + `
With --engine there is no server and no HTTP: an engine in this process is driven, and the
figures are those of both. recover, cold and tail are about servers, and are left out then.

The data is removed, unless --keep or --data is given. What is measured is the disk of the
directory of temporary files, TMPDIR, or of --data; one in memory measures nothing.

With --json each workload is one line of JSON, with where it was measured.`,
		Example: `  weir bench
  weir bench linear --nodes http --concurrency 16
  weir bench linear --checkpoint --json
  weir bench growth --along runs --most 1000000
  weir bench burst --profiles profiles`,
		Args: benchArguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg.stdout, cfg.stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
			for _, name := range []string{"runs", "concurrency", "tails", "most"} { // left away they are 0, which stands for what is usual
				if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "0" {
					return usagef("--%s must be above zero", name)
				}
			}
			return runBench(cmd.Context(), cfg, args)
		},
		ValidArgs: bench.Names(),
	}
	flags := cmd.Flags()
	flags.StringVar((*string)(&cfg.Nodes), "nodes", string(bench.Scripts), "what the nodes of linear, burst, recover and growth are: script, tool (a pure one) or http (a request)")
	flags.BoolVar(&cfg.Checkpoint, "checkpoint", false, "each of these nodes waits until everything before it is durable")
	flags.IntVar(&cfg.Runs, "runs", 0, "how many runs there are, or starts of cold (default what takes some seconds)")
	flags.IntVar(&cfg.Concurrency, "concurrency", 0, "how many clients there are, or appenders of append (default what each workload says)")
	flags.IntSliceVar(&cfg.Steps, "steps", nil, "how many steps a run of loop, or of growth along state, has (default 1000,10000; 10000)")
	flags.IntVar(&cfg.Tails, "tails", 0, "how many tails tail has (default 1000)")
	flags.StringSliceVar(&cfg.Along, "along", nil, "what growth is measured along: "+strings.Join(bench.Curves(), ", ")+" (default all)")
	flags.IntVar(&cfg.Most, "most", 0, "how far the curves of growth go, in steps of ten (default what takes some minutes)")
	flags.DurationVar(&cfg.Duration, "duration", bench.DurationDefault, "for how long is measured what no number of runs ends")
	flags.BoolVar(&cfg.InProcess, "engine", false, "drive an engine in this process, without a server")
	flags.StringVar(&cfg.Profiles, "profiles", "", profiles.Help+", below it one for each server")
	flags.StringVar(&cfg.Dir, "data", "", "directory that gets the data, and keeps it (default that of temporary files)")
	flags.BoolVar(&cfg.Keep, "keep", false, "keep the data, in the directory of temporary files")
	flags.BoolVar(&cfg.asJSON, "json", false, "print one JSON object a workload")
	return cmd
}

// benchWorkloads lists the workloads for the help.
func benchWorkloads() string {
	var text strings.Builder
	for _, name := range bench.Names() {
		fmt.Fprintf(&text, "  %-8s %s\n", name, bench.About(name))
	}
	return text.String()
}

func benchArguments(_ *cobra.Command, args []string) error {
	for _, name := range args {
		if !slices.Contains(bench.Names(), name) {
			return usagef("there is no workload %q; the workloads are %s", name, strings.Join(bench.Names(), ", "))
		}
	}
	return nil
}

// check completes what the flags have set, and names the workloads to measure.
func (c *benchConfig) check(names []string) ([]string, error) {
	switch {
	case !slices.Contains([]bench.Nodes{bench.Scripts, bench.Tools, bench.HTTP}, c.Nodes):
		return nil, usagef("--nodes %q is none of script, tool and http", c.Nodes)
	case c.Runs < 0 || c.Concurrency < 0 || c.Tails < 0 || c.Most < 0 || c.Duration <= 0 || slices.ContainsFunc(c.Steps, func(n int) bool { return n < 1 }):
		return nil, usagef("--runs, --concurrency, --steps, --tails, --most and --duration must be above zero")
	}
	for _, along := range c.Along {
		if !slices.Contains(bench.Curves(), along) {
			return nil, usagef("--along %q is none of %s", along, strings.Join(bench.Curves(), ", "))
		}
	}
	all := len(names) == 0
	if all {
		names = bench.Usual()
	}
	if alongState := len(c.Along) == 0 || slices.Contains(c.Along, "state"); alongState && slices.Contains(names, "growth") && len(c.Steps) > 0 && c.Steps[0] < 2 {
		return nil, usagef("--steps must begin with 2 or more for growth along state: what a step costs is found beside a run of one step")
	}
	if c.InProcess {
		if about := slices.IndexFunc(names, bench.NeedsServer); about >= 0 && !all {
			return nil, usagef("%s is about a server; leave --engine away", names[about])
		}
		names = slices.DeleteFunc(names, bench.NeedsServer)
		if about := slices.IndexFunc(c.Along, bench.CurveNeedsServer); about >= 0 {
			return nil, usagef("growth along %s is about a server; leave --engine away", c.Along[about])
		}
		if len(c.Along) == 0 {
			c.Along = slices.DeleteFunc(bench.Curves(), bench.CurveNeedsServer)
		}
	}
	return names, nil
}

func runBench(ctx context.Context, cfg benchConfig, names []string) (err error) {
	names, err = cfg.check(names)
	if err != nil {
		return err
	}
	if cfg.Program, err = os.Executable(); err != nil {
		return fmt.Errorf("finding this program, to execute it as a server: %w", err)
	}
	cfg.Command = strings.Join(append([]string{"weir"}, os.Args[1:]...), " ")
	version := readVersion()
	cfg.Version, cfg.Revision = version.Version, version.Revision
	cfg.Progress = printer(cfg.stderr)
	cfg.Made = func(dir string) {
		onAbandon(ctx, func() {
			if err := os.RemoveAll(dir); err != nil { // a server may be writing to it still
				cfg.Progress(fmt.Sprintf("%s stays: %v", dir, err))
			}
		})
	}
	cfg.Open = func(ctx context.Context, dir string) (*bench.Engine, error) {
		e, err := open(withoutAbandon(ctx), engineConfig{dir: dir, allowPrivateHTTP: true, logger: quietLogger(cfg.stderr), tell: printer(cfg.stderr)})
		if err != nil {
			return nil, err
		}
		return &bench.Engine{System: e.system, Store: e.store, Close: func() error { return e.close(ctx) }}, nil
	}
	return bench.Run(ctx, cfg.Config, names, func(r bench.Result) error {
		if cfg.asJSON {
			return printJSON(cfg.stdout, r)
		}
		return bench.WriteTable(cfg.stdout, r)
	})
}
