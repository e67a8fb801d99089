package runindex

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weirflow/weir/eventstore/event"
)

// threeRuns applies a run that completed, one that failed and one that waits.
func threeRuns(t failer, x *Index) {
	t.Helper()
	s := &stream{}
	threeCommits(s)
	apply(t, x, s.commits...)
}

func threeCommits(s *stream) {
	at := time.Date(2026, 11, 2, 9, 30, 0, 120934117, time.UTC)
	commit := func(run string, first uint64, bodies ...event.Body) {
		c := event.Commit{Run: run, Workflow: "review", First: first, Epoch: "e"}
		for i, body := range bodies {
			c.Events = append(c.Events, event.Event{Run: run, N: first + uint64(i), At: at, Body: body})
		}
		at = at.Add(time.Second)
		s.append(c)
	}
	start := event.RunStarted{Workflow: "review", Revision: "sha256:1", Start: "score", By: "ada", Labels: map[string]string{"team": "core"}}
	commit("well", 1, start, event.NodeStarted{Node: "score", Visit: 1, Attempt: 1})
	commit("badly", 1, event.RunStarted{Workflow: "review", Revision: "sha256:1", Start: "score"}, event.NodeStarted{Node: "score", Visit: 1, Attempt: 1})
	commit("later", 1, start, event.NodeStarted{Node: "pause", Visit: 1, Attempt: 1}, event.TimerSet{Timer: "t", Node: "pause", Visit: 1, Due: at.Add(time.Hour)})
	commit("well", 3, event.NodeCompleted{Node: "score", Visit: 1, Attempt: 1}, event.RunCompleted{State: "s"})
	commit("badly", 3, event.NodeFailed{Node: "score", Visit: 1, Attempt: 1, Kind: "timeout", Message: "it took 3 s"},
		event.RunFailed{Kind: "timeout", Message: "it took 3 s", Node: "score", Visit: 1, State: "s"})
}

func TestViews(t *testing.T) {
	x := openTest(t)
	threeRuns(t, x)
	for query, want := range map[string]string{
		"SELECT run, workflow, revision, status, started_at, ended_at, last_event, labels, started_by FROM runs ORDER BY run": `
badly review sha256:1 failed 2026-11-02T09:30:01.120934117Z 2026-11-02T09:30:04.120934117Z 4 {} <nil>
later review sha256:1 waiting 2026-11-02T09:30:02.120934117Z <nil> 3 {"team":"core"} ada
well review sha256:1 completed 2026-11-02T09:30:00.120934117Z 2026-11-02T09:30:03.120934117Z 4 {"team":"core"} ada`,
		"SELECT run, due_at, error_kind, error_message, error_node, first_sequence, last_sequence FROM runs ORDER BY run": `
badly <nil> timeout it took 3 s score 2 5
later 2026-11-02T10:30:02.120934117Z <nil> <nil> <nil> 3 3
well <nil> <nil> <nil> <nil> 1 4`,
		"SELECT * FROM labels ORDER BY run":                  "\nlater review team core\nwell review team core",
		"SELECT * FROM open_visits":                          "\nlater review pause 1 1 timer 2026-11-02T10:30:02.120934117Z <nil> <nil>",
		"SELECT * FROM errors":                               "\nbadly review timeout it took 3 s score 1 2026-11-02T09:30:04.120934117Z",
		"SELECT status, count(*) FROM runs GROUP BY 1":       "\ncompleted 1\nfailed 1\nwaiting 1",
		"WITH f AS (SELECT run FROM errors) SELECT * FROM f": "\nbadly",
		"SELECT r.run FROM runs r JOIN labels l USING (run) WHERE l.key = 'team' AND l.value = $1 AND ended_ns IS NULL;": "\nlater",
		"SELECT j.value FROM runs, json_each(labels) j WHERE run = 'well' -- the end;":                                   "\ncore",
		"EXPLAIN SELECT 1":           "*",
		"VALUES (1, 2.5, 'x', NULL)": "\n1 2.5 x <nil>",
		"SELECT ';', \"run\", [run] FROM runs WHERE run = 'well' /* ; */ ; ; -- ;": "\n; well well",
	} {
		args := []any{}
		if strings.Contains(query, "$1") {
			args = append(args, "core")
		}
		answer, err := x.Query(t.Context(), query, args, 0)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		got := ""
		for _, row := range answer.Rows {
			got += "\n" + strings.TrimSuffix(fmt.Sprintln(row...), "\n")
		}
		if want != "*" && got != want {
			t.Errorf("%s\ngot  %s\nwant %s", query, got, want)
		}
	}
}

