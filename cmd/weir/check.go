package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

func newCheckCommand() *cobra.Command {
	var asJSON, schema bool
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check workflow files and print everything that is wrong with them",
		Long: `Checks workflow files as saving them would: shape, names, tools, edges and every script.
Prints all problems at once, each with the line it is about and what to write instead.
FILE is YAML or JSON; - reads standard input.

Exits with 2 when a file has an error; warnings alone are fine.`,
		Example: `  weir check flow.yaml
  weir check --json flows/*.yaml
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
			return runCheck(cmd.Context(), args, asJSON, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a file")
	cmd.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of workflow files, for editors")
	return cmd
}

// checked is what `weir check --json` prints of one file.
type checked struct {
	File     string            `json:"file"`
	OK       bool              `json:"ok"`
	Workflow string            `json:"workflow,omitempty"`
	Nodes    int               `json:"nodes,omitempty"`
	Problems workflow.Problems `json:"problems"`
}

func runCheck(ctx context.Context, files []string, asJSON bool, stdin io.Reader, stdout, stderr io.Writer) (err error) {
	engine, err := open(ctx, engineConfig{logger: quietLogger(stderr), tell: printer(stderr)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.close(ctx)) }()
	invalid := false
	for _, file := range files {
		source, err := readWorkflow(file, stdin)
		if err != nil {
			return &codeError{exitInvalid, err}
		}
		definition, problems := engine.system.Check(source)
		invalid = invalid || problems.HasErrors()
		if asJSON {
			if err := printCheckedJSON(stdout, source.File, definition, problems); err != nil {
				return err
			}
			continue
		}
		printProblems(stdout, source, problems)
		if definition != nil {
			fmt.Fprintf(stdout, "%s: workflow %s is fine, %s\n", source.File, definition.Name, count(len(definition.Nodes), "node"))
		}
	}
	if invalid {
		return &codeError{exitInvalid, nil}
	}
	return nil
}

func printCheckedJSON(out io.Writer, file string, definition *workflow.Definition, problems workflow.Problems) error {
	result := checked{File: file, OK: !problems.HasErrors(), Problems: problems}
	if problems == nil {
		result.Problems = workflow.Problems{}
	}
	if definition != nil {
		result.Workflow, result.Nodes = definition.Name, len(definition.Nodes)
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(result)
}

// problemsError turns what saving a workflow refused into exit code 2, with every problem printed.
func problemsError(out io.Writer, source actors.Source, err error) error {
	var problems workflow.Problems
	if !errors.As(err, &problems) {
		return err
	}
	printProblems(out, source, problems)
	return &codeError{exitInvalid, fmt.Errorf("%s is not a valid workflow: %s", source.File, count(len(problems.Errors()), "error"))}
}

// count is a number with its noun: "1 node", "2 fixes".
func count(n int, what string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(what, "x"):
		what += "es"
	default:
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
