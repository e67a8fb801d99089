package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

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

Exits with 2 when FILE cannot be read or is not a whole backup; no directory is made then.

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

// runRestore reads the backup to its end before it makes anything of it.
func runRestore(ctx context.Context, file, dir string, asJSON bool, stdout io.Writer) (err error) {
	if dir == "" {
		return usagef("say with --data which directory to make")
	}
	f, err := os.Open(file)
	if err != nil {
		return &codeError{exitInvalid, unreadable(file, err)}
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := eventstore.VerifyBackup(f); err != nil {
		return &codeError{exitInvalid, unreadable(file, err)}
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return unreadable(file, err)
	}
	made, err := makeDir(dir)
	if err != nil {
		return err
	}
	counts, err := eventstore.Restore(ctx, eventstore.Config{Dir: dir}, f)
	if err != nil {
		if made { // a part of a store must not be taken for one
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return err
	}
	return printCounts(stdout, asJSON, "restored", counts, dir)
}

// makeDir makes a directory and those above it, unless it is there, and says whether it did.
func makeDir(dir string) (made bool, err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return false, err
	}
	err = os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}
