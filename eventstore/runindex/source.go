package runindex

import (
	"fmt"
	"strings"
)

// A listing is one walk along one index, the source, in the listing's order where the index has it; whatever the filter asks beyond
// what the index answers is looked up for each run that is met. A source may consist of branches, one for each status, which
// SQLite merges as it goes.

// term is a piece of SQL and its arguments.
type term struct {
	text string
	args []any
}

// The fields of a filter, as bits, by which a source says what it answers.
type field uint

const (
	ofWorkflow field = 1 << iota
	ofStatuses
	ofNode
	ofText
	ofParent
	ofEnded
)

// branch is a walk along one index with fixed leading columns.
type branch struct {
	from  string // the table with its index
	id    string // the column that has the run's id
	code  code   // the status that all its runs have, 0 where they have several
	ended bool   // it has its runs in the order of their ends, so of their last events too
	where []term
}

// onRun reports whether the walk is over the runs themselves.
func (b *branch) onRun() bool { return b.id == "r.id" }

// source is a set of runs that an index can give.
type source struct {
	branches []branch
	answers  field
	label    int   // the place of the label that it answers, or -1
	order    Order // in which each branch has them
	distinct bool  // its branches may meet a run more than once
	exact    bool  // how many runs it has is known from the tally
}

// runsBy is a walk along an index of the runs.
func runsBy(index string, where ...term) branch {
	return branch{from: "run r INDEXED BY " + index, id: "r.id", where: where}
}

// perStatus is a source with a branch for each status that is asked for.
func (s *selection) perStatus(of source, branchOf func(code) branch) source {
	for _, c := range s.statuses {
		b := branchOf(c)
		b.code = c
		of.branches = append(of.branches, b)
	}
	return of
}

// sources lists what the filter's fields can be answered from, those first that are preferred where nothing is known of their sizes.
func (s *selection) sources() []source {
	var found []source
	if s.parent != "" {
		found = append(found, source{answers: ofParent, label: -1, order: ByStart, branches: []branch{
			runsBy("run_parent", term{"r.parent IS NOT NULL AND r.parent = ?", []any{s.parent}}),
		}})
	}
	if s.match != "" {
		found = append(found, source{answers: ofText | ofStatuses, label: -1, order: ByStart, branches: []branch{{
			from: "error_text", id: "error_text.rowid", code: failed, where: []term{{"error_text MATCH ?", []any{s.match}}},
		}}})
	}
	if s.node != "" {
		found = append(found, s.atNode())
	}
	for i, l := range s.labels {
		found = append(found, s.perStatus(source{answers: ofStatuses, label: i, order: ByStart}, func(c code) branch {
			return branch{from: "label l", id: "l.id", where: []term{{"l.key = ? AND l.value = ? AND l.status = ?", []any{l.key, l.value, int64(c)}}}}
		}))
	}
	if s.workflow != "" {
		found = append(found, s.perStatus(source{answers: ofWorkflow | ofStatuses, label: -1, order: ByStart, exact: true}, func(c code) branch {
			return runsBy("run_workflow", term{"r.status = ? AND r.workflow = ?", []any{int64(c), s.workflow}})
		}))
	} else if s.narrowed() {
		found = append(found, s.perStatus(source{answers: ofStatuses, label: -1, order: ByStart, exact: true}, func(c code) branch {
			return runsBy("run_status", term{"r.status = ?", []any{int64(c)}})
		}))
	}
	if s.ended != nil {
		found = append(found, s.byEnd())
	}
	if s.started != nil {
		found = append(found, s.all(ByStart))
	}
	return found
}

// atNode are the runs that stand at the node or failed there.
func (s *selection) atNode() source {
	return source{answers: ofNode, label: -1, order: ByStart, distinct: true, branches: []branch{
		{from: "visit v INDEXED BY visit_node", id: "v.id", where: []term{{"v.node = ? AND v." + isOpen, []any{s.node}}}},
		{from: "error e INDEXED BY error_node", id: "e.id", where: []term{{"e.node IS NOT NULL AND e.node = ?", []any{s.node}}}},
	}}
}

