package audit

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Report is what a check found. It is small whatever the store is like: it counts everything and keeps the first
// of it. Its JSON is stable.
type Report struct {
	Dir        string           `json:"dir"`
	Unclean    bool             `json:"unclean"` // the store is open, or was not closed cleanly
	Mark       *Mark            `json:"mark,omitempty"`
	Streams    []StreamReport   `json:"streams"`
	Severities map[Severity]int `json:"severities,omitempty"` // how many findings of each
	Kinds      map[Kind]int     `json:"kinds,omitempty"`      // how many findings of each
	Findings   []Finding        `json:"findings,omitempty"`   // the worst first
	Omitted    int              `json:"omitted,omitempty"`    // findings that are counted and not listed
}

// StreamReport is what a stream holds.
type StreamReport struct {
	Name     string `json:"name"`
	Blocks   int    `json:"blocks"`
	Bytes    int64  `json:"bytes"`
	Messages uint64 `json:"messages"` // that can be read and are not deleted
	Deleted  uint64 `json:"deleted"`  // whose bytes are still there
	Last     uint64 `json:"last"`     // sequence
	Sound    int    `json:"sound"`    // runs, or workflows, that are whole to their end
	Broken   int    `json:"broken"`   // runs, or workflows, that are whole only up to a point
}

// Severity returns the worst of all findings, "" where there are none.
func (r *Report) Severity() Severity {
	for _, s := range []Severity{Damage, Danger, Harmless} {
		if r.Severities[s] > 0 {
			return s
		}
	}
	return ""
}

// Err returns nil where the store may be opened, and otherwise a *StoreError.
func (r *Report) Err() error {
	switch r.Severity() {
	case Damage, Danger:
		return &StoreError{Report: r}
	default:
		return nil
	}
}

// StoreError says that a store must not be opened: something that was stored is missing, or would be.
type StoreError struct{ Report *Report }

// errorFindings is how many findings an error tells.
const errorFindings = 3

func (e *StoreError) Error() string {
	r := e.Report
	var text strings.Builder
	if r.Severity() == Damage {
		fmt.Fprintf(&text, "the store in %s is damaged", r.Dir)
	} else {
		fmt.Fprintf(&text, "the store in %s must not be opened as it is", r.Dir)
	}
	told := 0
	for _, f := range r.Findings {
		if f.Severity == Harmless || told == errorFindings {
			break
		}
		told++
		fmt.Fprintf(&text, "; %s: %s", f.place(), strings.TrimSuffix(f.Text, "."))
	}
	if rest := r.Severities[Damage] + r.Severities[Danger] - told; rest > 0 {
		fmt.Fprintf(&text, "; and %s", plural(rest, "more finding"))
	}
	return text.String()
}

// place says where a finding is.
func (f *Finding) place() string {
	switch {
	case f.File == "":
		return f.Stream
	case f.Bytes > 0:
		return fmt.Sprintf("%s at byte %d", f.File, f.Offset)
	default:
		return f.File
	}
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s\n", r.Dir, r.verdict())
	for _, s := range r.Streams {
		owner := runs.owner
		if s.Name == workflows.name {
			owner = workflows.owner
		}
		fmt.Fprintf(&text, "  %-14s  %s, %s; %s up to sequence %d, %s whole", s.Name, plural(s.Blocks, "block"), bytesText(s.Bytes),
			plural(s.Messages, "message"), s.Last, plural(s.Sound, owner))
		if s.Broken > 0 {
			fmt.Fprintf(&text, ", %s only up to a point", count(s.Broken))
		}
		if s.Deleted > 0 {
			fmt.Fprintf(&text, "; %s deleted", plural(s.Deleted, "message"))
		}
		text.WriteString("\n")
	}
	if r.Mark != nil {
		fmt.Fprintf(&text, "  %-14s  %s up to %d, %s up to %d\n", "durable mark", runs.name, r.Mark.Runs, workflows.name, r.Mark.Workflows)
	} else {
		fmt.Fprintf(&text, "  %-14s  none: whether the ends of the streams are lost cannot be told\n", "durable mark")
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(&text, "\n%s: %s\n  %s\n", f.Severity, f.place(), f.Text)
		if len(f.IDs) > 1 || len(f.IDs) == 1 && !strings.Contains(f.Text, f.IDs[0]) {
			fmt.Fprintf(&text, "  %s\n", f.concerned())
		}
	}
	if r.Omitted > 0 {
		fmt.Fprintf(&text, "\nand %s. All of them, by kind:\n", plural(r.Omitted, "more finding"))
		for _, kind := range slices.Sorted(maps.Keys(r.Kinds)) {
			fmt.Fprintf(&text, "  %-18s %s\n", kind, count(r.Kinds[kind]))
		}
	}
	if r.Err() != nil {
		text.WriteString("\nDo not let a server open this directory: it cuts damaged blocks short, and removes a stream that it cannot\n" +
			"rebuild. Copy the directory first.\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func (r *Report) verdict() string {
	verdict := "whole"
	switch r.Severity() {
	case Damage:
		verdict = "DAMAGED"
	case Danger:
		verdict = "IN DANGER"
	case Harmless:
		verdict = "whole, with remarks"
	}
	if r.Unclean {
		verdict += " (open, or not closed cleanly)"
	}
	return verdict
}

// concerned names the runs or workflows of a finding.
func (f *Finding) concerned() string {
	owner := runs.owner
	if f.Stream == workflows.name {
		owner = workflows.owner
	}
	if len(f.IDs) > 1 {
		owner += "s"
	}
	text := "concerns " + owner + " " + strings.Join(f.IDs, ", ")
	if f.MoreIDs > 0 {
		text += " and " + plural(f.MoreIDs, "other")
	}
	return text
}
