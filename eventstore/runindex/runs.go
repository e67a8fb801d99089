package runindex

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// What a Run is read from: the run r, and why it failed.
const (
	selectRuns = `SELECT r.id, r.name, r.workflow, (SELECT digest FROM revision WHERE id = r.revision), r.status, r.labels,
		r.started_at, r.updated_at, r.ended_at, r.due, r.last_event, r.last_sequence, r.parent, r.started_by, r.queue_key, r.priority, r.begun_at,
		e.kind, e.message, e.node, e.visit`
	joinError = " LEFT JOIN error e ON e.id = r.id"
)

// runs reads the runs that a statement asks for, with their open visits.
func runs(ctx context.Context, tx *sql.Tx, q *statement) ([]Run, error) {
	rows, err := tx.QueryContext(ctx, q.text.String(), q.args...)
	if err != nil {
		return nil, err
	}
	found := []Run{}
	err = eachRow(rows, func(rows *sql.Rows) error {
		r, err := scan(rows)
		found = append(found, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, visits(ctx, tx, found)
}

func scan(rows *sql.Rows) (Run, error) {
	var (
		r                                  Run
		id, started, updated, ended        int64
		lastEvent, last                    int64
		status                             code
		due, priority, begun, visit        sql.NullInt64
		key                                sql.NullString
		labels, parent, by                 sql.NullString
		errorKind, errorMessage, errorNode sql.NullString
	)
	err := rows.Scan(&id, &r.Run, &r.Workflow, &r.Revision, &status, &labels, &started, &updated, &ended, &due, &lastEvent, &last,
		&parent, &by, &key, &priority, &begun, &errorKind, &errorMessage, &errorNode, &visit)
	if err != nil {
		return Run{}, err
	}
	r.Status, r.StartedAt, r.UpdatedAt, r.EndedAt = status.status(), instant(started), instant(updated), instant(ended)
	r.First, r.Last, r.LastEvent = uint64(id), uint64(last), uint64(lastEvent)
	r.Parent, r.StartedBy = parent.String, by.String
	if due.Valid {
		r.Due = instant(due.Int64)
	}
	r.Queue = queueFrom(key, priority, begun)
	if list := labelsOf(labels.String); len(list) > 0 {
		r.Labels = make(map[string]string, len(list))
		for _, l := range list {
			r.Labels[l.key] = l.value
		}
	}
	if errorKind.Valid {
		r.Error = &Error{Kind: errorKind.String, Message: errorMessage.String, Node: errorNode.String, Visit: int(visit.Int64)}
	}
	return r, nil
}

// visits reads the open visits of the runs that go on.
func visits(ctx context.Context, tx *sql.Tx, found []Run) error {
	at := map[int64]*Run{}
	var ids []string
	for i := range found {
		if !found[i].Status.Ended() {
			id := int64(found[i].First)
			at[id] = &found[i]
			ids = append(ids, strconv.FormatInt(id, 10))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.QueryContext(ctx, "SELECT id, node, number, attempt, phase, due, signal, child FROM visit WHERE "+isOpen+" AND item = 0 AND id IN ("+
		strings.Join(ids, ",")+") ORDER BY id, begun, node, number")
	if err != nil {
		return err
	}
	return eachRow(rows, func(rows *sql.Rows) error {
		var id, due int64
		var in phase
		var v Visit
		if err := rows.Scan(&id, &v.Node, &v.Visit, &v.Attempt, &in, &due, &v.Signal, &v.Child); err != nil {
			return err
		}
		v.Phase, v.Due = phases[in-1], instant(due)
		if in != visitSignal {
			v.Signal = ""
		}
		at[id].Current = append(at[id].Current, v)
		return nil
	})
}

// End returns the status of a run and the sequence of its last commit, as the list has them; 0 where it has no run of that name.
func (x *Index) End(ctx context.Context, name string) (status Status, last uint64, err error) {
	err = x.each(ctx, "find a run", "SELECT status, last_sequence FROM run WHERE name = ?", func(rows *sql.Rows) error {
		var in code
		var sequence int64
		if err := rows.Scan(&in, &sequence); err != nil {
			return err
		}
		status, last = in.status(), uint64(sequence)
		return nil
	}, name)
	return status, last, err
}

// Run returns a run as the list has it; found is false where it has none of that name.
func (x *Index) Run(ctx context.Context, name string) (r Run, found bool, err error) {
	err = x.reading(ctx, "read a run", func(tx *sql.Tx) error {
		q := &statement{}
		q.add(selectRuns+" FROM run r"+joinError+" WHERE r.name = ?", name)
		list, err := runs(ctx, tx, q)
		if len(list) > 0 {
			r, found = list[0], true
		}
		return err
	})
	return r, found, err
}
