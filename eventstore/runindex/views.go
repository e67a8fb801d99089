package runindex

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// View is a table that people can ask by [Index.Query]. Views and their columns stay; columns may be added.
type View struct {
	Name, Doc string
	Columns   []Column

	from string // SQL
}

// Column is a column of a view.
type Column struct {
	Name, Doc string

	expression string // SQL; "" is the column of that name
}

// Views returns the views that people can ask, with what their columns hold. Times are texts as events write them, which sort as the
// times do; what is not known or does not apply is NULL.
func Views() []View { return slices.Clone(people) }

// whereEnded begins an expression whose value only ended runs have.
var whereEnded = fmt.Sprintf("CASE WHEN run.status >= %d THEN ", completed)

var people = []View{
	{
		Name: "runs", Doc: "every run",
		Columns: []Column{
			{"run", "the run's id", "run.name"},
			{"workflow", "the workflow it runs", "run.workflow"},
			{"revision", "digest of the revision it is pinned to", "revision.digest"},
			{"status", "running, waiting, paused, completed, failed or cancelled", word("run.status", statuses)},
			{"started_at", "when it was started", instantText("run.started_at")},
			{"updated_at", "the time of its last event", instantText("run.updated_at")},
			{"ended_at", "when it ended; NULL while it goes on", whereEnded + instantText("run.ended_at") + " END"},
			{"due_at", "when its next timer, timeout of a wait or retry is due", "CASE WHEN run.due IS NOT NULL THEN " + instantText("run.due") + " END"},
			{"started_ns", "started_at in nanoseconds since 1970: quicker to compare, by an index", "run.started_at"},
			{"updated_ns", "updated_at in nanoseconds since 1970", "run.updated_at"},
			{"ended_ns", "ended_at in nanoseconds since 1970; NULL while it goes on", whereEnded + "run.ended_at END"},
			{"last_event", "the number of its last event", "run.last_event"},
			{"labels", "its labels, a JSON object", "coalesce(run.labels, '{}')"},
			{"queue_key", "which of its workflow's queues it waits in, or waited; NULL where in none", "run.queue_key"},
			{"priority", "its priority there", "run.priority"},
			{"begun_at", "when it began after it waited there", "CASE WHEN run.begun_at IS NOT NULL THEN " + instantText("run.begun_at") + " END"},
			{"parent", "the run that started it", "run.parent"},
			{"parent_node", "the node of that run that started it", "run.parent_node"},
			{"parent_visit", "the visit of that node", "CASE WHEN run.parent IS NOT NULL THEN run.parent_visit END"},
			{"started_by", "who started it", "run.started_by"},
			{"error_kind", "the kind of error it failed with", "error.kind"},
			{"error_message", "the error's message, its first 4 KiB", "error.message"},
			{"error_node", "the node that is to blame", "error.node"},
			{"first_sequence", "the sequence of its first commit in the stream", "run.id"},
			{"last_sequence", "the sequence of its last commit in the stream", "run.last_sequence"},
		},
		from: "run LEFT JOIN revision ON revision.id = run.revision LEFT JOIN error ON error.id = run.id",
	},
	{
		Name: "labels", Doc: "one row for each label of each run",
		Columns: []Column{
			{"run", "the run's id", "run.name"},
			{"workflow", "the workflow it runs", "run.workflow"},
			{"key", "the label's key", "label.key"},
			{"value", "the label's value", "label.value"},
		},
		from: "label JOIN run ON run.id = label.id",
	},
	{
		Name: "open_visits", Doc: "where the runs that go on stand: one row for each visit that is open",
		Columns: []Column{
			{"run", "the run's id", "run.name"},
			{"workflow", "the workflow it runs", "run.workflow"},
			{"node", "the node that was entered", "visit.node"},
			{"visit", "how often the run has entered the node, from 1", "visit.number"},
			{"attempt", "the try of this visit, from 1", "visit.attempt"},
			{"phase", "running, backoff (the next try begins at due_at), timer (it goes on at due_at), signal (it waits for signal, until due_at where that is not NULL) child (it goes on when its child run has ended) or calls (its script goes on when one of its calls has ended)", word("visit.phase", phases)},
			{"due_at", "when it goes on, or has waited for long enough; NULL where it waits for no time", fmt.Sprintf("CASE WHEN visit.due < %d THEN %s END", int64(never), instantText("visit.due"))},
			{"signal", "the name of the signal it waits for; NULL where it waits for none", fmt.Sprintf("CASE WHEN visit.phase = %d THEN visit.signal END", visitSignal)},
			{"child", "the run that the attempt has started", "nullif(visit.child, '')"},
		},
		from: "visit JOIN run ON run.id = visit.id WHERE visit.item = 0 AND visit.phase < " + strconv.Itoa(int(visitFailed)),
	},
	{
		Name: "errors", Doc: "why the failed runs failed",
		Columns: []Column{
			{"run", "the run's id", "run.name"},
			{"workflow", "the workflow it runs", "run.workflow"},
			{"kind", "the kind of error", "error.kind"},
			{"message", "its message, the first 4 KiB", "error.message"},
			{"node", "the node that is to blame", "error.node"},
			{"visit", "the visit of that node", "nullif(error.visit, 0)"},
			{"failed_at", "when the run failed", instantText("run.ended_at")},
		},
		from: "error JOIN run ON run.id = error.id",
	},
}

// views is the SQL that makes them.
func views() string {
	var out strings.Builder
	for _, v := range people {
		out.WriteString("CREATE VIEW " + v.Name + " AS SELECT ")
		for i, c := range v.Columns {
			if i > 0 {
				out.WriteString(", ")
			}
			out.WriteString(c.expression + " AS " + c.Name)
		}
		out.WriteString(" FROM " + v.from + ";\n")
	}
	return out.String()
}
