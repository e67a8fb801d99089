package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/actors/rehearsal"
	"github.com/weirflow/weir/actors/workflow"
)

// testConfig is what the flags of test set, and where it writes.
type testConfig struct {
	paths           []string
	run, junit      string
	minCover        int
	limits          limitFlags
	asJSON, verbose bool
	cover, schema   bool
	stdout, stderr  io.Writer
	selected        *regexp.Regexp
}

func newTestCommand() *cobra.Command {
	var cfg testConfig
	cmd := &cobra.Command{
		Use:   "test [PATH...]",
		Short: "Run the tests of workflows",
		Long: `Runs the tests in files named like flow_test.yaml, each about the workflow beside it, here
flow.yaml. A test says what a run is given, what its tools answer and what shall become of it.
Nothing is called that is not pure, nothing is stored, and time is skipped, not slept.

PATH is a file, or a folder whose files of tests, and those below it, are run; without one it
is the current folder. At the end it is told which nodes and edges of each workflow no test
has come to.

With --json it prints one object a test, and at the end one with the counts and the coverage.

Exits with 0 when every test has passed, 2 when a file is not valid, 3 when a test has failed
or a workflow is covered less than --min-cover wants.`,
		Example: `  weir test
  weir test flows/order_test.yaml --run refund -v
  weir test --junit report.xml --min-cover 80
  weir test --schema > weir-test.schema.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg.paths, cfg.stdout, cfg.stderr = args, cmd.OutOrStdout(), cmd.ErrOrStderr()
			if cfg.schema {
				if err := noArguments(cmd, args); err != nil {
					return err
				}
				_, err := cfg.stdout.Write(workflow.TestsSchema())
				return err
			}
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return runTest(cmd.Context(), cfg)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.run, "run", "", "run only the tests whose name this regular expression matches")
	flags.StringVar(&cfg.junit, "junit", "", "also write the results to this file, as JUnit does")
	flags.BoolVar(&cfg.cover, "cover", false, "list every node and edge that is not covered, not only how many")
	flags.IntVar(&cfg.minCover, "min-cover", 0, "fail where fewer of a hundred nodes and edges of a workflow are covered")
	flags.BoolVarP(&cfg.verbose, "verbose", "v", false, "tell every event")
	flags.BoolVar(&cfg.asJSON, "json", false, "print one JSON object a test, then the coverage")
	cfg.limits.register(flags)
	flags.BoolVar(&cfg.schema, "schema", false, "print the JSON Schema of files of tests, for editors")
	return cmd
}

func runTest(ctx context.Context, cfg testConfig) error {
	var err error
	if cfg.selected, err = regexp.Compile(cfg.run); err != nil {
		return usagef("--run %q is no regular expression: %w", cfg.run, err)
	}
	if cfg.minCover < 0 || cfg.minCover > 100 {
		return usagef("--min-cover %d: write a number from 0 to 100", cfg.minCover)
	}
	limits, err := cfg.limits.limits()
	if err != nil {
		return err
	}
	files, err := testFiles(cfg.paths)
	if err != nil {
		return err
	}
	shelf, err := newShelf(limits)
	if err != nil {
		return err
	}
	scripts, err := readScripts(cfg, shelf, files)
	if err != nil {
		return err
	}
	report, err := rehearse(ctx, cfg, shelf.company, scripts)
	if err != nil {
		return err
	}
	report.coverage = shelf.coverage()
	if err := printCoverage(cfg, report); err != nil {
		return err
	}
	if cfg.junit != "" {
		if err := writeJUnit(cfg.junit, report); err != nil {
			return err
		}
	}
	if report.failed > 0 || !report.covered(cfg.minCover) {
		return &codeError{exitFailed, nil}
	}
	return nil
}

// testScript is a file of tests with the workflow that they are of.
type testScript struct {
	file  string
	play  *play
	tests []workflow.Test
}

// readScripts reads all files of tests. Where one is not valid, the problems of all are printed.
func readScripts(cfg testConfig, shelf *shelf, files []string) (all []testScript, err error) {
	invalid := false
	for _, file := range files {
		script, problems, err := shelf.readTests(file)
		if err != nil {
			return nil, &codeError{exitInvalid, err}
		}
		printProblems(cfg.stderr, shelf.sourceOf(file), problems)
		if problems.HasErrors() {
			invalid = true
			if cfg.asJSON {
				err = printJSON(cfg.stdout, checked{File: file, Problems: problems})
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		script.tests = slices.DeleteFunc(script.tests, func(t workflow.Test) bool { return !cfg.selected.MatchString(t.Name) })
		all = append(all, script)
	}
	if invalid {
		return nil, &codeError{exitInvalid, nil}
	}
	return all, nil
}

// tested is what one test has come to.
type tested struct {
	file   string
	test   *workflow.Test
	of     *workflow.Definition
	result rehearsal.Result
	took   time.Duration
}

// testReport is what all tests have come to.
type testReport struct {
	tests    []tested
	failed   int
	took     time.Duration
	coverage []covered
}

// rehearse carries out the tests, and tells of each.
func rehearse(ctx context.Context, cfg testConfig, company *rehearsal.Company, all []testScript) (*testReport, error) {
	report, begun := &testReport{}, time.Now()
	for _, script := range all {
		if len(script.tests) > 0 && !cfg.asJSON {
			fmt.Fprintln(cfg.stdout, paletteFor(cfg.stdout).bold(script.file))
		}
		for i := range script.tests {
			t := tested{file: script.file, test: &script.tests[i], of: script.play.definition}
			started := time.Now()
			var err error
			t.result, err = company.Rehearse(ctx, rehearsal.Play{Definition: t.of, Workflow: script.play.find, Test: *t.test})
			if err != nil {
				return nil, err
			}
			t.took = time.Since(started)
			script.play.cover(&t.result)
			if !t.result.Passed() {
				report.failed++
			}
			if err := printTested(cfg, &t); err != nil {
				return nil, err
			}
			report.tests = append(report.tests, t)
		}
	}
	report.took = time.Since(begun)
	if len(report.tests) == 0 {
		return nil, errors.New("no test has a name that --run matches")
	}
	return report, nil
}

// writeJUnit writes the results to a file.
func writeJUnit(name string, report *testReport) error {
	data, err := junit(report)
	if err == nil {
		err = os.WriteFile(name, data, 0o644) //nolint:gosec // a report is for whoever reads it
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
