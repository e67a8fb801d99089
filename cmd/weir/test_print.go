package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weirflow/weir/actors/rehearsal"
	"github.com/weirflow/weir/actors/workflow"
	"github.com/weirflow/weir/eventstore/document"
	"github.com/weirflow/weir/eventstore/event"
)

// testedJSON is what `weir test --json` prints of one test.
type testedJSON struct {
	File       string               `json:"file"`
	Line       int                  `json:"line"`
	Workflow   string               `json:"workflow"`
	Test       string               `json:"test"`
	OK         bool                 `json:"ok"`
	DurationMS float64              `json:"duration_ms"`
	Status     workflow.Status      `json:"status"`
	Path       []string             `json:"path"`
	State      document.Value       `json:"state"`
	Mismatches []rehearsal.Mismatch `json:"mismatches,omitempty"`
	Events     []document.Value     `json:"events,omitempty"` // with --verbose
}

// printTested tells what a test has come to.
func printTested(cfg testConfig, t *tested) error {
	if cfg.asJSON {
		return printTestedJSON(cfg, t)
	}
	out, p := cfg.stdout, paletteFor(cfg.stdout)
	verdict := p.green("ok  ")
	if !t.result.Passed() {
		verdict = p.red("FAIL")
	}
	fmt.Fprintf(out, "  %s  %s %s\n", verdict, printable(t.test.Name, textMax), p.faint(durationText(t.took)))
	if cfg.verbose {
		printEvents(out, &t.result)
	}
	for i, m := range t.result.Mismatches {
		heading := ""
		if i == 0 || t.result.Mismatches[i-1].About != m.About {
			heading = string(m.About)
		}
		printMismatch(out, p, m, heading)
	}
	return nil
}

// printMismatch tells one thing that is not as expected, under its heading where it is the first of its kind.
func printMismatch(out io.Writer, p palette, m rehearsal.Mismatch, heading string) {
	const indent = "        "
	if m.Message != "" {
		fmt.Fprintf(out, "%s%s: %s\n", indent, m.About, printable(m.Message, 2000))
		return
	}
	if heading != "" {
		fmt.Fprintf(out, "%s%s\n", indent, p.bold(heading))
	}
	if m.At != "" {
		fmt.Fprintf(out, "%s  %s\n", indent, printable(m.At, textMax))
	}
	fmt.Fprintf(out, "%s    expected  %s\n", indent, p.green(indented(m.Expected)))
	fmt.Fprintf(out, "%s    got       %s\n", indent, p.red(indented(m.Got)))
}

// indented lays a text of several lines under each other, behind what is expected or was got.
func indented(text string) string {
	var all []string
	for line := range strings.SplitSeq(text, "\n") {
		all = append(all, printable(line, 2000))
	}
	return strings.Join(all, "\n"+strings.Repeat(" ", 22))
}

// printEvents tells the events of all runs of a test, and how much time has passed by then.
func printEvents(out io.Writer, r *rehearsal.Result) {
	n := narrator{out: out, palette: paletteFor(out), runs: len(r.Children) > 0, since: r.Run.State.StartedAt}
	for _, run := range append([]rehearsal.Run{r.Run}, r.Children...) {
		for _, e := range run.Events {
			n.tell(e, len(e.AppendJSON(nil)))
		}
	}
}

func printTestedJSON(cfg testConfig, t *tested) error {
	r := &t.result.Run
	shown := testedJSON{
		File: t.file, Line: t.test.Position.Line, Workflow: t.of.Name, Test: t.test.Name, OK: t.result.Passed(),
		DurationMS: float64(t.took.Microseconds()) / 1e3, Status: r.Status, Path: r.Path(), State: r.State.Doc, Mismatches: t.result.Mismatches,
	}
	if cfg.verbose {
		shown.Events = documentsOf(r.Events)
	}
	return printJSON(cfg.stdout, shown)
}

func documentsOf(events []event.Event) []document.Value {
	all := make([]document.Value, len(events))
	for i, e := range events {
		all[i] = document.MustParse(string(e.AppendJSON(nil)))
	}
	return all
}

// summaryJSON is the last that `weir test --json` prints.
type summaryJSON struct {
	OK       bool           `json:"ok"`
	Tests    int            `json:"tests"`
	Failed   int            `json:"failed"`
	Coverage []coverageJSON `json:"coverage"`
}

type coverageJSON struct {
	File     string    `json:"file"`
	Workflow string    `json:"workflow"`
	Percent  int       `json:"percent"`
	Nodes    countJSON `json:"nodes"`
	Edges    countJSON `json:"edges"`
}

type countJSON struct {
	All     int      `json:"all"`
	Covered int      `json:"covered"`
	Missing []string `json:"missing,omitempty"`
}

func counted(all, covered int, missing []string) countJSON { return countJSON{all, covered, missing} }

// printCoverage tells how many tests have passed, and what is covered of the workflows.
func printCoverage(cfg testConfig, report *testReport) error {
	if cfg.asJSON {
		s := summaryJSON{OK: report.failed == 0 && report.covered(cfg.minCover), Tests: len(report.tests), Failed: report.failed}
		for _, c := range report.coverage {
			s.Coverage = append(s.Coverage, coverageJSON{
				File: c.file, Workflow: c.workflow, Percent: c.coverage.Percent(), Nodes: counted(c.coverage.Nodes()), Edges: counted(c.coverage.Edges()),
			})
		}
		return printJSON(cfg.stdout, s)
	}
	out, p := cfg.stdout, paletteFor(cfg.stdout)
	for _, c := range report.coverage {
		c.print(cfg, out, p)
	}
	verdict := p.green(count(len(report.tests), "test") + " passed")
	if report.failed > 0 {
		verdict = p.red(fmt.Sprintf("%d of %s failed", report.failed, count(len(report.tests), "test")))
	}
	fmt.Fprintf(out, "%s %s\n", verdict, p.faint("in "+durationText(report.took)))
	return nil
}

// missingMost is how much of what is not covered is told without --cover.
const missingMost = 4

// print tells what is covered of a workflow in one line, and with --cover in one more for all that is not.
func (c *covered) print(cfg testConfig, out io.Writer, p palette) {
	nodes, visited, unvisited := c.coverage.Nodes()
	edges, taken, untaken := c.coverage.Edges()
	percent := fmt.Sprintf("%3d%%", c.coverage.Percent())
	if c.coverage.Percent() < cmp.Or(cfg.minCover, 100) {
		percent = p.yellow(percent)
	}
	text := fmt.Sprintf("%s  %s  %d of %s, %d of %s", percent, c.file, visited, count(nodes, "node"), taken, count(edges, "edge"))
	if c.coverage.Percent() < cfg.minCover {
		text += p.red(fmt.Sprintf(", and --min-cover wants %d%%", cfg.minCover))
	}
	missing := append(unvisited, untaken...)
	switch {
	case len(missing) == 0:
	case cfg.cover:
		for _, each := range missing {
			text += "\n        not covered: " + printable(each, textMax)
		}
	default:
		shown := missing[:min(len(missing), missingMost)]
		text += p.faint("; not covered: " + printable(strings.Join(shown, ", "), textMax))
		if more := len(missing) - len(shown); more > 0 {
			text += p.faint(fmt.Sprintf(" and %d more, see --cover", more))
		}
	}
	fmt.Fprintln(out, text)
}

// seconds is a duration as JUnit has it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
