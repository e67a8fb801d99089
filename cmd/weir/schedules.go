package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// schedulesConfig is what the flags of schedules set.
type schedulesConfig struct {
	server, workflow string
	asJSON           bool
}

func newSchedulesCommand() *cobra.Command {
	var cfg schedulesConfig
	cmd := &cobra.Command{
		Use:   "schedules",
		Short: "List when a running server starts runs by itself",
		Long: `Lists the schedules of the workflows that a running server has, each with the time that is
due next and its last run. With --json it prints one object a schedule.`,
		Example: `  weir schedules
  weir schedules --workflow report --json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			return runSchedules(cmd.Context(), cfg, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.server, "server", "http://127.0.0.1:8000", "where the server is")
	flags.StringVar(&cfg.workflow, "workflow", "", "only the schedules of this workflow")
	flags.BoolVar(&cfg.asJSON, "json", false, "print one JSON object a schedule")
	fromEnvironment(flags, "server")
	return cmd
}

// schedulesPage is a page of the list as the server answers it. The objects are kept as they came, for --json.
type schedulesPage struct {
	Schedules  []json.RawMessage `json:"schedules"`
	NextCursor string            `json:"next_cursor"`
}

// listedSchedule is what is printed of a schedule.
type listedSchedule struct {
	Workflow string    `json:"workflow"`
	Name     string    `json:"name"`
	Cron     string    `json:"cron"`
	TimeZone string    `json:"time_zone"`
	Every    string    `json:"every"`
	Paused   bool      `json:"paused"`
	NextAt   time.Time `json:"next_at"`
	LastAt   time.Time `json:"last_at"`
	LastRun  string    `json:"last_run"`
}

func runSchedules(ctx context.Context, cfg schedulesConfig, stdout io.Writer) error {
	address, err := serverURL(cfg.server)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	if !cfg.asJSON {
		fmt.Fprintln(table, "WORKFLOW\tSCHEDULE\tWHEN\tNEXT\tLAST\tLAST RUN")
	}
	query := url.Values{"limit": {"1000"}}
	if cfg.workflow != "" {
		query.Set("workflow", cfg.workflow)
	}
	for {
		at := address.JoinPath("v1", "schedules")
		at.RawQuery = query.Encode()
		var page schedulesPage
		if err := getJSON(ctx, client, cfg.server, at, &page); err != nil {
			return err
		}
		for _, raw := range page.Schedules {
			if cfg.asJSON {
				fmt.Fprintf(stdout, "%s\n", raw)
				continue
			}
			var s listedSchedule
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("%s answered a schedule that cannot be read: %w", cfg.server, err)
			}
			s.print(table)
		}
		if page.NextCursor == "" {
			return table.Flush()
		}
		query.Set("cursor", page.NextCursor)
	}
}

func (s *listedSchedule) print(out io.Writer) {
	when := s.Cron + " " + s.TimeZone
	if s.Every != "" {
		when = "every " + s.Every
	}
	next := "paused"
	if !s.Paused {
		next = instant(s.NextAt)
	}
	last := s.LastRun
	if last == "" {
		last = "-"
	}
	fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", s.Workflow, s.Name, printable(when, textMax), next, instant(s.LastAt), last)
}

// instant is a time as it is listed, - for none.
func instant(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format(time.RFC3339)
}
