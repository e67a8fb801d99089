package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/weirflow/weir/eventstore"
	"github.com/weirflow/weir/eventstore/audit"
)

// doctorConfig is what the flags of doctor set.
type doctorConfig struct {
	data, salvage string
	asJSON        bool
}

func newDoctorCommand() *cobra.Command {
	var cfg doctorConfig
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the store of a stopped server, and save what is whole of a damaged one",
		Long: `Reads every byte of the store in a data directory without changing anything, and says what is
damaged or missing, and which runs that concerns. The server must be stopped; of a running one
GET /readyz?verbose says what the check in the background found.

With --salvage it then makes a new store in another directory, of every workflow that is whole and
of every run up to the first damage in it. The damaged store stays as it is.

Exits with 5 when the store is damaged.`,
		Example: `  weir doctor --data /var/lib/weir
  weir doctor --data /var/lib/weir --salvage /var/lib/weir-salvaged`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return runDoctor(cmd.Context(), cfg, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.data, "data", "weir-data", "the data directory to check")
	flags.StringVar(&cfg.salvage, "salvage", "", "a directory that does not exist yet, for what is whole")
	flags.BoolVar(&cfg.asJSON, "json", false, "print the report as JSON")
	fromEnvironment(flags, "data")
	return cmd
}

// doctorInfo is what doctor prints with --json.
type doctorInfo struct {
	*audit.Report
	OK       bool        `json:"ok"`
	Salvaged *countsInfo `json:"salvaged,omitempty"`
}

func runDoctor(ctx context.Context, cfg doctorConfig, stdout io.Writer) error {
	report, err := eventstore.Examine(ctx, cfg.data)
	if err != nil {
		return unreadable(cfg.data, err)
	}
	info := doctorInfo{Report: report, OK: report.Err() == nil}
	if !cfg.asJSON {
		if err := report.WriteText(stdout); err != nil {
			return err
		}
	}
	if cfg.salvage != "" {
		counts, err := eventstore.Salvage(ctx, eventstore.Config{Dir: cfg.salvage}, cfg.data)
		if err != nil {
			return fmt.Errorf("salvage: %w", err)
		}
		info.Salvaged = &countsInfo{counts, cfg.salvage}
		if !cfg.asJSON {
			if err := printCounts(stdout, false, "salvaged", counts, cfg.salvage); err != nil {
				return err
			}
		}
	}
	if cfg.asJSON {
		if err := printJSON(stdout, info); err != nil {
			return err
		}
	}
	if !info.OK {
		return &codeError{exitDamaged, nil}
	}
	return nil
}
