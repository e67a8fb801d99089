package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a mistake in the command line; the answer points at --help.
type usageError struct {
	err     error
	subject string // the command whose --help tells more; "" is the one that was called
}

// Error returns the mistake.
func (e *usageError) Error() string { return e.err.Error() }

// Unwrap returns the mistake.
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "weir",
		Short: "Durable agent workflows in a single binary",
		Long: `weir runs workflows: graphs of Go tools and JavaScript over one shared JSON state.
Every step is recorded as events in a store inside this program, so a run that was
interrupted goes on where it was.

Start with: weir demo`,
		Example: `  weir demo
  weir init greeting
  weir check flow.yaml
  weir run flow.yaml --set name=Ada
  weir try score.ts --state state.json
  weir serve --data weir-data
  weir tail`,
		Args:                       noArguments,
		SuggestionsMinimumDistance: 2,
		SilenceErrors:              true,
		SilenceUsage:               true,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err: err} })
	root.AddCommand(
		newServeCommand(), newRunCommand(), newTailCommand(), newInitCommand(), newTypesCommand(), newCheckCommand(), newTryCommand(), newTestCommand(), newBenchCommand(),
		newDemoCommand(), newVersionCommand(),
		newCancelCommand(), newPauseCommand(), newResumeCommand(), newRetryCommand(),
		newBackupCommand(), newRestoreCommand(), newSQLCommand(), newSignalCommand(), newSchedulesCommand(), newDoctorCommand(),
		newExitCodesTopic(), newEnvironmentTopic(),
	)
	root.SetHelpCommand(newHelpCommand())
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil { // cobra's own takes any word for a call for help
		completion.Args = noArguments
		completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	var version strings.Builder
	if err := printVersion(&version, readVersion(), false); err == nil {
		root.Version = readVersion().Version
		root.SetVersionTemplate(version.String())
	}
	return root
}

// newHelpCommand explains a command. Cobra's own would take an unknown one for a call for help.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			subject, rest, err := cmd.Root().Find(args)
			if err != nil {
				return &usageError{err: err}
			}
			if len(rest) > 0 {
				return unknownCommand(subject, rest[0])
			}
			subject.InitDefaultHelpFlag()
			return subject.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			subject, rest, err := cmd.Root().Find(args)
			var names []cobra.Completion
			if err == nil && len(rest) == 0 {
				for _, each := range subject.Commands() {
					if each.IsAvailableCommand() || each.IsAdditionalHelpTopicCommand() {
						names = append(names, cobra.CompletionWithDesc(each.Name(), each.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// unknownCommand names what was asked for and, where there is one, the near match.
func unknownCommand(parent *cobra.Command, name string) error {
	near := ""
	if suggestions := parent.SuggestionsFor(name); len(suggestions) > 0 {
		near = fmt.Sprintf("; did you mean %q?", suggestions[0])
	}
	_, path, _ := strings.Cut(parent.CommandPath()+" "+name, " ")
	return &usageError{fmt.Errorf("unknown command %q%s", path, near), parent.CommandPath()}
}

// newExitCodesTopic is the help page behind `weir help exit-codes`.
func newExitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes mean",
		Long: `Every command ends with one of these codes:

    0   done; for run and tail: the run completed
    1   a wrong command line, or anything that is not listed below
    2   a workflow, an input or a file is not valid
    3   the run failed; for try: the script failed, or did not do again
        what was recorded; for test: a test failed, or too little is
        covered
    4   the run was cancelled
    5   the store is damaged
  130   interrupted by Ctrl-C or SIGTERM; serve and a serving demo end
        with 0 after a first one, unless something had to be left behind
        (1), and with 130 after a second one, which waits for nothing`,
	}
}

// newEnvironmentTopic is the help page behind `weir help environment`.
func newEnvironmentTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "environment",
		Short: "What can be set by environment variables",
		Long: `A flag whose help names a variable can be set by it; the flag itself wins.

  serve   WEIR_DATA WEIR_HTTP WEIR_NATS WEIR_SYNC WEIR_ALLOW_HOST
          WEIR_ALLOW_PRIVATE_HTTP WEIR_KEEP WEIR_ARCHIVE WEIR_SCRIPTS WEIR_SCRIPT_WORKERS
          WEIR_SCRIPT_LIMIT WEIR_LOG_FORMAT WEIR_LOG_LEVEL
  tail, signal, cancel, pause, resume, retry, schedules, sql, backup, try
          WEIR_SERVER

NO_COLOR with any value, or TERM=dumb, switches colours off on a terminal too.`,
	}
}

const environmentKey = "weir_environment"

// fromEnvironment lets the named flags take their value from WEIR_<NAME> where the command line is silent.
func fromEnvironment(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		flag := flags.Lookup(name)
		variable := "WEIR_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		flag.Usage += " [" + variable + "]"
		flag.Annotations = map[string][]string{environmentKey: {variable}}
	}
}

// readEnvironment sets the flags that fromEnvironment named. A variable that does not parse is an error
// that names it.
func readEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(flag *pflag.Flag) {
		variables := flag.Annotations[environmentKey]
		if len(variables) == 0 || flag.Changed || failed != nil {
			return
		}
		value, ok := os.LookupEnv(variables[0])
		if !ok || value == "" {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			failed = usagef("environment variable %s: %w", variables[0], err)
		}
	})
	return failed
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return unknownCommand(cmd, args[0])
	}
	return usagef("%s takes no arguments, got %q", cmd.Name(), args[0])
}

// arguments wants between low and high arguments; high below zero is no bound.
func arguments(what string, low, high int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < low:
			return usagef("%s needs %s", cmd.Name(), what)
		case high >= 0 && len(args) > high:
			return usagef("%s takes %s, got %q more", cmd.Name(), what, args[high])
		}
		return nil
	}
}
