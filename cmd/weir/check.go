package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/scripts"
)

func newCheckCommand() *cobra.Command {
	var asJSON, schema bool
	var limits limitFlags
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check workflow files, scripts and files of tests, and print everything that is wrong with them",
		Long: `Checks workflow files as saving them would: shape, names, tools, edges and every script.
Prints all problems at once, each with the line it is about and what to write instead.
What runs and is most likely not meant is a warning: names that nothing has, code that is
never reached, = for === in a condition. FILE is YAML or JSON, or a script by itself (.ts,
.js, .mjs), which may import from the current folder, or one of tests, as weir test runs them (flow_test.yaml);
- reads standard input. Files that are checked together may run each other's workflows.

With --json it prints one object a file:
{"file": …, "ok": …, "workflow": …, "nodes": …, "tests": …, "schedules": […], "problems": [{"file": …, "line": …, "message": …}]}.

Exits with 2 when a file has an error or cannot be read; warnings alone are fine.`,
		Example: `  weir check flow.yaml
  weir check --json flows/*.yaml
  weir check steps/score.ts
  weir check --schema > weir.schema.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if schema {
				return noArguments(cmd, args)
			}
			return arguments("at least one FILE", 1, -1)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if schema {
				_, err := cmd.OutOrStdout().Write(workflow.Schema())
				return err
			}
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return runCheck(cmd.Context(), args, asJSON, limits, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a file")
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of workflow files, for editors")
	limits.register(cmd.Flags())
	return cmd
}

// checked is what `weir check --json` prints of one file. Where a command has no result to print, --json
// prints one without a workflow: OK is false, and Problems says why.
type checked struct {
	File      string            `json:"file,omitempty"`
	OK        bool              `json:"ok"`
	Workflow  string            `json:"workflow,omitempty"`
	Nodes     int               `json:"nodes,omitempty"`
	Tests     int               `json:"tests,omitempty"`
	Schedules []upcoming        `json:"schedules,omitempty"`
	Problems  workflow.Problems `json:"problems"`
}

// runCheck checks every file, also behind one that cannot be read.
func runCheck(ctx context.Context, files []string, asJSON bool, limits limitFlags, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	allowed, err := limits.limits()
	if err != nil {
		return err
	}
	engine, err := open(ctx, engineConfig{unscheduled: true, scripts: scriptConfig{limits: allowed}, logger: quietLogger(stderr), tell: printer(stderr)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.close(ctx)) }()
	shelf, err := newShelf(allowed)
	if err != nil {
		return err
	}
	if len(files) > 1 {
		acquaint(ctx, engine.system, files)
	}
	invalid := false
	types := typesCheck{}
	for _, file := range files {
		var source actors.Source
		var result checked
		if testFilePattern.MatchString(file) {
			source, result = checkTests(shelf, file)
		} else {
			source, result = checkFile(engine.system, types, file, stdin)
		}
		invalid = invalid || !result.OK
		if asJSON {
			if err := printJSON(stdout, result); err != nil {
				return err
			}
			continue
		}
		printProblems(stdout, source, result.Problems)
		switch {
		case result.OK && scripts.IsFile(file):
			fmt.Fprintf(stdout, "%s: the script is fine\n", source.File)
		case result.OK && result.Tests > 0:
			fmt.Fprintf(stdout, "%s: %s of workflow %s can be run\n", source.File, count(result.Tests, "test"), result.Workflow)
		case result.OK:
			fmt.Fprintf(stdout, "%s: workflow %s is fine, %s\n", source.File, result.Workflow, count(result.Nodes, "node"))
			for _, s := range result.Schedules {
				s.print(stdout)
			}
		}
	}
	if invalid {
		return &codeError{exitInvalid, nil}
	}
	return nil
}

// acquaint saves what can be saved of the files, so that each is checked beside the others. What is wrong with them is told then.
func acquaint(ctx context.Context, system *actors.System, files []string) {
	for _, file := range files {
		if file == "-" || scripts.IsFile(file) || testFilePattern.MatchString(file) {
			continue // the one can be read once, the others are no workflows
		}
		if source, err := readWorkflow(file, nil); err == nil {
			_, _, _ = system.Save(ctx, source) // the check says why not
		}
	}
}

// checkFile checks one file. That it cannot be read is a problem like any other.
func checkFile(system *actors.System, types typesCheck, file string, stdin io.Reader) (actors.Source, checked) {
	read := readWorkflow
	if scripts.IsFile(file) {
		read = readScript
	}
	source, err := read(file, stdin)
	if err != nil {
		return actors.Source{File: file}, checked{File: file, Problems: workflow.Problems{problemOf(err)}}
	}
	var definition *workflow.Definition
	var problems workflow.Problems
	if scripts.IsFile(file) {
		problems = system.CheckScript(source, false)
	} else {
		definition, problems = system.Check(source)
		problems = append(problems, types.warnings(file)...)
	}
	result := checked{File: source.File, OK: !problems.HasErrors(), Problems: problems}
	if problems == nil {
		result.Problems = workflow.Problems{}
	}
	if definition != nil {
		result.Workflow, result.Nodes = definition.Name, len(definition.Nodes)
		result.Schedules = upcomingOf(definition, time.Now())
	}
	return source, result
}

// checkTests checks a file of tests, and that the workflow that they are of is valid.
func checkTests(shelf *shelf, file string) (actors.Source, checked) {
	script, problems, err := shelf.readTests(file)
	if err != nil {
		problems = append(problems, problemOf(err))
	}
	result := checked{File: file, OK: !problems.HasErrors(), Problems: problems}
	if problems == nil {
		result.Problems = workflow.Problems{}
	}
	if result.OK {
		result.Workflow, result.Tests = script.play.definition.Name, len(script.tests)
	}
	return actors.Source{File: file, Data: shelf.sourceOf(file).Data}, result
}

// upcomingMost is how many times of a schedule are shown.
const upcomingMost = 3

// upcoming is the next times of a schedule.
type upcoming struct {
	Name   string      `json:"name"`
	Paused bool        `json:"paused"`
	Next   []time.Time `json:"next"`
}

func upcomingOf(d *workflow.Definition, now time.Time) (all []upcoming) {
	for i := range d.Schedules {
		s := &d.Schedules[i]
		u := upcoming{Name: s.Name, Paused: s.Paused, Next: []time.Time{}}
		for at := s.Table.Next(now); !at.IsZero() && len(u.Next) < upcomingMost; at = s.Table.Next(at) {
			u.Next = append(u.Next, at)
		}
		all = append(all, u)
	}
	return all
}

func (u *upcoming) print(out io.Writer) {
	times := make([]string, len(u.Next))
	for i, at := range u.Next {
		times[i] = instant(at)
	}
	paused := ""
	if u.Paused {
		paused = ", once it is not paused"
	}
	fmt.Fprintf(out, "  schedule %s: next %s%s\n", u.Name, strings.Join(times, ", "), paused)
}

// count is a number with its noun: "1 node", "2 fixes".
func count[N int | uint64](n N, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "x"):
		what += "es"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
