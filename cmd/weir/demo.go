package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
	"github.com/weirflow/weir/examples"
)

// ownSources are the files of weir itself that the demo reviews, as they were when it was compiled.
//
//go:embed demo.go narrate.go progress.go review.go run.go serve.go tail.go
var ownSources embed.FS

// demoConfig is what the flags of demo set.
type demoConfig struct {
	data, http, nats string
	exit             bool
}

func newDemoCommand() *cobra.Command {
	var cfg demoConfig
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "See weir work: it reviews some of its own source code",
		Long: `Starts everything that 'weir serve' starts, saves the workflow examples/code-review.yaml and
runs it over some of weir's own source files and a rough draft that needs mending. The events
are shown as they come, then the review. After that it keeps serving and says what to try,
until Ctrl-C.

Where the usual ports are busy it takes free ones. Without --data everything is kept in a
temporary directory and removed at the end.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.data, "data", "", "data directory (default a temporary one)")
	flags.StringVar(&cfg.http, "http", "127.0.0.1:8000", "address of the HTTP API, a free port where this one is busy")
	flags.StringVar(&cfg.nats, "nats", "127.0.0.1:4222", "address for NATS clients, a free port where this one is busy")
	flags.BoolVar(&cfg.exit, "exit", false, "end after the review")
	return cmd
}

func runDemo(ctx context.Context, cfg demoConfig, stdout, stderr io.Writer) error {
	listener, err := listenNear(ctx, "http", cfg.http)
	if err != nil {
		return err
	}
	nats, err := freeNear(ctx, "nats", cfg.nats)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	logger := quietLogger(stderr)
	engine, err := open(ctx, engineConfig{dir: cfg.data, nats: nats, logger: logger, tell: printer(stderr)})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := serveHTTP(engine, listener, logger)
	err = demonstrate(ctx, engine, stdout, func(run string) error {
		if cfg.exit {
			return nil
		}
		printInvitation(stdout, engine, server.url, run)
		return server.wait(ctx, engine.store)
	})
	return errors.Join(err, server.shutdown(ctx), unsaid(engine.close(ctx), err))
}

// freeNear returns the address if nothing listens there, or else one with a free port.
func freeNear(ctx context.Context, flag, address string) (string, error) {
	listener, err := listenNear(ctx, flag, address)
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// demonstrate runs the review, shows it and goes on with then.
func demonstrate(ctx context.Context, e *engine, stdout io.Writer, then func(run string) error) error {
	source := actors.Source{Data: examples.CodeReview, File: "examples/code-review.yaml"}
	revision, _, err := e.system.Save(ctx, source)
	if err != nil {
		return problemsError(stdout, source, err)
	}
	input, files, err := demoInput()
	if err != nil {
		return err
	}
	p := paletteFor(stdout)
	fmt.Fprintf(stdout, "%s reviews %s: some of weir's own source, and a draft that needs mending.\n\n",
		p.bold(source.File), count(files, "file"))
	view, _, err := e.system.Start(ctx, actors.StartRequest{
		Workflow: revision.Workflow, Revision: revision.Digest, Input: input, By: "weir demo",
	})
	if err != nil {
		return err
	}
	teller := narrator{out: stdout, palette: p}
	err = watch(ctx, e.system, view.Run, func(raw event.Raw) error {
		told, err := event.Decode(raw.JSON)
		if err != nil {
			return err
		}
		teller.tell(told, len(raw.JSON))
		return nil
	})
	if err != nil {
		return err
	}
	if view, err = e.system.Wait(ctx, view.Run); err != nil {
		return err
	}
	if view.Status != workflow.StatusCompleted {
		return &codeError{exitFailed, fmt.Errorf("the review is %s", view.Status)}
	}
	if err := printReview(stdout, view.State); err != nil {
		return err
	}
	return then(view.Run)
}

// demoThreshold is a score that the files reach only once the draft has been mended.
const demoThreshold = 96

// demoInput is the input of the review: the embedded sources and the draft.
func demoInput() (input document.Value, count int, err error) {
	names, err := fs.Glob(ownSources, "*.go")
	if err != nil {
		return document.Null, 0, err
	}
	files := []document.Value{demoFile("draft.go", examples.Draft)}
	for _, name := range names {
		code, err := ownSources.ReadFile(name)
		if err != nil {
			return document.Null, 0, err
		}
		files = append(files, demoFile("cmd/weir/"+name, code))
	}
	return document.Object(
		document.Member{Key: "files", Value: document.Array(files...)},
		document.Member{Key: "threshold", Value: document.Int(demoThreshold)},
	), len(files), nil
}

func demoFile(path string, code []byte) document.Value {
	return document.Object(
		document.Member{Key: "path", Value: document.String(path)},
		document.Member{Key: "code", Value: document.String(string(code))},
	)
}

// printInvitation says what can be tried while the demo keeps serving.
func printInvitation(out io.Writer, e *engine, url, run string) {
	p := paletteFor(out)
	row := func(name, text string) { fmt.Fprintf(out, "  %-10s %s\n", name, p.cyan(text)) }
	fmt.Fprintf(out, "\n%s\n", p.bold("weir keeps serving. Try:"))
	row("docs", url+"/docs")
	row("this run", "curl "+url+"/v1/runs/"+run)
	row("another", `curl -H 'Content-Type: application/json' -d '{"input":{"path":"a.go","code":"package a\n\nfunc A() { println(1) }\n"}}' `+url+"/v1/workflows/code-review/runs")
	row("WebSocket", "ws"+url[len("http"):]+"/v1/tail")
	row("", "weir tail --server "+url)
	row("NATS", "nats sub --server nats://"+e.store.NATSAddr()+" 'weir.events.>'")
	if e.temporary {
		fmt.Fprintf(out, "Ctrl-C stops it; then %s is removed.\n", e.dir)
	} else {
		fmt.Fprintf(out, "Ctrl-C stops it; everything stays in %s.\n", e.dir)
	}
}
