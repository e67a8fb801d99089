package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/weirflow/weir/eventstore/document"
)

// tableRowsMax bounds the lists of a printed review; the state holds them whole.
const tableRowsMax = 12

// printReview prints the result of the code review for a person: score, issues, suggestions and the diff.
func printReview(out io.Writer, state document.Value) error {
	r := review{out: out, palette: paletteFor(out), state: state}
	r.score()
	r.issues()
	r.suggestions()
	r.diff()
	return r.err
}

// review prints one state of the code review; err is the first error of its writer.
type review struct {
	out     io.Writer
	palette palette
	state   document.Value
	err     error
}

func (r *review) printf(format string, args ...any) {
	if r.err == nil {
		_, r.err = fmt.Fprintf(r.out, format, args...)
	}
}

func (r *review) score() {
	paint := r.palette.green
	if number(r.state, "quality_score") < number(r.state, "threshold") {
		paint = r.palette.yellow
	}
	r.printf("\n%s %s of 100, wanted %d\n", r.palette.bold("Score"), paint(r.palette.bold(fmt.Sprint(number(r.state, "quality_score")))), number(r.state, "threshold"))
	if ending := textOf(r.state, "outcome"); ending != "" {
		r.printf("  %s\n", ending)
	}
	r.printf("  %s in %s\n", count(number(r.state, "function_count"), "function"), count(number(r.state, "line_count"), "line"))
}

func (r *review) issues() {
	issues := list(r.state, "issues")
	if issues.Len() == 0 {
		r.printf("\n%s\n", r.palette.bold("No issues"))
		return
	}
	r.printf("\n%s\n", r.palette.bold(count(number(r.state, "issue_count"), "issue")))
	rows := make([][]string, 0, tableRowsMax)
	for _, issue := range issues.Items() {
		if len(rows) == tableRowsMax {
			break
		}
		rows = append(rows, []string{
			textOf(issue, "severity"),
			fmt.Sprintf("%s:%d", textOf(issue, "path"), number(issue, "line")),
			textOf(issue, "rule"),
			textOf(issue, "message"),
		})
	}
	r.table(rows)
	r.more(issues.Len())
}

// table prints rows in columns. The first column says how severe the row is, and is painted so.
func (r *review) table(rows [][]string) {
	widths := make([]int, 4)
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = printable(cell, textMax)
			if i < len(row)-1 {
				cells[i] += strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			}
		}
		paint := r.palette.faint
		switch row[0] {
		case "error":
			paint = r.palette.red
		case "warning":
			paint = r.palette.yellow
		}
		cells[0] = paint(cells[0])
		r.printf("  %s\n", strings.Join(cells, "  "))
	}
}

func (r *review) more(all int) {
	if all > tableRowsMax {
		r.printf("  %s\n", r.palette.faint(fmt.Sprintf("and %d more", all-tableRowsMax)))
	}
}

func (r *review) suggestions() {
	suggestions := list(r.state, "suggestions")
	if suggestions.Len() == 0 {
		return
	}
	r.printf("\n%s\n", r.palette.bold("Suggestions"))
	for i, suggestion := range suggestions.Items() {
		if i == tableRowsMax {
			break
		}
		r.printf("  %s\n", printable(textOf(suggestion, "text"), textMax))
	}
	r.more(suggestions.Len())
}

func (r *review) diff() {
	diff := textOf(r.state, "diff")
	if diff == "" {
		return
	}
	r.printf("\n%s\n", r.palette.bold(count(number(r.state, "fix_count"), "fix")+" made, as a diff"))
	for line := range strings.Lines(diff) {
		line = strings.TrimSuffix(line, "\n")
		text := printable(strings.ReplaceAll(line, "\t", "    "), textMax)
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
			text = r.palette.bold(text)
		case strings.HasPrefix(line, "@@"):
			text = r.palette.cyan(text)
		case strings.HasPrefix(line, "-"):
			text = r.palette.red(text)
		case strings.HasPrefix(line, "+"):
			text = r.palette.green(text)
		}
		r.printf("  %s\n", text)
	}
}

func number(v document.Value, key string) int {
	item, _ := v.Get(key)
	n, _ := item.AsInt()
	return int(n)
}

func textOf(v document.Value, key string) string {
	item, _ := v.Get(key)
	s, _ := item.AsString()
	return s
}

func list(v document.Value, key string) document.Value {
	item, _ := v.Get(key)
	if item.Kind() != document.KindArray {
		return document.Array()
	}
	return item
}
