package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/weirflow/weir/actors"
	"github.com/weirflow/weir/actors/workflow"
)

// excerptMax bounds how much of a source line is shown, in characters.
const excerptMax = 120

// printProblems prints each problem with the line it is about and a mark under the column.
//
//	flow.yaml:7:12: error: no tool named "code.function"
//	   7 |   extract: code.function
//	     |            ^ write "code.functions"
func printProblems(out io.Writer, source actors.Source, problems workflow.Problems) {
	p := paletteFor(out)
	for _, problem := range problems {
		where := problem.File
		if where == "" {
			where = source.File
		}
		if problem.Line > 0 {
			where += fmt.Sprintf(":%d:%d", problem.Line, problem.Column)
		}
		severity := p.red(string(problem.Severity) + ":")
		if problem.Severity == workflow.SeverityWarning {
			severity = p.yellow(string(problem.Severity) + ":")
		}
		fmt.Fprintf(out, "%s: %s %s\n", p.bold(where), severity, printable(problem.Message, 2000))
		line, ok := sourceLine(source, problem)
		if !ok {
			if problem.Hint != "" {
				fmt.Fprintf(out, "     = %s\n", problem.Hint)
			}
			continue
		}
		excerpt, mark := excerpt(line, problem.Column)
		fmt.Fprintf(out, "%s %s\n", p.faint(fmt.Sprintf("%4d |", problem.Line)), excerpt)
		fmt.Fprintf(out, "%s %s%s\n", p.faint("     |"), strings.Repeat(" ", mark), strings.TrimRight(p.cyan("^")+" "+problem.Hint, " "))
	}
}

// sourceLine returns the line of the workflow or script file that a problem is about.
func sourceLine(source actors.Source, problem workflow.Problem) (string, bool) {
	text := string(source.Data)
	if problem.File != "" && problem.File != source.File {
		script, ok := source.Files[problem.File]
		if !ok {
			return "", false
		}
		text = script
	}
	lines := strings.Split(text, "\n")
	if problem.Line < 1 || problem.Line > len(lines) {
		return "", false
	}
	return strings.TrimRight(lines[problem.Line-1], "\r"), true
}

// excerpt shortens a long line to the part around the column, which counts characters from 1, and returns
// how many characters stand before the mark.
func excerpt(line string, column int) (text string, mark int) {
	runes := []rune(line)
	mark = max(0, min(column-1, len(runes)))
	if from := mark - excerptMax/2; from > 0 && len(runes) > excerptMax {
		runes = append([]rune("…"), runes[from:]...)
		mark = excerptMax/2 + 1
	}
	text = printable(string(runes), excerptMax)
	return text, min(mark, utf8.RuneCountInString(text))
}
