package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/audit"
)

// backupPatience is how long the server may take to begin; the rest takes as long as it takes.
const backupPatience = 30 * time.Second

// backupConfig is what the flags of backup set.
type backupConfig struct {
	server, data, file string
	asJSON             bool
}

func newBackupCommand() *cobra.Command {
	var cfg backupConfig
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Back up everything, from a running server or a data directory",
		Long: `Writes every event of every run and every revision of every workflow to FILE, then reads
the file back and checks it. A running server goes on meanwhile; with --data the store of a
server that is stopped is backed up.

FILE is gzipped lines of JSON: zcat and jq can read it, weir restore makes a store of it. It
must not exist yet, and appears only once it is whole.`,
		Example: `  weir backup monday.jsonl.gz
  weir backup monday.jsonl.gz --data /var/lib/weir`,
		Args: arguments("one FILE", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			cfg.file = args[0]
			return runBackup(cmd.Context(), cfg, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.server, "server", "http://127.0.0.1:8000", "where the server is")
	flags.StringVar(&cfg.data, "data", "", "the data directory of a server that is stopped, in place of --server")
	flags.BoolVar(&cfg.asJSON, "json", false, "print the result as JSON")
	fromEnvironment(flags, "server")
	return cmd
}

func runBackup(ctx context.Context, cfg backupConfig, stdout io.Writer) error {
	if _, err := os.Stat(cfg.file); err == nil {
		return usagef("%s exists; name a file that does not, or remove it", cfg.file)
	}
	counts, err := makeBackup(ctx, cfg)
	if err != nil {
		return err
	}
	return printCounts(stdout, cfg.asJSON, "backed up", counts, cfg.file)
}

// makeBackup writes the file under a name of its own, and gives it its name once it is whole and on the disk.
func makeBackup(ctx context.Context, cfg backupConfig) (counts eventstore.BackupCounts, err error) {
	dir := filepath.Dir(cfg.file)
	f, err := os.CreateTemp(dir, filepath.Base(cfg.file)+".part-*")
	if err != nil {
		return counts, fmt.Errorf("make the backup: %w", err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err == nil {
			return
		}
		if left := os.Remove(f.Name()); !errors.Is(left, os.ErrNotExist) { // it is gone where it has its own name
			err = errors.Join(err, left)
		}
	}()
	if cfg.data != "" {
		err = backupDir(ctx, cfg.data, f)
	} else {
		err = backupServer(ctx, cfg.server, f)
	}
	if err != nil {
		return counts, err
	}
	if err := f.Sync(); err != nil {
		return counts, fmt.Errorf("write the backup: %w", err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return counts, fmt.Errorf("read the backup: %w", err)
	}
	if counts, err = eventstore.VerifyBackup(f); err != nil {
		return counts, fmt.Errorf("read the backup: %w", err)
	}
	if err := os.Rename(f.Name(), cfg.file); err != nil {
		return counts, fmt.Errorf("write the backup: %w", err)
	}
	if err := audit.SyncPath(dir); err != nil {
		return counts, fmt.Errorf("%s is whole, but a power cut may still take it away, for its folder cannot be brought to the disk: %w", cfg.file, err)
	}
	return counts, nil
}

// backupDir backs up the store of a server that is stopped.
func backupDir(ctx context.Context, dir string, to io.Writer) error {
	if _, err := os.Stat(dir); err != nil {
		return unreadable(dir, err)
	}
	store, err := eventstore.Open(ctx, eventstore.Config{Dir: dir})
	if err != nil {
		return fmt.Errorf("open the store in %s: %w", dir, err)
	}
	_, err = store.Backup(ctx, to)
	return errors.Join(err, store.Close())
}

// backupServer fetches the backup of a running server.
func backupServer(ctx context.Context, server string, to io.Writer) error {
	address, err := serverURL(server)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.JoinPath("v1", "backup").String(), http.NoBody)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{ResponseHeaderTimeout: backupPatience}}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("%w; a stopped server's directory is backed up with --data", reachError(server, nil, err))
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	if response.StatusCode != http.StatusOK {
		return reachError(server, response, nil)
	}
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("fetch the backup: %w", err)
	}
	return nil
}

// countsInfo is what backup and restore print with --json.
type countsInfo struct {
	eventstore.BackupCounts
	Path string `json:"path"`
}

func printCounts(out io.Writer, asJSON bool, done string, counts eventstore.BackupCounts, path string) error {
	if asJSON {
		return printJSON(out, countsInfo{counts, path})
	}
	_, err := fmt.Fprintf(out, "%s %s and %s; read back and whole: %s\n", done,
		count(counts.Commits, "commit"), count(counts.Revisions, "revision"), path)
	return err
}