// byEnd are the runs in the order of their ends, those that go on behind the others.
func (s *selection) byEnd() source {
	return s.perStatus(source{answers: ofStatuses | ofEnded, label: -1, order: ByEnd}, s.endedSo)
}

// byUpdate are the runs in the order of what happened last to them: to runs that have ended, their end.
func (s *selection) byUpdate() source {
	return s.perStatus(source{answers: ofStatuses | ofEnded, label: -1, order: ByUpdate}, func(c code) branch {
		if c.ended() {
			return s.endedSo(c)
		}
		return runsBy("run_updated", term{"r." + goesOn + " AND r.status = ?", []any{int64(c)}})
	})
}

// endedSo are the runs of a status by their ends.
func (s *selection) endedSo(c code) branch {
	b := runsBy("run_ended", term{"r.status = ?", []any{int64(c)}})
	b.ended = true
	for _, span := range []*span{s.ended, s.ends} {
		if span != nil && c.ended() {
			b.where = append(b.where, span.within("r.ended_at"))
		}
	}
	return b
}

// all are the runs in an order, whatever else is asked.
func (s *selection) all(order Order) source {
	switch order {
	case ByEnd:
		return s.byEnd()
	case ByUpdate:
		return s.byUpdate()
	case ByWorkflow:
		return s.perStatus(source{answers: ofStatuses, label: -1, order: ByWorkflow}, func(c code) branch {
			return runsBy("run_workflow", term{"r.status = ?", []any{int64(c)}})
		})
	default:
		return source{label: -1, order: ByStart, branches: []branch{{from: "run r NOT INDEXED", id: "r.id"}}}
	}
}

// rest is what a source leaves to be looked up for each run.
func (s *selection) rest(of *source) []term {
	var terms []term
	ask := func(asked bool, by field, text string, args ...any) {
		if asked && of.answers&by == 0 {
			terms = append(terms, term{text, args})
		}
	}
	ask(s.workflow != "", ofWorkflow, "r.workflow = ?", s.workflow)
	ask(s.narrowed(), ofStatuses, "r.status IN ("+codes(s.statuses)+")")
	ask(s.parent != "", ofParent, "r.parent = ?", s.parent)
	ask(s.node != "", ofNode, `(EXISTS (SELECT 1 FROM visit v WHERE v.id = r.id AND v.node = ? AND v.`+isOpen+`)
		OR EXISTS (SELECT 1 FROM error e WHERE e.id = r.id AND e.node = ?))`, s.node, s.node)
	for i, l := range s.labels {
		if i != of.label {
			ask(true, 0, "EXISTS (SELECT 1 FROM label l WHERE l.key = ? AND l.value = ? AND l.status = r.status AND l.id = r.id)", l.key, l.value)
		}
	}
	if s.started != nil {
		terms = append(terms, s.started.within("r.started_at"))
	}
	if s.ended != nil && of.answers&ofEnded == 0 {
		terms = append(terms, s.ended.within("r.ended_at"))
	}
	ask(s.match != "", ofText, "EXISTS (SELECT 1 FROM error_text WHERE error_text MATCH ? AND error_text.rowid = r.id)", s.match)
	return terms
}

// bounds is what the ids must be for the runs to be started within the span that is asked for.
func (s *selection) bounds(id string) []term {
	var terms []term
	if s.lowest > 0 {
		terms = append(terms, term{id + " > ?", []any{s.lowest}})
	}
	if s.highest < never {
		terms = append(terms, term{id + " < ?", []any{s.highest}})
	}
	return terms
}

func (w *span) within(column string) term {
	return term{column + " >= ? AND " + column + " < ?", []any{w.from, w.before}}
}

func codes(list []code) string {
	texts := make([]string, len(list))
	for i, c := range list {
		texts[i] = fmt.Sprint(int64(c))
	}
	return strings.Join(texts, ", ")
}
