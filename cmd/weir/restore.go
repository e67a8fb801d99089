package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/eventstore"
)

func newRestoreCommand() *cobra.Command {
	var (
		data   string
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "restore FILE --data DIR",
		Short: "Make a data directory of a backup",
		Long: `Makes a store of a file that weir backup has written, in a directory that does not exist yet
or is empty, then reads everything back and compares. weir serve --data DIR then goes on with
the runs that were open.

Do not serve both the old and the restored store: each would carry the same runs on.`,
		Example: `  weir restore monday.jsonl.gz --data /var/lib/weir-restored`,
		Args:    arguments("one FILE", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runRestore(cmd.Context(), args[0], data, asJSON, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&data, "data", "", "the directory to make (required)")
	flags.BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

func runRestore(ctx context.Context, file, dir string, asJSON bool, stdout io.Writer) error {
	if dir == "" {
		return usagef("say with --data which directory to make")
	}
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	counts, err := eventstore.Restore(ctx, eventstore.Config{Dir: dir}, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return printCounts(stdout, asJSON, "restored", counts, dir)
}
