package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/tools"
	"github.com/weirflow/weir/api"
	"github.com/weirflow/weir/cmd/internal/profiles"
	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/runindex"
	"github.com/weirflow/weir/scripts"
)

// What stands beside the store in the data directory, and may be deleted while nobody has it open.
const (
	indexName     = "runs.db"   // the list of runs
	snapshotsName = "snapshots" // the states of long runs
)

// engineConfig is what can be set about an engine.
type engineConfig struct {
	dir              string          // "": a temporary directory that close removes
	nats             string          // host:port, "" for none
	sync             eventstore.Sync // "": the barrier
	allowPrivateHTTP bool
	retention        actors.Retention
	toolLimits       map[string]tools.Limit
	scripts          scriptConfig
	unscheduled      bool // the schedules of workflows start nothing
	logger           *slog.Logger
	tell             func(text string) // where an orderly stop says what it waits for; nil: the logger
}

// engine is everything that runs workflows, wired together.
type engine struct {
	dir       string
	temporary bool
	store     *eventstore.Store
	index     *runindex.Index
	processes *scripts.Pool
	system    *actors.System
	tell      func(text string)
}

// open wires an engine over the data directory and takes up every run that was open there.
func open(ctx context.Context, cfg engineConfig) (e *engine, err error) {
	registry, err := tools.NewRegistry(tools.Builtin(tools.Options{AllowPrivateHTTP: cfg.allowPrivateHTTP})...)
	if err != nil {
		return nil, fmt.Errorf("registering the built-in tools: %w", err)
	}
	e = &engine{tell: cfg.tell}
	if e.tell == nil {
		e.tell = func(text string) { cfg.logger.Warn(text) } //nolint:sloglint // a whole sentence for people
	}
	if e.dir, e.temporary, err = dataDir(cfg.dir); err != nil {
		return nil, err
	}
	onAbandon(ctx, e.abandon)
	e.store, err = eventstore.Open(ctx, eventstore.Config{
		Dir: e.dir, Listen: cfg.nats, Sync: cfg.sync, Logger: cfg.logger,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the store in %s: %w", e.dir, err), e.remove())
	}
	profiles.KeepWaits()
	e.index, err = runindex.Open(ctx, runindex.Config{Path: filepath.Join(e.dir, indexName), Store: e.store.ID(), Logger: cfg.logger})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the list of runs in %s: %w", e.dir, err), e.store.Close(), e.remove())
	}
	e.processes = scripts.NewPool(scripts.PoolConfig{Size: cfg.scripts.workers, Limits: cfg.scripts.limits, Logger: cfg.logger})
	runner := scripts.New(cfg.scripts.limits)
	if cfg.scripts.isolation == scriptsProcess {
		runner = runner.Isolated(e.processes)
	}
	if err := runner.Ready(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("--scripts %s cannot be had here: %w", scriptsProcess, err), e.processes.Close(), e.index.Close(), e.store.Close(), e.remove()) //nolint:contextcheck // closing waits for nobody
	}
	e.system, err = actors.Open(ctx, actors.Config{
		Store: e.store, Index: e.index, Tools: registry, Scripts: runner, Processes: e.processes, Logger: cfg.logger,
		Snapshots: eventstore.OpenSnapshots(filepath.Join(e.dir, snapshotsName)), Retention: cfg.retention, Unscheduled: cfg.unscheduled, ToolLimits: cfg.toolLimits,
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("taking up the runs in %s: %w", e.dir, err), e.processes.Close(), e.index.Close(), e.store.Close(), e.remove()) //nolint:contextcheck // closing waits for nobody
	}
	return e, nil
}

// dataDir returns the absolute path of the data directory, and makes a temporary one for "".
func dataDir(wanted string) (dir string, temporary bool, err error) {
	if wanted == "" {
		if dir, err = os.MkdirTemp("", "weir-"); err != nil {
			return "", false, fmt.Errorf("making a temporary directory; TMPDIR says where: %w", err)
		}
		return dir, true, nil
	}
	dir, err = filepath.Abs(wanted)
	return dir, false, err
}

// serveConfig is what the flags of serve set.
type serveConfig struct {
	data, http, nats, sync string
	allowHosts             []string
	allowPrivateHTTP       bool
	keep                   []string
	toolLimits, toolRates  []string
	archive, profiles      string
	scripts                scriptFlags
	log                    logConfig
}

