package runindex

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// batch folds commits into rows and writes those in one transaction. What begins and ends within a batch is written once.
type batch struct {
	w       *writer
	head    head
	rows    map[string]*row
	order   []*row // as they were first met: new ones in the order of the stream
	tally   map[tallyKey]int64
	commits int
	bytes   int // of what rows can have much of
}

// tallyKey is what runs are counted by.
type tallyKey struct {
	workflow string
	status   code
}

// A batch is closed when it holds so many rows, or commits, or bytes of labels and messages, which bounds its memory.
const (
	batchRows     = 10_000
	batchBytesMax = 16 << 20
)

func (w *writer) begin(ctx context.Context) (*batch, error) {
	if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	return &batch{w: w, head: w.head, rows: map[string]*row{}, tally: map[tallyKey]int64{}}, nil
}

func (b *batch) full(rows int) bool {
	return b.commits >= 2*rows || len(b.rows) >= rows || b.bytes >= batchBytesMax
}

// add folds one more commit; over says that what it says of visits is of no consequence. Commits that are folded already are passed over.
func (b *batch) add(ctx context.Context, c Commit, over bool) error {
	if c.Sequence <= b.head.sequence {
		if c.Sequence == b.head.sequence && c.Digest != b.head.digest {
			return fmt.Errorf("%w: commit %d has the digest %s, not %s", ErrDiverged, c.Sequence, c.Digest, b.head.digest)
		}
		return nil
	}
	b.commits++
	b.head.sequence, b.head.digest = c.Sequence, c.Digest
	if c.Retired() {
		b.head.retired++
	}
	r, err := b.row(ctx, c)
	if err != nil {
		return err
	}
	over = over || clearsVisits(&c)
	if !r.loaded && !over && touchesVisits(&c) {
		if err := b.loadVisits(ctx, r); err != nil {
			return err
		}
	}
	before := r.size()
	r.fold(&c, over)
	b.bytes += r.size() - before
	return nil
}

// row returns the row that a commit goes into.
func (b *batch) row(ctx context.Context, c Commit) (*row, error) {
	if r := b.rows[c.Run]; r != nil {
		return r, nil
	}
	var r *row
	known, err := b.known(ctx, c)
	if err == nil && known {
		r, err = b.load(ctx, c.Run)
	}
	if err != nil {
		return nil, err
	}
	if r == nil {
		r = newRow(c)
	}
	b.rows[c.Run] = r
	b.order = append(b.order, r)
	return r, nil
}

// known reports whether the file may have a row of a commit's run. Of one that begins it has none, unless it is told twice; that is
// asked for by itself, since the most that reading a row takes is for its columns. A build finds out at its end.
func (b *batch) known(ctx context.Context, c Commit) (bool, error) {
	if c.First > 1 || b.w.building {
		return c.First > 1, nil
	}
	var one int64
	return b.w.get(ctx, "SELECT 1 FROM run WHERE name = ?", []any{c.Run}, []any{&one})
}

// load reads a row from the file, as far as folding and writing it takes; nil where there is none.
func (b *batch) load(ctx context.Context, name string) (*row, error) {
	where := "name = ?"
	if b.w.building {
		where = "id = (SELECT id FROM unfinished WHERE name = ?)"
	}
	r := &row{name: name}
	var due, priority, begunAt sql.NullInt64
	var labels, key sql.NullString
	found, err := b.w.get(ctx, `SELECT id, workflow, status, started_at, updated_at, ended_at, due, last_event, last_sequence, labels, queue_key, priority, begun_at
		FROM run WHERE `+where, []any{name}, []any{
		&r.id, &r.workflow, &r.status, &r.startedAt, &r.updatedAt, &r.endedAt, &due, &r.lastEvent, &r.lastSequence, &labels, &key, &priority, &begunAt,
	})
	if err != nil || !found {
		return nil, err
	}
	r.stored, r.labels, r.due = r.status, labels.String, never
	if due.Valid {
		r.due = due.Int64
	}
	if key.Valid {
		r.queue = &queue{key: key.String, priority: priority.Int64, begunAt: never}
		if begunAt.Valid {
			r.queue.begunAt = begunAt.Int64
		}
	}
	return r, nil
}

func (b *batch) loadVisits(ctx context.Context, r *row) error {
	r.loaded = true
	v := visit{stored: true}
	return b.w.each(ctx, "SELECT node, number, item, begun, attempt, phase, due, signal, child, calling, executing FROM visit WHERE id = ? ORDER BY begun, node, number, item",
		[]any{r.id}, []any{&v.node, &v.number, &v.item, &v.begun, &v.attempt, &v.phase, &v.due, &v.signal, &v.child, &v.calling, &v.executing}, func() { r.visits = append(r.visits, v) })
}

// finish writes the rows and how far the file has come with them. Whatever fails, nothing of the batch is in the file then.
func (b *batch) finish(ctx context.Context) error {
	if err := b.write(ctx); err != nil {
		return errors.Join(err, b.abandon(ctx))
	}
	if _, err := b.w.exec(ctx, "COMMIT"); err != nil {
		return errors.Join(err, b.abandon(ctx))
	}
	b.w.head = b.head
	return nil
}

// abandon takes back what the batch has written.
func (b *batch) abandon(ctx context.Context) error {
	clear(b.w.revisions)
	_, err := b.w.exec(ctx, "ROLLBACK")
	if rolledBackAlready(err) {
		return nil
	}
	return err
}

func (b *batch) write(ctx context.Context) error {
	for _, r := range b.order {
		if err := b.store(ctx, r); err != nil {
			return err
		}
	}
	if err := b.count(ctx); err != nil {
		return err
	}
	_, err := b.w.exec(ctx, "UPDATE head SET sequence = ?, digest = ?, latest_start = ?, retired = ?, skew = ?, longest = ?",
		int64(b.head.sequence), b.head.digest, b.head.latestStart, b.head.retired, b.head.skew, b.head.longest)
	return err
}

// count brings the tally up to date.
func (b *batch) count(ctx context.Context) error {
	if b.w.building {
		return nil
	}
	keys := make([]tallyKey, 0, len(b.tally))
	for key, runs := range b.tally {
		if runs != 0 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(x, y tallyKey) int {
		return cmp.Or(cmp.Compare(x.workflow, y.workflow), cmp.Compare(x.status, y.status))
	})
	for _, key := range keys {
		if _, err := b.w.exec(ctx, `INSERT INTO tally (workflow, status, runs) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET runs = runs + excluded.runs`, key.workflow, int64(key.status), b.tally[key]); err != nil {
			return err
		}
	}
	if len(keys) > 0 {
		_, err := b.w.exec(ctx, "DELETE FROM tally WHERE runs = 0")
		return err
	}
	return nil
}
