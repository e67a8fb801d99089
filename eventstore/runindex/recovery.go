package runindex

import (
	"context"
	"database/sql"
	"iter"
	"time"
)

// OpenRun is a run that has not ended.
type OpenRun struct {
	Run, Workflow string
	Revision      string // digest
	Status        Status
	LastEvent     uint64
	StartedAt     time.Time
	Due           time.Time // of its next timer or retry; zero where there is none
	First, Last   uint64    // the sequences of its first and its last commit
	Queue         *Queue    // nil where it did not wait in a queue, nor does
}

// Queue is where in its workflow's queue a run waits before it begins, or did.
type Queue struct {
	Key      string
	Priority int
	Begun    time.Time // when it began; zero while it waits
}

// queueFrom reads the columns that say where in a queue a run waits, or did.
func queueFrom(key sql.NullString, priority, begun sql.NullInt64) *Queue {
	if !key.Valid {
		return nil
	}
	q := &Queue{Key: key.String, Priority: int(priority.Int64)}
	if begun.Valid {
		q.Begun = instant(begun.Int64)
	}
	return q
}

// openPage is how many runs are read at once, so that no reading lasts.
const openPage = 1000

// OpenRuns yields every run that has not ended, in the order of their starts: whoever starts an engine sets these going. Each run that
// is open from the first to the last is yielded once. An error is the last pair.
func (x *Index) OpenRuns(ctx context.Context) iter.Seq2[OpenRun, error] {
	return func(yield func(OpenRun, error) bool) {
		for after := int64(-1); ; {
			q := &statement{}
			q.add("SELECT id FROM (")
			for i, c := range openCodes {
				if i > 0 {
					q.add(" UNION ALL ")
				}
				q.add("SELECT id FROM run INDEXED BY run_status WHERE status = ? AND id > ?", int64(c), after)
			}
			q.add(" ORDER BY 1 LIMIT ?)", openPage)
			found, last, err := x.open(ctx, "id IN ("+q.text.String()+") ORDER BY id", q.args...)
			if err != nil {
				yield(OpenRun{}, err)
				return
			}
			for i := range found {
				if !yield(found[i], nil) {
					return
				}
			}
			if len(found) < openPage {
				return
			}
			after = last
		}
	}
}

// Due returns the runs whose next timer or retry is due before a time, those first that are due first, up to limit.
func (x *Index) Due(ctx context.Context, before time.Time, limit int) ([]OpenRun, error) {
	found, _, err := x.open(ctx, "due IS NOT NULL AND due < ? ORDER BY due, id LIMIT ?", stamp(before), limit)
	return found, err
}

// open reads the runs that a condition selects, and the id of the last.
func (x *Index) open(ctx context.Context, condition string, args ...any) (found []OpenRun, last int64, err error) {
	err = x.each(ctx, "read the open runs", `SELECT id, name, workflow, (SELECT digest FROM revision WHERE id = run.revision), status, last_event, last_sequence, started_at, due,
		queue_key, priority, begun_at FROM run WHERE `+condition, func(rows *sql.Rows) error {
		var r OpenRun
		var status code
		var due, priority, begun sql.NullInt64
		var key sql.NullString
		var lastEvent, lastSequence, startedAt int64
		if err := rows.Scan(&last, &r.Run, &r.Workflow, &r.Revision, &status, &lastEvent, &lastSequence, &startedAt, &due, &key, &priority, &begun); err != nil {
			return err
		}
		r.Status, r.LastEvent, r.StartedAt = status.status(), uint64(lastEvent), instant(startedAt)
		r.First, r.Last = uint64(last), uint64(lastSequence)
		if due.Valid {
			r.Due = instant(due.Int64)
		}
		r.Queue = queueFrom(key, priority, begun)
		found = append(found, r)
		return nil
	}, args...)
	return found, last, err
}

// Begun is when a run began that had waited in its workflow's queue.
type Begun struct {
	Key string
	At  time.Time
}

const readBegun = "read the runs that have begun"

// QueueWorkflows returns the workflows of which runs have begun after they waited in a queue, by name.
func (x *Index) QueueWorkflows(ctx context.Context) ([]string, error) {
	const next = "SELECT min(workflow) FROM run INDEXED BY run_begun WHERE begun_at IS NOT NULL"
	return x.names(ctx, readBegun, `WITH RECURSIVE found (flow) AS (`+next+` UNION ALL
		SELECT (`+next+` AND workflow > flow) FROM found WHERE flow IS NOT NULL) SELECT flow FROM found WHERE flow IS NOT NULL`)
}

// BegunSince returns when runs of a workflow have begun after they waited in its queue, from a time on and in that order, whether they
// have ended or not: whoever bounds how many begin in a span of time goes on from these.
func (x *Index) BegunSince(ctx context.Context, workflow string, since time.Time) (found []Begun, err error) {
	err = x.each(ctx, readBegun, `SELECT queue_key, begun_at FROM run INDEXED BY run_begun
		WHERE workflow = ? AND begun_at IS NOT NULL AND begun_at >= ? ORDER BY begun_at, id`, func(rows *sql.Rows) error {
		var b Begun
		var at int64
		err := rows.Scan(&b.Key, &at)
		b.At = instant(at)
		found = append(found, b)
		return err
	}, workflow, stamp(since))
	return found, err
}