func newServeCommand() *cobra.Command {
	var cfg serveConfig
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the API and run workflows",
		Long: `Serves the HTTP API and, for NATS clients, the events of every run, and takes up the runs
that were open when it last ended. Without authentication it listens on loopback addresses only.

A first Ctrl-C or SIGTERM lets open requests and appends finish. What keeps it from ending is
named soon, and left behind after 10 seconds. A second one ends at once, with 130. Either way
nothing that was accepted is lost, and open runs go on at the next start.`,
		Example: `  weir serve
  weir serve --data /var/lib/weir --http 127.0.0.1:9000 --nats off
  WEIR_LOG_FORMAT=json weir serve`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return runServe(cmd.Context(), cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.data, "data", "weir-data", "directory that holds everything weir keeps")
	flags.StringVar(&cfg.http, "http", "127.0.0.1:8000", "address of the HTTP API; port 0 takes a free one")
	flags.StringVar(&cfg.nats, "nats", "127.0.0.1:4222", "address for NATS clients; port 0 takes a free one, off has none")
	flags.StringVar(&cfg.sync, "sync", string(eventstore.SyncBarrier), "how commits become durable: barrier (one sync for all that wait, on Linux) or always (one sync each)")
	flags.StringSliceVar(&cfg.allowHosts, "allow-host", nil, "names, beside localhost, that clients may call the API by, as behind a proxy (repeatable)")
	flags.BoolVar(&cfg.allowPrivateHTTP, "allow-private-http", false, "let http.request reach private and loopback addresses")
	flags.StringSliceVar(&cfg.toolLimits, "tool-limit", nil, "how many calls of a tool may be made at once, as http.request=20 (repeatable)")
	flags.StringSliceVar(&cfg.toolRates, "tool-rate", nil, "how many calls of a tool may begin in a span of time, as http.request=100/1m (repeatable)")
	flags.StringSliceVar(&cfg.keep, "keep", nil, "which ended runs keep their events, as completed=720h (younger ones) or failed=10000 (the latest); also cancelled and ended (repeatable; default all)")
	flags.StringVar(&cfg.archive, "archive", "", "directory that gets the events of runs before --keep lets go of them")
	flags.StringVar(&cfg.profiles, "profiles", "", profiles.Help)
	cfg.scripts.register(flags)
	cfg.log.register(flags)
	fromEnvironment(flags, "data", "http", "nats", "sync", "allow-host", "allow-private-http", "tool-limit", "tool-rate", "keep", "archive", "profiles", "scripts", "script-workers", "log-format", "log-level")
	return cmd
}

func runServe(ctx context.Context, cfg serveConfig, stdout, stderr io.Writer) error {
	logger, err := cfg.log.logger(stderr)
	if err != nil {
		return err
	}
	if cfg.data == "" {
		return usagef("--data must name a directory")
	}
	keep, err := parseKeep(cfg.keep)
	if err != nil {
		return err
	}
	limits, err := parseToolLimits(cfg.toolLimits, cfg.toolRates)
	if err != nil {
		return err
	}
	scripts, err := cfg.scripts.config()
	if err != nil {
		return err
	}
	if cfg.archive != "" && len(keep) == 0 {
		return usagef("--archive goes with --keep, which says which runs are let go of")
	}
	nats, err := natsAddress(ctx, cfg.nats)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, "http", cfg.http)
	if err != nil {
		return err
	}
	profiled, err := profiles.Start(cfg.profiles)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	engine, err := open(ctx, engineConfig{
		dir: cfg.data, nats: nats, sync: eventstore.Sync(cfg.sync), allowPrivateHTTP: cfg.allowPrivateHTTP, logger: logger,
		retention: actors.Retention{Keep: keep, Archive: cfg.archive}, toolLimits: limits, scripts: scripts,
	})
	if err != nil {
		return errors.Join(err, listener.Close(), profiled())
	}
	server := serveHTTP(engine, listener, logger, cfg.allowHosts...)
	mode, _ := engine.store.Sync()
	if cfg.log.format == logFormatJSON {
		logger.LogAttrs(ctx, slog.LevelInfo, "ready", slog.String("http", server.url), slog.String("nats", engine.store.NATSAddr()),
			slog.String("data", engine.dir), slog.String("sync", string(mode)))
	} else {
		printReady(stdout, server.url, engine.store.NATSAddr(), engine.dir, mode)
	}
	err = server.wait(ctx, engine.store)
	return errors.Join(err, server.shutdown(ctx), unsaid(engine.close(ctx), err), profiled())
}

// printReady says where everything is.
func printReady(out io.Writer, url, nats, dir string, sync eventstore.Sync) {
	p := paletteFor(out)
	fmt.Fprintf(out, "%s\n", p.bold("weir is ready"))
	fmt.Fprintf(out, "  API   %s\n", p.cyan(url+"/v1"))
	fmt.Fprintf(out, "  docs  %s\n", p.cyan(url+"/docs"))
	if nats != "" {
		fmt.Fprintf(out, "  NATS  %s  %s\n", p.cyan("nats://"+nats), p.faint("subscribe to weir.events.>"))
	}
	fmt.Fprintf(out, "  data  %s  %s\n", dir, p.faint("sync "+string(sync)))
	fmt.Fprintln(out, "Ctrl-C stops it.")
}

// httpServer is the API on a listener.
type httpServer struct {
	server *api.Server
	tell   func(text string)
	url    string
	served chan error
}

// serveHTTP starts to answer requests; wait and then shutdown end it.
func serveHTTP(e *engine, listener net.Listener, logger *slog.Logger, allowHosts ...string) *httpServer {
	s := &httpServer{
		server: api.New(api.Config{
			System: e.system, Store: e.store, Logger: logger, Version: readVersion().Version, AllowedHosts: allowHosts,
		}),
		tell:   e.tell,
		url:    "http://" + listener.Addr().String(),
		served: make(chan error, 1),
	}
	listener = bound(listener, connectionsMax(openFilesMax()), logger)
	go func() { s.served <- s.server.Serve(listener) }()
	return s
}

// wait returns when ctx ends, or with an error when the server or the store cannot go on.
func (s *httpServer) wait(ctx context.Context, store *eventstore.Store) error {
	health := time.NewTicker(time.Second)
	defer health.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.served:
			s.served <- nil
			return fmt.Errorf("serving HTTP: %w", err)
		case <-health.C:
			if err := store.Health(); err != nil {
				return fmt.Errorf("the store cannot go on; what was acknowledged is kept: %w", err)
			}
		}
	}
}
