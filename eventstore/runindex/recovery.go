package runindex

import (
	"context"
	"database/sql"
	"errors"
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
	err = x.reading(ctx, "read the open runs", func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, `SELECT id, name, workflow, (SELECT digest FROM revision WHERE id = run.revision), status, last_event, started_at, due
			FROM run WHERE `+condition, args...)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var r OpenRun
			var status code
			var due sql.NullInt64
			var lastEvent, startedAt int64
			if err := rows.Scan(&last, &r.Run, &r.Workflow, &r.Revision, &status, &lastEvent, &startedAt, &due); err != nil {
				return err
			}
			r.Status, r.LastEvent, r.StartedAt = status.status(), uint64(lastEvent), instant(startedAt)
			if due.Valid {
				r.Due = instant(due.Int64)
			}
			found = append(found, r)
		}
		return rows.Err()
	})
	return found, last, err
}
