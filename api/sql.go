package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/weirflow/weir/eventstore/runindex"
)

type sqlInput struct {
	Body struct {
		SQL   string `json:"sql" minLength:"1" doc:"One SELECT in SQLite's dialect" example:"SELECT workflow, count(*) AS runs FROM runs GROUP BY workflow"`
		Args  []any  `json:"args,omitempty" doc:"What stands for the question marks in it, in order"`
		Limit int    `json:"limit,omitempty" minimum:"1" maximum:"10000" default:"1000" doc:"The most rows that are answered"`
	}
}

type sqlView struct {
	Columns   []string `json:"columns" doc:"The names of the columns"`
	Rows      [][]any  `json:"rows" doc:"The values of each row, in the order of the columns"`
	Truncated bool     `json:"truncated" doc:"There is more than the limit let through"`
}

type sqlOutput struct{ Body sqlView }

func (s *Server) registerSQL() {
	handle(s, huma.Operation{
		OperationID: "query-runs", Method: http.MethodPost, Path: "/v1/sql", Tags: []string{tagRuns},
		Summary: "Ask about runs in SQL", Description: sqlDescription(),
		Errors:      []int{http.StatusUnprocessableEntity},
		RequestBody: jsonBody(`{"sql":"SELECT workflow, count(*) AS runs FROM runs GROUP BY workflow"}`),
		Responses:   map[string]*huma.Response{"200": reply[sqlView](s, "The rows", `{"columns":["workflow","runs"],"rows":[["code-review",12]],"truncated":false}`)},
	}, func(ctx context.Context, input *sqlInput) (*sqlOutput, error) {
		limit := input.Body.Limit
		if limit == 0 {
			limit = sqlRowsDefault
		}
		answer, err := s.system.QueryRuns(ctx, input.Body.SQL, input.Body.Args, limit)
		if err != nil {
			return nil, err
		}
		out := &sqlOutput{Body: sqlView{Columns: answer.Columns, Rows: answer.Rows, Truncated: answer.Truncated}}
		if out.Body.Rows == nil {
			out.Body.Rows = [][]any{}
		}
		return out, nil
	})
}

const sqlRowsDefault = 1000

// sqlDescription lists the views that people can select from.
func sqlDescription() string {
	text := "Runs one SELECT over the list of runs, which can only be read. The views:\n"
	for _, view := range runindex.Views() {
		text += "\n**" + view.Name + "**: " + view.Doc + "\n\n| column | holds |\n| --- | --- |\n"
		for _, column := range view.Columns {
			text += "| " + column.Name + " | " + column.Doc + " |\n"
		}
	}
	return text
}