// What is documented is what there is, in that order.
func TestViewsAreDocumented(t *testing.T) {
	x := openTest(t)
	for _, v := range Views() {
		answer, err := x.Query(t.Context(), "SELECT * FROM "+v.Name, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		documented := []string{}
		for _, c := range v.Columns {
			documented = append(documented, c.Name)
			if c.Doc == "" || v.Doc == "" {
				t.Errorf("%s.%s has no words that say what it holds", v.Name, c.Name)
			}
		}
		if diff := cmp.Diff(documented, answer.Columns); diff != "" {
			t.Errorf("%s (-documented +there):\n%s", v.Name, diff)
		}
	}
}

// A time from before 1970 is written as one, too.
func TestViewsWriteEveryTime(t *testing.T) {
	x := openTest(t)
	s := &stream{}
	times := []time.Time{
		time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(1931, 3, 1, 0, 0, 0, 1, time.UTC), time.Unix(0, 0).UTC(),
		time.Date(2261, 2, 28, 12, 0, 0, 0, time.UTC),
	}
	for i, at := range times {
		run := fmt.Sprintf("run-%d", i)
		s.append(event.Commit{Run: run, Workflow: "w", First: 1, Events: []event.Event{{Run: run, N: 1, At: at, Body: event.RunStarted{Workflow: "w"}}}})
	}
	apply(t, x, s.commits...)
	answer, err := x.Query(t.Context(), "SELECT started_at FROM runs ORDER BY run", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range answer.Rows {
		if want := times[i].Format("2006-01-02T15:04:05.000000000Z"); row[0] != want {
			t.Errorf("got %v, want %s", row[0], want)
		}
	}
}

func TestStatementsThatAreRefused(t *testing.T) {
	x := openTest(t)
	threeRuns(t, x)
	before := contents(t, x)
	other := filepath.Join(t.TempDir(), "other.db")
	for statement, want := range map[string]string{
		"DELETE FROM run":                               "may only SELECT",
		"UPDATE runs SET status = 'x'":                  "cannot be run",
		"INSERT INTO tally VALUES ('x', 1, 1)":          "may only SELECT",
		"WITH x AS (SELECT 1) DELETE FROM run":          "may only SELECT",
		"DROP VIEW runs":                                "may only SELECT",
		"CREATE TEMP TABLE x (y)":                       "may only SELECT",
		"ATTACH '" + other + "' AS other":               "may only SELECT",
		"VACUUM INTO '" + other + "'":                   "cannot be run",
		"VACUUM":                                        "cannot be run",
		"PRAGMA query_only = 0":                         "may only SELECT",
		"PRAGMA user_version":                           "may only SELECT",
		"SELECT * FROM pragma_table_info('run')":        "may only SELECT",
		"BEGIN":                                         "may only SELECT",
		"SELECT load_extension('x')":                    "cannot be run",
		"SELECT name FROM run":                          "may only SELECT",
		"SELECT * FROM sqlite_schema":                   "may only SELECT",
		"SELECT * FROM error_text":                      "may only SELECT",
		"SELECT 1; SELECT 2":                            "one statement",
		"SELECT 1 /* ; */; /* */ DELETE FROM runs":      "one statement",
		"SELECT ']' ; [":                                "one statement",
		"SELEC 1":                                       "syntax error",
		"SELECT gone FROM runs":                         "no such column",
		"SELECT \"gone\" FROM runs":                     "no such column",
		"SELECT ?":                                      "missing argument",
		"SELECT length(zeroblob(50000000))":             "too big",
		"SELECT 1\x00":                                  "NUL",
		"SELECT '" + strings.Repeat("x", 100_000) + "'": "longer",
	} {
		answer, err := x.Query(t.Context(), statement, nil, 0)
		if !errors.Is(err, ErrStatement) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s\ngives %v, %v", statement, answer, err)
		}
	}
	if _, err := os.Stat(other); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a statement has made a file: %v", err)
	}
	if diff := cmp.Diff(before, contents(t, x)); diff != "" {
		t.Error(diff)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	x := openTest(t)
	const many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, printf('%.*c', ?, 'x') FROM n"
	answer, err := x.Query(t.Context(), many, []any{1}, 7)
	if err != nil || len(answer.Rows) != 7 || !answer.Truncated {
		t.Errorf("%d rows, truncated: %v, %v", len(answer.Rows), answer.Truncated, err)
	}
	answer, err = x.Query(t.Context(), many, []any{1 << 19}, 0)
	if err != nil || len(answer.Rows) > answerBytesMax>>19+1 || !answer.Truncated {
		t.Errorf("%d rows, truncated: %v, %v", len(answer.Rows), answer.Truncated, err)
	}
	for _, limit := range []int{-1, RowsMax + 1} {
		if _, err := x.Query(t.Context(), "SELECT 1", nil, limit); !errors.Is(err, ErrStatement) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	answer, err = x.Query(t.Context(), "SELECT 1 WHERE 0", nil, 1)
	if err != nil || len(answer.Rows) != 0 || answer.Truncated {
		t.Errorf("%+v, %v", answer, err)
	}
}

// A statement without an end is ended by its context, and the connection serves the next.
func TestStatementsEnd(t *testing.T) {
	x := openTest(t)
	for range 2 * peopleMax {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err := x.Query(ctx, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", nil, 1)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	if _, err := x.Query(t.Context(), "SELECT 1", nil, 1); err != nil {
		t.Error(err)
	}
}

func TestSingle(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, ";": true, "a": true, "a;": true, "a; ;\n": true, "a;b": false, "';'": true, "''';b'": true, "';';b": false,
		`"a;b"`: true, "[a;b]": true, "`a;b`": true, "--;\na": true, "a;--b": true, "a;/*b": true, "a/*;*/": true, "a;/**/b": false, "'a;b": true,
		"a;é": false, "é;": true,
	} {
		if got := single(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestViewsCannotBeChangedByTheirReader(t *testing.T) {
	views := Views()
	views[0].Name = "x"
	if slices.Contains(viewNames(), "x") {
		t.Error("the views are shared")
	}
}

// The page for operators lists every view and column, and what it shows can be asked.
func TestViewsAreOnTheirPage(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range Views() {
		columns := make([]string, len(v.Columns))
		for i, c := range v.Columns {
			columns[i] = "`" + c.Name + "`"
		}
		if row := "| `" + v.Name + "` | " + strings.Join(columns, ", ") + " |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/operations.md needs the row\n%s", row)
		}
	}
	x, asked := openTest(t), 0
	threeRuns(t, x)
	for _, block := range strings.Split(string(page), "```sql\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for statement := range strings.SplitAfterSeq(strings.TrimSpace(block), ";\n") {
			asked++
			if answer, err := x.Query(t.Context(), statement, nil, 0); err != nil || len(answer.Rows) == 0 {
				t.Errorf("%s: %v, %v", statement, answer, err)
			}
		}
	}
	if asked < 2 {
		t.Errorf("%d statements were found", asked)
	}
}
