package runindex

import (
	"context"
	"database/sql"
	"fmt"
)

// fostering is SQL for the visits of the parent of the run c that it may belong to.
var fostering = `SELECT 1 FROM run p CROSS JOIN visit v ON v.id = p.id AND v.node = c.parent_node AND v.number = c.parent_visit
	WHERE p.name = c.parent AND p.` + goesOn

// fostered is SQL for whether the attempt that started the run c is open in its parent: the run belongs to it still. Of an
// attempt of a map's item that is so only once the parent has recorded that it has started the run.
var fostered = fmt.Sprintf(`EXISTS (%s AND v.item = c.parent_item AND v.phase IN (%d, %d) AND v.attempt = c.parent_attempt)`,
	fostering, visitRunning, visitChild)

// begins is SQL for whether the run c may be of an item whose parent has still to record that.
var begins = fmt.Sprintf("c.parent_item > 0 AND EXISTS (%s AND v.item = 0 AND v.phase = %d AND v.executing > 0)", fostering, visitRunning)

// awaited is SQL for whether a run c that has ended is a child whose end its parent has still to take over, or may have.
var awaited = "c.parent IS NOT NULL AND (" + fostered + " OR " + begins + ")"

// Orphans returns the child runs that have not ended, though the attempts that started them have: whoever starts an engine
// cancels these. Those whose parent is not in the list are left alone. Among them may be the run of a map's item that its
// parent has not recorded yet: only the parent's events tell.
func (x *Index) Orphans(ctx context.Context) ([]string, error) {
	return x.names(ctx, "read the orphans", `SELECT c.name FROM run c INDEXED BY run_child
		WHERE c.parent IS NOT NULL AND c.`+goesOn+` AND EXISTS (SELECT 1 FROM run p WHERE p.name = c.parent) AND NOT `+fostered)
}

// Untold returns the child runs that have ended while their parents wait for that: whoever starts an engine tells these.
func (x *Index) Untold(ctx context.Context) ([]string, error) {
	return x.names(ctx, "read the untold ends", `SELECT v.child FROM visit v INDEXED BY visit_child CROSS JOIN run c ON c.name = v.child
		WHERE v.`+waitsForChild+` AND NOT c.`+goesOn)
}

func (x *Index) names(ctx context.Context, doing, query string, args ...any) (names []string, err error) {
	err = x.each(ctx, doing, query, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	}, args...)
	return names, err
}
