package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/scripts"
)

// tryConfig is what the argument and flags of try set.
type tryConfig struct {
	script            string // "" for the one of the run
	state, input, ctx string
	server, run       string
	visit, isolation  string
	attempt, item     int
	asJSON            bool
	limits            limitFlags
}

func newTryCommand() *cobra.Command {
	var cfg tryConfig
	cmd := &cobra.Command{
		Use:   "try [SCRIPT]",
		Short: "Run a script once over a state, and record nothing",
		Long: `Runs a node's script once over a state, without a server, and shows what it returned, how it
changed the state, what it wrote and how long it took. SCRIPT is a file in JavaScript or
TypeScript, which may import from the current folder; - reads standard input.

--state, --input and --ctx are files; - is standard input, and what begins with { is the JSON itself.
--ctx sets what ctx says: run, node, visit, attempt, now, error.

With --from-run and --visit the script sees what a visit on a server really saw: state, input, ctx and the item
of a map, as the run's events tell. What it would have changed is shown as the run would have recorded it.
Without SCRIPT the node's own script is run again, and compared with what was recorded.

The script runs in this process; with --isolation process, or where the run's workflow says so, in one of its own,
which contains what no limit stops.

Exits with 2 when the script does not compile or a file is not valid, with 3 when the script fails, or
does not do again what was recorded.`,
		Example: `  weir try steps/score.ts --state state.json
  weir try score.js --state '{"n": 1}' --input input.json --ctx '{"visit": 2}'
  weir try score.ts --from-run review-7 --visit score/3
  weir try --from-run review-7 --visit each/1 --item 4`,
		Args: arguments("at most one SCRIPT", 0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			if len(args) > 0 {
				cfg.script = args[0]
			}
			return runTry(cmd.Context(), cfg, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.state, "state", "", "the state that the script sees; {} where it is not given")
	flags.StringVar(&cfg.input, "input", "", "the run's input that it sees; {} where it is not given")
	flags.StringVar(&cfg.ctx, "ctx", "", "what ctx says")
	flags.StringVar(&cfg.run, "from-run", "", "the run whose visit is to be looked back at")
	flags.StringVar(&cfg.visit, "visit", "", "the visit, as NODE/NUMBER")
	flags.IntVar(&cfg.attempt, "attempt", 0, "which attempt of the visit; the last where it is not given")
	flags.IntVar(&cfg.item, "item", 0, "which item of a map, from 1")
	flags.StringVar(&cfg.isolation, "isolation", "", "where the script runs: in-process, or process for a process of its own (default as the run's workflow says, else in-process)")
	flags.StringVar(&cfg.server, "server", "http://127.0.0.1:8000", "where the server is that has the run")
	flags.BoolVar(&cfg.asJSON, "json", false, "print one JSON object")
	cfg.limits.register(flags)
	fromEnvironment(flags, "server")
	return cmd
}

func runTry(ctx context.Context, cfg tryConfig, stdin io.Reader, stdout io.Writer) error {
	if err := cfg.check(); err != nil {
		return err
	}
	var source actors.Source
	if cfg.script != "" {
		var err error
		if source, err = readScript(cfg.script, stdin); err != nil {
			return &codeError{exitInvalid, err}
		}
	}
	if cfg.run != "" {
		return tryPast(ctx, cfg, source, stdout)
	}
	scope, err := cfg.scope(stdin)
	if err != nil {
		return &codeError{exitInvalid, err}
	}
	t := trial{Script: source.File, source: source}
	engines, processes, err := cfg.engines()
	if err != nil {
		return err
	}
	defer processes.Close() //nolint:errcheck // it never fails
	engine := engines(nil)
	script, err := engine.Compile(codeOf(source))
	if err != nil {
		return t.refused(err, stdout, cfg.asJSON)
	}
	if err := engine.Ready(ctx); err != nil {
		return err
	}
	t.began = time.Now()
	tried, err := actors.Try(ctx, script, scope)
	t.ran(err)
	if err == nil {
		t.returned(tried.Returned, tried.HasReturned)
		t.changed(tried.Patch, tried.State)
		t.wrote(tried.Console)
		t.took(tried.Took)
	}
	return t.print(stdout, cfg.asJSON)
}

// check refuses flags that do not go together.
func (c *tryConfig) check() error {
	switch {
	case c.run == "" && c.script == "":
		return usagef("try needs a SCRIPT, or a run to look back at: --from-run RUN --visit NODE/NUMBER")
	case c.run == "" && (c.visit != "" || c.attempt != 0 || c.item != 0):
		return usagef("--visit, --attempt and --item are about a run; name it with --from-run")
	case c.run != "" && c.visit == "":
		return usagef("--from-run needs --visit NODE/NUMBER, such as --visit score/3")
	case c.run != "" && (c.state != "" || c.input != "" || c.ctx != ""):
		return usagef("--from-run tells state, input and ctx; leave out --state, --input and --ctx")
	case c.attempt < 0 || c.item < 0:
		return usagef("--attempt and --item count from 1")
	case c.isolation != "" && c.isolation != scriptsInProcess && c.isolation != scriptsProcess:
		return usagef("--isolation %q: write %s or %s", c.isolation, scriptsInProcess, scriptsProcess)
	}
	return nil
}

// engines returns what has the engine for the scripts of a workflow, nil for none, and the processes that the caller closes.
func (c *tryConfig) engines() (of func(*workflow.Definition) *scripts.Engine, processes *scripts.Pool, err error) {
	limits, err := c.limits.limits()
	if err != nil {
		return nil, nil, err
	}
	here := scripts.New(limits)
	processes = scripts.NewPool(scripts.PoolConfig{Size: 1, Limits: limits})
	apart := here.Isolated(processes)
	return func(d *workflow.Definition) *scripts.Engine {
		if c.isolation == scriptsProcess || c.isolation == "" && d != nil && d.Isolated {
			return apart
		}
		return here
	}, processes, nil
}

// scope is what the script sees.
func (c *tryConfig) scope(stdin io.Reader) (scope scripts.Scope, err error) {
	if scope.State, err = readObject("--state", c.state, stdin); err != nil {
		return scope, err
	}
	if scope.Input, err = readObject("--input", c.input, stdin); err != nil {
		return scope, err
	}
	said, err := readObject("--ctx", c.ctx, stdin)
	if err != nil {
		return scope, err
	}
	for _, each := range []document.Value{scope.State, scope.Input} {
		if err := workflow.CheckKeys(each); err != nil {
			return scope, err
		}
	}
	scope.Ctx, err = contextOf(said)
	return scope, err
}

// contextOf reads what ctx is to say.
func contextOf(said document.Value) (scripts.Context, error) {
	c := scripts.Context{Run: "try", Node: "try", Visit: 1, Attempt: 1, Now: time.Now(), Error: document.Null}
	for key, v := range said.Members() {
		var ok bool
		switch key {
		case "run":
			c.Run, ok = v.AsString()
		case "node":
			c.Node, ok = v.AsString()
		case "visit":
			c.Visit, ok = countOf(v)
		case "attempt":
			c.Attempt, ok = countOf(v)
		case "now":
			var text string
			if text, ok = v.AsString(); ok {
				at, err := time.Parse(time.RFC3339, text)
				c.Now, ok = at, err == nil
			}
		case "error":
			c.Error, ok = v, v.IsNull() || v.Kind() == document.KindObject
		default:
			return c, fmt.Errorf("--ctx: a script's ctx has no %q; it has run, node, visit, attempt, now and error", key)
		}
		if !ok {
			return c, fmt.Errorf("--ctx: %s cannot be %s: run and node are texts, visit and attempt count from 1, now is a time as 2026-11-02T09:30:00Z, error an object or null", key, v)
		}
	}
	return c, nil
}

func countOf(v document.Value) (int, bool) {
	n, ok := v.AsInt()
	return int(n), ok && n > 0 && n < 1<<31
}

// readObject reads an object from a file, standard input or the flag itself; the empty one where nothing is given.
func readObject(flag, value string, stdin io.Reader) (document.Value, error) {
	text, from := []byte(value), flag
	var err error
	switch {
	case value == "":
		return document.Object(), nil
	case value == "-":
		from = "standard input"
		text, err = readAll(stdin, from)
	case !strings.HasPrefix(strings.TrimSpace(value), "{"):
		from = strings.TrimPrefix(value, "@")
		text, err = readFile(from)
	}
	if err != nil {
		return document.Null, err
	}
	v, err := document.Parse(text)
	if err != nil {
		return document.Null, fmt.Errorf("%s: %w", from, err)
	}
	if v.Kind() != document.KindObject {
		return document.Null, fmt.Errorf("%s: %s must be a JSON object such as {\"name\": \"Ada\"}", from, flag)
	}
	return v, nil
}

// readScript reads a script and what it imports. It imports from the current folder, where it lies in that, else from its own.
func readScript(name string, stdin io.Reader) (actors.Source, error) {
	source, err := readSource(name, stdin)
	if err != nil || name == "-" {
		return source, err
	}
	dir, file := ".", path.Clean(filepath.ToSlash(name))
	if !filepath.IsLocal(name) {
		dir, file = filepath.Dir(name), filepath.Base(name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return actors.Source{}, unreadable(dir, err)
	}
	defer root.Close() //nolint:errcheck // nothing was written
	folder := scriptFolder{root: root, texts: map[string]string{}}
	source.File, source.Files = file, folder.texts
	return source, folder.imports(codeOf(source))
}

// codeOf is a script as an engine takes it.
func codeOf(source actors.Source) scripts.Code {
	return scripts.Code{
		Source: string(source.Data), Origin: scripts.Origin{File: source.File, Line: 1, Column: 1, Block: true}, Folder: scripts.Files(source.Files),
	}
}

// scriptFailure returns the error of a script that an error is, nil where it is none.
func scriptFailure(err error) *scripts.Error {
	var failed *scripts.Error
	if errors.As(err, &failed) {
		return failed
	}
	return nil
}
