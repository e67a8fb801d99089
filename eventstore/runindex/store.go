package runindex

import (
	"context"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// store writes what of a row the file does not have.
func (b *batch) store(ctx context.Context, r *row) error {
	switch {
	case r.gone:
		return b.remove(ctx, r)
	case r.stored == 0:
		if err := b.insert(ctx, r); err != nil {
			return err
		}
	case r.stored == r.status:
		_, err := b.w.exec(ctx, "UPDATE run SET updated_at = ?, ended_at = ?, due = ?, begun_at = ?, last_event = ?, last_sequence = ? WHERE id = ?",
			r.updatedAt, r.endedAt, r.dueOrNull(), r.begunOrNull(), r.lastEvent, r.lastSequence, r.id)
		if err != nil {
			return err
		}
	default:
		_, err := b.w.exec(ctx, `UPDATE run SET status = ?, updated_at = ?, ended_at = ?, due = ?, begun_at = ?, last_event = ?, last_sequence = ?
			WHERE id = ?`, int64(r.status), r.updatedAt, r.endedAt, r.dueOrNull(), r.begunOrNull(), r.lastEvent, r.lastSequence, r.id)
		if err != nil {
			return err
		}
	}
	if r.moved && r.stored != 0 {
		revision, err := b.w.revision(ctx, r.revision)
		if err != nil {
			return err
		}
		if _, err := b.w.exec(ctx, "UPDATE run SET revision = ? WHERE id = ?", revision, r.id); err != nil {
			return err
		}
	}
	if r.status.ended() {
		b.head.ended(r.startedAt, r.endedAt)
	}
	if r.stored != r.status {
		if err := b.relabel(ctx, r); err != nil {
			return err
		}
		b.tally[tallyKey{r.workflow, r.status}]++
		if r.stored != 0 {
			b.tally[tallyKey{r.workflow, r.stored}]--
		}
	}
	if err := b.storeVisits(ctx, r); err != nil {
		return err
	}
	if r.erred {
		if err := b.storeFailure(ctx, r); err != nil {
			return err
		}
	}
	return b.note(ctx, r)
}

// note keeps what a build must know of runs by their names.
func (b *batch) note(ctx context.Context, r *row) (err error) {
	if !b.w.building {
		return nil
	}
	finished := r.gone || r.status == completed || r.status == cancelled
	switch {
	case !finished && r.stored == 0:
		_, err = b.w.exec(ctx, "INSERT OR IGNORE INTO unfinished (name, id) VALUES (?, ?)", r.name, r.id)
	case finished && r.stored != 0:
		_, err = b.w.exec(ctx, "DELETE FROM unfinished WHERE name = ?", r.name)
	}
	return err
}

// insert enters a run.
func (b *batch) insert(ctx context.Context, r *row) error {
	revision, err := b.w.revision(ctx, r.revision)
	if err != nil {
		return err
	}
	b.head.started(r.startedAt)
	var key, priority any
	if r.queue != nil {
		key, priority = r.queue.key, r.queue.priority
	}
	_, err = b.w.exec(ctx, `INSERT INTO run (id, name, workflow, revision, status, started_at, updated_at, ended_at, due,
		last_event, last_sequence, labels, started_by, parent, parent_node, parent_visit, parent_attempt, parent_item,
		queue_key, priority, begun_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.id, r.name, r.workflow, revision, int64(r.status), r.startedAt, r.updatedAt, r.endedAt, r.dueOrNull(),
		r.lastEvent, r.lastSequence, optional(r.labels), optional(r.startedBy),
		optional(r.parent.run), optional(r.parent.node), r.parent.visit, r.parent.attempt, r.parent.item,
		key, priority, r.begunOrNull())
	return err
}

func (r *row) dueOrNull() any {
	if r.due == never {
		return nil
	}
	return r.due
}

func (r *row) begunOrNull() any {
	if r.queue == nil || r.queue.begunAt == never {
		return nil
	}
	return r.queue.begunAt
}

// labels is what the table of labels has of a run.
func (b *batch) labels(r *row) []label {
	if b.w.building {
		return nil
	}
	return labelsOf(r.labels)
}

// relabel gives the labels of a run its status.
func (b *batch) relabel(ctx context.Context, r *row) error {
	for _, l := range b.labels(r) {
		var err error
		if r.stored == 0 {
			_, err = b.w.exec(ctx, "INSERT OR IGNORE INTO label (key, value, status, id) VALUES (?, ?, ?, ?)", l.key, l.value, int64(r.status), r.id)
		} else {
			_, err = b.w.exec(ctx, "UPDATE label SET status = ? WHERE key = ? AND value = ? AND status = ? AND id = ?",
				int64(r.status), l.key, l.value, int64(r.stored), r.id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) storeVisits(ctx context.Context, r *row) error {
	if r.cleared {
		if _, err := b.w.exec(ctx, "DELETE FROM visit WHERE id = ?", r.id); err != nil {
			return err
		}
	}
	for _, key := range r.abandoned {
		if _, err := b.w.exec(ctx, "DELETE FROM visit WHERE id = ? AND node = ? AND number = ? AND item = ?", r.id, key.node, key.number, key.item); err != nil {
			return err
		}
	}
	for i := range r.visits {
		v := &r.visits[i]
		if !v.changed {
			continue
		}
		_, err := b.w.exec(ctx, `INSERT INTO visit (id, node, number, item, begun, attempt, phase, due, signal, child, calling, executing)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
			SET attempt = excluded.attempt, phase = excluded.phase, due = excluded.due, child = excluded.child, calling = excluded.calling, executing = excluded.executing`,
			r.id, v.node, v.number, v.item, v.begun, v.attempt, int64(v.phase), v.due, v.signal, v.child, v.calling, v.executing)
		if err != nil {
			return err
		}
	}
	return nil
}

// storeFailure writes why the run failed in place of what the file has.
func (b *batch) storeFailure(ctx context.Context, r *row) error {
	if r.stored == failed {
		if err := b.deleteFailure(ctx, r.id); err != nil {
			return err
		}
	}
	f := r.failure
	if f == nil {
		return nil
	}
	if _, err := b.w.exec(ctx, "INSERT INTO error (id, kind, message, node, visit) VALUES (?, ?, ?, ?, ?)",
		r.id, f.kind, f.message, optional(f.node), f.visit); err != nil {
		return err
	}
	if b.w.building {
		return nil
	}
	_, err := b.w.exec(ctx, "INSERT INTO error_text (rowid, kind, message) VALUES (?, ?, ?)", r.id, f.kind, f.message)
	return err
}

// deleteFailure takes out why a run failed. The index of the text must be told the text that goes.
func (b *batch) deleteFailure(ctx context.Context, id int64) error {
	if !b.w.building {
		if _, err := b.w.exec(ctx, `INSERT INTO error_text (error_text, rowid, kind, message)
			SELECT 'delete', id, kind, message FROM error WHERE id = ?`, id); err != nil {
			return err
		}
	}
	_, err := b.w.exec(ctx, "DELETE FROM error WHERE id = ?", id)
	return err
}

// remove takes a run out of the file, with everything that hangs on it.
func (b *batch) remove(ctx context.Context, r *row) error {
	if r.stored == 0 {
		if !b.w.building {
			return nil
		}
		_, err := b.w.exec(ctx, "INSERT INTO gone (name) VALUES (?)", r.name)
		return err
	}
	if r.stored == failed {
		if err := b.deleteFailure(ctx, r.id); err != nil {
			return err
		}
	}
	for _, l := range b.labels(r) {
		if _, err := b.w.exec(ctx, "DELETE FROM label WHERE key = ? AND value = ? AND status = ? AND id = ?",
			l.key, l.value, int64(r.stored), r.id); err != nil {
			return err
		}
	}
	for _, query := range []string{"DELETE FROM visit WHERE id = ?", "DELETE FROM run WHERE id = ?"} {
		if _, err := b.w.exec(ctx, query, r.id); err != nil {
			return err
		}
	}
	b.tally[tallyKey{r.workflow, r.stored}]--
	return b.note(ctx, r)
}

// rolledBackAlready reports whether a ROLLBACK failed because nothing was left to be taken back: SQLite has done so itself, as it
// does when the disk is full.
func rolledBackAlready(err error) bool {
	var from *sqlite.Error
	return errors.As(err, &from) && from.Code() == sqlite3.SQLITE_ERROR
}
