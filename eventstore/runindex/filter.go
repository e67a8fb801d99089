package runindex

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Filter selects runs. An empty field selects every run; a run must match all that are not empty.
type Filter struct {
	Workflow string
	Statuses []Status          // any of these
	Labels   map[string]string // each of these
	// Node selects the runs that have an open visit of the node, and those that failed at it.
	Node string
	// Text selects failed runs by the words of their error's kind and message: each must be there, in any order and letter case. A
	// word that ends with * stands for every word that begins so.
	Text   string
	Parent string // a run's id: its children
	// The times from which, and before which, a run was started or has ended.
	StartedFrom, StartedBefore time.Time
	EndedFrom, EndedBefore     time.Time
}

// span is a range of stamps, the end excluded.
type span struct{ from, before int64 }

func spanOf(from, before time.Time) *span {
	if from.IsZero() && before.IsZero() {
		return nil
	}
	s := span{from: stampFirst, before: never}
	if !from.IsZero() {
		s.from = stamp(from)
	}
	if !before.IsZero() {
		s.before = stamp(before)
	}
	return &s
}

// selection is a filter in the form in which the file is asked.
type selection struct {
	workflow string
	statuses []code // those that a run may have, in order
	labels   []label
	node     string
	match    string // the text as FTS5 wants it
	parent   string
	started  *span
	ended    *span
	// lowest and highest are the ids between which the runs that were started within the span are.
	lowest, highest int64
	// ends is within which those of them that have ended did so; nil where that is not known.
	ends *span
}

// narrowed reports whether only some statuses are asked for.
func (s *selection) narrowed() bool { return len(s.statuses) < len(allCodes) }

// selection checks the filter. The error is ErrFilter.
func (f *Filter) selection() (*selection, error) {
	s := &selection{
		workflow: f.Workflow, node: f.Node, parent: f.Parent, lowest: 0, highest: never,
		started: spanOf(f.StartedFrom, f.StartedBefore), ended: spanOf(f.EndedFrom, f.EndedBefore),
	}
	for _, status := range f.Statuses {
		c := codeOf(status)
		if c == 0 {
			return nil, fmt.Errorf("%w: no run has status %q; use one of %v", ErrFilter, status, statuses)
		}
		s.statuses = append(s.statuses, c)
	}
	slices.Sort(s.statuses)
	if s.statuses = slices.Compact(s.statuses); len(s.statuses) == 0 {
		s.statuses = allCodes
	}
	for key, value := range f.Labels {
		s.labels = append(s.labels, label{key, value})
	}
	slices.SortFunc(s.labels, func(a, b label) int { return cmp.Compare(a.key, b.key) })
	if f.Text != "" {
		var err error
		if s.match, err = match(f.Text); err != nil {
			return nil, err
		}
		s.keep(func(c code) bool { return c == failed })
	}
	if s.ended != nil {
		s.keep(code.ended)
	}
	return s, nil
}

// keep takes out the statuses that no run which matches can have.
func (s *selection) keep(possible func(code) bool) {
	kept := []code{}
	for _, c := range s.statuses {
		if possible(c) {
			kept = append(kept, c)
		}
	}
	s.statuses = kept
}

// match writes a person's words as an expression of FTS5: each in quotes, so that nothing in them has a meaning but a last asterisk.
func match(text string) (string, error) {
	var terms []string
	for _, word := range strings.Fields(text) {
		if !strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
			continue
		}
		stem, prefix := strings.CutSuffix(word, "*")
		term := `"` + strings.ReplaceAll(strings.ReplaceAll(stem, "\x00", " "), `"`, `""`) + `"`
		if prefix {
			term += "*"
		}
		terms = append(terms, term)
	}
	if len(terms) == 0 {
		return "", fmt.Errorf("%w: the text %q has no word to look for", ErrFilter, text)
	}
	return strings.Join(terms, " "), nil
}
