package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// sqlConfig is what the flags of sql set.
type sqlConfig struct {
	server, statement string
	limit             int
	asJSON, asCSV     bool
}

func newSQLCommand() *cobra.Command {
	var cfg sqlConfig
	cmd := &cobra.Command{
		Use:   "sql SELECT",
		Short: "Ask a running server about its runs in SQL",
		Long: `Runs one SELECT, in SQLite's dialect, over the list of runs of a running server and prints the
rows. Nothing can be changed by it.

The views are runs, labels, open_visits and errors; their columns are described in the API
page of the server, at POST /v1/sql.`,
		Example: `  weir sql "SELECT workflow, status, count(*) FROM runs GROUP BY 1, 2"
  weir sql --csv "SELECT run, message FROM errors WHERE kind = 'timeout'"`,
		Args: arguments("one SELECT, in quotes", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := readEnvironment(cmd.Flags()); err != nil {
				return err
			}
			cfg.statement = args[0]
			return runSQL(cmd.Context(), cfg, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.server, "server", "http://127.0.0.1:8000", "where the server is")
	flags.IntVar(&cfg.limit, "limit", 1000, "the most rows that are printed, up to 10,000")
	flags.BoolVar(&cfg.asJSON, "json", false, "print the answer as JSON")
	flags.BoolVar(&cfg.asCSV, "csv", false, "print comma-separated values")
	fromEnvironment(flags, "server")
	return cmd
}

// sqlAnswer is what the server answers: rows, or a problem.
type sqlAnswer struct {
	Columns   []string `json:"columns"`
	Rows      [][]any  `json:"rows"`
	Truncated bool     `json:"truncated"`
	Detail    string   `json:"detail,omitempty"`
}

// sqlPatience is how long an answer may take; the server gives up before that.
const sqlPatience = 30 * time.Second

func runSQL(ctx context.Context, cfg sqlConfig, stdout, stderr io.Writer) error {
	if cfg.asJSON && cfg.asCSV {
		return usagef("--json and --csv exclude each other")
	}
	address, err := serverURL(cfg.server)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"sql": cfg.statement, "limit": cfg.limit})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sqlPatience)
	defer cancel()
	return post(ctx, cfg.server, address.JoinPath("v1", "sql"), body, func(response *http.Response) error {
		decoder := json.NewDecoder(response.Body)
		decoder.UseNumber()
		var answer sqlAnswer
		if err := decoder.Decode(&answer); err != nil {
			return fmt.Errorf("the server at %s answered %s and no rows: %w", cfg.server, response.Status, err)
		}
		if response.StatusCode != http.StatusOK {
			return &codeError{exitInvalid, fmt.Errorf("%s", answer.Detail)}
		}
		if err := answer.print(stdout, cfg); err != nil {
			return err
		}
		if answer.Truncated && !cfg.asJSON {
			fmt.Fprintf(stderr, "weir: there are more than %d rows; see --limit\n", len(answer.Rows))
		}
		return nil
	})
}

func (a *sqlAnswer) print(out io.Writer, cfg sqlConfig) error {
	switch {
	case cfg.asJSON:
		return printJSON(out, a)
	case cfg.asCSV:
		w := csv.NewWriter(out)
		if err := w.Write(a.Columns); err != nil {
			return err
		}
		for _, row := range a.Rows {
			if err := w.Write(cells(row, "")); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	default:
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, strings.Join(a.Columns, "\t"))
		for _, row := range a.Rows {
			fmt.Fprintln(w, strings.Join(cells(row, "NULL"), "\t"))
		}
		return w.Flush()
	}
}

// cells writes values as text; null is what stands for NULL.
func cells(row []any, null string) []string {
	texts := make([]string, len(row))
	for i, value := range row {
		if value == nil {
			texts[i] = null
			continue
		}
		texts[i] = printable(fmt.Sprint(value), textMax)
	}
	return texts
}
